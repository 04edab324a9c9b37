"""Reading exceptions, and what of their properties is kept."""

import pytest

from mothlight.model.outcome import DropReason
from mothlight.pipeline.rows import masked_properties
from mothlight.pipeline.stages import normalise as module
from mothlight.pipeline.stages.normalise import NOT_KEPT, Normalise, read_text
from tests.support.received import batch_of, exception, frame, raw, received


def normalised(properties=None, **more):
    found = Normalise()(batch_of(received(1, properties, **more)))
    assert found.unreadable == []
    return found.items[0]


def note(properties, **more):
    event = received(1, properties, **more)
    found = Normalise()(batch_of(event))
    assert found.items == []
    assert found.dropped == {DropReason.UNPROCESSABLE: 1}
    return found.unreadable[0].note.replace(str(event.uuid), "UUID")


def test_an_exception_keeps_its_other_properties_as_sent():
    item = normalised({"plan": "pro", "n": 1.5})

    assert item.properties == {"plan": raw("pro"), "n": raw(1.5)}
    assert [entry.type for entry in item.entries] == ["PayError"]
    assert item.has_stack


@pytest.mark.parametrize("name", sorted(NOT_KEPT - {"$exception_list"}))
def test_what_the_pipeline_computes_is_taken_from_no_client(name):
    assert normalised({name: ["theirs"]}).properties == {}


def test_releases_of_an_import_are_kept():
    assert "$exception_releases" in normalised({"$exception_releases": {"r": {}}}).properties


@pytest.mark.parametrize("name", ["$issue_name", "$issue_description"])
def test_names_for_the_issue_are_cut_to_255_bytes(name):
    assert normalised({name: "é" * 200}).properties[name] == raw("é" * 126 + "...").__class__(
        ('"' + "é" * 126 + '..."').encode()
    )
    assert normalised({name: "short"}).properties[name] == raw("short")
    assert normalised({name: 7}).properties[name] == raw(7)


@pytest.mark.parametrize(("sent", "kept"), [("HIGH", "high"), ("urgent", "urgent"), (3, 3)])
def test_a_severity_is_kept_in_lower_case_and_anything_else_as_sent(sent, kept):
    assert normalised({"$issue_severity": sent}).properties["$issue_severity"] == raw(kept)


@pytest.mark.parametrize(("sent", "is_kept"), [([], False), (None, False), ([{"type": "elf"}], True)])
def test_debug_images_are_kept_when_there_are_some(sent, is_kept):
    assert ("$debug_images" in normalised({"$debug_images": sent}).properties) is is_kept


@pytest.mark.parametrize("absent", ["missing", "null"])
def test_the_form_of_old_clients_becomes_a_list_of_one(absent):
    event = received(1, {"$exception_list": None, "$exception_type": "TypeError", "$exception_message": "boom"})
    if absent == "missing":
        del event.properties["$exception_list"]

    item = Normalise()(batch_of(event)).items[0]

    assert [(entry.type, entry.value) for entry in item.entries] == [("TypeError", "boom")]
    assert "$exception_type" in item.properties
    assert not item.has_stack


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ([], "Empty exception list on event UUID"),
        ([{"value": "x"}], "Invalid properties on event UUID, serde error: missing field `type`"),
        (None, "Invalid properties on event UUID, serde error: missing field `$exception_list`"),
    ],
)
def test_an_exception_that_cannot_be_read_gets_a_note(sent, text):
    assert note({"$exception_list": sent}) == text


def test_nesting_beyond_64_levels_cannot_be_read():
    deep = "x"
    for _ in range(70):
        deep = [deep]

    assert note({"$exception_list": [exception(extra=deep)]}).endswith("Recursion limit exceeded")


def test_one_that_cannot_be_read_does_not_stop_the_others():
    found = Normalise()(batch_of(received(1, {"$exception_list": []}), received(1)))

    assert len(found.items) == len(found.unreadable) == 1


def test_a_known_stack_is_not_decoded_again(monkeypatch):
    decoded = []
    read_stack = module.read_stack
    monkeypatch.setattr(module, "read_stack", lambda *arguments: decoded.append(1) or read_stack(*arguments))
    stage = Normalise()

    first, second = (stage(batch_of(received(1, {"n": number}))).items[0] for number in (1, 2))

    assert decoded == [1]
    assert first.stack == second.stack
    assert first.entries[0].trace == second.entries[0].trace == {"type": "resolved"}


def test_local_variables_stay_with_their_event_and_are_masked():
    def with_variables(value):
        trace = {"type": "raw", "frames": [frame(code_variables={"total": value, "password": "hunter2"})]}
        return received(1, {"$exception_list": [exception(stacktrace=trace)]})

    stage = Normalise()

    items = [stage(batch_of(with_variables(value))).items[0] for value in (1, 2, 1)]

    assert [item.entries[0].variables[0]["total"] for item in items] == [1, 2, 1]
    assert "hunter2" not in str([item.entries for item in items])
    assert len({item.stack for item in items}) == 1
    assert items[0].stack == normalised().stack, "variables are no part of a stack"


@pytest.mark.parametrize("sent", ["$exception", None, 5])
def test_reads_texts_only(sent):
    assert read_text(raw(sent)) == (sent if isinstance(sent, str) else None)
    assert read_text(None) is None


def test_properties_of_what_cannot_be_read_are_masked():
    trace = {"frames": [frame(code_variables={"password": "hunter2", "n": 1})]}
    properties = received(1, {"$exception_list": [{"value": "no type", "stacktrace": trace}], "n": 5}).properties

    masked = masked_properties(properties)

    assert b"hunter2" not in bytes(masked["$exception_list"])
    assert b"no type" in bytes(masked["$exception_list"])
    assert masked["n"] == raw(5)


def test_a_client_cannot_fill_our_memory_with_what_is_remembered():
    stage = Normalise()
    for number in range(5):
        trace = {"type": "raw", "frames": [frame()], "junk": f"{number}" * 1000}
        stage(batch_of(received(1, {"$exception_list": [exception(stacktrace=trace)], "$exception_level": "x" * 1000})))

    assert len(stage._read) == 0
    assert read_text(raw("x" * 1000)) == "x" * 1000
