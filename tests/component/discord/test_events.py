"""A challenge on Discord: entered by buttons, voted on by buttons, led by `/event`."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from events.lifecycle import Step
from events.model import Plan, State
from request.kept.leases import Lease
from tests.fakes.discord.payloads import EPHEMERAL
from tests.fakes.discord.people import labels_of, pictures_of, text_of
from tests.words import words

BOTS = Lease("discord", "one", 1)
DAY = 24 * 3600.0


def plan_for(guild, wall):
    now = time.time()
    return Plan.model_validate(
        {
            "name": "autumn",
            "title": "Autumn",
            "theme": "Leaves",
            "schedule": {
                "opens": datetime.fromtimestamp(now - DAY, UTC),
                "closes": datetime.fromtimestamp(now + DAY, UTC),
            },
            "venues": [{"account": "discord", "to": wall["id"], "community": guild["id"]}],
            "voting": {"fewest_entries": 1, "fewest_votes": 0},
        }
    )


async def posted(bot, fake, wall, count):
    """Let the bot post what is due until there is so much."""
    async with asyncio.timeout(30):
        while len(found := fake.world.in_channel(wall)) < count:
            await bot.core.events.outbox.serve(BOTS, bot.adapter)
            await asyncio.sleep(0.05)
    return found


async def test_a_picture_is_entered_and_voted_for_by_buttons(fake, guild, channel, ann, start):
    wall = fake.world.channel(guild, "challenge")
    async with start(enabled=[channel]) as bot:
        parts = bot.core.events
        parts.outbox._pause = lambda: 0
        event = await parts.events.drafted(plan_for(guild, wall), "op")
        for step in (Step.ANNOUNCE, Step.OPEN):
            event = await parts.steps.take(event, step, "op")
        first, _second = await posted(bot, fake, wall, 2)
        assert "Leaves" in text_of(first)
        assert pictures_of(first) == []
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a leaf", style="raw", n=1)
        answer = await pressed.shows("Here you are")
        told = await fake.people.press(ann, answer, "Enter").shows("shown in public")
        assert told["flags"] & EPHEMERAL
        assert labels_of(told) == ["Under my name", "Anonymously"]
        await fake.people.press(ann, told, "Under my name").shows("Entry 1 of")
        [entry] = await parts.entries.of(event)
        assert entry.name == "Ann"

        moderator = fake.people.slash(ann, channel, "event", name="autumn", do="moderate:close")
        await moderator.shows("Only the moderators")
        event = await parts.steps.take(event, Step.CLOSE, "op")
        event = await parts.steps.take(event, Step.VOTE, "op")
        gallery = (await posted(bot, fake, wall, 3))[-1]
        assert labels_of(gallery) == ["1"]
        assert len(pictures_of(gallery)) == 1
        assert "ann" not in words(text_of(gallery))
        await fake.people.press(ann, gallery, "1").shows("You cannot vote for yourself")
        ben = fake.world.person("Ben")
        said = await fake.people.press(ben, gallery, "1").shows("You approve of 1")
        assert said["flags"] & EPHEMERAL
        assert len((await parts.ballots.votes(event)).ballots) == 1
        await fake.people.press(ben, gallery, "1").shows("You have no vote")
        listed = fake.people.slash(ben, channel, "event")
        await listed.shows("is being voted on until")
        assert event.state is State.VOTING
