"""A picture that somebody brings: its recipe is read, told, and made again; ours are known by sight."""

from dataclasses import replace

import pytest
from PIL import Image

from common import pictures
from common.config import PlaceConfig
from common.model import Audience, Ending
from tests.fakes.pictures import encoded, plain
from tests.fakes.platform import FakePlatform

pytestmark = pytest.mark.database

ASKED = "draw for me a fox ### fog style: solarpunk --n 1 --seed 7 --steps 20"
STRANGE = (
    "a red fox, {wet|dry} fur\nNegative prompt: blurry\n"
    "Steps: 12, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6, Seed: 99, Size: 512x640, "
    "Model: Dreamshaper"
)


@pytest.fixture
def platform():
    return FakePlatform()


@pytest.fixture
def talk(platform, heard):
    """Say something and return the answer; each time it is another event."""
    events = iter(range(1, 100))

    async def said(text, **more):
        event = str(next(events))
        platform.say(heard(text, event=event, **more))
        return await platform.answer_to(event)

    return said


def stripped(outcome):
    """The answer's picture as a platform hands it on: smaller, another format, no metadata."""
    image = Image.open(outcome.pictures[0].path).convert("RGB")
    return encoded(image.resize((image.width * 2, image.height * 2)), "JPEG", quality=70)


def same(one, other):
    """Tell whether two bodies make the same picture."""
    return all(one[key] == other[key] for key in ("prompt", "params", "models"))


@pytest.mark.parametrize("text", ["@painter", "draw --spoiler"])
async def test_an_attached_picture_and_no_words_make_it_again(
    start, talk, platform, horde, kept, text
):
    async with start(platform):
        first = await talk(ASKED)
        data = first.pictures[0].path.read_bytes()
        again = await talk(text, pictures=(kept(data),), mentions=("painter",))
    assert again.ending is Ending.DONE
    assert same(*horde.submitted())
    assert again.spoiler is ("spoiler" in text)


async def test_again_and_same_seed_of_an_attached_picture(start, talk, platform, horde, kept):
    async with start(platform):
        first = await talk(ASKED)
        named = (kept(first.pictures[0].path.read_bytes()),)
        await talk("again", pictures=named, person="bob")
        await talk("same seed", pictures=named, person="bob")
    asked, again, seeded = horde.submitted()
    assert again["prompt"] == seeded["prompt"] == asked["prompt"]
    assert "seed" not in again["params"]
    assert again["params"]["n"] == 4
    assert same(asked, seeded)


async def test_what_is_said_besides_wins(start, talk, platform, horde, kept):
    async with start(platform):
        first = await talk(ASKED)
        named = (kept(first.pictures[0].path.read_bytes()),)
        await talk("draw --n 2 --steps 11", pictures=named)
        await talk("edit a red dog", pictures=named)
    _asked, more, edited = horde.submitted()
    assert (more["params"]["n"], more["params"]["steps"]) == (2, 11)
    assert edited["prompt"].startswith("a red dog###")


async def test_the_picture_of_another_program_is_made_again(start, talk, platform, horde, kept):
    data = pictures.write_parameters(plain(), STRANGE)
    async with start(platform):
        told = await talk("info", pictures=(kept(data),))
        made = await talk("", pictures=(kept(data),))
    [body] = horde.submitted()
    assert body["prompt"] == "a red fox, {wet|dry} fur###blurry"
    assert body["models"] == ["Dreamshaper"]
    assert (body["params"]["seed"], body["params"]["sampler_name"]) == ("99", "k_dpmpp_2m")
    assert "source_image" not in body
    assert made.ending is Ending.DONE
    assert "Steps: 12, Sampler: DPM++ 2M" in told.text


@pytest.mark.parametrize("text", ["info", ""])
async def test_a_picture_nobody_knows_is_refused_in_a_sentence(
    start, talk, platform, horde, kept, text
):
    async with start(platform):
        outcome = await talk(text, pictures=(kept(plain()),))
    assert outcome.ending is Ending.REFUSED
    assert "carries no recipe" in outcome.text
    assert horde.submitted() == []


async def test_what_a_recipe_asks_for_is_checked_like_any_other_request(
    start, talk, platform, horde, kept
):
    data = pictures.write_parameters(plain(), "a naked child\nSteps: 9, Seed: 1")
    async with start(platform):
        outcome = await talk("", pictures=(kept(data),))
    assert outcome.ending is Ending.REFUSED
    assert horde.submitted() == []


async def test_a_picture_whose_recipe_was_taken_away_is_known_by_its_looks(
    start, talk, platform, horde, kept
):
    async with start(platform):
        first = await talk(ASKED)
        named = (kept(stripped(first)),)
        told = await talk("info", pictures=named, person="bob")
        await talk("same seed", pictures=named, person="bob")
    assert "Picture 1: a fox" in told.text
    assert "solarpunk" in told.text
    assert same(*horde.submitted())


@pytest.mark.parametrize("how", [{"audience": Audience.PRIVATE}, {}])
async def test_what_was_made_in_private_is_known_to_its_asker_alone(
    start, talk, platform, kept, how
):
    private = ASKED + ("" if how else " --private")
    platform.capabilities = replace(platform.capabilities, private_replies=True)
    async with start(platform):
        first = await talk(private, **how)
        named = (kept(stripped(first)),)
        mine = await talk("info", pictures=named)
        others = await talk("info", pictures=named, person="bob")
        by_id = await talk(f"info {first.request}", person="bob")
    assert "solarpunk" in mine.text
    assert (others.ending, by_id.ending) == (Ending.REFUSED, Ending.REFUSED)
    assert "I keep no request" in by_id.text


async def test_the_short_id_leads_to_the_recipe_and_to_more(start, talk, platform, horde):
    async with start(platform, place=PlaceConfig(pictures=2)):
        first = await talk("draw for me a fox style: raw")
        told = await talk(f"info {first.request.upper()}", person="bob")
        second = await talk(f"info #{first.request} 2", person="bob")
        again = await talk(f"again {first.request}", person="bob")
        unknown = await talk("info 22222222")
    assert first.request in first.pictures[0].alt
    assert "Picture 1: a fox" in told.text
    assert "Picture 2: a fox" in told.text
    assert second.text.startswith("Picture 2: a fox")
    assert again.ending is Ending.DONE
    assert len(horde.submitted()) == 2
    assert unknown.ending is Ending.REFUSED
