"""`/i/v1/analytics/events` (ingest 8)."""

import gzip
import json
import zlib
from datetime import timedelta
from uuid import UUID

import brotli
import pytest
import zstandard

from tests.support.asgi import call
from tests.support.intake import NOW, TOKEN, IntakeHarness, plain

PATH = "/i/v1/analytics/events"
ID = "01a20af1-1ed9-70b3-8156-c244e963cc54"
OTHER_ID = "01a20af1-1ed9-70b3-8156-c244e963cc55"
REQUEST_ID = "01a20af1-1ed9-70b3-8156-000000000000"

HEADERS = {
    "Authorization": f"Bearer {TOKEN}",
    "Content-Type": "application/json",
    "PostHog-Sdk-Info": "posthog-node/5.70.0",
    "PostHog-Attempt": "1",
    "PostHog-Request-Id": REQUEST_ID,
    "PostHog-Request-Timestamp": NOW.isoformat(),
}


def headers(**changed) -> dict[str, str]:
    renamed = {name.replace("_", "-"): value for name, value in changed.items()}
    return {name: value for name, value in (HEADERS | renamed).items() if value is not None}


def event(**fields) -> dict:
    return {
        "event": "$exception",
        "uuid": ID,
        "distinct_id": "ada",
        "timestamp": (NOW - timedelta(hours=1)).isoformat(),
        "options": {},
        "properties": {"a": 1},
        **fields,
    }


def body(*events, **fields) -> dict:
    return {"created_at": NOW.isoformat(), "batch": list(events), **fields}


@pytest.mark.parametrize("path", [PATH, PATH + "/", "/ingest" + PATH])
def test_each_event_is_answered_by_its_uuid(intake: IntakeHarness, path):
    answer = intake.post(path, body(event(), event(uuid=OTHER_ID)), HEADERS)

    assert answer.status == 200
    assert answer.json() == {"results": {ID: {"result": "ok"}, OTHER_ID: {"result": "ok"}}}
    assert answer.headers["posthog-request-id"] == REQUEST_ID
    assert [each.uuid for each in intake.taken()] == [UUID(ID), UUID(OTHER_ID)]


def test_what_the_client_took_out_of_the_properties_is_put_back(intake: IntakeHarness):
    options = {"process_person_profile": False, "cookieless_mode": True, "product_tour_id": "t"}
    intake.post(PATH, body(event(session_id="s", window_id="w", options=options)), HEADERS)

    assert [plain(each) for each in intake.taken()] == [
        {
            "a": 1,
            "$session_id": "s",
            "$window_id": "w",
            "$process_person_profile": False,
            "$cookieless_mode": True,
            "$product_tour_id": "t",
            "$lib": "posthog-node",
            "$lib_version": "5.70.0",
        }
    ]


@pytest.mark.parametrize(("disabled", "ago"), [(False, 3), (True, 1)])
def test_the_clients_clock_is_corrected_by_the_header_unless_the_event_says_no(intake: IntakeHarness, disabled, ago):
    ahead = headers(PostHog_Request_Timestamp=(NOW + timedelta(hours=2)).isoformat())
    intake.post(PATH, body(event(options={"disable_skew_correction": disabled})), ahead)

    assert [each.timestamp for each in intake.taken()] == [NOW - timedelta(hours=ago)]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"event": ""}, "missing_event_name"),
        ({"event": "x" * 201}, "event_name_too_long"),
        ({"distinct_id": None}, "missing_distinct_id"),
        ({"distinct_id": "x" * 201}, "distinct_id_too_long"),
        ({"distinct_id": " Anonymous "}, "nonsense_distinct_id"),
        ({"distinct_id": "00000000-0000-0000-0000-000000000000"}, "nonsense_distinct_id"),
        ({"timestamp": "2026-11-24"}, "invalid_timestamp"),
        ({"timestamp": None}, "invalid_timestamp"),
        ({"uuid": "no-uuid"}, "invalid_uuid"),
    ],
)
def test_an_event_that_cannot_be_taken_is_dropped_with_details(intake: IntakeHarness, fields, reason):
    bad = event(uuid=OTHER_ID) | fields
    answer = intake.post(PATH, body(event(), bad), HEADERS)
    results = answer.json()["results"]

    assert answer.status == 200
    assert results[ID] == {"result": "ok"}
    assert results[bad["uuid"]]["result"] == "drop"
    assert results[bad["uuid"]]["details"]
    counts = intake.tally.read()
    assert (counts.accepted, counts.dropped, counts.pending) == (2, {reason: 1}, 1)


def test_a_batch_of_which_nothing_is_taken_is_still_answered_and_counted(intake: IntakeHarness):
    answer = intake.post(PATH, body(event(event="")), HEADERS)

    assert answer.status == 200
    assert answer.json()["results"][ID]["result"] == "drop"
    assert intake.tally.read().pending == 0
    assert intake.tally.read().accepted == 1


def test_names_and_ids_of_200_characters_are_taken(intake: IntakeHarness):
    intake.post(PATH, body(event(event="é" * 200, distinct_id="ü" * 200)), HEADERS)

    assert len(intake.taken()) == 1


def test_a_malformed_event_costs_only_itself(intake: IntakeHarness):
    answer = intake.post(PATH, body(event(), "text", event(uuid=OTHER_ID, properties=[])), HEADERS)

    assert answer.json()["results"] == {ID: {"result": "ok"}}
    assert intake.tally.read().dropped == {"invalid_event": 2}


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress), ("zstd", zstandard.compress)],
)
def test_every_encoding_is_taken(intake: IntakeHarness, encoding, compress):
    answer = intake.post(PATH, compress(json.dumps(body(event())).encode()), headers(Content_Encoding=encoding))

    assert answer.status == 200


BATCH = json.dumps(body(event())).encode()


@pytest.mark.parametrize(
    ("sent", "changed", "status", "tag"),
    [
        (BATCH, {"Authorization": None}, 401, "missing_authorization"),
        (BATCH, {"Authorization": "Basic x"}, 401, "missing_authorization"),
        (BATCH, {"Authorization": "Bearer phx_x"}, 401, "invalid_api_token"),
        (BATCH, {"Authorization": "Bearer phc_unknown"}, 401, "invalid_api_token"),
        (BATCH, {"PostHog_Sdk_Info": None}, 400, "missing_required_headers"),
        (BATCH, {"PostHog_Attempt": None}, 400, "missing_required_headers"),
        (BATCH, {"PostHog_Request_Timestamp": None}, 400, "missing_required_headers"),
        (BATCH, {"PostHog_Attempt": "0"}, 400, "invalid_header_value"),
        (BATCH, {"PostHog_Attempt": "first"}, 400, "invalid_header_value"),
        (BATCH, {"PostHog_Request_Timestamp": "now"}, 400, "invalid_header_value"),
        (BATCH, {"Content_Type": "text/plain"}, 415, "unsupported_content_type"),
        (BATCH, {"Content_Encoding": "lzma"}, 415, "unsupported_encoding"),
        (BATCH, {"Content_Encoding": "gzip"}, 400, "request_decoding_error"),
        (gzip.compress(BATCH), {}, 400, "request_parsing_error"),
        (b"", {}, 400, "empty_body"),
        (b"{", {}, 400, "request_parsing_error"),
        (b"[]", {}, 400, "request_parsing_error"),
        (b'{"batch": []}', {}, 400, "empty_batch"),
        (b"{}", {}, 400, "empty_batch"),
        (json.dumps(body(event(), event())).encode(), {}, 400, "invalid_batch"),
        (gzip.compress(b" " * (21 << 20)), {"Content_Encoding": "gzip"}, 413, "payload_too_large"),
    ],
)
def test_errors_have_the_tags_of_the_contract(intake: IntakeHarness, sent, changed, status, tag):
    answer = intake.post(PATH, sent, headers(**changed))

    assert (answer.status, answer.json()["error"]) == (status, tag)
    assert set(answer.json()) == {"error", "error_description", "error_uri"}
    assert answer.headers["posthog-request-id"] == REQUEST_ID
    assert "retry-after" not in answer.headers


def test_a_get_is_refused(intake: IntakeHarness):
    assert call(intake.app, "GET", PATH, headers=HEADERS).status == 405
