"""How surely two shares differ."""

import pytest

from mothlight.queries.proportions import least_difference, wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    # Computed with statsmodels 0.14: proportion_confint(part, whole, alpha=0.00999…, method="wilson").
    [(0, 10, 0.0, 0.3989), (10, 10, 0.6011, 1.0), (5, 10, 0.1841, 0.8159), (50, 100, 0.3753, 0.6247)],
)
def test_the_interval_of_a_share(part, whole, low, high):
    found = wilson(part, whole)

    assert found == pytest.approx((low, high), abs=0.001)


def test_of_nothing_every_share_is_possible():
    assert wilson(0, 0) == (0.0, 1.0)
    assert least_difference(0, 0, 1, 10) == least_difference(1, 10, 0, 0) == 0.0


def test_equal_shares_do_not_differ():
    assert least_difference(3, 10, 300, 1000) == 0.0


def test_the_more_events_the_surer():
    few, more, many = (least_difference(n, n, 12, 100) for n in (1, 5, 500))

    assert 0 <= few < more < many < 0.88


def test_it_is_the_same_from_both_sides():
    assert least_difference(9, 10, 3, 40) == pytest.approx(least_difference(3, 40, 9, 10))


def test_one_event_never_shows_what_is_worth_telling():
    from mothlight.queries.answers.differences import LEAST

    assert least_difference(1, 1, 0, 10**9) < LEAST <= least_difference(2, 2, 0, 10**9)
