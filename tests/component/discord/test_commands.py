"""The other commands and the menus on messages and people."""

from __future__ import annotations

from tests.fakes.civitai import FakeCivitai
from tests.fakes.discord.payloads import EPHEMERAL
from tests.fakes.discord.people import labels_of, pictures_of, text_of
from tests.fakes.discord.writing import walk
from tests.fakes.horde.pictures import paint
from tests.waiting import wait_until

MINE = ("mine.webp", paint(1, side=64), "image/webp")


async def drawn(fake, ann, channel, **options):
    pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", style="raw", **options)
    return await pressed.shows("Here you are")


QUESTIONS = (
    ("help", {}, "draw for me a fox"),
    ("help", {"word": "seed"}, "the number a picture starts from"),
    ("styles", {}, "Page 1 of"),
    ("styles", {"search": "paint"}, "Styles like paint"),
    ("models", {}, "models are served now"),
    ("loras", {}, "loras watercolour"),
    ("queue", {}, "Nothing of yours"),
    ("status", {}, "workers"),
    ("horde", {}, "megapixel steps"),
    ("info", {"request": "22222222"}, "I keep no request"),
    ("my", {}, "no pictures of yours"),
    ("results", {}, "no pictures of yours"),
)
"""Commands, their options, and some words of the answer."""


async def test_what_only_needs_words_is_answered_to_the_asker_alone(fake, channel, ann, start):
    async with start(enabled=[channel]):
        for name, options, words in QUESTIONS:
            pressed = fake.people.slash(ann, channel, name, **options)
            told = await pressed.shows(words)
            assert told["flags"] & EPHEMERAL, name
    assert fake.world.in_channel(channel) == []


async def test_names_are_completed_from_memory(fake, channel, ann, start):
    async with start(enabled=[channel]):
        await drawn(fake, ann, channel, n=1)  # from then on it is known what is served
        for option, typed in (("style", "oil"), ("model", "stable")):
            pressed = fake.people.autocomplete(
                ann, channel, "imagine", option, prompt="a fox", **{option: typed}
            )
            answer = await pressed.answered()
            assert answer["type"] == 8
            choices = answer["data"]["choices"]
            assert len(choices) <= 25
            assert any(typed.casefold() in one["name"].casefold() for one in choices), choices


async def test_a_lora_is_found_while_one_types_and_reaches_the_horde_with_its_strength(
    fake, horde, channel, ann, start
):
    async with FakeCivitai() as civitai, start(enabled=[channel], civitai=civitai.url):

        async def found():
            typing = fake.people.autocomplete(
                ann, channel, "imagine", "lora", prompt="a fox", lora="thick paint"
            )
            return (await typing.answered())["data"]["choices"]

        choices = await wait_until(found)  # the first answer is from an empty memory
        assert choices[0]["value"] == "11"
        assert "·" in choices[0]["name"]
        options = {"model": "SDXL 1.0", "lora": choices[0]["value"], "lora_strength": 0.7, "n": 1}
        asked = fake.people.slash(ann, channel, "imagine", prompt="a fox", **options)
        await asked.shows("Here you are")
    body = horde.journal.of("submit")[-1].body
    assert body["models"] == ["SDXL 1.0"]
    assert [(one["name"], one["model"]) for one in body["params"]["loras"]] == [("11", 0.7)]


async def test_ones_own_pictures_are_found_again_by_oneself_alone(fake, channel, ann, start):
    async with start(enabled=[channel]):
        await drawn(fake, ann, channel, n=2)
        await drawn(fake, ann, channel, n=1, private=True)
        pressed = fake.people.slash(ann, channel, "my")
        await pressed.answered()
        assert len(pictures_of(pressed.original)) == 1
        assert pressed.original["flags"] & EPHEMERAL
        lists = [one for one in walk(pressed.original["components"]) if one["type"] == 3]
        earlier = lists[-1]["options"][1]["value"]
        chosen = fake.people.choose(ann, pressed.original, earlier)
        await chosen.answered()
        assert len(pictures_of(chosen.original)) == 2
        stranger = fake.people.slash(fake.world.person("Ben"), channel, "my")
        await stranger.shows("no pictures of yours")


async def test_forget_takes_back_what_was_answered_and_keeps_nothing(fake, channel, ann, start):
    async with start(enabled=[channel]) as bot:
        await drawn(fake, ann, channel, n=1)
        assert len(fake.world.in_channel(channel)) == 1
        await fake.people.slash(ann, channel, "forget").answered()
        await fake.until(lambda: not fake.world.in_channel(channel), 30)
        await fake.until(lambda: not bot.core.service.at_work.running, 30)
        assert await bot.core.services.enquiries.requests_of("discord", ann["id"]) == []


async def test_a_picture_is_described_by_alchemists(fake, horde, channel, ann, start):
    async with start(enabled=[channel]):
        own = fake.people.slash(ann, channel, "describe", picture=MINE)
        await own.shows("It shows: a fox", "Words for it: fox")
        ours = await drawn(fake, ann, channel, n=1)
        await fake.people.message_command(ann, channel, "Describe", ours).shows("It shows")
    assert horde.journal.count("alchemy") == 2


async def test_when_nobody_can_tell_what_a_picture_shows_the_reason_is_told(
    fake, horde, channel, ann, start
):
    from tests.fakes import faults

    horde.fail("alchemy", faults.rc("InvalidInput"), 5)
    async with start(enabled=[channel]):
        pressed = fake.people.slash(ann, channel, "describe", picture=MINE)
        await pressed.shows("Nobody could tell")


async def test_a_picture_of_ones_own_is_enlarged(fake, horde, channel, ann, start):
    async with start(enabled=[channel]):
        pressed = fake.people.slash(ann, channel, "upscale", picture=MINE)
        await pressed.shows("Here you are")
    body = horde.journal.of("submit")[0].body
    assert body["source_processing"] == "img2img"
    assert body["params"]["post_processing"] == ["RealESRGAN_x4plus"]


async def test_an_alchemist_enlarges_a_picture_of_ones_own_where_there_is_one(
    fake, horde, channel, ann, start
):
    horde.alchemists = [{"forms": ["RealESRGAN_x4plus", "nsfw"]}]
    async with start(enabled=[channel]):
        pressed = fake.people.slash(ann, channel, "upscale", picture=MINE)
        await pressed.shows("Here you are")
    assert horde.journal.count("alchemy") == 1
    assert horde.journal.count("submit") == 0


async def test_menus_on_our_own_answers(fake, horde, channel, ann, start):
    async with start(enabled=[channel]):
        ours = await drawn(fake, ann, channel, n=1, seed="5")
        recipe = fake.people.message_command(ann, channel, "Show recipe", ours)
        await recipe.shows("seed 5")
        await fake.people.message_command(ann, channel, "Enlarge", ours).shows("Here you are")
        remix = fake.people.message_command(ann, channel, "Remix", ours)
        await remix.answered()
        sent = fake.people.submit(remix, prompt="a wolf --n 1 --style raw", strength="0.3")
        await sent.shows("Here you are", "a wolf")
    body = horde.journal.of("submit")[-1].body
    assert body["params"]["denoising_strength"] == 0.3


async def test_menus_on_ones_own_message_work_without_reading_what_people_write(
    fake, horde, channel, ann, start
):
    async with start(enabled=[channel]):
        said = fake.people.say(ann, channel, "look", files=(MINE,))
        remix = fake.people.message_command(ann, channel, "Remix", said)
        await remix.answered()
        await fake.people.submit(remix, prompt="a wolf --n 1 --style raw").shows("a wolf")
    assert horde.journal.of("submit")[-1].body["source_processing"] == "img2img"


async def test_somebody_elses_picture_is_declined_in_a_sentence(
    fake, horde, channel, ann, start, clock
):
    ben = fake.world.person("Ben")
    async with start(enabled=[channel]):
        clock.stand_still()
        said = fake.people.say(ann, channel, "look", files=(MINE,))
        for name in ("Remix", "Enlarge", "Describe", "Show recipe"):
            pressed = fake.people.message_command(ben, channel, name, said)
            told = await pressed.shows("somebody else's")
            assert told["flags"] & EPHEMERAL
        avatar = fake.people.user_command(ben, channel, "Remix avatar", ann)
        await avatar.shows("somebody else's")
    assert horde.journal.count("submit") == 0


async def test_ones_own_avatar_opens_the_form(fake, channel, ann, start):
    async with start(enabled=[channel]):
        pressed = fake.people.user_command(ann, channel, "Remix avatar", ann)
        assert (await pressed.answered())["type"] == 9


async def test_a_form_of_before_the_restart_asks_to_be_opened_again(fake, channel, ann, start):
    async with start(enabled=[channel]):
        said = fake.people.say(ann, channel, "look", files=(MINE,))
        remix = fake.people.message_command(ann, channel, "Remix", said)
        await remix.answered()
    async with start(enabled=[channel]):
        await fake.people.submit(remix, prompt="a wolf").shows("once more")


async def test_where_only_the_person_brought_the_bot_it_works_and_my_finds_what_came_late(
    fake, horde, channel, ann, start, clock
):
    channel["foreign"] = True
    horde.seconds = None
    async with start():
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", n=1, style="raw")
        await pressed.shows("Cancel")
        await fake.until(lambda: horde.requests)
        clock.skip(13.6 * 60)
        await pressed.shows("`/results` shows the pictures")
        clock.skip(120)
        horde.finish(next(iter(horde.requests)))
        await fake.until(lambda: horde.journal.count("picture"))
        mine = fake.people.slash(ann, channel, "results")
        await mine.answered()
        while not pictures_of(mine.original):
            mine = fake.people.slash(ann, channel, "results")
            await mine.answered()
        assert "Again" in labels_of(mine.original)
        assert "a fox" in text_of(mine.original)
