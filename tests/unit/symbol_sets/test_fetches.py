"""What is fetched and when: once at a time, within the bounds of a project and a host."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mothlight.model.errors import Unavailable
from mothlight.symbol_sets.fetching.fetches import AGAIN_SECONDS, MINUTE, MOST_A_MINUTE, Fetches
from mothlight.symbol_sets.fetching.turns import HostTurns

SECONDS = 5


class Work:
    """What is done for a fetch: nothing, as long as it is held."""

    def __init__(self) -> None:
        self.turns = HostTurns()
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.problem: Exception | None = None
        self.done: list[tuple[int, str]] = []
        self.begun = 0
        self.most_of_host = 0
        self._of_host = 0
        self._changed = threading.Condition()

    def __call__(self, project_id: int, url: str) -> None:
        with self._changed:
            self.begun += 1
            self._changed.notify_all()
        with self.turns.turn(url):
            with self._changed:
                self._of_host += "//one.example/" in url
                self.most_of_host = max(self.most_of_host, self._of_host)
            self.goes_on.wait(SECONDS)
            with self._changed:
                self._of_host -= "//one.example/" in url
        with self._changed:
            self.done.append((project_id, url))
            self._changed.notify_all()
        if self.problem is not None:
            raise self.problem

    def wait_until_done(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.done) >= count, SECONDS)

    def wait_until_begun(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.begun >= count, SECONDS)


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def fetches(work: Work, seconds: Seconds) -> Iterator[Fetches]:
    made = Fetches(work, work.turns, seconds)
    yield made
    work.goes_on.set()
    made.close()


@contextmanager
def held(work: Work) -> Iterator[None]:
    work.goes_on.clear()
    try:
        yield
    finally:
        work.goes_on.set()


def wait_until_ended(fetches: Fetches, project_id: int, url: str) -> None:
    for _ in range(SECONDS * 100):
        if not fetches.is_under_way(project_id, url):
            return
        threading.Event().wait(0.01)
    raise AssertionError("the fetch did not end")


def test_a_url_is_fetched_once_at_a_time(fetches: Fetches, work: Work):
    with held(work):
        assert [fetches.want(1, "http://a.example/a.js") for _ in range(3)] == [True] * 3
        assert fetches.want(2, "http://a.example/a.js")
        assert fetches.is_under_way(1, "http://a.example/a.js")
    work.wait_until_done(2)

    assert sorted(work.done) == [(1, "http://a.example/a.js"), (2, "http://a.example/a.js")]


def test_what_ended_is_left_alone_for_a_while(fetches: Fetches, work: Work, seconds: Seconds):
    fetches.want(1, "http://a.example/a.js")
    wait_until_ended(fetches, 1, "http://a.example/a.js")

    seconds.now += AGAIN_SECONDS - 1
    assert not fetches.want(1, "http://a.example/a.js")
    seconds.now += 1
    assert fetches.want(1, "http://a.example/a.js")
    work.wait_until_done(2)


def test_a_project_has_so_many_fetches_a_minute(fetches: Fetches, seconds: Seconds):
    wanted = [fetches.want(1, f"http://a.example/{number}.js") for number in range(MOST_A_MINUTE + 5)]

    assert wanted == [True] * MOST_A_MINUTE + [False] * 5
    assert fetches.want(2, "http://a.example/x.js")
    seconds.now += MINUTE
    assert fetches.want(1, "http://a.example/x.js")


def test_two_requests_at_once_go_to_a_host_and_others_pass(fetches: Fetches, work: Work):
    with held(work):
        for number in range(10):
            fetches.want(1, f"http://one.example/{number}.js")
        fetches.want(1, "http://other.example/a.js")
        work.wait_until_begun(3)
        assert work.begun == 3
    work.wait_until_done(11)

    assert work.most_of_host == 2


@pytest.mark.parametrize("problem", [Unavailable("the database is away"), ValueError("a defect")])
def test_a_fetch_that_fails_ends_and_the_next_one_is_done(fetches: Fetches, work: Work, problem: Exception):
    work.problem = problem
    for number in range(8):
        fetches.want(1, f"http://{number}.example/a.js")
    work.wait_until_done(8)
    wait_until_ended(fetches, 1, "http://7.example/a.js")

    assert not fetches.is_under_way(1, "http://0.example/a.js")


def test_nothing_begins_once_it_is_closed(fetches: Fetches, work: Work):
    fetches.close()

    assert not fetches.want(1, "http://a.example/a.js")
    assert work.done == []
