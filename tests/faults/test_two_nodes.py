"""Two servers on one PostgreSQL and one event store are one installation."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest

from tests.end_to_end.client import Client, eventually
from tests.end_to_end.server import Server

from .checks import check_kept, check_resending_completes
from .conftest import first_project, started
from .delivery import Delivery
from .reports import SHARED_ISSUES, expected_figures, make_batches, shown_figures

FOLLOWS_SECONDS = 1.5
"""What is promised is one second; the rest is for asking."""


class Nodes(NamedTuple):
    """Two nodes of one installation."""

    servers: tuple[Server, Server]

    @property
    def clients(self) -> tuple[Client, Client]:
        """The first project, asked on each."""
        return first_project(self.servers[0]), first_project(self.servers[1])

    def wait_until_queryable(self) -> None:
        """Nothing accepted by either waits any more."""
        for client in self.clients:
            client.wait_until_queryable()

    def stop(self) -> None:
        """Both, in good order."""
        for server in self.servers:
            server.stop()


@pytest.fixture
def nodes(shared_stores: dict[str, str], new_server: Callable[..., Server]) -> Nodes:
    """Both running."""
    return Nodes((started(new_server(shared_stores)), started(new_server(shared_stores))))


def test_two_nodes_are_one_installation(nodes: Nodes) -> None:
    """One way through what one node must see of the other."""
    check_events_show_on_the_other(nodes)
    check_the_same_uuids_count_once(nodes)
    check_the_same_uuids_at_the_same_time_count_once(nodes)
    check_issues_follow(nodes)
    check_settings_follow(nodes)
    check_keys_follow(nodes)
    nodes.stop()


def check_events_show_on_the_other(nodes: Nodes) -> None:
    """What one accepted, the other shows."""
    one, other = nodes.clients
    batches = make_batches(one.token, 4)

    Delivery(nodes.servers[0].url, batches).send_all()
    one.wait_until_queryable()

    assert shown_figures(other) == shown_figures(one) == expected_figures(batches)


def check_the_same_uuids_count_once(nodes: Nodes) -> None:
    """Sent to one after the other."""
    _, other = nodes.clients
    before = shown_figures(other)
    batches = make_batches(other.token, 4)

    for server in nodes.servers:
        Delivery(server.url, batches).send_all()
        nodes.wait_until_queryable()

    after = shown_figures(other)
    assert {name: figures.occurrences - before[name].occurrences for name, figures in after.items()} == {
        name: figures.occurrences for name, figures in expected_figures(batches).items()
    }


def check_the_same_uuids_at_the_same_time_count_once(nodes: Nodes) -> None:
    """Sent to both at once, so that neither has stored what the other looks for."""
    _, other = nodes.clients
    before = shown_figures(other)
    batches = make_batches(other.token, 20)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda server: Delivery(server.url, batches).send_all(), nodes.servers))
    nodes.wait_until_queryable()

    after = shown_figures(other)
    had = {name: figures.occurrences for name, figures in before.items()}
    assert {name: figures.occurrences - had.get(name, 0) for name, figures in after.items()} == {
        name: figures.occurrences for name, figures in expected_figures(batches).items()
    }


def check_issues_follow(nodes: Nodes) -> None:
    """Status, merge and split made on one show on the other within a second, and in its own events' owners."""
    one, other = nodes.clients
    kept, gone = (issue for issue in one.issues() if issue["name"] in ("Batch0", "Batch1"))
    total = sum(issue["aggregations"]["occurrences"] for issue in (kept, gone))

    change(one, "PATCH", f"issues/{kept['id']}/", {"status": "resolved"})
    follows(lambda: row(other, kept["id"])["status"] == "resolved")
    change(one, "POST", f"issues/{kept['id']}/merge/", {"ids": [gone["id"]]})
    follows(lambda: row(other, kept["id"])["aggregations"]["occurrences"] == total)
    follows(lambda: all(issue["id"] != gone["id"] for issue in other.issues()))

    fingerprints = change(other, "GET", f"fingerprints/?issue_id={kept['id']}")["results"]
    assert len(fingerprints) == 2
    change(
        other,
        "POST",
        f"issues/{kept['id']}/split/",
        {"fingerprints": [{"fingerprint": fingerprints[0]["fingerprint"]}]},
    )
    follows(lambda: row(one, kept["id"])["aggregations"]["occurrences"] == total // 2)


def check_settings_follow(nodes: Nodes) -> None:
    """A project's settings changed on one show on the other within a second."""
    one, other = nodes.clients
    path = f"/api/projects/{one.project_id}/"
    assert one.http.patch(path, json={"name": "Renamed"}).status_code == 200

    follows(lambda: other.http.get(path).json()["name"] == "Renamed")


def check_keys_follow(nodes: Nodes) -> None:
    """A key made and revoked beside one node works and ends on the other within a second."""
    _, other = nodes.clients
    made = nodes.servers[0].command("keys", "create", "--scope", "error_tracking:read", "--json")
    fresh = Client(nodes.servers[1].url, other.project_id, other.token, made["value"])
    path = f"/api/environments/{other.project_id}/error_tracking/issues/"
    follows(lambda: fresh.http.get(path).status_code == 200)

    assert nodes.servers[0].execute("keys", "revoke", str(made["id"])).returncode == 0
    follows(lambda: fresh.http.get(path).status_code == 401)


def test_a_node_that_is_killed_drains_its_own_journal(nodes: Nodes) -> None:
    """Its events show when it is back, also those that were sent to the other in the meantime, once."""
    (dying, living), (_, client) = nodes.servers, nodes.clients
    batches = make_batches(client.token, 60)
    delivery = Delivery(dying.url, batches, pace_seconds=0.02).begin()
    delivery.wait_for(lambda sent: len(sent.answered) > 20)
    dying.kill()
    delivery.finish()
    Delivery(living.url, batches[:10]).send_all()
    dying.start()
    nodes.wait_until_queryable()

    check_kept(client, batches, delivery.answered | {batch.name for batch in batches[:10]})
    check_resending_completes(client, batches)
    assert '"journal_recovered"' in dying.log()
    assert len(client.issues()) == len(batches) + SHARED_ISSUES
    nodes.stop()


def change(client: Client, method: str, path: str, body: Any = None) -> Any:
    """A call of the Error Tracking API that must succeed."""
    address = f"/api/environments/{client.project_id}/error_tracking/{path}"
    answer = client.http.request(method, address, json=body)
    assert answer.status_code in (200, 201, 204), f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


def row(client: Client, issue_id: str) -> Any:
    """An issue in the list."""
    return next(issue for issue in client.issues() if issue["id"] == issue_id)


def follows(look: Callable[[], bool]) -> None:
    """It is so within the time that is promised."""
    begun = time.monotonic()
    eventually(look, 30, lambda: "it never followed")
    assert time.monotonic() - begun < FOLLOWS_SECONDS, f"followed after {time.monotonic() - begun:.1f} s"
