"""Polls under answers: asked where the account does that, and counted when they are over."""

from __future__ import annotations

import pytest

from request.answering.polls import Polls
from request.kept.leases import Lease
from tests.component.adapters.bot import Bot
from tests.component.adapters.plugs.mastodon import MastodonPlug
from tests.fakes.horde import FakeHorde


class AskingPlug(MastodonPlug):
    def section(self):
        return super().section() | {"poll_minutes": 60}


@pytest.fixture
async def bot(tmp_path):
    async with AskingPlug() as plug, FakeHorde(seconds=0.05) as horde:
        running = Bot(plug, horde, tmp_path)
        await running.start()
        yield running
        await running.stop()


FOX = "draw for me a fox style: raw --n 3"


async def test_votes_are_counted_back_to_the_request(bot):
    plug, server = bot.plug, bot.plug.server
    said = await plug.say(FOX)
    answer = await plug.answer(said)
    await bot.settled()
    (poll,) = server.polls(said)
    assert poll.poll.options == ["1: raw", "2: raw", "3: raw"]
    assert (poll.parent, poll.visibility, poll.mentions) == (answer.id, "unlisted", [])
    poll.poll.votes = [1, 4, 2]

    later = server.now() + 3700
    lease = Lease("mastodon", "one", 1)  # the bot's own: a fresh one would end its work
    polls = Polls(bot.core.services.database, bot.core.store, now=lambda: later)
    await polls.count(lease, bot.adapter)
    told = await plug.answer(await plug.say("info 2", reply_to=answer.id))
    assert "Votes" not in told.text  # people still vote
    poll.poll.expires = 0.0
    await polls.count(lease, bot.adapter)
    told = await plug.answer(await plug.say("info 2", reply_to=answer.id))
    assert "Votes: 4" in told.text


async def test_a_poll_goes_with_its_answer(bot):
    plug, server = bot.plug, bot.plug.server
    said = await plug.say(FOX)
    answer = await plug.answer(said)
    await bot.settled()
    assert server.polls(said)
    await plug.say("delete", reply_to=answer.id)
    await plug.taken_back(said)
    await bot.settled()
    assert not [post for post in server.community.posts.values() if post.poll]


@pytest.mark.parametrize("text", [f"{FOX} --private", "draw for me a fox style: raw --n 1", "help"])
async def test_nothing_is_asked_where_few_see_it_or_there_is_no_choice(bot, text):
    said = await bot.plug.say(text)
    await bot.plug.answer(said)
    await bot.settled()
    assert bot.plug.server.polls(said) == []


async def test_a_poll_that_fails_is_left_out(bot):
    plug, server = bot.plug, bot.plug.server
    server.routes.polls_allowed = False
    said = await plug.say(FOX)
    await plug.answer(said)
    await bot.settled()
    assert len(await plug.answers(said)) == 1
    assert server.polls(said) == []
