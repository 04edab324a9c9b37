"""What the newest event says of an issue: its top frame and its release (api 2.2)."""

import json

import pytest

from mothlight.queries.answers.issue_detail import latest_release, top_in_app_frame


@pytest.mark.parametrize(
    ("frame", "shown"),
    [
        ({"function": "f", "mangled_name": "g"}, {"function": "f", "source": "figure.ts"}),
        ({"mangled_name": "g", "name": "h", "source": "s", "filename": "x"}, {"function": "g", "source": "s"}),
        ({"name": "h", "abs_path": "/a", "module": "m"}, {"function": "h", "source": "/a"}),
        ({"mangled_name": "?", "module": "m"}, {"function": "figure", "source": "m"}),
        ({"function": 5}, {"function": "figure", "source": "figure.ts"}),
        ({"function": "f", "line": 0, "lineno": 3, "column": 0}, {"function": "f", "source": "figure.ts", "line": 3}),
        (
            {"function": "f", "line": 4, "lineno": 3, "colno": 9},
            {"function": "f", "source": "figure.ts", "line": 4, "column": 9},
        ),
    ],
)
def test_the_keys_of_a_frame(frame, shown):
    assert top_in_app_frame([{"in_app": True, **frame}], "figure", "figure.ts") == {**shown, "in_app": True}


def test_the_last_frame_whose_in_app_is_exactly_true():
    frames = [
        {"in_app": True, "function": "a"},
        {"in_app": True, "function": "b"},
        {"in_app": 1, "function": "c"},
        {"function": "d"},
    ]

    assert top_in_app_frame(frames, None, None) == {"function": "b", "in_app": True}
    assert top_in_app_frame(frames[2:], None, None) is None


RELEASE = {
    "version": "1",
    "project": "web",
    "timestamp": "2026-01-01",
    "metadata": {"git": {"commit_id": "c", "branch": "b", "repo_name": "r"}},
}
SHOWN = {"version": "1", "project": "web", "timestamp": "2026-01-01", "commit_id": "c", "branch": "b", "repo_name": "r"}


@pytest.mark.parametrize(
    ("one", "many"),
    [
        (RELEASE, None), (None, {"id": RELEASE}), (None, [RELEASE]), (json.dumps(RELEASE), None), (None,
        json.dumps({"id": RELEASE})),
        (None, json.dumps([RELEASE])), (RELEASE, "no json"), ("no json", [5, RELEASE]), (RELEASE, [{"version": "0"}]),
        ({"version": "0", "created_at": "2025-12-31"}, {"id": RELEASE}),
    ],
)  # fmt: skip
def test_the_newest_release_in_whatever_form(one, many):
    assert latest_release(one, many) == SHOWN


@pytest.mark.parametrize(("one", "many"), [(None, None), ({}, []), ("[]", "{}"), ("x", 5), ({"id": "only"}, None)])
def test_no_release(one, many):
    assert latest_release(one, many) is None


def test_what_is_empty_is_left_out_and_the_creation_stands_in_for_the_time():
    assert latest_release({"version": "1", "project": "", "created_at": "2026", "metadata": {"git": None}}, None) == {
        "version": "1",
        "timestamp": "2026",
    }
