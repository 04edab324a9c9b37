"""How many messages become of firings, and when issues reach what is counted."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothlight.alerts.counted import crossings, largest_milestone
from mothlight.alerts.plan import BURST, DIGEST_EVERY, MOST_SINGLES, Rehearsal, Snooze, next_messages
from tests.support.received import NOW

ISSUE = UUID(int=1)


def after(minutes):
    return NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("waiting", "sent", "messages"),
    [
        (0, [], []),
        (1, [], [1]),
        (5, [], [1, 1, 1, 1, 1]),
        (6, [], [6]),
        (3, [-1, -1], [1, 1, 1]),
        (4, [-1, -1], [4]),
        (1, [-9, -8, -7, -6, -4], []),
        (1, [-9, -8, -7, -6, -5], [1]),
        (9, [-9, -8, -7, -6, -5], [9]),
        # What is longer ago does not count.
        (2, [-12, -11, -10, -3, -2], [1, 1]),
    ],
)
def test_few_are_told_one_by_one_and_many_together(waiting, sent, messages):
    found = next_messages(list(range(waiting)), [after(minutes) for minutes in sent], NOW)

    assert [len(message) for message in found] == messages


def test_an_issue_is_told_once_in_the_snooze_time_and_late_news_stay_quiet():
    snooze = Snooze(10, {UUID(int=2): after(5)})

    assert [snooze.admits(ISSUE, after(m)) for m in (0, 5, 10, 11, 3)] == [True, False, False, True, False]
    assert [snooze.admits(UUID(int=2), after(m)) for m in (6, 16)] == [False, True]


@given(st.lists(st.integers(0, 120), max_size=200).map(sorted))
def test_a_rehearsal_tells_everything_once_in_bounded_messages(minutes):
    rehearsal = Rehearsal()
    for number, minute in enumerate(minutes):
        rehearsal.tell(after(minute), [number])
    rehearsal.finish()

    assert [number for _, told in rehearsal.messages for number in told] == list(range(len(minutes)))
    moments = [moment for moment, _ in rehearsal.messages]
    assert moments == sorted(moments)
    for moment in moments:
        assert sum(moment - BURST < each <= moment for each in moments) <= MOST_SINGLES + BURST / DIGEST_EVERY


def brute_force(minutes, window, threshold):
    """The same, minute by minute, as the words say it."""

    def count(minute):
        held = [minutes[each] for each in minutes if minute - window < each <= minute]
        users = set().union(*(each for each in held if isinstance(each, frozenset)))
        return sum(each for each in held if isinstance(each, int)) + len(users)

    span = range(min(minutes, default=0), max(minutes, default=0) + 1)
    return [(minute, count(minute)) for minute in span if count(minute) >= threshold > count(minute - 1)]


@given(
    st.dictionaries(st.integers(0, 60), st.integers(1, 5), max_size=30)
    | st.dictionaries(st.integers(0, 60), st.frozensets(st.integers(0, 6), min_size=1), max_size=30),
    st.integers(1, 15),
    st.integers(1, 12),
)
def test_crossings_are_where_the_count_of_the_window_reaches_the_threshold(minutes, window, threshold):
    assert crossings(minutes, window, threshold) == brute_force(minutes, window, threshold)


@pytest.mark.parametrize(
    ("count", "milestone"), [(0, 0), (1, 1), (9, 1), (10, 10), (999, 100), (1000, 1000), (10**13, 10**12)]
)
def test_milestones_are_powers_of_ten(count, milestone):
    assert largest_milestone(count) == milestone
