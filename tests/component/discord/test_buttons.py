"""Everything that can be pressed, chosen and filled in under an answer, also after a restart."""

from __future__ import annotations

import pytest

from common.config import PlaceConfig
from tests.fakes.discord.payloads import EPHEMERAL, MANAGE_MESSAGES
from tests.fakes.discord.people import labels_of, pictures_of, text_of
from tests.fakes.discord.writing import walk


async def drawn(fake, ann, channel, **options):
    pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", style="raw", **options)
    return await pressed.shows("Here you are")


async def test_each_button_is_the_follow_up_it_stands_for_and_links_to_its_parent(
    fake, horde, channel, ann, start
):
    async with start(enabled=[channel]) as bot:
        message = await drawn(fake, ann, channel, n=2, seed="5")
        again = await fake.people.press(ann, message, "Again").shows("Here you are")
        assert again["id"] != message["id"]
        await fake.people.press(ann, message, "Same seed").shows("Here you are")
        assert horde.journal.of("submit")[-1].body["params"]["seed"] == "5"
        await fake.people.press(ann, message, "Vary 2").shows("Here you are")
        assert horde.journal.of("submit")[-1].body["source_processing"] == "img2img"
        await fake.people.press(ann, message, "Enlarge 1").shows("Here you are")
        assert "post_processing" in horde.journal.of("submit")[-1].body["params"]
        await fake.people.choose(ann, message, "zoom out 1").shows("Here you are")
        assert horde.journal.of("submit")[-1].body["source_processing"] == "outpainting"
        rows = await bot.core.services.enquiries.requests_of("discord", ann["id"])
        assert [row.parent for row in rows] == [None, *[rows[0].id] * 5]


async def test_a_refusal_that_comes_late_leaves_what_was_pressed_on_as_it_is(
    fake, horde, channel, ann, start, database
):
    horde.seconds = None
    async with start(enabled=[channel]):
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", n=1)
        shown = await pressed.shows("Cancel")
        await fake.until(lambda: horde.requests)
        async with database.write():  # so that the press has to be deferred
            refused = fake.people.press(fake.world.person("Ben"), shown, "Cancel")
            await refused.answered()
        told = await refused.shows("Only the one who asked")
        assert told["flags"] & EPHEMERAL
        assert "Cancel" in labels_of(pressed.original)


async def test_the_recipe_is_told_to_the_presser_alone(fake, channel, ann, start, clock):
    async with start(enabled=[channel]):
        message = await drawn(fake, ann, channel, n=1, seed="5")
        clock.stand_still()
        pressed = fake.people.press(fake.world.person("Ben"), message, "Recipe")
        told = await pressed.shows("seed 5", "steps")
        assert told["flags"] & EPHEMERAL


async def test_editing_opens_a_form_with_what_was_asked_and_draws_what_comes_back(
    fake, horde, channel, ann, start
):
    async with start(enabled=[channel]):
        message = await drawn(fake, ann, channel, n=1, negative="people")
        pressed = fake.people.press(ann, message, "Edit")
        form = (await pressed.answered())["data"]
        fields = {
            one["component"]["custom_id"]: one["component"].get("value")
            for one in form["components"]
        }
        assert fields["prompt"] == "a fox"
        assert fields["negative"] == "people"
        sent = fake.people.submit(pressed, prompt="a red fox", negative="text", options="--ar 3:1")
        await sent.shows("Here you are", "a red fox")
    body = horde.journal.of("submit")[-1].body
    assert "a red fox" in body["prompt"]
    assert "text" in body["prompt"].partition("###")[2]
    assert body["params"]["width"] > 2 * body["params"]["height"]


async def test_a_style_is_chosen_from_a_list_only_the_presser_sees(fake, channel, ann, start):
    async with start(enabled=[channel]):
        message = await drawn(fake, ann, channel, n=1)
        pressed = fake.people.press(ann, message, "Style")
        await pressed.answered()
        listed = pressed.original
        assert listed["flags"] & EPHEMERAL
        select = next(one for one in walk(listed["components"]) if one["type"] == 3)
        assert 1 < len(select["options"]) <= 25
        value = select["options"][0]["value"]
        again = await fake.people.choose(ann, listed, value).shows("Here you are")
        assert not again["flags"] & EPHEMERAL
        assert value.removeprefix("style: ") in text_of(again)


async def test_many_pictures_are_varied_from_a_list(fake, horde, channel, ann, start):
    async with start(enabled=[channel]):
        message = await drawn(fake, ann, channel, n=6)
        assert not [label for label in labels_of(message) if label.startswith("Vary")]
        await fake.people.choose(ann, message, "vary 6").shows("Here you are")
    assert horde.journal.of("submit")[-1].body["source_processing"] == "img2img"


async def test_an_answer_is_deleted_by_the_asker_or_a_moderator_and_nobody_else(
    fake, guild, channel, ann, start, clock
):
    warden = fake.world.person("Wanda")
    fake.world.join(guild, warden, fake.world.role(guild, "wardens", MANAGE_MESSAGES))
    async with start(enabled=[channel]):
        first = await drawn(fake, ann, channel, n=1)
        second = await drawn(fake, ann, channel, n=1)
        clock.stand_still()
        refused = fake.people.press(fake.world.person("Ben"), first, "Delete")
        told = await refused.shows("moderator, can have it deleted")
        assert told["flags"] & EPHEMERAL
        await fake.people.press(ann, first, "Delete").shows("It is deleted")
        await fake.people.press(warden, second, "Delete").shows("It is deleted")
    assert fake.world.in_channel(channel) == []


async def test_buttons_work_after_a_restart_and_for_whoever_may(fake, channel, ann, start):
    async with start(enabled=[channel]):
        message = await drawn(fake, ann, channel, n=1)
    async with start(enabled=[channel], place=PlaceConfig(running_per_person=1)):
        ben = fake.world.person("Ben")
        again = await fake.people.press(ben, message, "Again").shows("Here you are")
        assert f"<@{ben['id']}>" in text_of(again)
        assert pictures_of(again)


async def test_a_form_left_open_over_a_restart_is_still_heard(fake, channel, ann, start):
    async with start(enabled=[channel]):
        message = await drawn(fake, ann, channel, n=1)
        pressed = fake.people.press(ann, message, "Edit")
        await pressed.answered()
    async with start(enabled=[channel]):
        await fake.people.submit(pressed, prompt="a hare").shows("Here you are", "a hare")


@pytest.mark.parametrize("label", ["Again", "Vary 1"])
async def test_a_press_counts_towards_the_limits_of_the_presser(
    fake, channel, ann, start, clock, label
):
    async with start(enabled=[channel], place=PlaceConfig(requests_per_hour=1)):
        message = await drawn(fake, ann, channel, n=1)
        clock.stand_still()
        pressed = fake.people.press(ann, message, label)
        told = await pressed.shows("limit of 1")
        assert told["flags"] & EPHEMERAL


async def test_near_styles_are_buttons_that_draw_what_was_asked(
    fake, horde, channel, ann, start, clock
):
    async with start(enabled=[channel]):
        clock.stand_still()
        text = "a fox at night style: watercolur-x --n 1"
        refused = fake.people.slash(ann, channel, "imagine", prompt=text)
        await refused.shows("I know no style")
        assert refused.original["flags"] & EPHEMERAL
        pressed = fake.people.press(ann, refused.original, "watercolour")
        answer = await pressed.shows("Here you are", "a fox at night", "Style watercolour")
    assert not answer["flags"] & EPHEMERAL
    assert horde.journal.of("submit")[-1].body["params"].get("n", 1) == 1
    assert "x" not in horde.journal.of("submit")[-1].body["prompt"].split("###")[0].split()


async def test_models_that_are_served_are_buttons_where_one_is_not(
    fake, horde, channel, ann, start
):
    horde.models.pop("Dreamshaper")
    async with start(enabled=[channel]):
        asked = {"prompt": "a fox", "model": "Dreamshaper", "n": 1}
        refused = fake.people.slash(ann, channel, "imagine", **asked)
        await refused.shows("Dreamshaper")
        label = next(one for one in labels_of(refused.original) if one in horde.models)
        pressed = fake.people.press(ann, refused.original, label)
        await pressed.shows("Here you are", "a fox")
    assert horde.journal.of("submit")[-1].body["models"] == [label]
