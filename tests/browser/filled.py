"""A server with a project of a made-up shop, a month old: its people, its errors, and what was done about them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mothlight.access import changes
from mothlight.access.changes import OPERATOR
from mothlight.cli.metadata import changing
from mothlight.kit.clock import system_clock
from tests.end_to_end.client import Client, Json, ok
from tests.end_to_end.server import Server
from tests.support.symbols import GOLDEN

from .sign_in import EMAIL, PASSWORD
from .troubles import SEED, TROUBLES, month, one_event

MEMBER = "mira@example.com"
IN_A_REQUEST = 400


@dataclass(frozen=True)
class Filled:
    """The server, and what pages of it are about."""

    server: Server
    project: int
    empty_project: int
    """One that has received nothing."""
    issues: dict[str, str]
    """Id by name."""
    symbol_set: str
    """Id of a symbol set that was uploaded."""
    rule: str
    """A grouping rule, the first of two."""

    def id_of(self, name: str) -> str:
        """The id of the issue with this name."""
        return self.issues[name]


def fill(server: Server) -> Filled:
    """Make people and projects, start the server, and let the month happen."""
    installed = server.init("--admin-email", EMAIL, "--admin-password", PASSWORD, "--project-name", "Fernhill Shop")
    empty, people, team = _settle_in(server)
    server.start()
    client = server.client()
    now = datetime.now(UTC)
    send(client, list(month(now)))
    issues = {str(row["name"]): str(row["id"]) for row in client.issues()}
    _work(client, issues, people, team)
    # What was resolved happens again.
    again = next(trouble for trouble in TROUBLES if trouble.type == "CheckoutError")
    send(client, [one_event(again, now + timedelta(seconds=5), 0, random.Random(SEED + 1))])
    return Filled(server, installed.project_id, empty, issues, _upload(client), _rule(client, people))


def _upload(client: Client) -> str:
    """The map of one of the shop's chunks, with the older form of an upload."""
    place = f"/api/environments/{client.project_id}/error_tracking/symbol_sets/"
    content = next((GOLDEN / "web" / "symbol-sets").glob("*v2*")).read_bytes()
    sent = client.http.post(place, params={"chunk_id": "cart-4f1a90"}, files={"file": ("chunk", content)})
    assert sent.status_code == 201, sent.text
    return str(ok(client.http.get(place))["results"][0]["id"])


def _settle_in(server: Server) -> tuple[int, dict[str, int], str]:
    """Make another project, two people and a team, as the commands do: its id, theirs by name, and the team's."""
    now = system_clock()
    with changing(server.data_dir) as (connection, organization):
        empty = changes.create_project(connection, OPERATOR, organization.id, "Fernhill App", now)
        mira, jonas = (
            changes.create_user(
                connection, OPERATOR, organization.id, email, now, first_name=name, password=PASSWORD, role=role
            )
            for email, name, role in ((MEMBER, "Mira", "member"), ("jonas@example.com", "Jonas", "admin"))
        )
        team = changes.create_role(connection, OPERATOR, organization.id, "Web team", [MEMBER], now)
    return empty.id, {"Mira": mira.id, "Jonas": jonas.id}, str(team.id)


def send(client: Client, events: Sequence[Json]) -> None:
    """Send events as an SDK does, oldest first, and wait for them."""
    for some in _batches(sorted(events, key=lambda event: str(event["timestamp"]))):
        answer = client.capture(*some)
        assert answer.status_code == 200, answer.text
    client.wait_until_queryable()


def _batches(events: Sequence[Json]) -> list[Sequence[Json]]:
    return [events[start : start + IN_A_REQUEST] for start in range(0, len(events), IN_A_REQUEST)]


def _work(client: Client, issues: dict[str, str], people: dict[str, int], team: str) -> None:
    """What people did in that month."""
    assigned = {
        "CheckoutError": {"type": "user", "id": people["Mira"]},
        "ConnectionError": {"type": "user", "id": people["Jonas"]},
        "TypeError": {"type": "role", "id": team},
        "ChunkLoadError": {"type": "role", "id": team},
        "TimeoutError": {"type": "user", "id": people["Jonas"]},
    }
    for name, assignee in assigned.items():
        _change(client, "PATCH", f"issues/{issues[name]}/assign", {"assignee": assignee})
    # Twice, so that there is an undo that meets a later change.
    _change(client, "PATCH", f"issues/{issues['TimeoutError']}/assign", {"assignee": assigned["CheckoutError"]})
    _change(client, "PATCH", f"issues/{issues['CheckoutError']}", {"status": "resolved"})
    _change(client, "PATCH", f"issues/{issues['PermissionError']}", {"status": "resolved"})
    _change(client, "PATCH", f"issues/{issues['AbortError']}", {"status": "suppressed"})
    _change(client, "PATCH", f"issues/{issues['TypeError']}", {"status": "resolved", "environment": "canary"})
    _change(client, "PATCH", f"issues/{issues['KeyError']}", {"name": "VAT rate is missing for Latvia"})
    _change(client, "POST", f"issues/{issues['SyntaxError']}/merge", {"ids": [issues["UnhandledRejection"]]})


def _rule(client: Client, people: dict[str, int]) -> str:
    """Make rules; the id of the first one."""
    chunks, late = _condition("$exception_types", "ChunkLoadError"), _condition("$exception_types", "TimeoutError")
    bodies: tuple[tuple[str, Json], ...] = (
        ("grouping", {"filters": chunks, "description": "A chunk is not there"}),
        ("grouping", {"filters": late}),
        ("assignment", {"filters": late, "assignee": {"type": "user", "id": people["Jonas"]}}),
    )
    made = []
    for kind, body in bodies:
        answer = client.http.post(f"/api/environments/{client.project_id}/error_tracking/{kind}_rules/", json=body)
        assert answer.status_code == 201, answer.text
        made.append(str(answer.json()["id"]))
    return made[0]


def _condition(key: str, value: str) -> Json:
    values = [
        {"type": "event", "key": key, "operator": "exact", "value": value},
        {"type": "event", "key": "environment", "operator": "is_not", "value": "development"},
    ]
    return {"type": "AND", "values": values}


def _change(client: Client, method: str, path: str, body: Json) -> None:
    ok(client.http.request(method, f"/api/environments/{client.project_id}/error_tracking/{path}/", json=body))
