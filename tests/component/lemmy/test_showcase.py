"""The showcase community: copies are posts of the bot, each once, until they are taken back."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from request.adapter import Publication
from request.kept.leases import Lease
from tests.words import words

FOX = "draw for me a fox style: raw --n 2"
SHOWN = {
    "accounts": {"lemmy": {}},
    "showcase": [{"account": "lemmy", "to": "aiart", "per_hour": 3600}],
}
BOTS = Lease("lemmy", "one", 1)
"""The bot's own lease: a fresh one would end its work."""


@pytest.fixture
def showing(start, lemmy):
    """Start a bot that has a community for its pictures."""

    @asynccontextmanager
    async def started():
        lemmy.limits.rates["post"] = (100_000, 60)
        lemmy.world.community("aiart")
        async with start(**SHOWN) as bot:
            yield bot

    return started


def copies(lemmy):
    posts = lemmy.world.posts.values()
    return [one for one in posts if one.creator is lemmy.world.bot and not one.deleted]


async def shown(bot, count):
    """Let the bot look for what is to be shown until there is so much."""
    async with asyncio.timeout(30):
        while len(found := copies(bot.lemmy)) != count:
            await bot.core.service.showcase.serve(BOTS, bot.adapter)
            await asyncio.sleep(0.05)
    return found


async def test_a_copy_is_a_post_with_the_picture_and_goes_when_it_is_unshared(showing):
    async with showing() as bot:
        await bot.answer_to(bot.ask("share always"))
        asked = bot.ask(FOX)
        await bot.answer_to(asked)
        (answer,) = bot.lemmy.world.answers_to(asked)
        [copy] = await shown(bot, 1)
        assert (copy.community.name, copy.title, copy.nsfw) == ("aiart", "a fox", False)
        assert copy.url.rsplit("/", 1)[1] in bot.lemmy.world.images
        assert "Made by AI" in copy.body
        assert f"{bot.lemmy.origin}/comment/{answer.id}" in copy.body
        assert "ann" not in words(copy.body)
        request = await bot.core.store.request_behind("lemmy", f"comment:{answer.id}")
        bare = Publication(request.id, "aiart", "", "", ())
        assert await bot.adapter.find_published(bare) == f"post:{copy.id}"
        await bot.answer_to(bot.ask("unshare", parent=answer))
        await shown(bot, 0)
        assert copy.url.rsplit("/", 1)[1] not in bot.lemmy.world.images
        assert await bot.adapter.find_published(bare) is None
