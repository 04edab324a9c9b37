"""The loop of chores."""

import threading

from mothlight.model.errors import Unavailable
from mothlight.worker.upkeep import Chore, Upkeep


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_a_chore_is_done_at_once_and_then_when_it_is_due():
    clock, done = Clock(), []
    upkeep = Upkeep(
        [Chore("often", lambda: done.append("often"), 1), Chore("rarely", lambda: done.append("rarely"), 10)], clock
    )

    for clock.now in (0, 0.5, 1, 2, 10):
        upkeep.do_due()

    assert done == ["often", "rarely", "often", "often", "often", "rarely"]


def test_says_when_something_is_due_again():
    clock = Clock()
    upkeep = Upkeep([Chore("a", list, 5), Chore("b", list, 3)], clock)

    assert upkeep.do_due() == 3


def test_a_chore_that_fails_does_not_hold_up_the_others():
    done = []

    def away():
        raise Unavailable("gone")

    def broken():
        raise RuntimeError("defect")

    upkeep = Upkeep(
        [Chore("away", away, 1), Chore("broken", broken, 1), Chore("fine", lambda: done.append(1), 1)], Clock()
    )

    upkeep.do_due()

    assert done == [1]


def test_the_thread_ends_when_it_is_told_to():
    begun = threading.Event()
    upkeep = Upkeep([Chore("a", begun.set, 3600)])

    upkeep.start()
    assert begun.wait(5)
    upkeep.stop()

    assert not any(thread.name == "upkeep" for thread in threading.enumerate())
