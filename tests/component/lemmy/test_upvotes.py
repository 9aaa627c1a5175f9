"""Upvotes on Lemmy: a column of their own where an organiser wants it, capped, counted once."""

from __future__ import annotations

import asyncio

import pytest

from common.errors import PlatformRefused
from events.lifecycle import Step
from events.model import State
from request.adapter import Publication
from request.kept.leases import Lease
from tests.component.events.painting import entered, planned
from tests.fakes import faults

BOTS = Lease("lemmy", "one", 1)
"""The bot's own lease: a fresh one would end its work."""


@pytest.fixture
def voted(start, lemmy):
    """Hold an event up to its vote, with two entries; every post is out."""
    lemmy.limits.rates["post"] = (100_000, 60)
    lemmy.world.community("aiart")

    async def begun(bot, **voting):
        parts = bot.core.events
        parts.outbox._pause = lambda: 0
        plan = planned("lemmy", "aiart")
        counts = {"fewest_entries": 1, "fewest_votes": 0, **voting}
        plan = plan.model_copy(update={"voting": plan.voting.model_copy(update=counts)})
        event = await parts.events.drafted(plan, "op")
        for step in (Step.ANNOUNCE, Step.OPEN):
            event = await parts.steps.take(event, step, "op")
        for number in (1, 2):
            await entered(bot, event, BOTS, number)
        for step in (Step.CLOSE, Step.VOTE):
            event = await parts.steps.take(event, step, "op")
        await served(bot)
        return event

    return begun


async def served(bot):
    """Let the bot do what is due until nothing is."""
    async with asyncio.timeout(30):
        await bot.core.service.extension.serve(BOTS, bot.adapter)
        while await bot.core.events.outbox.due("lemmy"):
            await bot.core.service.extension.serve(BOTS, bot.adapter)
            await asyncio.sleep(0.05)


def comments(lemmy):
    """Return the bot's comments that are there, by the number of their entry."""
    own = [one for one in lemmy.world.comments.values() if one.creator is lemmy.world.bot]
    return {
        int(one.content.split("Entry ")[1].split(".")[0].split("\\")[0]): one
        for one in own
        if not one.deleted
    }


async def counted(bot, event):
    event = await bot.core.events.steps.take(event, Step.COUNT, "op")
    assert event.state is State.TALLY
    await served(bot)
    assert not await bot.core.events.entries.polls_open(event)
    result = await bot.core.events.steps.count(event)
    return {line.number: line for line in result.lines}


async def test_upvotes_count_for_nothing_unless_an_organiser_wants_it(start, voted):
    async with start() as bot:
        event = await voted(bot)
        assert comments(bot.lemmy) == {}
        assert {one.upvotes for one in (await counted(bot, event)).values()} == {0}


async def test_upvotes_of_others_are_a_capped_column_and_downvotes_take_nothing(start, voted):
    async with start() as bot:
        event = await voted(bot, upvotes=0.2)
        below = comments(bot.lemmy)
        assert below.keys() == {1, 2}
        assert all(one.post.creator is bot.lemmy.world.bot for one in below.values())
        assert all("![" in one.content for one in below.values())
        below[1].upvotes, below[1].downvotes = 40, 100
        below[2].upvotes = 10
        for voter in range(8):
            await bot.core.events.voting.cast(event, "lemmy", f"voter {voter}", (2,))
        lines = await counted(bot, event)
        assert (lines[1].upvotes, lines[2].upvotes) == (40, 10)  # without the bot's own
        assert lines[1].points == pytest.approx(2)  # 0.2 of the whole, however many they are
        assert lines[2].points == pytest.approx(8 + 2 / 4)
        assert lines[2].place == 1


async def test_a_comment_that_is_gone_or_hidden_has_no_upvotes(start, voted):
    async with start() as bot:
        event = await voted(bot, upvotes=0.2)
        below = comments(bot.lemmy)
        below[1].upvotes = below[2].upvotes = 5
        await bot.core.events.entries.hidden(event, 1, "op", "spam")
        await served(bot)
        assert below[1].deleted
        del bot.lemmy.world.comments[below[2].id]
        lines = await counted(bot, event)
        assert {number: line.upvotes for number, line in lines.items()} == {2: 0}


async def test_upvotes_that_cannot_be_had_now_are_asked_for_again(start, voted):
    async with start() as bot:
        event = await voted(bot, upvotes=0.2)
        for one in comments(bot.lemmy).values():
            one.upvotes = 3
        bot.lemmy.fail("comment_get", faults.answer(500, "{}"))
        event = await bot.core.events.steps.take(event, Step.COUNT, "op")
        await bot.core.service.extension.serve(BOTS, bot.adapter)
        assert await bot.core.events.entries.polls_open(event)
        await bot.core.service.extension.serve(BOTS, bot.adapter)
        assert not await bot.core.events.entries.polls_open(event)
        result = await bot.core.events.steps.count(event)
        assert {one.upvotes for one in result.lines} == {3}


async def test_a_comment_below_a_gallery_is_found_changed_and_taken_down(start, voted):
    async with start() as bot:
        await voted(bot, upvotes=0.2)
        below = comments(bot.lemmy)[1]
        code = below.content.split("(")[-1].split(")")[0].replace("\\", "")
        under = f"post:{below.post.id}"
        known = Publication(code, "aiart", "", "Something else", (), under=under)
        post = f"comment:{below.id}"
        assert await bot.adapter.find_published(known) == post
        await bot.adapter.revise(known, post)
        assert below.content == "Something else"
        await bot.adapter.unpublish("aiart", post)
        await bot.adapter.unpublish("aiart", post)
        assert below.deleted
        assert await bot.adapter.find_published(known) is None
        del bot.lemmy.world.comments[below.id]
        with pytest.raises(PlatformRefused):
            await bot.adapter.upvotes(post)
