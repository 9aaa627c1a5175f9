"""The showcase of an account: copies that call nobody, each once, until taken back."""

from __future__ import annotations

import asyncio

import pytest

from bots.shared.markup import plain_text
from common.config import parse
from request.adapter import Publication
from request.kept.leases import Lease
from tests.component.adapters.bot import Bot
from tests.component.adapters.plugs.mastodon import MastodonPlug
from tests.fakes.horde import FakeHorde
from tests.words import words

BOTS = Lease("mastodon", "one", 1)
"""The bot's own lease: a fresh one would end its work."""


class ShowingBot(Bot):
    def config(self):
        written = super().config().model_dump(mode="json")
        accounts = {"mastodon": self.plug.section() | {"platform": "mastodon"}}
        showcase = [{"account": "mastodon", "per_hour": 3600}]
        return parse(written | {"accounts": accounts, "showcase": showcase})


@pytest.fixture
async def bot(tmp_path):
    async with MastodonPlug() as plug, FakeHorde(seconds=0.05) as horde:
        running = ShowingBot(plug, horde, tmp_path)
        await running.start()
        yield running
        await running.stop()


def copies(server):
    posts = server.community.posts.values()
    return [post for post in posts if post.author is server.bot and post.parent is None]


async def shown(bot, count):
    """Let the bot look for what is to be shown until there is so much."""
    async with asyncio.timeout(30):
        while len(found := copies(bot.plug.server)) != count:
            await bot.core.service.showcase.serve(BOTS, bot.adapter)
            await asyncio.sleep(0.05)
    return found


async def test_a_copy_is_posted_unlisted_calls_nobody_and_goes_with_its_answer(bot):
    plug, server = bot.plug, bot.plug.server
    await plug.answer(await plug.say("share always"))
    said = await plug.say("draw for me a fox for @bob style: raw --n 2")
    answer = await plug.answer(said)
    await bot.settled()
    [copy] = await shown(bot, 1)
    text = plain_text(server.community.entity(copy)["content"])
    assert (copy.visibility, copy.mentions, len(copy.media)) == ("unlisted", [], 2)
    assert all(media.description for media in copy.media)
    assert "Made by AI" in text
    assert server.community.entity(server.answers(said)[0])["url"] in text
    assert "ann" not in words(text)
    [code] = [word.strip("().") for word in text.split() if word.startswith("(")][:1]
    bare = Publication(code, "", "", "", ())
    for number in range(50):  # what was answered since does not hide it
        server.community.add(server.bot, f"answer {number}", parent=answer.id)
    assert await bot.adapter.find_published(bare) == copy.id
    await plug.say("delete", reply_to=answer.id)
    await plug.taken_back(said)
    await bot.settled()
    await shown(bot, 0)


async def test_what_stands_behind_a_content_warning_is_not_shown(bot):
    plug, server = bot.plug, bot.plug.server
    await plug.answer(await plug.say("share always"))
    server.person("ann@elsewhere.example")
    said = server.say(
        "ann@elsewhere.example", "draw for me a fox style: raw --n 1", spoiler="spiders"
    )
    answer = await plug.answer(said)
    refused = await plug.answer(await plug.say("share", reply_to=answer.id))
    await bot.settled()
    assert "safe for work" in refused.text
    await bot.core.service.showcase.serve(BOTS, bot.adapter)
    assert copies(server) == []
