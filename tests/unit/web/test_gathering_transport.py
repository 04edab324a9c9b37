"""What is written in one turn of the loop goes out in one piece, in order, and nothing stays behind."""

import asyncio

import pytest
import uvloop

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


def test_a_client_that_went_away_after_the_write_is_no_defect():
    """The loop of uvloop refuses to write to a transport that is closed, where asyncio's own says nothing."""
    defects = []

    class Answers(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport

        def data_received(self, data):
            gathering = GatheringTransport(self.transport, asyncio.get_running_loop())
            self.transport.abort()
            # Not before the transport is closed, which takes it a turn.
            asyncio.get_running_loop().call_soon(gathering.write, b"too late")

    async def run():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: defects.append(context))
        server = await loop.create_server(Answers, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"a question")
        assert await reader.read() == b""
        await asyncio.sleep(0.05)
        writer.close()
        server.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())

    assert defects == []
