"""SIGTERM at the real process: what is in progress is finished, the rest is left for the next."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from tests.component.bots.programs import ENVIRONMENT, ROOT, START, Program
from tests.crash.bot import write_entry_point
from tests.fakes.chat import FakeChat
from tests.waiting import wait_until

HELD = "help"
DRAWN = "draw for me a fox style: raw --n 1"


class HeldChat(FakeChat):
    """A chat that holds the replies up until it is opened."""

    def __init__(self):
        super().__init__(clock=time.time, twice=0)
        self.came, self.opened = asyncio.Event(), asyncio.Event()

    async def _reply(self, request):
        self.came.set()
        await self.opened.wait()
        return await super()._reply(request)


@pytest.fixture
async def chat():
    async with HeldChat() as running:
        yield running


@pytest.fixture
def start(config_for, horde, chat, tmp_path, monkeypatch):
    """Start the program with the chat as its platform."""
    path = os.pathsep.join((str(write_entry_point(tmp_path / "installed")), str(ROOT)))
    monkeypatch.setitem(ENVIRONMENT, "PYTHONPATH", path)
    config = config_for(
        horde.url,
        run=["chat"],
        accounts={"chat": {"platform": "chat", "url": chat.url}},
        log={"format": "json"},
    )
    return lambda: Program("run", "--config", config, cwd=tmp_path)


async def ended(program):
    return await asyncio.to_thread(program.wait)


async def test_a_reply_in_progress_gets_out_and_pictures_wait_for_the_next_start(
    start, horde, chat
):
    horde.seconds = None
    with start() as program:
        held, drawn = chat.say(HELD, "ann"), chat.say(DRAWN, "bob")
        await asyncio.wait_for(chat.came.wait(), START)
        await wait_until(lambda: horde.journal.count("check"), START)
        program.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(program.wait_for, "winding_up")
        unheard = chat.say(HELD, "cid")
        await asyncio.sleep(0.3)
        assert program.process.poll() is None
        chat.opened.set()
        assert await ended(program) == 0
    assert len(chat.messages[held].posts) == 1
    assert chat.messages[drawn].posts == []
    assert chat.messages[unheard].posts == []
    assert horde.journal.count("cancel") == 0
    horde.finish(next(iter(horde.requests)))
    with start() as program:
        await wait_until(lambda: chat.messages[drawn].posts and chat.messages[unheard].posts, START)
        program.process.send_signal(signal.SIGTERM)
        assert await ended(program) == 0
    assert horde.journal.count("submit") == 1
    assert [len(chat.messages[event].posts) for event in (held, drawn, unheard)] == [1, 1, 1]


async def test_what_is_taken_back_at_the_end_is_deleted_on_the_horde(start, horde, chat):
    chat.opened.set()
    horde.seconds = None
    with start() as program:
        event = chat.say(DRAWN, "ann")
        await wait_until(lambda: horde.journal.count("check"), START)
        chat.delete(event)
        await wait_until(lambda: horde.journal.count("cancel"), 30)
        program.process.send_signal(signal.SIGTERM)
        assert await ended(program) == 0
    assert chat.messages[event].posts == []


async def test_a_second_signal_ends_it_at_once(start, chat):
    with start() as program:
        chat.say(HELD, "ann")
        await asyncio.wait_for(chat.came.wait(), START)
        program.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(program.wait_for, "winding_up")
        program.process.send_signal(signal.SIGTERM)
        assert await ended(program) == 128 + signal.SIGTERM
        chat.opened.set()
