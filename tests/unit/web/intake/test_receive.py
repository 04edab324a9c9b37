"""What happens around decoding: limits, room, durability, counting, other people's bodies."""

import asyncio
import gzip
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mothlight.journal.backlog import Backlog
from mothlight.journal.engines.segments import SegmentJournal
from mothlight.journal.interface import Damaged
from mothlight.web.intake.receive import decode_entry
from mothlight.web.intake.routes import Intake
from tests.support.asgi import acall, call
from tests.support.intake import TOKEN, IntakeHarness, plain

EVENT = {"event": "$exception", "distinct_id": "ada", "properties": {}}
BATCH = json.dumps({"api_key": TOKEN, "batch": [EVENT]}).encode()
V1_PATH = "/i/v1/analytics/events"
V1_HEADERS = {
    "Authorization": f"Bearer {TOKEN}",
    "Content-Type": "application/json",
    "PostHog-Sdk-Info": "posthog-node/5",
    "PostHog-Attempt": "1",
    "PostHog-Request-Id": "r",
    "PostHog-Request-Timestamp": "2026-11-24T12:00:00Z",
}
V1_EVENT = {"uuid": "0196b7a9-77aa-7d40-a6f7-5a0c2d3e4f50", "timestamp": "2026-11-24T12:00:00Z"}
ORIGIN = {"Origin": "https://shop.example"}


def test_an_answered_event_is_on_disk(intake: IntakeHarness, tmp_path: Path):
    intake.post("/batch/", BATCH)
    again = SegmentJournal(tmp_path / "journal", reserve_bytes=0)
    entries = [again.read(position) for position in again.recover()]
    again.close()

    assert [entry.body for entry in entries] == [BATCH]
    assert [len(decode_entry(entry)) for entry in entries] == [1]


def test_events_are_counted_once_and_finished_by_the_pipeline(intake: IntakeHarness):
    intake.post("/batch/", BATCH)
    pending = intake.tally.read().pending
    ((position, events),) = intake.backlog.take(10, 0)
    intake.tally.settle(len(events), {})
    intake.backlog.finish(position)

    assert (pending, intake.tally.read().pending) == (1, 0)
    assert intake.backlog.lag(intake.now) == 0


@pytest.mark.parametrize("path", ["/i/v0/ai/batch/", "/i/v0/ai/"])
def test_ai_events_are_counted_and_not_kept(intake: IntakeHarness, path):
    answer = intake.post(path, {"api_key": TOKEN, "batch": [EVENT, EVENT]})

    assert (answer.status, answer.json()) == (200, {"status": "Ok"})
    assert intake.tally.read().dropped == {"not_exception": 2}
    assert intake.tally.read().accepted == 2
    assert intake.taken() == []


@pytest.mark.parametrize(
    ("origin", "status"),
    [({}, 200), (ORIGIN, 200), ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403)],
)
@pytest.mark.parametrize(("path", "headers"), [("/batch/", {}), (V1_PATH, V1_HEADERS), ("/i/v0/ai/batch/", {})])
def test_a_page_that_is_not_welcome_is_403_and_leaves_nothing(intake: IntakeHarness, path, headers, origin, status):
    intake.app = Intake(intake.receiver(is_welcome=lambda token, asking: (token, asking) == (TOKEN, ORIGIN["Origin"])))
    body = {"created_at": "2026-11-24T12:00:00Z", "batch": [EVENT | V1_EVENT]} if headers else json.loads(BATCH)
    answer = intake.post(path, body, {**headers, **origin})

    assert answer.status == status
    assert (intake.tally.read().accepted > 0) == (status == 200)
    if origin:
        assert answer.headers["access-control-allow-origin"] == origin["Origin"]


def test_ai_events_of_nobody_are_401(intake: IntakeHarness):
    assert intake.post("/i/v0/ai/batch/", {"api_key": "phc_x", "batch": [EVENT]}).status == 401


@pytest.mark.parametrize(
    ("path", "body"), [("/s/", {"status": "Ok"}), ("/i/v1/logs", {}), ("/i/v1/metrics", {}), ("/i/v1/traces/", {})]
)
def test_side_channels_are_let_pass_uncounted(intake: IntakeHarness, path, body):
    answer = intake.post(path, b"\x00 anything")

    assert (answer.status, answer.json()) == (200, body)
    assert intake.tally.read().accepted == 0


@pytest.mark.parametrize("path", ["/batch/", "/e/", "/capture/"])
@pytest.mark.parametrize("body", [BATCH, b"{", b'{"api_key":"phc_unknown","batch":[{}]}'])
def test_every_answer_may_be_read_by_the_page_that_sent_it(intake: IntakeHarness, path, body):
    answer = intake.post(path, body, ORIGIN)

    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods_are_405(intake: IntakeHarness, method):
    assert call(intake.app, method, "/batch/").status == 405


def test_an_unknown_path_is_404(intake: IntakeHarness):
    assert intake.post("/nothing/here", BATCH).status == 404


@pytest.mark.parametrize("path", ["/batch/", "/s/"])
def test_a_body_over_20_mib_is_413(intake: IntakeHarness, path):
    assert intake.post(path, b" " * (20 * 1024 * 1024 + 1)).status == 413


def test_a_bomb_is_413(intake: IntakeHarness):
    assert intake.post("/batch/", gzip.compress(b" " * (21 << 20), 1)).status == 413


def test_a_large_body_is_taken(intake: IntakeHarness):
    large = json.dumps({"api_key": TOKEN, "batch": [{**EVENT, "properties": {"x": "y" * (18 << 20)}}]}).encode()

    assert intake.post("/batch/", gzip.compress(large, 1)).status == 200
    assert intake.post("/batch/", large).status == 200
    assert intake.tally.read().accepted == 2


def test_what_requests_hold_is_free_again_after_each(intake: IntakeHarness):
    intake.app = Intake(intake.receiver(in_flight_bytes=len(BATCH)))

    assert [intake.post("/batch/", BATCH).status for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize(("path", "headers"), [("/batch/", {}), (V1_PATH, V1_HEADERS)])
def test_too_much_in_flight_is_503_with_retry_after(intake: IntakeHarness, path, headers):
    intake.app = Intake(intake.receiver(in_flight_bytes=10))
    answer = intake.post(path, BATCH, headers)

    assert answer.status == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()


@pytest.mark.parametrize(("path", "headers"), [("/batch/", {}), (V1_PATH, V1_HEADERS)])
def test_a_full_backlog_is_503_with_retry_after(intake: IntakeHarness, path, headers):
    intake.backlog = Backlog(intake.journal, decode_entry, intake.tally, max_events=1)
    intake.app = Intake(intake.receiver())
    intake.post("/batch/", BATCH)
    answer = intake.post(path, BATCH, headers)

    assert answer.status == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert intake.tally.read().accepted == 1


def test_a_journal_that_cannot_write_is_503_and_counts_nothing(intake: IntakeHarness):
    intake.journal.close()
    answer = intake.post("/batch/", BATCH)

    assert (answer.status, answer.json()["code"]) == (503, "service_unavailable")
    assert intake.tally.read().accepted == 0


@pytest.mark.parametrize(("path", "headers"), [("/batch/", {}), (V1_PATH, V1_HEADERS), ("/s/", {})])
def test_a_body_that_stalls_is_408(intake: IntakeHarness, path, headers):
    intake.app = Intake(intake.receiver(stall_seconds=0.05))
    answer = asyncio.run(acall(intake.app, "POST", path, [b"(more)"], headers))

    assert answer.status == 408
    assert ("retry-after" in answer.headers) == (path == V1_PATH)


@pytest.mark.parametrize("path", ["/batch/", "/s/"])
def test_a_client_that_goes_away_gets_no_answer_and_leaves_nothing(intake: IntakeHarness, path):
    answer = asyncio.run(acall(intake.app, "POST", path, [b"(more)", None]))

    assert answer.status == 0
    assert intake.tally.read().accepted == 0


def test_a_body_in_pieces_is_put_together(intake: IntakeHarness):
    pieces = [BATCH[start : start + 7] for start in range(0, len(BATCH), 7)]

    assert asyncio.run(acall(intake.app, "POST", "/batch/", pieces)).status == 200


def test_requests_at_the_same_time_reach_the_backlog_in_the_order_of_the_journal(intake: IntakeHarness):
    async def run() -> list[int]:
        answers = await asyncio.gather(*(acall(intake.app, "POST", "/batch/", [BATCH]) for _ in range(100)))
        return [answer.status for answer in answers]

    assert asyncio.run(run()) == [200] * 100
    sequences = [position.sequence for position, _ in intake.backlog.take(1000, 0)]
    assert sequences == sorted(set(sequences))
    assert len(sequences) == 100


def test_an_entry_that_this_version_cannot_decode_is_damaged(intake: IntakeHarness):
    intake.post("/batch/", BATCH)
    ((position, _),) = intake.backlog.take(10, 0)
    entry = intake.journal.read(position)

    for changed in ({"body": b"{"}, {"path": "/gone/"}):
        with pytest.raises(Damaged):
            decode_entry(msgspec.structs.replace(entry, **changed))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = "event distinct_id $distinct_id uuid timestamp offset properties $set $unset token".split()
almost_events = st.dictionaries(st.sampled_from(FIELDS), anything) | anything
almost_bodies = st.one_of(
    anything,
    almost_events,
    st.lists(almost_events, max_size=3),
    st.fixed_dictionaries(
        {"api_key": st.just(TOKEN) | anything, "batch": st.lists(almost_events, max_size=3) | anything},
        optional={"sent_at": anything, "historical_migration": anything, "data": anything},
    ),
)


paths = st.sampled_from(["/batch/", "/engage/", "/i/v0/ai/", V1_PATH])


@given(body=almost_bodies, ascii_only=st.booleans(), path=paths)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_json_makes_the_intake_fail(intake: IntakeHarness, body, ascii_only, path):
    text = json.dumps(body, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    answer = intake.post(path, text, V1_HEADERS if path == V1_PATH else {})

    assert answer.status in (200, 400, 401)
    for position, events in intake.backlog.take(1000, 0):
        assert decode_entry(intake.journal.read(position)) == events
        # Whatever was let in can be read and written as JSON by the pipeline.
        assert all(json.dumps(plain(event), ensure_ascii=False).encode() for event in events)


@given(
    body=st.binary(max_size=200)
    | st.sampled_from([b"data=", b"{", b"[", b"\x1f\x8b\x08", b"x\x9c"]).flatmap(
        lambda start: st.binary(max_size=100).map(lambda rest: start + rest)
    ),
    query=st.sampled_from(["", "compression=base64", "compression=lz64", "compression=gzip-js", "_=1", "beacon=1"]),
    content_type=st.sampled_from(["", "application/json", "application/x-www-form-urlencoded", "text/plain"]),
    encoding=st.sampled_from(["", "gzip", "br", "deflate", "zstd", "nonsense"]),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_make_the_intake_fail(intake: IntakeHarness, body, query, content_type, encoding):
    headers = {"Content-Type": content_type, "Content-Encoding": encoding}

    assert intake.post("/batch/", body, headers, query).status in (400, 401)
    assert intake.post(V1_PATH, body, {**V1_HEADERS, **headers}, query).status in (400, 415)


def test_a_sender_waits_while_the_pipeline_is_behind(intake: IntakeHarness):
    """It is answered as soon as there is room in memory, and after a while in any case."""
    intake.backlog = Backlog(intake.journal, decode_entry, intake.tally, memory_bytes=1)
    app = Intake(intake.receiver())

    async def send_while_crowded() -> tuple[bool, int]:
        first = await acall(app, "POST", "/batch/", [BATCH])
        second = asyncio.create_task(acall(app, "POST", "/batch/", [BATCH]))
        await asyncio.sleep(0.1)
        waited = not second.done()
        intake.backlog.take(10, 0)
        return waited and first.status == 200, (await second).status

    assert asyncio.run(send_while_crowded()) == (True, 200)
