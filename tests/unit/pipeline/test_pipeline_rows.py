"""Events as rows."""

import json
from uuid import UUID

import msgspec
import pytest

from mothlight.pipeline.moments import moment_text
from mothlight.pipeline.rows import event_row, noted_row
from mothlight.pipeline.stages.normalise import Normalise
from mothlight.pipeline.states import EventRelease, Linked, Unreadable
from mothlight.storage.events.properties import decode_properties
from tests.support.received import NOW, batch_of, later, raw, received

RELEASE = EventRelease('{"version":"1"}', ["1"], {})


def row(properties=None, **more):
    item = Normalise()(batch_of(received(1, properties, **more))).items[0]
    return event_row(Linked(item, RELEASE, 77), "person")


def test_a_row_says_everything_that_queries_need():
    made = row(
        {"$lib": "posthog-python", "$session_id": "s", "n": 1},
        uuid=UUID(int=5),
        distinct_id="ada",
        timestamp=later(0.25),
        received_at=NOW,
    )

    assert (made.project_id, made.uuid, made.distinct_id, made.person_id) == (1, str(UUID(int=5)), "ada", "person")
    assert made.timestamp == "2026-04-24T12:00:00.250000Z"
    assert made.received_at == "2026-04-24T12:00:00.000000Z"
    assert (made.grouping_key, made.lib, made.handled) == (77, "posthog-python", True)
    assert (made.types, made.messages) == (["PayError"], ["card declined"])
    assert (made.release, made.release_names) == ('{"version":"1"}', ["1"])
    assert len(made.stack) == 32
    assert decode_properties(bytes(made.properties)) == {
        "$lib": raw("posthog-python"),
        "$session_id": raw("s"),
        "n": raw(1),
    }


def test_a_row_holds_the_exceptions_without_their_frames():
    (entry,) = json.loads(row().exceptions)

    assert (entry["type"], entry["value"]) == ("PayError", "card declined")
    assert entry["rest"] == {"mechanism": {"handled": True, "type": "generic"}}
    assert entry["trace"] == {"type": "resolved"}
    assert "pay.py" not in json.dumps(entry)


def test_a_row_without_any_stack_trace_names_no_stack():
    assert row({"$exception_list": [{"type": "E", "value": "x"}]}).stack == ""


@pytest.mark.parametrize("sent", [None, ""])
def test_no_session_is_no_session(sent):
    assert row({"$session_id": sent}).session_key == 0
    assert row().session_key == 0


def test_a_session_is_the_same_however_its_text_was_escaped():
    plain, escaped = row({"$session_id": "é"}), received(1)
    escaped.properties["$session_id"] = msgspec.Raw('"é"'.encode())
    item = Normalise()(batch_of(escaped)).items[0]

    assert plain.session_key == event_row(Linked(item, RELEASE, 1), "p").session_key != 0


def test_a_row_that_could_not_be_read_keeps_all_properties_and_adds_the_note():
    event = received(1, {"$exception_list": [], "$exception_issue_id": "theirs", "n": 1})

    made = noted_row(Unreadable(event, "a note"), "person")

    assert made.grouping_key == 0
    assert decode_properties(bytes(made.properties)) == {
        **event.properties,
        "$cymbal_errors": msgspec.Raw(b'["a note"]'),
    }


@pytest.mark.parametrize(("sent", "kept"), [(["old"], ["old", "a note"]), ("text", ["a note"]), (None, ["a note"])])
def test_a_note_is_added_to_notes_and_replaces_anything_else(sent, kept):
    event = received(1, {"$exception_list": [], "$cymbal_errors": sent})

    made = noted_row(Unreadable(event, "a note"), "person")

    assert json.loads(bytes(decode_properties(bytes(made.properties))["$cymbal_errors"])) == kept


def test_times_have_microseconds_even_when_they_are_none():
    assert moment_text(NOW) == "2026-04-24T12:00:00.000000Z"
    assert moment_text(NOW.replace(year=21)) == "0021-04-24T12:00:00.000000Z"
