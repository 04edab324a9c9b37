"""Recorded requests of released SDKs, sent byte by byte, are answered as those SDKs need it, and found afterwards."""

from dataclasses import dataclass

import httpx
import pytest

from .client import Client, Json, eventually
from .recorded import TOKEN, named, recordings
from .server import Server

VISIBLE_SECONDS = 5
VARYING = {"requestId", "evaluatedAt"}


@dataclass(frozen=True)
class Replay:
    """What came of sending every recorded request once."""

    answers: dict[str, httpx.Response]
    stored: list[Json]
    before: Json
    after: Json

    def grown(self, *path: str) -> int:
        """By how much a counter has grown."""

        def read(stats: Json) -> int:
            found: Json | int = stats
            for key in path:
                found = found.get(key, 0) if isinstance(found, dict) else found
            return found if isinstance(found, int) else 0

        return read(self.after) - read(self.before)


@pytest.fixture(scope="module")
def replay(server: Server) -> Replay:
    """Every request, sent to a project with the token that they name."""
    client = project_named_in_the_requests(server)
    before = client.wait_until_queryable()
    answers = {name: recording.send(client.http) for name, recording in recordings().items()}
    after = client.wait_until_queryable()
    stored = [event for issue in client.issues() for event in client.events(issue["id"])]
    return Replay(answers, stored, before, after)


def project_named_in_the_requests(server: Server) -> Client:
    project = server.command("projects", "create", "Recorded", "--token", TOKEN, "--json")
    client = server.client().of_project(project["id"], project["api_token"])

    def seen() -> bool:
        return client.http.get(f"/api/projects/{client.project_id}/").status_code == 200

    eventually(seen, VISIBLE_SECONDS, lambda: "the running server does not see the new project")
    return client


def test_there_are_requests_of_every_kind() -> None:
    assert {"capture", "flags", "preflight"} == {recording.kind for recording in recordings().values()}


@pytest.mark.parametrize("name", named("capture"))
def test_a_capture_is_answered_as_its_sdk_takes_it(replay: Replay, name: str) -> None:
    answer, recording = replay.answers[name], recordings()[name]

    assert answer.status_code == recording.answered_with["status"], answer.text
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json() == httpx.Response(200, text=recording.answered_with["body"]).json()
    assert answer.headers.get("posthog-request-id") == recording.headers.get("posthog-request-id")
    check_origin(answer, recording.headers)


@pytest.mark.parametrize("name", named("flags"))
def test_a_question_for_flags_is_answered_with_none(replay: Replay, name: str) -> None:
    answer, recording = replay.answers[name], recordings()[name]
    recorded = httpx.Response(200, text=recording.answered_with["body"]).json()

    assert answer.status_code == recording.answered_with["status"], answer.text
    given = answer.json()
    assert recorded.keys() <= given.keys()
    assert {key: given[key] for key in recorded.keys() - VARYING} == {
        key: recorded[key] for key in recorded.keys() - VARYING
    }
    check_origin(answer, recording.headers)


@pytest.mark.parametrize("name", named("preflight"))
def test_a_preflight_lets_the_browser_send_its_request(replay: Replay, name: str) -> None:
    answer, recording = replay.answers[name], recordings()[name]

    assert answer.is_success, answer.text
    assert words(recording.headers["access-control-request-headers"]) <= words(
        answer.headers["access-control-allow-headers"]
    )
    assert "post" in words(answer.headers["access-control-allow-methods"])
    check_origin(answer, recording.headers)


@pytest.mark.parametrize("name", [name for name in named("capture") if recordings()[name].exceptions])
def test_every_exception_of_a_request_is_found(replay: Replay, name: str) -> None:
    for expected in recordings()[name].exceptions:
        found = [event for event in replay.stored if expected.is_like(event)]

        assert found, f"{expected} is not among the {len(replay.stored)} stored events"
        assert found[0]["distinct_id"] == expected.distinct_id
        assert found[0]["properties"]["$exception_types"] == expected.types


def test_nothing_but_the_exceptions_is_stored_and_everything_is_counted(replay: Replay) -> None:
    events = [event for recording in recordings().values() for event in recording.events]
    exceptions = [expected for recording in recordings().values() for expected in recording.exceptions]

    assert len(replay.stored) == len({event["uuid"] for event in replay.stored}) == len(exceptions)
    assert replay.grown("accepted") == len(events)
    assert replay.grown("stored") == len(exceptions)
    assert replay.grown("dropped", "not_exception") == len(events) - len(exceptions)


def check_origin(answer: httpx.Response, sent: dict[str, str]) -> None:
    """A request from a page gets an answer that the page may read."""
    if "origin" in sent:
        assert answer.headers["access-control-allow-origin"] == sent["origin"]


def words(header: str) -> set[str]:
    """The parts of a header that lists names."""
    return {name.strip().lower() for name in header.split(",")}
