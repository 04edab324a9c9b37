"""Symbol sets that come late: the past is repaired while events come in, and a server that is killed goes on."""

import json
import time
from uuid import uuid4

from .client import Client, Json
from .recorded import recordings
from .server import Server
from .test_readable_stacks import RECORDING, expected_frames, frames_of, is_as_expected, upload

STACKS = 150
"""Enough for a repair of some seconds, so that the server dies in the middle of it."""
PATIENCE_SECONDS = 60.0


def copies(recording, number: int) -> list[Json]:
    """The recorded events again, as others, each with one frame more, at a place of its own."""
    made = []
    for event in recording.events:
        text = json.dumps(event)
        copy = {**json.loads(text), "uuid": str(uuid4())}
        for each in copy["properties"]["$exception_list"]:
            frames = each["stacktrace"]["frames"]
            frames.insert(0, {**frames[0], "colno": 100_000 + number})
        made.append(copy)
    return made


def reports(client: Client) -> list[Json]:
    place = f"/api/environments/{client.project_id}/error_tracking/symbol_sets/"
    sets = client.http.get(place).raise_for_status().json()["results"]
    found = [client.http.get(f"{place}{each['id']}/repairs/").raise_for_status().json()["results"] for each in sets]
    return [report for some in found for report in some]


def wait_for(client: Client, is_so, what: str) -> list[Json]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = reports(client)
        if is_so(found):
            return found
        assert time.monotonic() < deadline, f"{what} in {PATIENCE_SECONDS} s: {found}"
        time.sleep(0.05)


def test_the_past_is_repaired_within_seconds_in_one_issue_with_what_came_after(own_server: Server) -> None:
    own_server.init()
    own_server.start()
    client = own_server.client()
    recording = recordings()[RECORDING]
    assert client.capture(*[{**event, "uuid": str(uuid4())} for event in recording.events]).status_code == 200
    client.wait_until_queryable()
    minified = {issue["id"] for issue in client.issues()}

    uploaded = time.monotonic()
    upload(client)
    assert client.capture(*recording.events).status_code == 200
    wait_for(client, lambda found: all(each["status"] == "finished" for each in found), "repaired")
    seconds = time.monotonic() - uploaded

    assert seconds < 10
    client.wait_until_queryable()
    shown = {issue["id"]: client.events(issue["id"], verbosity="raw") for issue in client.issues()}
    assert shown.keys() == minified
    expected = list(expected_frames().values())
    for event in (event for events in shown.values() for event in events):
        traces = frames_of(event)
        assert any(
            len(traces) == len(places)
            and all(
                is_as_expected(frame, out)
                for trace, some in zip(traces, places, strict=True)
                for frame, out in zip(trace, some, strict=True)
            )
            for places in expected
        )


def test_a_server_that_is_killed_in_the_middle_of_a_repair_goes_on(own_server: Server) -> None:
    own_server.init()
    own_server.start()
    client = own_server.client()
    recording = recordings()[RECORDING]
    events = [event for number in range(STACKS) for event in copies(recording, number)]
    for start in range(0, len(events), 100):
        assert client.capture(*events[start : start + 100]).status_code == 200
    client.wait_until_queryable()
    before = {issue["id"]: issue["aggregations"]["occurrences"] for issue in client.issues()}
    assert sum(before.values()) == len(events)

    upload(client)
    wait_for(client, lambda found: any(each["status"] == "running" for each in found), "begun")
    own_server.kill()
    own_server.start()
    finished = wait_for(client, lambda found: all(each["status"] == "finished" for each in found), "finished")

    assert max(each["stacks"] for each in finished) == len(events)
    assert max(each["events"] for each in finished) == len(events)
    after = {issue["id"]: issue["aggregations"]["occurrences"] for issue in client.issues()}
    assert sum(after.values()) == len(events)
    assert after.keys() <= before.keys()
    for issue_id in after:
        for event in client.events(issue_id, verbosity="raw"):
            readable = [frame["resolved"] for trace in frames_of(event) for frame in trace[1:]]
            assert all(readable)
