"""Waiting for tasks and ending them: nothing is left running."""

import asyncio

import pytest

from common.running.tasks import first


class Stage:
    """Two things to wait for; it knows which of them are still waited for."""

    def __init__(self):
        self.curtains = {"one": asyncio.Event(), "other": asyncio.Event()}
        self.waiting = set()

    async def wait(self, name):
        self.waiting.add(name)
        try:
            await self.curtains[name].wait()
        finally:
            self.waiting.remove(name)

    async def both(self):
        await first(self.wait("one"), self.wait("other"))


async def test_the_other_ends_with_the_first():
    stage = Stage()
    stage.curtains["one"].set()
    await stage.both()
    assert stage.waiting == set()


async def test_whoever_is_cancelled_leaves_nothing_behind():
    stage = Stage()
    waiting = asyncio.create_task(stage.both())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert stage.waiting == {"one", "other"}
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert stage.waiting == set()
