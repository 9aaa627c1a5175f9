"""Messages that are changed: what was not understood or declined is read once more."""

from __future__ import annotations

import asyncio

from tests.fakes.discord.people import pictures_of, text_of


def answers_to(fake, channel, said):
    return [
        one
        for one in fake.world.in_channel(channel)
        if (one.get("message_reference") or {}).get("message_id") == said["id"]
    ]


async def answer_to(fake, channel, said, words):
    """Wait for the bot's reply to a message."""

    def found():
        answers = answers_to(fake, channel, said)
        return next((one for one in answers if words in text_of(one)), None)

    return await fake.until(found)


async def heard(bot, fake, ann, channel):
    """Wait until all that was said so far is heard, by saying something more."""
    said = fake.people.say(ann, channel, "@Painter queue")
    await answer_to(fake, channel, said, "Nothing of yours")
    async with asyncio.timeout(30):
        while await bot.core.store.open_requests("discord"):
            await asyncio.sleep(0.01)


async def test_a_name_put_right_in_the_message_is_drawn_in_reply_to_it(
    fake, horde, channel, ann, start
):
    async with start(enabled=[channel]) as bot:
        said = fake.people.say(ann, channel, "@Painter draw a fox --n 1 style: nosuchthing")
        await answer_to(fake, channel, said, "no style")
        await heard(bot, fake, ann, channel)
        fake.people.change(said, "@Painter draw a fox --n 1 style: raw")
        answer = await answer_to(fake, channel, said, "Here you are")
        assert len(pictures_of(answer)) == 1
        await heard(bot, fake, ann, channel)
        fake.people.change(said, "@Painter draw a bear --n 1 style: raw")
        await heard(bot, fake, ann, channel)
        assert len(answers_to(fake, channel, said)) == 2
    assert len(horde.requests) == 1


async def test_a_message_that_named_the_bot_too_late_is_heard(fake, channel, ann, start):
    async with start(enabled=[channel]) as bot:
        said = fake.people.say(ann, channel, "draw a fox --n 1 style: raw")
        await heard(bot, fake, ann, channel)
        assert answers_to(fake, channel, said) == []
        fake.people.change(said, "@Painter draw a fox --n 1 style: raw")
        await answer_to(fake, channel, said, "Here you are")


async def test_what_was_drawn_is_not_drawn_again_when_its_words_are_changed(
    fake, horde, channel, ann, start
):
    async with start(enabled=[channel]) as bot:
        said = fake.people.say(ann, channel, "@Painter draw a fox --n 1 style: raw")
        await answer_to(fake, channel, said, "Here you are")
        await heard(bot, fake, ann, channel)
        fake.people.change(said, "@Painter draw a red fox --n 1 style: raw")
        await heard(bot, fake, ann, channel)
    assert len(horde.requests) == 1
