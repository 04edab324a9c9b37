"""Clients are lent one at a time, opened when needed, and closed with the pool."""

import threading

import pytest

from mothlight.model.errors import Unavailable
from mothlight.storage.events.clients import ClientPool


class FakeClient:
    def __init__(self):
        self.closed = False

    def close(self):
        self.closed = True


@pytest.fixture
def opened():
    return []


@pytest.fixture
def pool(opened):
    def open_client():
        opened.append(FakeClient())
        return opened[-1]

    return ClientPool(open_client, size=2, patience=0.05)


def test_a_client_that_was_given_back_is_lent_again(pool, opened):
    for _ in range(3):
        with pool.borrow():
            pass

    assert len(opened) == 1


def test_no_two_borrowers_share_a_client(pool):
    with pool.borrow() as one, pool.borrow() as other:
        assert one is not other


def test_a_borrower_who_waits_too_long_is_told_to_come_back(pool):
    with pool.borrow(), pool.borrow(), pytest.raises(Unavailable, match="Too many"), pool.borrow():
        pass


def test_a_borrower_gets_the_client_that_another_gives_back(opened):
    pool = ClientPool(lambda: opened.append(FakeClient()) or opened[-1], size=1, patience=5)
    lent, release = threading.Event(), threading.Event()

    def hold():
        with pool.borrow():
            lent.set()
            release.wait(5)

    holder = threading.Thread(target=hold)
    holder.start()
    lent.wait(5)
    release.set()
    with pool.borrow() as client:
        assert client is opened[0]
    holder.join()


def test_a_client_that_could_not_be_opened_takes_no_place():
    def fail():
        raise OSError

    pool = ClientPool(fail, size=1, patience=0.05)
    for _ in range(2):
        with pytest.raises(OSError), pool.borrow():  # noqa: PT011 - any of it
            pass


def test_closing_closes_free_clients_now_and_lent_ones_when_they_come_back(pool, opened):
    with pool.borrow(), pool.borrow():
        pool.close()
        assert not any(client.closed for client in opened)

    assert all(client.closed for client in opened)
    with pytest.raises(Unavailable), pool.borrow():
        pass
