"""Polls of an event on Mastodon: in heats, hidden until they are over, counted once."""

from __future__ import annotations

import asyncio

import pytest

from events.lifecycle import Step
from request.kept.leases import Lease
from tests.component.adapters.bot import Bot
from tests.component.adapters.plugs.mastodon import MastodonPlug
from tests.component.events.painting import entered, planned
from tests.fakes.horde import FakeHorde

BOTS = Lease("mastodon", "one", 1)
"""The bot's own lease: a fresh one would end its work."""


@pytest.fixture
async def bot(tmp_path):
    async with MastodonPlug() as plug, FakeHorde(seconds=0.05) as horde:
        running = Bot(plug, horde, tmp_path)
        await running.start()
        yield running
        await running.stop()


def polls(bot):
    """Return the bot's posts with polls, oldest first."""
    return [post for post in bot.plug.server.community.posts.values() if post.poll]


async def serve(bot, until):
    async with asyncio.timeout(30):
        while not until():
            await bot.core.service.extension.serve(BOTS, bot.adapter)
            await asyncio.sleep(0.05)


async def test_a_heat_is_a_poll_that_tells_nothing_before_it_is_over(bot):
    parts, server = bot.core.events, bot.plug.server
    parts.outbox._pause = lambda: 0
    event = await parts.events.drafted(planned("mastodon", ""), "op")
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await parts.steps.take(event, step, "op")
    for number in (1, 2, 3):
        await entered(bot, event, BOTS, number)
    for step in (Step.CLOSE, Step.VOTE):
        event = await parts.steps.take(event, step, "op")
    await serve(bot, lambda: polls(bot))
    [asked] = polls(bot)
    gallery = server.community.posts[asked.parent]
    assert (len(gallery.media), len(asked.poll.options)) == (3, 3)
    assert "Artist" not in gallery.text
    asked.poll.votes = [1, 5, 2]
    told = asked.poll.entity(server.now())
    assert {option["votes_count"] for option in told["options"]} == {None}
    event = await parts.steps.take(event, Step.COUNT, "op")
    await bot.core.service.extension.serve(BOTS, bot.adapter)
    assert await parts.entries.polls_open(event)  # people still vote there
    asked.poll.expires = 0.0
    await bot.core.service.extension.serve(BOTS, bot.adapter)
    assert not await parts.entries.polls_open(event)
    numbers = [int(option.removeprefix("Entry ")) for option in asked.poll.options]
    lines = {line.number: line for line in (await parts.steps.count(event)).lines}
    assert [lines[number].ballots for number in numbers] == [1, 5, 2]
    assert lines[numbers[1]].place == 1
