"""What is written in one turn of the loop goes out in one piece, in order, and nothing stays behind."""

import asyncio

import pytest

from mothlight.web.gathering_transport import GATHERED_BYTES, GatheringTransport


class Wire:
    """A transport that keeps what it is told."""

    def __init__(self):
        self.told = []

    def write(self, data):
        self.told.append(data)

    def close(self):
        self.told.append("closed")

    def is_closing(self):
        return "closed" in self.told


@pytest.fixture
def wire():
    return Wire()


def after_a_turn(wire, work):
    async def run():
        work(GatheringTransport(wire, asyncio.get_running_loop()))
        before = list(wire.told)
        await asyncio.sleep(0)
        return before

    return asyncio.run(run())


def test_head_and_body_go_out_together(wire):
    before = after_a_turn(wire, lambda transport: [transport.write(part) for part in (b"head", b"body")])

    assert (before, wire.told) == ([], [b"headbody"])


def test_much_goes_out_at_once(wire):
    before = after_a_turn(wire, lambda transport: transport.write(bytes(GATHERED_BYTES + 1)))

    assert [len(part) for part in before] == [GATHERED_BYTES + 1]
    assert len(wire.told) == 1


def test_what_was_written_goes_out_before_it_closes(wire):
    def work(transport):
        transport.write(b"last")
        transport.close()
        assert transport.is_closing()

    after_a_turn(wire, work)

    assert wire.told == [b"last", "closed"]
