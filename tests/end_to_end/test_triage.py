"""Issues are merged, split and given back on a running server, over restarts and by two clients at once."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx

from .client import Client, Json, ok
from .server import Server

MANY = 1_000
UNDO_SECONDS = 2
MERGE_SECONDS = 1
WORKERS = 2
STEPS = 30


def event(fingerprint: str, user: str) -> Json:
    """An exception that the application itself groups."""
    properties = {
        "$exception_list": [{"type": "PayError", "value": fingerprint, "mechanism": {"handled": True}}],
        "$exception_fingerprint": fingerprint,
    }
    return {"event": "$exception", "distinct_id": user, "uuid": str(uuid4()), "properties": properties}


class Desk:
    """Work on the first project of a server."""

    def __init__(self, server: Server) -> None:
        self.client: Client = server.client()

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        place = f"/api/projects/{self.client.project_id}/error_tracking/{path}"
        return self.client.http.request(method, place, **request)

    def do(self, path: str, **body: Any) -> Json:
        return ok(self.ask("POST", path, json=body))

    def capture(self, *events: Json) -> None:
        assert self.client.capture(*events).status_code == 200
        self.client.wait_until_queryable()

    def figures(self) -> dict[str, tuple[int, int]]:
        """Events and users of each issue."""
        rows = self.client.issues()
        return {row["id"]: (row["aggregations"]["occurrences"], row["aggregations"]["users"]) for row in rows}

    def owners(self) -> dict[str, str]:
        listed = ok(self.ask("GET", "fingerprints/", params={"limit": 5_000}))["results"]
        return {row["fingerprint"]: row["issue_id"] for row in listed}

    def issue_ids(self) -> list[str]:
        return [row["id"] for row in ok(self.ask("GET", "issues/", params={"limit": 5_000}))["results"]]

    def newest(self, **asked: Any) -> Json:
        entry: Json = ok(self.ask("GET", "changes/", params={"limit": 1, "actor": "user", **asked}))["results"][0]
        return entry

    def undo(self, entry: Json) -> Json:
        return self.do(f"changes/{entry['id']}/undo/")


def test_what_is_merged_and_split_is_given_back_also_after_a_restart(own_server: Server) -> None:
    own_server.init()
    own_server.start()
    desk = Desk(own_server)
    desk.capture(
        *(event("a", f"user-{number}") for number in range(30)),
        *(event("b", f"user-{number % 10}") for number in range(30)),
        *(event("c", f"user-{number}") for number in range(20, 50)),
    )
    a, b, c = (desk.owners()[value] for value in "abc")
    apart = {a: (30, 30), b: (30, 10), c: (30, 30)}
    assert desk.figures() == apart

    desk.do(f"issues/{a}/merge/", ids=[b, c])
    assert desk.figures() == {a: (90, 50)}
    desk.capture(*(event("b", f"new-{number}") for number in range(5)))
    assert desk.figures() == {a: (95, 55)}

    undo = desk.undo(desk.newest())
    apart[b] = (35, 15)
    assert desk.figures() == apart
    restart(own_server)
    assert desk.figures() == apart
    desk.capture(event("b", "user-0"))
    apart[b] = (36, 15)
    assert desk.figures() == apart

    redo = desk.undo(undo)
    assert desk.figures() == {a: (96, 55)}
    (made,) = desk.do(f"issues/{a}/split/", fingerprints=[{"fingerprint": "b"}])["new_issue_ids"]
    assert desk.figures() == {a: (60, 50), made: (36, 15)}
    restart(own_server)
    assert desk.figures() == {a: (60, 50), made: (36, 15)}
    desk.undo(desk.newest())
    assert desk.figures() == {a: (96, 55)}
    desk.undo(redo)
    assert desk.figures() == apart
    assert desk.owners() == {"a": a, "b": b, "c": c}
    own_server.stop()


def restart(server: Server) -> None:
    server.stop()
    server.start()


def test_two_clients_that_work_at_once_lose_nothing(own_server: Server) -> None:
    own_server.init()
    own_server.start()
    desk = Desk(own_server)
    values = [f"f{number}" for number in range(8)]
    desk.capture(*(event(value, f"user-{number}") for number, value in enumerate(values) for _ in range(number + 1)))
    seed = random.randrange(2**32)

    with ThreadPoolExecutor(WORKERS) as threads:
        work = [threads.submit(work_at_random, Desk(own_server), random.Random(seed + each)) for each in range(WORKERS)]
        statuses = sum((each.result(timeout=120) for each in work), Counter[int]())

    assert set(statuses) <= {200, 400, 404, 409}, f"{statuses}, seed {seed}"
    assert statuses[200] > STEPS // 2, f"{statuses}, seed {seed}"
    owners, ids, figures = desk.owners(), desk.issue_ids(), desk.figures()
    assert set(owners) == set(values), f"seed {seed}"
    assert set(owners.values()) <= set(ids), f"seed {seed}"
    expected: Counter[str] = Counter()
    for number, value in enumerate(values):
        expected[owners[value]] += number + 1
    assert {issue: events for issue, (events, _) in figures.items()} == expected, f"seed {seed}"
    own_server.stop()


def work_at_random(desk: Desk, dice: random.Random) -> Counter[int]:
    """Merge, split, assign, resolve and undo whatever is there; the statuses of the answers."""
    statuses: Counter[int] = Counter()
    for _ in range(STEPS):
        ids = desk.issue_ids()
        some = dice.sample(ids, min(len(ids), dice.randint(1, 3)))
        match dice.choice(["merge", "merge", "split", "split", "status", "assign", "undo", "undo"]):
            case "merge":
                answer = desk.ask("POST", f"issues/{some[0]}/merge/", json={"ids": some})
            case "split":
                parts = [{"fingerprint": value} for value in dice.sample(sorted(desk.owners()), 3)]
                answer = desk.ask("POST", f"issues/{some[0]}/split/", json={"fingerprints": parts})
            case "status":
                body = {"ids": some, "action": "set_status", "status": dice.choice(["active", "resolved"])}
                answer = desk.ask("POST", "issues/bulk/", json=body)
            case "assign":
                answer = desk.ask("PATCH", f"issues/{some[0]}/assign/", json={"assignee": None})
            case _:
                listed = ok(desk.ask("GET", "changes/", params={"limit": 10, "actor": "user"}))["results"]
                entry = dice.choice(listed)["id"] if listed else uuid4()
                answer = desk.ask("POST", f"changes/{entry}/undo/", json={"force": dice.random() < 0.3})
        statuses[answer.status_code] += 1
    return statuses


def test_changes_of_a_thousand_issues_are_quick(own_server: Server) -> None:
    own_server.init()
    own_server.start()
    desk = Desk(own_server)
    for start in range(0, MANY, 250):
        desk.capture(*(event(f"f{number}", "ada") for number in range(start, start + 250)))
    ids = desk.issue_ids()

    desk.do("issues/bulk/", ids=ids, action="set_status", status="resolved")
    bulk = desk.newest()
    undone = took(lambda: desk.undo(bulk))
    statuses = {row["status"] for row in desk.client.issues()}
    merged = took(lambda: desk.do(f"issues/{ids[0]}/merge/", ids=ids))
    alone = desk.figures()
    apart = took(lambda: desk.undo(desk.newest()))

    assert len(ids) == MANY
    assert (statuses, alone) == ({"active"}, {ids[0]: (MANY, 1)})
    assert len(desk.figures()) == MANY
    assert undone < UNDO_SECONDS
    assert merged < MERGE_SECONDS
    assert apart < UNDO_SECONDS
    own_server.stop()


def took(action: Any) -> float:
    """Seconds."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
