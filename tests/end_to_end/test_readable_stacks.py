"""A minified application: its source maps are uploaded to a running server, and what it reports becomes readable."""

import hashlib
import json
from uuid import uuid4

import httpx

from tests.support.symbols import GOLDEN

from .client import EVERYTHING, Client, Json, ok
from .recorded import recordings
from .server import Server

RECORDING = "web-injected-chunk-id"
WEB = GOLDEN / "web"


def upload(client: Client) -> None:
    """Both chunks, as the build tools do it."""
    place = f"/api/environments/{client.project_id}/error_tracking/symbol_sets"
    listed = json.loads((WEB / "symbol-sets" / "index.json").read_text())
    files = {each["chunk_id"]: (WEB / name).read_bytes() for name, each in listed.items() if "v2" in name}
    hashes = {chunk: hashlib.sha512(content).hexdigest() for chunk, content in files.items()}
    wanted = [{"chunk_id": chunk, "content_hash": hashes[chunk]} for chunk in files]
    started = client.http.post(f"{place}/bulk_start_upload/", json={"symbol_sets": wanted})
    slots = started.raise_for_status().json()["id_map"]
    for chunk, slot in slots.items():
        form = slot["presigned_url"]
        # A link of its own is all that the upload needs.
        sent = httpx.post(form["url"], data=form["fields"], files={"file": files[chunk]}, trust_env=False)
        assert sent.status_code == 204, sent.text
    finished = {slot["symbol_set_id"]: hashes[chunk] for chunk, slot in slots.items()}
    answer = client.http.post(f"{place}/bulk_finish_upload/", json={"content_hashes": finished})
    assert answer.status_code == 201, answer.text


def frames_of(event: Json) -> list[list[Json]]:
    """The frames of each exception."""
    return [each["stacktrace"]["frames"] for each in event["properties"]["$exception_list"]]


def expected_frames() -> dict[str, list[list[Json]]]:
    """By the event's uuid: where each frame was in the sources, without those of the browser itself."""
    events = json.loads((WEB / "expected.json").read_text())[RECORDING]
    return {
        event["uuid"]: [[frame["out"] for frame in each["frames"] if frame["out"]] for each in event["exceptions"]]
        for event in events
    }


def is_as_expected(frame: Json, out: Json) -> bool:
    """Whether a frame is readable, and leads to the right place."""
    # Callbacks have no name in the script that the browser runs, and of a class it knows the bundler's name only.
    is_callback = out["enclosing_function"].startswith(("(", "on"))
    wanted = "<anonymous>" if is_callback else out["enclosing_function"].rpartition(".")[2]
    function = frame["resolved_name"].rpartition(".")[2]
    place = (frame["source"], frame["line"], frame["column"])
    return (frame["resolved"], function, place) == (True, wanted, (out["source"], out["line"], out["column"]))


def test_what_was_reported_before_and_after_the_upload_is_readable(own_server: Server) -> None:
    own_server.init()
    own_server.start()
    client = own_server.client()
    recording = recordings()[RECORDING]
    early = [{**event, "uuid": str(uuid4())} for event in recording.events]
    assert client.capture(*early).status_code == 200
    client.wait_until_queryable()
    minified = {issue["id"]: client.events(issue["id"], verbosity="raw") for issue in client.issues()}
    assert not any("pricing.ts" in json.dumps(event) for events in minified.values() for event in events)

    upload(client)
    late = list(recording.events)
    assert client.capture(*late).status_code == 200
    client.wait_until_queryable()

    expected = expected_frames()
    shown = {issue["id"]: client.events(issue["id"], verbosity="raw") for issue in client.issues()}
    assert shown.keys() == minified.keys(), "issues stay what they were"
    by_uuid = {event["uuid"]: event for events in shown.values() for event in events}
    assert len(by_uuid) == len(early) + len(late)
    for first, event in zip(early, late, strict=True):
        for uuid in (first["uuid"], event["uuid"]):
            traces = frames_of(by_uuid[uuid])
            assert [len(trace) for trace in traces] == [len(trace) for trace in expected[event["uuid"]]]
            for trace, places in zip(traces, expected[event["uuid"]], strict=True):
                for frame, out in zip(trace, places, strict=True):
                    assert is_as_expected(frame, out), (frame, out)
    _check_issue_and_lines(client, next(iter(shown)))


def _check_issue_and_lines(client: Client, issue_id: str) -> None:
    issue = client.post("query/issue", {"issueId": issue_id, **EVERYTHING})
    assert issue["source"].startswith("../../src/")
    assert issue["top_in_app_frame"]["source"].startswith("../../src/")
    place = f"/api/environments/{client.project_id}/error_tracking/stack_frames/"
    stored = ok(client.http.get(place, params={"limit": 100}))["results"]
    total = next(each for each in stored if each["contents"].get("resolved_name") == "lookupPrice")
    assert total["context"]["line"] == {"number": 26, "line": "    return entry!.cents"}
    assert total["symbol_set_ref"] == "747228ad-3010-5b2d-a578-fb98da6eca3e"
