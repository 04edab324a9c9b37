"""Fingerprints are computed as pipeline 4 says; the worked example of 4.8 among them."""

import hashlib
from uuid import UUID

import pytest

from mothlight.grouping import candidates, manual, newest, with_ids
from mothlight.model.stack import ExceptionEntry, Stack, exception_id

EVENT = UUID("01a20af5-7bf2-72d9-a726-6c0f5a5e289c")
MESSAGE = "Cannot read property 'foo' of undefined"


def entry(type_="TypeError", value=MESSAGE, *, has_stack=True):
    return ExceptionEntry(type_, value, {}, {"type": "resolved"} if has_stack else None, {})


def stack(*frames, legacy="none"):
    return Stack("h", [None] * len(frames), list(frames), legacy, {}, [], [], "")


def frame(mangled="m", *, in_app=True, resolved=True, raw_id="r/0", lang="javascript", **more):
    always = {"synthetic": False, "suspicious": False}
    return (
        {"raw_id": raw_id, "mangled_name": mangled, "in_app": in_app, "resolved": resolved, "lang": lang}
        | more
        | always
    )


def values(entries, of):
    return {found.version: found.value for found in candidates(entries, of)}


def sha(*pieces):
    return hashlib.sha512("".join(pieces).encode()).hexdigest()


WORKED = [
    frame("foo", source="http://example.com/alpha/foo.js", resolved_name="bar", line=10, column=5, raw_id="a/0"),
    frame(
        "bar",
        source="http://example.com/bar.js",
        module="app.module",
        resolved_name="baz",
        line=20,
        column=15,
        raw_id="b/0",
    ),
]
V1 = (
    "d03a8ead4f42a8a315039e016979d6ded265ca61ebe08c5114b17626dc285f13"
    "3e6a62b80d8122ff6b34198223f75bc4a682968b3608f97e9b341da4a1cc3dec"
)
V2 = (
    "444724bab3c0330331620497546290eff34b8cfe5363dcf938fc92ab80baff08"
    "2a3616472e02ffadcb657cd7bdb211fbd9e1dcb04f2aae33e77c5c54e4835820"
)
V1_WITHOUT_STACK = (
    "2cb3f141543f0a80f04e8eede5c890e62baea0357447390eeffcdc6ea047470c"
    "76e266df76bdcdb8232e951701b3187942435e75ce384094b8ae192a867e8c61"
)
V2_WITHOUT_STACK = (
    "5a80958b842317b36c9537561b48bb0356615b88a077f0376b16dce433f06567"
    "c87dfc99150cc54dde996be8327aa3f9c8ac735960dc530a4549ac773994d507"
)


def test_the_worked_example():
    assert values([entry()], stack(WORKED)) == {"v1": V1, "v2": V2, "v3": V2}


def test_the_worked_example_without_a_stack():
    assert values([entry(has_stack=False)], stack(None)) == {
        "v1": V1_WITHOUT_STACK,
        "v2": V2_WITHOUT_STACK,
        "v3": V2_WITHOUT_STACK,
    }


def test_the_record_of_the_worked_example():
    for found in candidates([entry()], stack(WORKED)):
        assert found.record == [
            {"type": "exception", "id": None, "pieces": ["Exception Type"]},
            {"type": "frame", "raw_id": "a/0", "pieces": ["Source file name", "Resolved function name"]},
            {"type": "frame", "raw_id": "b/0", "pieces": ["Source file name", "Module name", "Resolved function name"]},
        ]


def test_the_record_names_the_message_where_it_counts():
    (part,) = newest([entry(has_stack=False)], stack(None)).record

    assert part == {"type": "exception", "id": None, "pieces": ["Exception Type", "Exception Message"]}


def test_a_stack_without_frames_is_a_stack():
    assert values([entry()], stack([])) == dict.fromkeys(("v1", "v2", "v3"), sha("TypeError"))


def test_the_newest_is_the_last_candidate():
    assert newest([entry()], stack(WORKED)) == candidates([entry()], stack(WORKED))[-1]


def test_a_frame_without_a_name_is_hashed_as_it_came():
    unknown = frame("t", source="/a/b.js?c", module="m?x", line=3, column=7, lang="javascript")

    found = {each.version: each for each in candidates([entry("E")], stack([unknown]))}

    assert found["v1"].value == sha("E", "/a/b.js?c", "m?x", "t", "3", "7", "javascript")
    assert found["v2"].value == found["v3"].value == sha("E", "b.js", "m", "t", "javascript")
    pieces = ["Source file name", "Module name", "Mangled function name"]
    assert found["v1"].record[1]["pieces"] == [*pieces, "Line number", "Column number", "Language"]
    assert found["v3"].record[1]["pieces"] == [*pieces, "Language"]


def test_a_name_counts_also_on_a_frame_that_is_not_resolved():
    named = frame("t", resolved=False, resolved_name="f", line=3)

    assert values([entry("E")], stack([named])) == dict.fromkeys(("v1", "v2", "v3"), sha("E", "f"))


@pytest.mark.parametrize(
    ("frames", "chosen"),
    [
        pytest.param([("a", True, True), ("b", False, True), ("c", True, True)], "ac", id="in-app frames"),
        pytest.param([("a", True, True), ("b", True, False)], "a", id="only resolved ones if any is"),
        pytest.param([("a", True, False), ("b", True, False)], "ab", id="all if none is resolved"),
        pytest.param([("a", True, False), ("b", False, True)], "", id="none if only a library's frame is resolved"),
        pytest.param([("a", False, True), ("b", False, True)], "a", id="the entry point without in-app frames"),
        pytest.param([("a", False, False), ("b", False, True)], "a", id="even if it is not resolved"),
        pytest.param([], "", id="no frames"),
    ],
)
def test_the_first_version_selects_frames(frames, chosen):
    made = [frame(n, in_app=in_app, resolved=resolved, resolved_name=n) for n, in_app, resolved in frames]

    found = values([entry("E")], stack(made))

    assert found["v1"] == sha("E", chosen)
    assert found["v2"] == sha("E", *(name for name, _, _ in frames))


def test_the_first_version_judges_each_stack_by_itself():
    first, second = [frame("a", in_app=False, resolved_name="a")], [frame("b", resolved=False, resolved_name="b")]

    assert values([entry("E"), entry("F")], stack(first, second))["v1"] == sha("E", "a", "F", "b")


FRAMES = [frame("a", in_app=False, resolved_name="a"), frame("b", in_app=False, resolved_name="b")]


def test_legacy_versions_see_the_frames_as_they_were_sent():
    found = candidates([entry("E", has_stack=False), entry("F")], stack(None, FRAMES, legacy="frames"))

    assert [(each.version, each.value) for each in found] == [
        ("v1_legacy", sha("E", MESSAGE, "F", "b")),
        ("v1", sha("E", MESSAGE, "F", "a")),
        ("v2_legacy", sha("E", "Cannot read property '*' of undefined", "F", "b", "a")),
        ("v2", sha("E", "Cannot read property '*' of undefined", "F", "a", "b")),
        ("v3", sha("E", "Cannot read property '*' of undefined", "F", "a", "b")),
    ]


def test_legacy_versions_see_the_exceptions_as_they_were_sent():
    found = values([entry("E"), entry("F")], stack([], FRAMES, legacy="exceptions"))

    assert found["v1_legacy"] == sha("F", "a", "E")
    assert found["v1"] == sha("E", "F", "a")
    assert found["v2_legacy"] == sha("F", "a", "b", "E")
    assert found["v2"] == sha("E", "F", "a", "b")


@pytest.mark.parametrize(
    ("legacy", "version", "ids"),
    [("none", "v3", [0, 1]), ("exceptions", "v2_legacy", [1, 0]), ("exceptions", "v2", [0, 1])],
)
def test_the_record_of_an_event_has_the_ids_of_its_exceptions(legacy, version, ids):
    of = stack(FRAMES, None, legacy=legacy)
    entries = [entry(), entry(has_stack=False)]
    (found,) = (each for each in candidates(entries, of) if each.version == version)

    renewed = with_ids(found, EVENT, legacy)

    exceptions = [part for part in renewed.record if part["type"] == "exception"]
    assert [part["id"] for part in exceptions] == [exception_id(EVENT, index) for index in ids]
    assert [part["id"] for part in found.record if part["type"] == "exception"] == [None, None]


def test_the_order_of_exceptions_counts_and_what_is_not_hashed_does_not():
    of = stack(FRAMES, [])

    assert newest([entry("A"), entry("B")], of).value != newest([entry("B"), entry("A")], of).value
    assert newest([entry("A", "x"), entry("B")], of).value == newest([entry("A", "y"), entry("B")], of).value


def test_frames_of_an_import_may_lack_anything():
    assert newest([entry("E")], stack([{}])).value == sha("E")


@pytest.mark.parametrize("value", ["", "checkout", "x" * 64, "ä" * 32])
def test_a_manual_fingerprint_is_used_as_sent(value):
    found = manual(value)

    assert (found.value, found.version, found.record) == (value, None, [{"type": "manual"}])


@pytest.mark.parametrize("value", ["x" * 65, "ä" * 33])
def test_a_long_manual_fingerprint_is_hashed(value):
    assert manual(value).value == sha(value)
