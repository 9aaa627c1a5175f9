"""Giving the card back when another program wants it, in a worker at work.

The other program is known by the answer of `nvidia-smi`, here a program of ours of that name.
"""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.component.worker.conftest import QUICK, Shop
from tests.component.worker.puppetry import child
from tests.waiting import wait_until
from worker import events

LONG = 100_000
GAME = "4194305, C:\\games\\game.exe"


@pytest.fixture
def card(tmp_path, monkeypatch):
    """A card on which nothing computes. Write a line of `nvidia-smi` into it to change that."""
    users, looks = tmp_path / "users", tmp_path / "looks"
    users.touch()
    looks.touch()
    tool = tmp_path / "bin" / "nvidia-smi"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\necho >> '{looks}'\nexec cat '{users}'\n")
    tool.chmod(0o700)
    monkeypatch.setenv("PATH", str(tool.parent), prepend=":")
    return users, looks


async def some_looks(looks):
    seen = looks.stat().st_size
    await wait_until(lambda: looks.stat().st_size > seen + 3)


async def test_the_engine_leaves_the_card_and_comes_back_in_a_new_process(hub, card):
    users, looks = card
    with closing(child()) as engine:
        shop = Shop(hub, engine)
        [before] = hub.offer(payload={"prompt": "pid"}, ttl=LONG)
        shop.open(give_way=["any"], timing=QUICK)
        [first] = await shop.delivered(before)

        users.write_text(GAME)
        await shop.until(lambda: shop.said(events.Waiting))
        assert "game.exe" in shop.said(events.Waiting)[0].reason
        await wait_until(lambda: engine._process is None)  # and with it all its memory

        await some_looks(looks)  # a pop that was under way is over
        [after] = hub.offer(payload={"prompt": "pid"}, ttl=LONG)
        pops = hub.journal.count("pop")
        await some_looks(looks)
        assert hub.journal.count("pop") == pops

        users.write_text("")
        [second] = await shop.delivered(after)
        assert shop.said(events.Resumed)
        assert second.seed != first.seed  # the engine tells its process id here
        await shop.stop_and_wait()


async def test_what_is_being_made_is_finished_and_nothing_else_is_taken(shop, card):
    users, looks = card
    shop.engine.hold()
    [running] = shop.hub.offer(ttl=LONG)
    shop.open(give_way=["any"])
    await shop.until(lambda: shop.said(events.Step))
    users.write_text(GAME)
    await shop.until(lambda: shop.said(events.Waiting))
    await some_looks(looks)
    [later] = shop.hub.offer(ttl=LONG)
    shop.engine.release()
    await shop.delivered(running)
    await some_looks(looks)
    assert [task.seeds for task in shop.engine.tasks] == [(41,)]
    users.write_text("")
    await shop.delivered(later)
