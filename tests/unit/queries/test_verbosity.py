"""How much of an exception is shown (api 2.3)."""

import pytest

from mothlight.queries.verbosity import cut_text, shaped_exceptions

ENTRY = {
    "id": "e", "type": "E", "value": "v" * 1001, "module": "m", "mechanism": {"handled": False}, "thread_id": 0,
    "empty": "",
    "stacktrace": {
        "type": "resolved", "raw_id": "t", "junk_drawer": {}, "extra": 0,
        "frames": [
            {"raw_id": "1", "in_app": False, "function": "f", "filename": "a.py", "lineno": 3, "colno": 0,
            "module": "", "vars": {}},
            {"raw_id": "2", "in_app": True, "mangled_name": "g", "source": "b.py", "line": 0,
            "lineno": 7, "column": 9, "junk_drawer": {"x": 1}},
            {"raw_id": "3", "in_app": "true", "name": "h", "abs_path": "/c.py", "resolved": False, "synthetic": False},
            "no frame",
        ],
    },
}  # fmt: skip


def shape(entry=ENTRY, verbosity="stack", only_app_frames=False):
    return shaped_exceptions([entry], verbosity, only_app_frames=only_app_frames)[0]


def test_a_summary_has_four_keys_and_no_stack():
    shown = shape(verbosity="summary")

    assert set(shown) == {"type", "value", "module", "mechanism"}
    assert len(shown["value"]) == 1000


def test_a_stack_adds_the_trace_without_what_the_server_noted():
    shown = shape()

    assert set(shown) == {"type", "value", "module", "mechanism", "stacktrace"}
    assert shown["stacktrace"] == {
        "type": "resolved",
        "extra": 0,
        "frames": [
            {"in_app": False, "function": "f", "filename": "a.py", "lineno": 3, "colno": 0, "mangled_name": "f",
            "source": "a.py", "line": 3},
            {"in_app": True, "mangled_name": "g", "source": "b.py", "line": 7, "lineno": 7, "column": 9},
            {"in_app": "true", "name": "h", "abs_path": "/c.py", "resolved": False, "synthetic": False,
            "mangled_name": "h", "source": "/c.py"},
        ],
    }  # fmt: skip


def test_raw_keeps_every_key_and_the_whole_text():
    shown = shape(verbosity="raw")

    assert set(shown) == {"id", "type", "value", "module", "mechanism", "thread_id", "stacktrace"}
    assert len(shown["value"]) == 1001
    assert shown["stacktrace"]["raw_id"] == "t"
    assert [frame["raw_id"] for frame in shown["stacktrace"]["frames"]] == ["1", "2", "3"]
    assert shown["stacktrace"]["frames"][1]["junk_drawer"] == {"x": 1}


@pytest.mark.parametrize("verbosity", ["stack", "raw"])
def test_only_frames_whose_in_app_is_exactly_true_are_app_frames(verbosity):
    frames = shape(verbosity=verbosity, only_app_frames=True)["stacktrace"]["frames"]

    assert [frame["mangled_name"] for frame in frames] == ["g"]


def test_a_trace_without_frames_and_anything_else_is_dropped():
    entry = {"type": "E", "stacktrace": {"frames": [{"in_app": False}]}}

    assert shape(entry, only_app_frames=True) == {"type": "E"}
    entry["stacktrace"]["type"] = "resolved"
    assert shape(entry, only_app_frames=True) == {"type": "E", "stacktrace": {"type": "resolved"}}


@pytest.mark.parametrize("verbosity", ["summary", "stack"])
@pytest.mark.parametrize(
    ("entry", "shown"),
    [
        ({"exception_type": "E", "message": "m"}, {"type": "E", "value": "m"}),
        ({"type": "", "exception_type": "E", "value": None, "exception_message": "m"}, {"type": "E", "value": "m"}),
        ({"type": "T", "exception_type": "E", "value": "v", "message": "m"}, {"type": "T", "value": "v"}),
    ],
)
def test_type_and_value_have_substitutes(entry, shown, verbosity):
    assert shape(entry, verbosity) == shown
    assert shape(entry, "raw") == {key: value for key, value in entry.items() if value}


def test_a_long_text_is_cut_to_a_thousand_characters():
    assert cut_text("x" * 1000) == "x" * 1000
    assert cut_text("x" * 1200) == "x" * 971 + "… [truncated from 1200 chars]"
    assert len(cut_text("é" * 123_456)) == 1000
