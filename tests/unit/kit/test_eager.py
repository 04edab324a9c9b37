"""A coroutine begun at once gives what it has, waits for what it must, and hears what is thrown at it."""

import asyncio

import pytest

from mothlight.kit.eager import Begun


async def at_once():
    return "answer"


async def after(event):
    await event.wait()
    await asyncio.sleep(0)
    return "answer"


def test_one_that_waits_for_nothing_is_done_at_once():
    begun = Begun(at_once())

    assert (begun.done, begun.result) == (True, "answer")


def test_one_that_waits_is_awaited():
    async def run():
        event = asyncio.Event()
        begun = Begun(after(event))
        assert not begun.done
        asyncio.get_running_loop().call_soon(event.set)
        return await begun

    assert asyncio.run(run()) == "answer"


def test_an_error_at_the_beginning_and_one_later_reach_the_caller():
    async def fails(first):
        if not first:
            await asyncio.sleep(0)
        raise LookupError

    async def run():
        with pytest.raises(LookupError):
            Begun(fails(first=True))
        with pytest.raises(LookupError):
            await Begun(fails(first=False))

    asyncio.run(run())


def test_a_time_limit_around_it_ends_it():
    ended = []

    async def waits():
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(True)

    async def run():
        begun = Begun(waits())
        async with asyncio.timeout(0.01):
            await begun

    with pytest.raises(TimeoutError):
        asyncio.run(run())
    assert ended == [True]
