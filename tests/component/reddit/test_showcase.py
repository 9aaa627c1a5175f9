"""The showcase subreddit: copies are posts of the bot, each once, until they are taken back."""

from __future__ import annotations

import asyncio

from request.adapter import Publication
from request.kept.leases import Lease
from tests.fakes import faults
from tests.waiting import wait_until
from tests.words import words

FOX = "draw for me a fox style: raw --n 2"
SHOWN = {
    "accounts": {"reddit": {}},
    "showcase": [{"account": "reddit", "to": "Aiart", "per_hour": 3600}],
}
BOTS = Lease("reddit", "one", 1)
"""The bot's own lease: a fresh one would end its work."""


def copies(bot):
    return [post for post in bot.world.posts_of_bot() if post.subreddit.name == "Aiart"]


async def shown(bot, count):
    """Let the bot look for what is to be shown until there is so much."""
    async with asyncio.timeout(30):
        while len(found := copies(bot)) != count:
            await bot.core.service.showcase.serve(BOTS, bot.adapter)
            await asyncio.sleep(0.05)
    return found


async def shared(bot, wish=FOX):
    """Let ann have an answer shown; return what she asked, and the copy."""
    bot.world.subreddit("Aiart")
    await bot.answer_to(bot.ask("share always"))
    asked = bot.ask(wish)
    await bot.answer_to(asked)
    await bot.quiet()
    [copy] = await shown(bot, 1)
    return asked, copy


async def test_a_copy_is_a_post_that_leads_to_its_original_and_goes_when_it_is_unshared(start):
    async with start(**SHOWN) as bot:
        asked, copy = await shared(bot)
        (answer,) = bot.world.answers_to(asked)
        request = await bot.core.store.request_behind("reddit", answer.name)
        assert copy.title == f"a fox ({request.id})"
        assert len(copy.pictures) == 2
        assert (copy.nsfw, copy.spoiler) == (False, False)
        assert "Made by AI" in copy.text
        assert f"https://www.reddit.com/comments/{bot.post.id}/_/{answer.id}" in copy.text
        assert "ann" not in words(f"{copy.text} {copy.title}")
        bare = Publication(request.id, "Aiart", "", "", ())
        assert await bot.adapter.find_published(bare) == copy.name
        await bot.answer_to(bot.world.comment("ann", "unshare", parent=answer))
        await shown(bot, 0)
        assert await bot.adapter.find_published(bare) is None
        assert answer.body
        assert not answer.deleted


async def test_a_copy_whose_receipt_was_lost_is_found_when_it_is_looked_for(start):
    async with start(**SHOWN) as bot:
        bot.world.subreddit("Aiart")
        await bot.answer_to(bot.ask("share always"))
        await bot.answer_to(bot.ask("draw for me a fox style: raw --n 1"))
        await bot.quiet()
        bot.fake.fail("submit", faults.lose())
        await bot.core.service.showcase.serve(BOTS, bot.adapter)
        [copy] = copies(bot)
        code = copy.title.rpartition("(")[2].rstrip(")")
        bare = Publication(code, "Aiart", "", "", ())
        assert await bot.adapter.find_published(bare) == copy.name


async def test_below_a_copy_its_asker_can_take_it_back(start):
    async with start(**SHOWN) as bot:
        _, copy = await shared(bot)
        below = bot.world.comment("ann", "unshare", post=copy)
        assert "taken out" in (await bot.answer_to(below))[0]
        await shown(bot, 0)


async def test_a_copy_goes_when_its_asker_is_forgotten(start):
    async with start(**SHOWN) as bot:
        await shared(bot)
        bot.ask("forget me")
        await wait_until(lambda: len(bot.world.posts_of_bot()) <= 1)
        await shown(bot, 0)
