"""`stack_frames/…` (api.md 3.5)."""

from datetime import timedelta

import pytest

from tests.functional.api.conftest import error
from tests.support.received import exception, frame
from tests.support.triage import UNKNOWN


def sent(*frames):
    return {"$exception_list": [exception(stacktrace={"type": "raw", "frames": list(frames)})]}


@pytest.fixture
def frames(triage):
    """Two stacks that share a frame; the second was seen a minute later. By function name."""
    lines = {"context_line": "return 1 / 0", "pre_context": ["def two():"], "post_context": ["", "x"]}
    triage.capture("a", **sent(frame("one"), frame("two", **lines)))
    triage.api.hands.moment += timedelta(minutes=1)
    triage.capture("b", **sent(frame("one"), frame("three")))
    triage.capture("c")
    listed = triage.ok("GET", "stack_frames/")["results"]
    return {each["contents"]["resolved_name"]: each for each in listed}


def test_each_frame_is_shown_once(triage, frames):
    page = triage.ok("GET", "stack_frames/", params={"limit": 3})

    assert page["count"] == 4
    assert set(frames) == {"one", "two", "three", "pay"}
    assert page["next"].endswith("stack_frames/?limit=3&offset=3")
    assert {frames["one"]["created_at"], frames["two"]["created_at"]} == {"2026-04-24T12:00:00Z"}
    assert {each["contents"]["resolved_name"] for each in page["results"][:2]} == {"three", "pay"}, "newest first"


def test_a_frame_is_shown_with_its_contents_and_lines(triage, frames):
    two = frames["two"]

    assert set(two) == {
        "id",
        "raw_id",
        "created_at",
        "contents",
        "resolved",
        "context",
        "symbol_set_ref",
        "release",
    }
    assert two["raw_id"] == two["contents"]["raw_id"]
    assert two["raw_id"].endswith("/0")
    assert (two["resolved"], two["symbol_set_ref"], two["release"]) == (True, None, None)
    assert two["contents"]["source"] == "shop/pay.py"
    assert two["context"]["line"]["line"] == "return 1 / 0"
    assert [line["line"] for line in two["context"]["before"]] == ["def two():"]
    assert frames["three"]["context"] is None


def test_a_frame_that_a_client_resolved_may_have_no_id(triage):
    resolved = {"type": "resolved", "frames": [{"resolved_name": "pay", "source": "shop/pay.js", "in_app": True}]}
    triage.capture("a", **{"$exception_list": [exception(stacktrace=resolved)]})

    (found,) = triage.ok("GET", "stack_frames/")["results"]

    assert (found["raw_id"], found["contents"]["resolved_name"], found["resolved"]) == ("/0", "pay", False)
    assert triage.ok("GET", f"stack_frames/{found['id']}/") == found


def test_an_id_stays_and_is_found(triage, frames):
    for each in frames.values():
        assert triage.ok("GET", f"stack_frames/{each['id']}/") == each
    triage.capture("d", **sent(frame("one"), frame("four")))

    again = triage.ok("POST", "stack_frames/batch_get/", json={"raw_ids": [frames["one"]["raw_id"]]})["results"]

    assert again == [frames["one"]]
    assert len({each["id"] for each in frames.values()}) == 4


@pytest.mark.parametrize("id", [UNKNOWN, "x", "6b1c2f0a-5a0d-5d35-9a5e-0c5b7d2c6f41"])
def test_an_unknown_frame_is_404(triage, frames, id):
    assert error(triage.ask("GET", f"stack_frames/{id}/")).detail == "Not found."


def names(answer):
    return sorted(each["contents"]["resolved_name"] for each in answer["results"])


def test_frames_are_got_by_their_raw_ids(triage, frames):
    one, two = frames["one"]["raw_id"], frames["two"]["raw_id"]
    wanted = [
        one,
        two.removesuffix("/0"),
        f"{one.removesuffix('0')}7",
        f"{one}/x",
        f"{two}x",
        "nothing/0",
        "",
        'odd "text"',
    ]

    answer = triage.ok("POST", "stack_frames/batch_get/", json={"raw_ids": wanted})

    assert set(answer) == {"results"}
    assert names(answer) == ["one", "two"]
    assert names(triage.ok("POST", "stack_frames/batch_get/", json={"raw_ids": [two]})) == ["two"]


@pytest.mark.parametrize("body", [None, {}, {"raw_ids": None}, {"raw_ids": []}])
def test_without_a_filter_all_frames_are_got(triage, frames, body):
    request = {} if body is None else {"json": body}

    assert names(triage.ok("POST", "stack_frames/batch_get/", **request)) == ["one", "pay", "three", "two"]


def test_no_frame_belongs_to_a_symbol_set(triage, frames):
    assert triage.ok("POST", "stack_frames/batch_get/", json={"symbol_set": UNKNOWN}) == {"results": []}


@pytest.mark.parametrize(
    ("body", "attr"),
    [({"raw_ids": "x"}, "raw_ids"), ({"raw_ids": [5]}, "raw_ids__0"), ({"symbol_set": "x"}, "symbol_set")],
)
def test_what_cannot_be_asked_is_refused(triage, body, attr):
    answer = error(triage.ask("POST", "stack_frames/batch_get/", json=body))

    assert (answer.status, answer.attr) == (400, attr)


def test_an_answer_has_1000_frames_at_most(triage):
    for batch in range(3):
        triage.capture("a", **sent(*(frame(f"f{batch}_{number}") for number in range(400))))

    assert len(triage.ok("POST", "stack_frames/batch_get/")["results"]) == 1_000
    assert triage.ok("GET", "stack_frames/")["count"] == 1_200
