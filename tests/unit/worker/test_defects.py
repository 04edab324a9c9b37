"""A defect is told of once with its trace, and then only how many events it costs."""

import pytest
from structlog.testing import capture_logs

from mothlight.worker.defects import AGAIN_SECONDS, Defects


@pytest.fixture
def logs():
    with capture_logs() as entries:
        yield entries


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def raised(kind, text="a text that differs"):
    try:
        raise kind(text)
    except kind as defect:
        return defect


def test_the_trace_of_a_defect_is_logged_once_however_often_it_comes(logs):
    defects = Defects(Clock())

    for events in (100, 50, 25, 1):
        defects.met(raised(RuntimeError, f"event {events}"), events)

    assert [(entry["event"], entry["events"]) for entry in logs] == [("pipeline_failed", 100)]


def test_another_defect_is_told_of_too(logs):
    defects = Defects(Clock())

    defects.met(raised(RuntimeError), 1)
    defects.met(raised(ValueError), 1)

    assert [type(entry["exc_info"]) for entry in logs] == [RuntimeError, ValueError]


def test_counts_are_told_at_once_then_once_a_minute_and_none_is_left_out(logs):
    clock = Clock()
    defects = Defects(clock)
    for events in (1, 2, 3):
        defects.kept_aside(raised(RuntimeError), events)
        defects.tell_counts()
        clock.now += AGAIN_SECONDS / 2
    defects.kept_aside(raised(RuntimeError), 4)
    defects.tell_counts(all_of_them=True)

    assert [(entry["event"], entry["events"]) for entry in logs] == [
        ("events_quarantined", 1),
        ("events_quarantined", 5),
        ("events_quarantined", 4),
    ]


def test_what_it_remembers_is_bounded_and_counts_are_told_before_they_are_forgotten(logs, monkeypatch):
    monkeypatch.setattr("mothlight.worker.defects.MOST_REMEMBERED", 1)
    defects = Defects(Clock())
    defects.met(raised(RuntimeError), 9)
    defects.kept_aside(raised(RuntimeError), 9)

    defects.met(raised(ValueError), 1)

    assert [entry["event"] for entry in logs] == ["pipeline_failed", "events_quarantined", "pipeline_failed"]
