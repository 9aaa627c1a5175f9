"""What people ask for, and what they get: the same on every platform."""

from __future__ import annotations

import re

import pytest

from tests.fakes.horde import Fate


async def test_a_request_is_answered_with_pictures(bot, plug, horde):
    said = await plug.say("draw for me a fox in the snow style: raw --n 2")
    answer = await plug.answer(said)
    assert answer.pictures == 2
    assert "a fox in the snow" in answer.text
    assert "AI" in answer.text
    assert all("a fox in the snow" in alt for alt in answer.alts)
    assert horde.journal.count("submit") == 1


async def test_a_category_draws_several_styles(bot, plug, horde):
    said = await plug.say("draw for me a castle style: stylepunks --n 4")
    assert (await plug.answer(said)).pictures == 4
    prompts = {exchange.body["prompt"] for exchange in horde.journal.of("submit")}
    assert len(prompts) == 4


async def test_a_style_that_does_not_exist_is_told_with_the_next_ones(bot, plug, horde):
    said = await plug.say("draw for me a fox style: watercolr-thing")
    answer = await plug.answer(said)
    assert answer.pictures == 0
    assert "style" in answer.text
    assert horde.journal.count("submit") == 0


async def test_what_is_never_drawn_is_refused(bot, plug, horde):
    said = await plug.say("draw for me a nude child")
    assert "minor" in (await plug.answer(said)).text
    assert horde.journal.count("submit") == 0


async def test_censored_pictures_are_said_to_be_so(bot, plug, horde):
    horde.fate = Fate.CENSORED
    said = await plug.say("draw for me a fox style: raw --n 1")
    answer = await plug.answer(said)
    assert answer.pictures == 0
    assert "censored" in answer.text


async def test_again_gives_new_pictures_to_anybody(bot, plug, horde):
    first = await plug.answer(await plug.say("draw for me a fox style: raw --n 1 --seed 5"))
    again = await plug.answer(await plug.say("again", person="bob", reply_to=first.id))
    assert again.pictures == 1
    bodies = [exchange.body for exchange in horde.journal.of("submit")]
    assert bodies[0]["prompt"] == bodies[1]["prompt"]
    assert "seed" not in bodies[1]["params"]


async def test_again_works_from_the_short_code_every_answer_ends_with(bot, plug, horde):
    first = await plug.answer(await plug.say("draw for me a fox style: raw --n 1"))
    [code] = re.findall(r"info ([2-9a-hjkmnp-z]{8})", first.text)
    again = await plug.answer(await plug.say(f"again {code}"))
    assert again.pictures == 1
    assert horde.journal.count("submit") == 2


async def test_vary_starts_from_the_picture_that_is_named(bot, plug, horde):
    first = await plug.answer(await plug.say("draw for me a fox style: raw --n 2"))
    varied = await plug.answer(await plug.say("vary 2", reply_to=first.id))
    assert varied.pictures
    assert horde.journal.of("submit")[1].body["source_image"]


async def test_info_tells_the_recipe(bot, plug):
    first = await plug.answer(await plug.say("draw for me a fox style: raw --n 1 --seed 77"))
    told = await plug.answer(await plug.say("info", reply_to=first.id))
    assert "77" in told.text
    assert "raw" in told.text


@pytest.mark.needs("remove")
async def test_delete_takes_the_answer_back_for_the_asker_alone(bot, plug):
    said = await plug.say("draw for me a fox style: raw --n 1")
    first = await plug.answer(said)
    stranger = await plug.say("delete", person="bob", reply_to=first.id)
    assert "Only the one" in (await plug.answer(stranger)).text
    assert await plug.answers(said)
    await plug.say("delete", reply_to=first.id)
    await plug.taken_back(said)


@pytest.mark.needs("delete")
async def test_who_deletes_the_request_gets_no_answer(bot, plug, horde):
    horde.seconds = None
    said = await plug.say("draw for me a fox style: raw --n 1")
    await bot.submitted()
    await plug.delete(said)
    await bot.given_up()
    await bot.settled()
    await plug.taken_back(said)


@pytest.mark.needs("delete", "remove")
async def test_who_deletes_the_request_later_takes_the_answer_along(bot, plug):
    said = await plug.say("draw for me a fox style: raw --n 1")
    kept = await plug.say("draw for me a cat style: raw --n 1", person="bob")
    await plug.answer(said)
    await plug.answer(kept)
    await plug.delete(said)
    await plug.taken_back(said)
    await plug.answer(await plug.say("help", person="bob"))
    await bot.settled()
    assert len(await plug.answers(kept)) == 1


@pytest.mark.needs("delete", "remove", "notice")
async def test_what_was_deleted_while_the_bot_was_away_loses_its_answer(bot, plug):
    said = await plug.say("draw for me a fox style: raw --n 1")
    await plug.answer(said)
    await bot.settled()
    await bot.stop()
    await plug.delete(said)
    await bot.start()
    await plug.taken_back(said)


async def test_who_is_not_understood_is_helped_once(bot, plug):
    first = await plug.say("is anybody here?")
    assert "draw" in (await plug.answer(first)).text
    second = await plug.say("anybody else?")
    third = await plug.say("help")
    await plug.answer(third)
    await bot.settled()
    assert await plug.answers(second) == []


async def test_a_long_prompt_is_answered_within_what_a_post_holds(bot, plug, horde):
    words = "a fox in the snow with " + ", ".join(f"thing {number}" for number in range(60))
    answer = await plug.answer(await plug.say(f"draw for me {words} style: raw --n 1"))
    assert answer.pictures == 1
    assert "thing 59" in horde.journal.of("submit")[0].body["prompt"]


async def test_long_words_come_whole(bot, plug):
    """Help is longer than a post of most platforms."""
    said = await plug.say("help")
    await plug.answer(said)
    await bot.settled()
    told = "\n".join(answer.text for answer in await plug.answers(said))
    assert "draw for me a fox" in told
    assert "can see the words you write" in told


async def test_words_of_all_scripts_arrive_as_they_were_written(bot, plug, horde):
    for number, prompt in enumerate(
        (
            "a 狐 in the 雪 🦊",
            "ein Füchslein, süß & klein",
            "ثعلب في الثلج",
            "лиса <b>в снегу</b> | *звёзды*",
            "a _fox_ in a night_sky [blue], c=d?",
        )
    ):
        said = f"draw for me {prompt} style: raw --n 1"
        answer = await plug.answer(await plug.say(said, person=f"person{number}"))
        assert answer.pictures == 1
        assert prompt in horde.journal.of("submit")[-1].body["prompt"]
        assert prompt in answer.text
