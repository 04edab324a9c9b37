"""`$exception_list` is read and normalised (pipeline 1.5, 2.1 to 2.5; ingest 13, 14)."""

import json
from uuid import UUID, uuid5

import msgspec
import pytest

from mothlight.frames.errors import Unprocessable
from mothlight.frames.exceptions import (
    MOST_EXCEPTIONS,
    legacy_exceptions,
    make_entries,
    read_exceptions,
)
from mothlight.frames.facts import exception_list, exception_types, exception_values, is_handled, other_texts
from mothlight.frames.stack import read_stack, resolve_stack
from mothlight.frames.wire_order import EXCEPTIONS, FRAMES, NONE, WireOrder
from mothlight.model.stack import ExceptionEntry, exception_id

EVENT = UUID("01a20af5-7bf2-72d9-a726-6c0f5a5e289c")
AS_SENT = WireOrder(NONE, NONE)
LIST_BACKWARDS = WireOrder(EXCEPTIONS, EXCEPTIONS)


def raw(value):
    return msgspec.Raw(json.dumps(value).encode())


def process(sent, order=AS_SENT):
    """Entries and stack of a list."""
    exceptions = read_exceptions(sent, order)
    read = read_stack([each.stacktrace for each in exceptions], None, order)
    return make_entries(exceptions, read), resolve_stack(read)


def entries(sent, order=AS_SENT):
    return process(sent, order)[0]


both_forms = pytest.mark.parametrize("form", [raw, lambda value: value], ids=["undecoded", "decoded"])


@both_forms
def test_an_entry_keeps_all_that_was_sent_but_the_id(form):
    sent = {
        "id": "theirs",
        "type": "ValueError",
        "value": "bad",
        "mechanism": {"handled": True, "meta": {"errno": 5}},
        "module": "shop",
        "thread_id": 2**63,
        "anything": [None],
    }

    (entry,) = entries(form([sent]))

    assert (entry.type, entry.value, entry.trace, entry.variables) == ("ValueError", "bad", None, {})
    assert entry.rest == {name: sent[name] for name in ("mechanism", "module", "thread_id", "anything")}
    assert exception_id(EVENT, 0) == str(uuid5(EVENT, "0"))


def test_ids_follow_from_the_event_and_the_place():
    assert [exception_id(EVENT, index) for index in range(12)] == [str(uuid5(EVENT, str(index))) for index in range(12)]


@both_forms
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, ""),
        ({"value": None}, ""),
        ({"value": "text"}, "text"),
        ({"value": 5}, "5"),
        ({"value": 1.5}, "1.5"),
        ({"value": False}, "false"),
        ({"value": {"a": ["x\0"], "b": None}}, '{"a":["x\ufffd"],"b":null}'),
        ({"value": "a\0"}, "a\ufffd"),
        ({"value": "x" * 10_000}, "x" * 10_000),
        ({"value": "x" * 10_001}, "x" * 9_997 + "..."),
    ],
)
def test_a_message_is_a_text_of_limited_length(form, value, expected):
    (entry,) = entries(form([{"type": "E", **value}]))

    assert entry.value == expected


@both_forms
def test_types_are_sanitised_and_cut(form):
    first, second = entries(form([{"type": "E\0"}, {"type": "ä" * 200}]))

    assert first.type == "E\ufffd"
    assert second.type == "ä" * 126 + "..."


@both_forms
def test_texts_of_all_other_keys_are_sanitised(form):
    (entry,) = entries(
        form([{"type": "E", "mechanism": {"type": "a\0"}, "module": "b\0", "long": f"{'x' * 600}{' ' * 60}"}])
    )

    assert entry.rest == {"mechanism": {"type": "a\ufffd"}, "module": "b\ufffd", "long": f"{'x' * 600}<ws trimmed>"}


INVALID = "Invalid properties on event 01a20af5-7bf2-72d9-a726-6c0f5a5e289c, serde error: "


@both_forms
@pytest.mark.parametrize(
    ("sent", "note"),
    [
        ([], "Empty exception list on event 01a20af5-7bf2-72d9-a726-6c0f5a5e289c"),
        (None, INVALID + "missing field `$exception_list`"),
        ({"type": "E"}, INVALID + "invalid type: map, expected a sequence"),
        ("text", INVALID + 'invalid type: string "text", expected a sequence'),
        ([{"value": "x"}], INVALID + "missing field `type`"),
        ([{"type": "E"}, {}], INVALID + "missing field `type`"),
        ([{"type": None}], INVALID + "invalid type: null, expected a string"),
        ([{"type": 5}], INVALID + "invalid type: integer `5`, expected a string"),
        ([{"type": 1.5}], INVALID + "invalid type: floating point `1.5`, expected a string"),
        ([{"type": True}], INVALID + "invalid type: boolean `true`, expected a string"),
        ([{"type": ["E"]}], INVALID + "invalid type: sequence, expected a string"),
        (["text"], INVALID + 'invalid type: string "text", expected an exception'),
        ([None], INVALID + "invalid type: null, expected an exception"),
    ],
)
def test_what_is_no_list_of_exceptions_is_unprocessable(form, sent, note):
    with pytest.raises(Unprocessable) as refused:
        read_exceptions(form(sent), AS_SENT)

    assert refused.value.note(EVENT) == note


def deep(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


@both_forms
@pytest.mark.parametrize("place", ["mechanism", "value", "anything"])
def test_nesting_beyond_64_levels_is_unprocessable(form, place):
    (entry,) = entries(form([{"type": "E", place: deep(63)}]))
    with pytest.raises(Unprocessable) as refused:
        read_exceptions(form([{"type": "E", place: deep(64)}]), AS_SENT)

    assert entry.type == "E"
    assert refused.value.note(EVENT) == INVALID + "Recursion limit exceeded"


def test_nesting_beyond_all_measure_is_unprocessable():
    sent = msgspec.Raw(b'[{"type":"E","anything":' + b"[" * 100_000 + b"]" * 100_000 + b"}]")

    with pytest.raises(Unprocessable, match="Recursion limit exceeded"):
        read_exceptions(sent, AS_SENT)


@both_forms
def test_a_list_with_the_root_cause_first_is_reversed(form):
    sent = [{"type": "Cause", "stacktrace": {"frames": [{"platform": "python", "function": "f"}]}}, {"type": "Wrapper"}]

    found, stack = process(form(sent), LIST_BACKWARDS)

    assert [entry.type for entry in found] == ["Wrapper", "Cause"]
    assert stack.frames[0] is None
    assert stack.frames[1][0]["mangled_name"] == "f"


@pytest.mark.parametrize(("order", "first"), [(AS_SENT, "5"), (WireOrder(FRAMES, FRAMES), "5"), (LIST_BACKWARDS, "99")])
def test_keeps_the_exceptions_nearest_to_the_root_cause(order, first):
    found = entries([{"type": str(number)} for number in range(MOST_EXCEPTIONS + 5)], order)

    assert len(found) == MOST_EXCEPTIONS
    assert found[0].type == first


# --- before there were lists ---


@both_forms
def test_the_properties_of_old_clients_are_a_list_of_one(form):
    frames = [{"filename": "https://a.io/b.js", "function": "f", "lineno": 1, "colno": 2, "in_app": True}]
    properties = {
        "$exception_type": form("TypeError"),
        "$exception_message": form("it broke"),
        "$exception_stack_trace_raw": form(json.dumps(frames)),
    }

    (entry,), stack = process(legacy_exceptions(properties))

    assert (entry.type, entry.value) == ("TypeError", "it broke")
    assert stack.frames[0][0]["lang"] == "javascript"
    assert stack.sources == ["/b.js"]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"$exception_type": "E"}, {"type": "E", "value": None}),
        ({"$exception_message": "m"}, {"type": "Error", "value": "m"}),
        ({"$exception_type": "E", "$exception_stack_trace_raw": "at f (a.js)"}, {"type": "E", "value": None}),
        (
            {"$exception_type": "E", "$exception_stack_trace_raw": [{"platform": "python"}, "odd"]},
            {"type": "E", "value": None, "stacktrace": {"type": "raw", "frames": [{"platform": "python"}]}},
        ),
    ],
)
def test_old_properties_are_read_as_far_as_they_go(properties, expected):
    assert legacy_exceptions(properties) == [expected]


@pytest.mark.parametrize("properties", [{}, {"$exception_type": 5}, {"$exception_stack_trace_raw": "[]"}])
def test_properties_that_tell_of_no_exception_are_unprocessable(properties):
    with pytest.raises(Unprocessable, match=r"missing field `\$exception_list`"):
        legacy_exceptions(properties)


# --- what the list says ---


def test_types_and_values_are_distinct_in_first_seen_order():
    found = entries(
        [{"type": "B", "value": "x"}, {"type": "A", "value": "y"}, {"type": "B", "value": "y"}, {"type": "C"}]
    )

    assert exception_types(found) == ["B", "A", "C"]
    assert exception_values(found) == ["x", "y", ""]


@pytest.mark.parametrize(
    ("mechanism", "handled"),
    [
        ({}, False),
        ({"mechanism": None}, False),
        ({"mechanism": "odd"}, False),
        ({"mechanism": {}}, False),
        ({"mechanism": {"handled": "true"}}, False),
        ({"mechanism": {"handled": False}}, False),
        ({"mechanism": {"handled": True}}, True),
    ],
)
def test_an_event_is_handled_if_its_outermost_exception_is(mechanism, handled):
    found = entries([{"type": "E", **mechanism}, {"type": "E", "mechanism": {"handled": True}}])

    assert is_handled(found) is handled


def test_the_list_is_put_together_again():
    frame = {"platform": "python", "function": "f", "filename": "a.py", "lineno": 3}
    variables = {"n": 1}
    sent = [
        {"type": "A", "value": "x", "module": "m"}
        | {"stacktrace": {"type": "raw", "frames": [frame, {**frame, "code_variables": variables}], "thread": 1}},
        {"type": "B", "stacktrace": {"frames": []}},
        {"type": "C"},
    ]
    found, stack = process(sent)

    first, second, third = exception_list(found, stack, EVENT)

    unified = stack.frames[0][0]
    assert first == {
        "id": exception_id(EVENT, 0),
        "type": "A",
        "value": "x",
        "module": "m",
        "stacktrace": {"type": "resolved", "thread": 1, "frames": [unified, {**unified, "code_variables": variables}]},
    }
    assert second["stacktrace"] == {"type": "resolved", "frames": []}
    assert "stacktrace" not in third
    assert "code_variables" not in json.dumps(stack.frames)


def test_other_texts_are_those_beside_type_message_and_frames():
    entries = [
        ExceptionEntry(
            "E", "m", {"module": "app.pay", "mechanism": {"type": "generic", "handled": False, "data": ["x", 1]}}
        ),
        ExceptionEntry("F", "n", {"mechanism": {"type": "generic"}, "thread_id": 7}),
    ]

    assert other_texts(entries) == ["app.pay", "generic", "x"]
