"""The showcase channel: copies of answers whose askers want it, each once, until taken back."""

from __future__ import annotations

import asyncio

from request.adapter import Publication
from request.kept.leases import Lease
from tests.fakes.discord.payloads import EPHEMERAL
from tests.fakes.discord.people import labels_of, pictures_of, text_of

BOTS = Lease("discord", "one", 1)
"""The bot's own lease: a fresh one would end its work."""


async def shown(bot, fake, wall, count):
    """Let the bot look for what is to be shown until there is so much."""
    async with asyncio.timeout(30):
        while len(found := fake.world.in_channel(wall)) != count:
            await bot.core.service.showcase.serve(BOTS, bot.adapter)
            await asyncio.sleep(0.05)
    return found


async def test_what_its_asker_shares_is_shown_in_the_showcase_channel(
    fake, guild, channel, ann, start
):
    wall = fake.world.channel(guild, "wall")
    async with start(enabled=[channel]) as bot:
        settings = bot.core.services.settings
        await settings.change("discord", guild["id"], showcase=wall["id"])
        said = fake.people.slash(ann, channel, "share", mode="always")
        told = await said.shows("From now on")
        assert told["flags"] & EPHEMERAL
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", style="raw", n=2)
        answer = await pressed.shows("Here you are")
        assert "Share" not in labels_of(answer)
        [copy] = await shown(bot, fake, wall, 1)
        assert len(pictures_of(copy)) == 2
        assert "a fox" in text_of(copy)
        assert "Made by AI" in text_of(copy)
        assert f"/channels/{guild['id']}/{channel['id']}/{answer['id']}" in text_of(copy)
        assert ann["id"] not in text_of(copy)
        rows = await bot.core.services.enquiries.requests_of("discord", ann["id"])
        [request] = [row.id for row in rows if row.parsed]
        bare = Publication(request, wall["id"], "", "", ())
        assert await bot.adapter.find_published(bare) == copy["id"]
        await fake.people.press(ann, answer, "Delete").shows("deleted")
        await shown(bot, fake, wall, 0)


async def test_who_wants_to_be_asked_has_a_button(fake, guild, channel, ann, start):
    wall = fake.world.channel(guild, "wall")
    async with start(enabled=[channel]) as bot:
        await bot.core.services.settings.change("discord", guild["id"], showcase=wall["id"])
        await fake.people.slash(ann, channel, "share", mode="ask").shows("only if you reply")
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", style="raw", n=1)
        answer = await pressed.shows("Here you are")
        assert not fake.world.in_channel(wall)
        strangers = fake.people.press(fake.world.person("Ben"), answer, "Share")
        await strangers.shows("Only the one who asked")
        await fake.people.press(ann, answer, "Share").shows("It will be shown")
        await shown(bot, fake, wall, 1)
