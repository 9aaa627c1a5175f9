"""What is asked about pictures that are there: vary, upscale, and how they were made."""

import pytest

from common.model import Audience, Ending
from tests.fakes.platform import FakePlatform

pytestmark = pytest.mark.database


async def test_vary_starts_from_the_picture_that_is_named_in_its_style(start, heard, horde):
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(heard("draw for me a {red, blue} fox style: stylepunks --n 2 --seed 3"))
        first = await platform.answer_to("1")
        platform.say(heard("vary 3 0.4", event="2", person="bob", parent="post-1-1"))
        await platform.answer_to("2")
        chosen = first.pictures[2]
        row = await core.store.request((await platform.answer_to("2")).request)
    body = horde.submitted()[-1]
    assert row.parsed["source_picture"] == f"sha256:{chosen.sha256}"
    assert row.parsed["style"] == chosen.style
    assert body["params"]["denoising_strength"] == 0.4
    assert "a blue fox" in body["prompt"]
    assert "{" not in body["prompt"]


@pytest.mark.parametrize(
    ("answer", "made"),
    [
        ({"text": "yes please", "parent": "post-1-1"}, True),
        ({"text": "ok", "audience": Audience.PRIVATE}, True),
        ({"text": "yes", "person": "bob", "parent": "post-1-1"}, False),
        ({"text": "yes"}, False),
    ],
)
async def test_who_says_yes_where_we_asked_whether_they_wanted_a_picture_gets_it(
    start, heard, horde, answer, made
):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("a fox in a hat --n 1"))
        assert "Reply `yes`" in (await platform.answer_to("1")).text
        platform.say(heard(event="2", **answer))
        if made:
            await platform.answer_to("2")
        platform.say(heard("draw a bear --n 1", event="3", person="eve"))
        await platform.answer_to("3")
    prompts = [body["prompt"] for body in horde.submitted()]
    assert any("a fox in a hat" in prompt for prompt in prompts) is made


async def test_upscale_makes_one_picture_with_an_upscaler(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 2"))
        await platform.answer_to("1")
        platform.say(heard("u2", event="2", parent="post-1-1"))
        await platform.answer_to("2")
    params = horde.submitted()[1]["params"]
    assert (params["n"], params["post_processing"]) == (1, ["RealESRGAN_x4plus"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vary", "say which one, for example: vary 2"),
        ("vary 7", "no picture 7"),
        ("info 3", "no picture 3"),
    ],
)
async def test_which_picture_is_asked_where_it_is_not_clear(start, heard, horde, text, words):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 2"))
        await platform.answer_to("1")
        platform.say(heard(text, event="2", parent="post-1-1"))
        outcome = await platform.answer_to("2")
    assert outcome.ending is Ending.REFUSED
    assert words in outcome.text


async def test_a_picture_that_is_pruned_has_to_be_attached(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 1"))
        first = await platform.answer_to("1")
        first.pictures[0].path.unlink()
        platform.say(heard("vary", event="2", parent="post-1-1"))
        outcome = await platform.answer_to("2")
    assert "Attach the picture" in outcome.text


async def test_info_tells_how_one_picture_or_all_were_made(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 2 --seed 5"))
        await platform.answer_to("1")
        platform.say(heard("info 2", event="2", parent="post-1-1"))
        platform.say(heard("info", event="3", parent="post-1-1"))
        one, all_of_them = await platform.answer_to("2"), await platform.answer_to("3")
    assert one.text.startswith("Picture 2: a fox")
    assert "seed 6" in one.text
    assert "Picture 1: " in all_of_them.text
    assert "Picture 2: " in all_of_them.text
