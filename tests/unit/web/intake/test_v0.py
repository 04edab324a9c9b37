"""The v0 paths: body shapes, event fields, answers (ingest 2 to 7)."""

import json
from datetime import timedelta
from uuid import UUID, uuid5

import pytest

from tests.support.asgi import call
from tests.support.intake import NOW, TOKEN, IntakeHarness, plain

ID = "01a20af1-1ed9-70b3-8156-c244e963cc54"
OTHER_ID = "01a20af1-1ed9-70b3-8156-c244e963cc55"


def event(**fields) -> dict:
    return {"event": "$exception", "distinct_id": "ada", "properties": {}, **fields}


def batch(*events, **fields) -> dict:
    return {"api_key": TOKEN, "batch": list(events), **fields}


@pytest.mark.parametrize("path", ["/batch/", "/batch", "/e/", "/i/v0/e/", "/capture", "/track/", "/engage/", "/x/y/e"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(batch(event(), event()), id="batch"),
        pytest.param({"token": TOKEN, "batch": [event(), event()]}, id="batch with token"),
        pytest.param([event(properties={"token": TOKEN}), event(properties={"token": TOKEN})], id="array"),
        pytest.param([event(token=TOKEN), event()], id="array, one token"),
        pytest.param({"api_key": TOKEN, "data": [event(), event()]}, id="data"),
        pytest.param({"data": [event(api_key=TOKEN), event(**{"$token": TOKEN})]}, id="data, tokens within"),
    ],
)
def test_every_shape_is_taken_on_every_path(intake: IntakeHarness, path, body):
    answer = intake.post(path, body)

    assert (answer.status, answer.json()) == (200, {"status": "Ok"})
    assert answer.headers["content-type"] == "application/json"
    assert [each.name for each in intake.taken()] == ["$exception", "$exception"]


@pytest.mark.parametrize(
    "fields",
    [{"token": TOKEN}, {"$token": TOKEN}, {"api_key": f" {TOKEN} "}, {"properties": {"token": TOKEN}}],
)
def test_a_single_event_is_taken_with_its_token_in_any_place(intake: IntakeHarness, fields):
    answer = intake.post("/capture/", event(**fields))

    assert answer.status == 200
    assert len(intake.taken()) == 1


def test_an_event_may_have_a_data_field_of_its_own(intake: IntakeHarness):
    intake.post("/capture/", event(api_key=TOKEN, data=[1, 2]))

    assert len(intake.taken()) == 1


def test_the_token_of_the_envelope_comes_first(intake: IntakeHarness):
    assert intake.post("/batch/", batch(event(token="phc_other"))).status == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param([event(token=TOKEN), event(token="phc_other")], "invalid_api_token", id="two tokens"),
        pytest.param([event()], "missing_authorization", id="none"),
        pytest.param({"api_key": "", "batch": [event()]}, "missing_authorization", id="empty"),
        pytest.param({"api_key": "phx_secret", "batch": [event()]}, "invalid_api_token", id="personal key"),
        pytest.param({"api_key": 12, "batch": [event()]}, "invalid_api_token", id="number"),
        pytest.param({"api_key": "phc_unknown", "batch": [event()]}, "invalid_api_token", id="unknown"),
        pytest.param([event(token=12)], "missing_authorization", id="number in the event"),
    ],
)
def test_without_one_known_token_it_is_401(intake: IntakeHarness, body, code):
    answer = intake.post("/batch/", body)

    assert (answer.status, answer.json()["code"]) == (401, code)
    assert answer.json()["detail"]
    assert intake.tally.read().accepted == 0


@pytest.mark.parametrize(
    ("fields", "distinct_id"),
    [
        ({"distinct_id": "ada"}, "ada"),
        ({"distinct_id": None, "$distinct_id": "ada"}, "ada"),
        ({"distinct_id": None, "properties": {"distinct_id": "ada"}}, "ada"),
        ({"distinct_id": "", "properties": {"distinct_id": "ada"}}, "ada"),
        ({"distinct_id": 12}, "12"),
        ({"distinct_id": 1.5}, "1.5"),
        ({"distinct_id": True}, "true"),
        ({"distinct_id": None, "properties": {"distinct_id": 123456789012345678901234567890}}, "1234567890" * 3),
        ({"distinct_id": ["a", 1]}, '["a",1]'),
        ({"distinct_id": {"a": None}}, '{"a":null}'),
        ({"distinct_id": "é" * 300}, "é" * 200),
        ({"distinct_id": "a\0b"}, "a\ufffdb"),
    ],
)
def test_the_distinct_id_becomes_text(intake: IntakeHarness, fields, distinct_id):
    intake.post("/batch/", batch(event(**fields)))

    assert [each.distinct_id for each in intake.taken()] == [distinct_id]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (event(event=""), "missing_event_name"),
        (event(event=None), "missing_event_name"),
        (event(event=5), "missing_event_name"),
        (event(distinct_id=None), "missing_distinct_id"),
        (event(distinct_id=""), "missing_distinct_id"),
        (event(uuid="no uuid"), "invalid_uuid"),
        (event(uuid=5), "invalid_uuid"),
        (event(properties=[]), "invalid_event"),
        (event(properties="x"), "invalid_event"),
        ("text", "invalid_event"),
        (None, "invalid_event"),
        ([], "invalid_event"),
    ],
)
def test_a_bad_event_costs_only_itself(intake: IntakeHarness, bad, reason):
    answer = intake.post("/batch/", batch(event(uuid=ID), bad, event(uuid=OTHER_ID)))

    assert answer.status == 200
    assert [each.uuid for each in intake.taken()] == [UUID(ID), UUID(OTHER_ID)]
    counts = intake.tally.read()
    assert (counts.accepted, counts.dropped, counts.pending) == (3, {reason: 1}, 2)


def test_a_batch_without_a_usable_event_is_400_and_not_counted(intake: IntakeHarness):
    answer = intake.post("/batch/", batch(event(event=""), event(uuid="x")))

    assert (answer.status, answer.json()["code"]) == (400, "invalid_batch")
    assert intake.tally.read().accepted == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        b"{",
        b"[]",
        b"12",
        b"null",
        b'"text"',
        b"{}",
        b"not json",
        b'{"batch":[]}',
        b'{"batch":{}}',
        b'{"batch":null}',
        b"[" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
    ids=lambda body: body[:12],
)
def test_what_cannot_be_understood_is_400_or_401(intake: IntakeHarness, body):
    answer = intake.post("/batch/", body)

    assert answer.status in (400, 401)
    assert answer.json()["type"] in ("validation_error", "authentication_error")


@pytest.mark.parametrize("uuid", ["", None])
def test_an_event_without_uuid_gets_one_that_a_replay_gives_again(intake: IntakeHarness, uuid):
    intake.post("/batch/", batch(event(event=""), event(uuid=uuid)))
    ((position, (received,)),) = intake.backlog.take(10, 0)

    assert received.uuid == uuid5(intake.journal.read(position).id, "1")


@pytest.mark.parametrize("uuid", [ID, ID.upper(), ID.replace("-", ""), "{" + ID + "}", "urn:uuid:" + ID])
def test_a_uuid_is_read_in_every_form(intake: IntakeHarness, uuid):
    intake.post("/batch/", batch(event(uuid=uuid)))

    assert [each.uuid for each in intake.taken()] == [UUID(ID)]


def test_null_properties_are_none(intake: IntakeHarness):
    intake.post("/batch/", batch(event(properties=None)))

    assert [each.properties for each in intake.taken()] == [{}]


def test_engage_without_event_is_identify(intake: IntakeHarness):
    nameless = {"token": TOKEN, "distinct_id": "ada", "$set": {"email": "a@b"}}
    intake.post("/ingest/engage/", nameless)
    elsewhere = intake.post("/capture/", nameless)

    assert [(each.name, plain(each)) for each in intake.taken()] == [("$identify", {"$set": {"email": "a@b"}})]
    assert elsewhere.status == 400


@pytest.mark.parametrize(
    ("root", "inner", "merged"),
    [
        ({"$set": {"a": 1}}, {}, {"$set": {"a": 1}}),
        ({"$set": {"a": 1}}, {"$set": {"a": 2, "b": 3}}, {"$set": {"a": 1, "b": 3}}),
        ({"$set_once": {"a": 1}}, {"$set_once": None}, {"$set_once": {"a": 1}}),
        ({"$set": None}, {"$set": {"a": 2}}, {"$set": {"a": 2}}),
        ({"$set": [1]}, {"$set": {"a": 2}}, {"$set": {"a": 2}}),
        ({"$unset": ["a"]}, {"$unset": ["b", "a"]}, {"$unset": ["a", "b"]}),
        ({"$unset": ["a"]}, {}, {"$unset": ["a"]}),
        ({"$unset": {"a": 1}}, {"$unset": ["b"]}, {"$unset": ["b"]}),
    ],
)
def test_person_fields_of_the_root_win_key_by_key(intake: IntakeHarness, root, inner, merged):
    intake.post("/batch/", batch(event(properties=inner, **root)))

    assert [plain(each) for each in intake.taken()] == [merged]


def test_properties_stay_exactly_as_sent(intake: IntakeHarness):
    numbers = '"a.b": 1,  "big":123456789012345678901234567890, "f":1.10, "e":1e400'
    properties = f'{{{numbers}, "z":{{"k":[1 , 2]}}, "u":"\\u00e9\\ud83d\\ude00"}}'
    sent = f'{{"event":"x","distinct_id":"d","properties":{properties}}}'
    intake.post("/batch/", f'{{"api_key":"{TOKEN}","batch":[{sent}]}}'.encode())
    (received,) = intake.taken()

    assert {name: bytes(value).decode() for name, value in received.properties.items()} == {
        "a.b": "1",
        "big": "123456789012345678901234567890",
        "f": "1.10",
        "e": "1e400",
        "z": '{"k":[1 , 2]}',
        "u": '"\\u00e9\\ud83d\\ude00"',
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b'"\\ud800"', "\ufffd"),
        (b'"\\udc00\\ud800x"', "\ufffd\ufffdx"),
        (b'{"\\ud83d":["\\ude00"]}', {"\ufffd": ["\ufffd"]}),
        (b"NaN", "NaN"),
        (b"[-Infinity, Infinity]", ["-Infinity", "Infinity"]),
        (b'"tab\there"', "tab\there"),
        (b'"\xff"', "\ufffd"),
        (b'"\\u0000\\\\u0000"', "\ufffd\\u0000"),
    ],
)
def test_odd_values_cost_no_event_and_harm_no_other(intake: IntakeHarness, value, expected):
    odd = b'{"event":"x","distinct_id":"d","properties":{"odd":' + value + b',"big":123456789012345678901234567890}}'
    good = json.dumps(event(uuid=ID)).encode()
    answer = intake.post("/batch/", b'{"api_key":"' + TOKEN.encode() + b'","batch":[' + odd + b"," + good + b"]}")
    first, second = intake.taken()

    assert answer.status == 200
    assert plain(first) == {"odd": expected, "big": 123456789012345678901234567890}
    assert second.uuid == UUID(ID)


def test_nul_stays_in_the_exception_list_only(intake: IntakeHarness):
    properties = {"$exception_list": [{"value": "a\0"}], "other\0": {"k\0": ["b\0"]}}
    intake.post("/batch/", batch(event(event="n\0", properties=properties)))
    (received,) = intake.taken()

    assert received.name == "n\ufffd"
    assert plain(received) == {"$exception_list": [{"value": "a\0"}], "other\ufffd": {"k\ufffd": ["b\ufffd"]}}


def test_an_event_nested_without_end_costs_the_request_but_no_500(intake: IntakeHarness):
    deep = b'{"event":"x","distinct_id":"d","properties":{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}}"
    answer = intake.post("/batch/", b'{"api_key":"' + TOKEN.encode() + b'","batch":[' + deep + b"]}")

    assert answer.status == 400


@pytest.mark.parametrize(
    ("fields", "query", "ago"),
    [
        ({"sent_at": (NOW - timedelta(hours=2)).isoformat()}, "", 1),
        ({}, f"_={int((NOW - timedelta(hours=2)).timestamp() * 1000)}", 1),
        ({}, f"sent_at={int((NOW - timedelta(hours=2)).timestamp() * 1000)}", 1),
        ({}, f"_={int((NOW - timedelta(hours=2)).timestamp())}", 3),
        ({"sentAt": (NOW - timedelta(hours=2)).isoformat()}, "", 3),
        ({"sent_at": "nonsense"}, "", 3),
    ],
)
def test_the_clients_clock_is_corrected(intake: IntakeHarness, fields, query, ago):
    timestamp = (NOW - timedelta(hours=3)).isoformat()
    intake.post("/batch/", batch(event(timestamp=timestamp), **fields), query=query)

    assert [each.timestamp for each in intake.taken()] == [NOW - timedelta(hours=ago)]


def test_an_event_can_refuse_the_correction(intake: IntakeHarness):
    timestamp = (NOW - timedelta(hours=3)).isoformat()
    refusing = event(timestamp=timestamp, properties={"$ignore_sent_at": True})
    intake.post("/batch/", batch(refusing, sent_at=(NOW - timedelta(hours=2)).isoformat()))

    assert [each.timestamp for each in intake.taken()] == [NOW - timedelta(hours=3)]


@pytest.mark.parametrize(("flag", "historical"), [(True, True), (False, False), (None, False), ("yes", False)])
def test_an_import_says_so(intake: IntakeHarness, flag, historical):
    intake.post("/batch/", batch(event(), historical_migration=flag))

    assert [each.historical for each in intake.taken()] == [historical]


def test_events_can_come_by_get(intake: IntakeHarness):
    data = json.dumps(event(token=TOKEN)).replace(" ", "").replace("{", "%7B").replace('"', "%22")
    answer = call(intake.app, "GET", "/e/", query="data=" + data)

    assert answer.status == 200
    assert len(intake.taken()) == 1


def test_a_beacon_gets_no_content(intake: IntakeHarness):
    accepted = intake.post("/e/", batch(event()), query="ip=1&beacon=1")
    refused = intake.post("/e/", batch(event(event="")), query="beacon=1")

    assert (accepted.status, accepted.body) == (204, b"")
    assert refused.status == 400
