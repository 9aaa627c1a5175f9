"""Messages that mention the bot, replies to its pictures, and messages that are deleted."""

from __future__ import annotations

import pytest

from tests.fakes.discord.people import pictures_of, text_of
from tests.fakes.horde.pictures import paint


async def answer_to(fake, channel, said, *words):
    """Wait for the bot's reply to a message."""

    def found():
        return next(
            (
                one
                for one in fake.world.in_channel(channel)
                if (one.get("message_reference") or {}).get("message_id") == said["id"]
                and all(word in text_of(one) for word in words)
            ),
            None,
        )

    return await fake.until(found)


async def test_a_mention_that_says_draw_is_answered_in_reply(fake, channel, ann, start):
    async with start(enabled=[channel]):
        said = fake.people.say(ann, channel, "@Painter draw a fox in the snow --n 1 style: raw")
        answer = await answer_to(fake, channel, said, "Here you are")
        assert len(pictures_of(answer)) == 1
    assert fake.journal.count("typing") == 1


async def test_a_mention_is_answered_in_the_language_of_the_server(fake, ann, start):
    channel = fake.world.channel(fake.world.guild("Peintres", locale="fr"), "images")
    async with start(enabled=[channel]):
        said = fake.people.say(ann, channel, "@Painter help")
        await answer_to(fake, channel, said, "Écris ce que tu veux voir")


async def test_a_reply_to_the_bots_picture_is_a_follow_up(fake, horde, channel, ann, start):
    async with start(enabled=[channel]):
        said = fake.people.say(ann, channel, "@Painter draw a fox --n 2 style: raw")
        picture = await answer_to(fake, channel, said, "Here you are")
        reply = fake.people.say(ann, channel, "vary 2", reply_to=picture)
        await answer_to(fake, channel, reply, "Here you are")
    assert horde.journal.of("submit")[-1].body["source_processing"] == "img2img"


async def test_an_attached_picture_is_started_from(fake, horde, channel, ann, start):
    async with start(enabled=[channel]):
        file = ("mine.webp", paint(1, side=64), "image/webp")
        text = "@Painter draw a fox --strength 0.4 --n 1 style: raw"
        said = fake.people.say(ann, channel, text, files=(file,))
        await answer_to(fake, channel, said, "Here you are")
    assert horde.journal.of("submit")[0].body["params"]["denoising_strength"] == 0.4


@pytest.mark.parametrize("text", ["vary 2", "draw a fox --strength 0.4 --n 1 style: raw"])
async def test_for_a_picture_of_another_message_the_menu_is_named(fake, channel, ann, start, text):
    async with start(enabled=[channel]):
        file = ("mine.webp", paint(1, side=64), "image/webp")
        other = fake.people.say(fake.world.owner, channel, "look", files=(file,))
        said = fake.people.say(ann, channel, f"@Painter {text}", reply_to=other)
        await answer_to(fake, channel, said, "open the menu of that message")


async def test_threads_belong_to_their_channel(fake, channel, ann, start):
    thread = fake.world.thread(channel, "foxes")
    async with start(enabled=[channel]):
        said = fake.people.say(ann, thread, "@Painter draw a fox --n 1 style: raw")
        await answer_to(fake, thread, said, "Here you are")


async def test_a_direct_message_needs_no_mention(fake, ann, start):
    direct = fake.world.direct(ann)
    async with start():
        said = fake.people.say(ann, direct, "draw a fox --n 1 style: raw --private")
        await answer_to(fake, direct, said, "Here you are")


async def test_what_is_for_one_person_alone_is_not_said_in_the_channel(fake, channel, ann, start):
    olga = fake.world.owner
    async with start(enabled=[channel]):
        fake.people.say(ann, channel, "@Painter draw a grove --n 1 style: raw --private")
        own = fake.world.direct(ann)
        await fake.until(lambda: fake.world.in_channel(own))
        fake.people.say(olga, channel, "@Painter log")
        told = fake.world.direct(olga)
        await fake.until(lambda: fake.world.in_channel(told))
    assert len(pictures_of(fake.world.in_channel(own)[0])) == 1
    assert "asked in private" in text_of(fake.world.in_channel(told)[0])
    assert len(fake.world.in_channel(channel)) == 2  # what the two wrote


async def test_where_it_is_not_let_work_it_is_silent(fake, guild, channel, ann, start):
    other = fake.world.channel(guild, "talk")
    async with start(enabled=[channel]):
        fake.people.say(ann, other, "@Painter draw a fox")
        said = fake.people.say(ann, channel, "@Painter draw a fox --n 1")
        await answer_to(fake, channel, said, "Here you are")
    assert len(fake.world.in_channel(other)) == 1


async def test_talk_among_people_and_other_bots_are_not_heard(fake, channel, ann, start):
    robot = fake.world.person("Robot", bot=True)
    async with start(enabled=[channel]) as bot:
        fake.people.say(ann, channel, "draw a fox")
        fake.people.say(robot, channel, "@Painter draw a fox")
        said = fake.people.say(ann, channel, "@Painter help")
        await answer_to(fake, channel, said, "draw for me a fox")
        rows = await bot.core.services.enquiries.requests_of("discord", robot["id"])
        assert rows == []
    assert len(fake.world.in_channel(channel)) == 4


async def test_a_permission_missing_where_the_bot_is_mentioned_is_told_in_private(
    fake, guild, ann, start
):
    closed = fake.world.channel(guild, "closed", denied=1 << 11)
    async with start(enabled=[closed]):
        fake.people.say(ann, closed, "@Painter draw a fox")
        direct = fake.world.direct(ann)
        await fake.until(lambda: fake.world.in_channel(direct))
    assert "Send Messages" in text_of(fake.world.in_channel(direct)[0])


async def test_deleting_ones_message_takes_the_request_back(fake, horde, channel, ann, start):
    horde.seconds = None
    async with start(enabled=[channel]):
        said = fake.people.say(ann, channel, "@Painter draw a fox --n 1 style: raw")
        await fake.until(lambda: horde.requests)
        fake.world.delete(channel["id"], said["id"])
        await fake.until(lambda: horde.journal.count("cancel"))
    assert fake.world.in_channel(channel) == []


async def test_a_message_of_a_server_not_told_of_yet_is_no_direct_message(
    fake, guild, channel, ann, start
):
    async with start(enabled=[channel]) as bot:
        said = fake.people.say(ann, channel, "@Painter help")
        await answer_to(fake, channel, said, "draw for me a fox")
        early = fake.world.message_event(said)
        early |= {"id": fake.world.flake(), "guild_id": "77", "channel_id": "78"}
        fake.world.tell("MESSAGE_CREATE", early, guild["id"])
        last = fake.people.say(ann, channel, "@Painter status")
        await answer_to(fake, channel, last, "workers")
        rows = await bot.core.services.enquiries.requests_of("discord", ann["id"])
    assert {row.incoming.event for row in rows} == {said["id"], last["id"]}
