"""`/imagine` from the command to the picture, over the wire."""

from __future__ import annotations

import asyncio

from common.config import PlaceConfig
from tests.fakes.discord.payloads import EPHEMERAL
from tests.fakes.discord.people import labels_of, pictures_of, text_of
from tests.fakes.faults import answer as answering
from tests.fakes.faults import lose

ATTACH_FILES = 1 << 15
SEND_MESSAGES = 1 << 11


async def test_imagine_is_answered_with_pictures_and_buttons(fake, channel, ann, start):
    async with start(enabled=[channel]):
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox in the snow", n=2)
        message = await pressed.shows("2 pictures")
        assert len(pictures_of(message)) == 2
        assert all("a fox in the snow" in one["description"] for one in pictures_of(message))
        assert all("a fox" in one["description"] for one in message["attachments"])
        assert "Again" in labels_of(message)
        assert f"<@{ann['id']}>" in text_of(message)
        assert "seed `" in text_of(message)
        assert "kudos" in text_of(message)
    assert fake.world.in_channel(channel) == [message]


async def test_options_of_the_command_reach_the_horde_as_the_grammar_reads_them(
    fake, horde, channel, ann, start
):
    async with start(enabled=[channel]):
        options = {
            "prompt": "a fox --steps 11 --cfg 5 --sampler k_euler --clip-skip 2",
            "n": 1,
            "aspect": "16:9",
            "seed": "77",
            "negative": "people, text",
            "style": "raw",
        }
        await fake.people.slash(ann, channel, "imagine", **options).shows("Here you are")
    body = horde.journal.of("submit")[0].body
    assert body["prompt"].startswith("a fox")
    assert "people, text" in body["prompt"].partition("###")[2]
    assert body["params"]["steps"] == 11
    assert body["params"]["cfg_scale"] == 5
    assert body["params"]["sampler_name"] == "k_euler"
    assert body["params"]["clip_skip"] == 2
    assert body["params"]["seed"] == "77"
    assert body["params"]["width"] > body["params"]["height"]


async def test_a_spoiler_hides_each_picture_and_a_private_request_is_seen_by_the_asker_alone(
    fake, channel, ann, start
):
    async with start(enabled=[channel]):
        hidden = fake.people.slash(ann, channel, "imagine", prompt="a fox", n=1, spoiler=True)
        message = await hidden.shows("Here you are")
        assert [one["spoiler"] for one in pictures_of(message)] == [True]
        alone = fake.people.slash(ann, channel, "imagine", prompt="a fox", n=1, private=True)
        message = await alone.shows("Here you are")
        assert message["flags"] & EPHEMERAL
        written = fake.people.slash(ann, channel, "imagine", prompt="a fox --private --n 1")
        assert (await written.shows("Here you are"))["flags"] & EPHEMERAL


async def test_pictures_are_sent_as_the_horde_made_them(fake, channel, ann, start, tmp_path):
    async with start(enabled=[channel]):
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", n=2, style="raw")
        await pressed.shows("Here you are")
    (sent,) = [one for one in fake.journal.of("edit_original") if one.files]
    kept = {file.read_bytes() for file in (tmp_path / "pictures").iterdir()}
    assert set(sent.files.values()) == kept
    assert all(data[8:12] == b"WEBP" for data in kept)


async def test_what_is_declined_is_told_to_the_asker_alone_and_at_once(
    fake, channel, ann, start, clock
):
    async with start(enabled=[channel]):
        clock.stand_still()
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox --style nosuchstyle")
        answer = await pressed.answered()
        assert answer["type"] == 4
        assert answer["data"]["flags"] & EPHEMERAL
        assert "nosuchstyle" in text_of(pressed.original)
    assert fake.world.in_channel(channel) == []


async def test_a_command_in_the_field_of_the_prompt_is_one_and_can_be_drawn_all_the_same(
    fake, horde, channel, ann, start
):
    async with start(enabled=[channel]):
        for prompt, told in {
            "help": "What must not be in it",
            "cancel": "Nothing of yours is being made",
            "what styles do you have?": "categories",
        }.items():
            pressed = fake.people.slash(ann, channel, "imagine", prompt=prompt)
            message = await pressed.shows(told)
            assert f"write: draw {prompt}" in text_of(message)
        for prompt in ("again", "stop", "forget me", "vary 2"):
            pressed = fake.people.slash(ann, channel, "imagine", prompt=prompt)
            message = await pressed.shows("is one of my commands, so I drew nothing")
            assert message["flags"] & EPHEMERAL
        assert horde.requests == {}
        for number, prompt in enumerate(("draw help", "encore", "a seed", "make it blue"), start=1):
            await fake.people.slash(ann, channel, "imagine", prompt=prompt, n=1).shows("Here you")
            assert len(horde.requests) == number


async def test_where_no_moderator_has_let_it_work_it_says_so_to_the_asker_alone(
    fake, channel, ann, start, clock
):
    async with start():
        clock.stand_still()
        for _ in range(2):  # whoever uses a command is answered each time
            pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox")
            await pressed.answered()
            assert "moderator" in text_of(pressed.original)
            assert pressed.original["flags"] & EPHEMERAL


async def test_a_missing_permission_is_named_before_anything_is_made(
    fake, horde, guild, ann, start
):
    closed = fake.world.channel(guild, "closed", denied=ATTACH_FILES)
    async with start(enabled=[closed]):
        pressed = fake.people.slash(ann, closed, "imagine", prompt="a fox")
        await pressed.shows("Attach Files")
    assert horde.journal.count("submit") == 0


async def test_progress_is_shown_no_faster_than_every_five_seconds_and_can_be_cancelled(
    fake, horde, channel, ann, start, clock
):
    horde.seconds = None
    async with start(enabled=[channel]):
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", n=2, style="raw")
        shown = await pressed.shows("Cancel")
        await fake.until(lambda: horde.requests)
        horde.finish(next(iter(horde.requests)), 1)
        async with asyncio.timeout(30):
            while not any("1 of 2" in str(one.body) for one in fake.journal.of("edit_original")):
                clock.skip(0.5)
                await asyncio.sleep(0.05)
        ways = {"callback", "edit_original"}
        *_, before, last = [one for one in fake.journal.exchanges if one.route in ways]
        assert last.time - before.time >= 5
        stranger = fake.world.person("Ben")
        refused = fake.people.press(stranger, shown, "Cancel")
        await refused.shows("Only the one who asked")
        await fake.people.press(ann, pressed.original, "Cancel").shows("Cancelled")
        assert horde.journal.count("cancel") == 1
        assert labels_of(pressed.original) == []


async def test_a_picture_to_start_from_is_an_attachment_of_the_command(
    fake, horde, channel, ann, start
):
    from tests.fakes.horde.pictures import paint

    data = paint(1, side=64)
    async with start(enabled=[channel]):
        pressed = fake.people.slash(
            ann,
            channel,
            "imagine",
            prompt="a fox",
            n=1,
            picture=("mine.webp", data, "image/webp"),
            strength=0.5,
        )
        await pressed.shows("Here you are")
    body = horde.journal.of("submit")[0].body
    assert body["source_processing"] == "img2img"
    assert body["params"]["denoising_strength"] == 0.5


async def test_when_discord_falters_the_answer_comes_all_the_same_and_once(
    fake, channel, ann, start
):
    fake.fail("edit_original", lose())
    fake.fail("edit_original", answering(503, "{}"))
    async with start(enabled=[channel]):
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", n=1)
        await pressed.shows("Here you are")
    assert len(fake.world.in_channel(channel)) == 1


async def test_many_pictures_come_in_one_message_of_ten_and_what_is_left_follows(
    fake, channel, ann, start
):
    async with start(enabled=[channel], place=PlaceConfig(max_pictures=12)):
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", n=12)
        await pressed.shows("(1/2)")
        await fake.until(lambda: len(fake.world.in_channel(channel)) == 2)
    first, second = fake.world.in_channel(channel)
    assert [len(pictures_of(one)) for one in (first, second)] == [10, 2]
    assert "Vary or enlarge one of them" in text_of(first)
    assert "Vary 11" in labels_of(second)


async def test_many_pictures_for_the_asker_alone_are_all_for_the_asker_alone(
    fake, channel, ann, start
):
    async with start(enabled=[channel], place=PlaceConfig(max_pictures=12)):
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", n=12, private=True)
        for part, count in (("(1/2)", 10), ("(2/2)", 2)):
            message = await pressed.shows(part)
            assert len(pictures_of(message)) == count
            assert message["flags"] & EPHEMERAL
    assert fake.world.in_channel(channel) == []
