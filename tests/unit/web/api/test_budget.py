"""How many requests a key may send (api.md 1.8)."""

from datetime import UTC, datetime, timedelta

import pytest

from mothlight.web.api.budget import DEFAULT_RATES, KeyBudget, Rate
from mothlight.web.errors import Throttled, answer_problem

NOW = datetime(2026, 4, 24, 12, tzinfo=UTC)


def spend(budget, times, at=NOW, key="k"):
    for _ in range(times):
        budget.spend(key, at)


def test_the_default_is_480_in_a_minute_and_4800_in_an_hour():
    assert [(rate.requests, rate.period) for rate in DEFAULT_RATES] == [
        (480, timedelta(minutes=1)),
        (4800, timedelta(hours=1)),
    ]


def test_refuses_the_481st_request_of_a_minute_and_says_when_the_next_passes():
    budget = KeyBudget()
    spend(budget, 480)

    with pytest.raises(Throttled) as refused:
        budget.spend("k", NOW + timedelta(seconds=37.5))

    assert str(refused.value) == "Request was throttled. Expected available in 23 seconds."
    spend(budget, 1, NOW + timedelta(seconds=60))


def test_refuses_the_4801st_request_of_an_hour():
    budget = KeyBudget()
    for minute in range(10):
        spend(budget, 480, NOW + timedelta(minutes=minute))

    with pytest.raises(Throttled) as refused:
        budget.spend("k", NOW + timedelta(minutes=11))

    assert refused.value.seconds == 49 * 60


def test_each_key_has_its_own_budget():
    budget = KeyBudget([Rate(1, timedelta(minutes=1))])
    spend(budget, 1)

    spend(budget, 1, key="another")


def test_the_answer_is_429_with_the_seconds_in_a_header():
    answer = answer_problem(Throttled(1), "/")

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"
    assert bytes(answer.body) == (
        b'{"type":"throttled_error","code":"throttled",'
        b'"detail":"Request was throttled. Expected available in 1 second.","attr":null}'
    )
