"""Answers are remembered for a moment, and no more than so many."""

import pytest

from mothlight.access.cache import ShortMemory


class Source:
    """Answers with the number of the question."""

    def __init__(self):
        self.asked = 0

    def __call__(self):
        self.asked += 1
        return self.asked


@pytest.fixture
def memory(hands):
    return ShortMemory(0.5, 3, hands.elapsed)


def test_an_answer_is_fresh_until_its_time_is_over(memory, hands):
    source = Source()
    first = memory.ask("q", source)
    hands.seconds = 0.49
    second = memory.ask("q", source)
    hands.seconds = 0.5
    third = memory.ask("q", source)

    assert (first, second, third) == (1, 1, 2)


def test_its_age_counts_from_before_it_was_asked_for(memory, hands):
    def slow():
        hands.seconds = 0.4
        return "answer"

    memory.ask("q", slow)
    hands.seconds = 0.5

    assert memory.fresh("q") is None
    assert memory.stale("q") == ("answer",)


def test_nothing_is_an_answer_too(memory):
    memory.ask("q", lambda: None)

    assert memory.fresh("q") == (None,)
    assert memory.fresh("other") is None
    assert memory.stale("other") is None


def test_the_oldest_goes_when_there_are_too_many(memory):
    for question in "abcd":
        memory.ask(question, lambda: 1)

    assert memory.stale("a") is None
    assert [memory.stale(question) for question in "bcd"] == [(1,)] * 3


def test_what_was_forgotten_is_asked_again_also_when_it_was_on_its_way(memory):
    def changed_meanwhile():
        memory.forget()
        return "old"

    memory.ask("q", changed_meanwhile)

    assert memory.fresh("q") is None
    assert memory.stale("q") == ("old",)


def test_a_failed_answer_leaves_the_last_one(memory, hands):
    memory.ask("q", lambda: "known")
    hands.seconds = 1

    with pytest.raises(ZeroDivisionError):
        memory.ask("q", lambda: 1 / 0)
    assert memory.stale("q") == ("known",)
