"""Pictures a request starts from: attached, replied to, blended, painted into or around."""

import base64
import io

import pytest
from PIL import Image

from common.model import Ending
from tests.fakes.pictures import encoded, plain
from tests.fakes.platform import FakePlatform

pytestmark = pytest.mark.database


def holed():
    """A picture with a part one can see through."""
    image = Image.new("RGBA", (300, 200), "red")
    image.paste((0, 0, 0, 0), (0, 0, 50, 50))
    return encoded(image)


def source_of(body):
    return Image.open(io.BytesIO(base64.b64decode(body["source_image"])))


async def test_an_attached_picture_is_what_the_request_starts_from(start, heard, horde, kept):
    platform = FakePlatform()
    name = kept(plain(size=(400, 200)))
    async with start(platform):
        platform.say(heard("draw for me a fox --strength 0.4 --n 1", pictures=(name,)))
        await platform.answer_to("1")
    [body] = horde.submitted()
    assert (body["source_processing"], body["params"]["denoising_strength"]) == ("img2img", 0.4)
    assert source_of(body).size == (400, 200)
    assert body["params"]["width"] > body["params"]["height"]


async def test_a_blend_sends_all_its_pictures_to_the_model_that_can(start, heard, horde, kept):
    horde.models["Stable Cascade 1.0"] = 1
    platform = FakePlatform()
    names = tuple(kept(plain((shade, 0, 0))) for shade in (10, 100, 200))
    async with start(platform):
        platform.say(heard("draw for me a fox --blend --n 1", pictures=names))
        await platform.answer_to("1")
        platform.say(heard("draw for me a fox --blend", event="2", pictures=names[:1]))
        alone = await platform.answer_to("2")
    [body] = horde.submitted()
    assert (body["source_processing"], body["models"]) == ("remix", ["Stable Cascade 1.0"])
    assert len(body["extra_source_images"]) == 2
    assert "at least two" in alone.text


async def test_inpainting_needs_a_transparent_part(start, heard, horde, kept):
    platform = FakePlatform()
    async with start(platform):
        opaque = kept(plain())
        platform.say(heard("draw for me a fox --inpaint", pictures=(opaque,)))
        refused = await platform.answer_to("1")
        open_part = kept(holed())
        platform.say(heard("draw for me a fox --inpaint --n 1", event="2", pictures=(open_part,)))
        await platform.answer_to("2")
    assert "transparent" in refused.text
    [body] = horde.submitted()
    assert body["source_processing"] == "inpainting"
    assert source_of(body).mode == "RGBA"


async def test_outpainting_adds_the_edge_that_is_painted(start, heard, horde, kept):
    platform = FakePlatform()
    async with start(platform):
        name = kept(plain(size=(400, 200)))
        platform.say(heard("draw for me a fox --outpaint --n 1", pictures=(name,)))
        await platform.answer_to("1")
    [body] = horde.submitted()
    assert body["source_processing"] == "outpainting"
    assert source_of(body).size == (600, 300)


@pytest.mark.parametrize("option", ["--inpaint", "--outpaint", "--blend", "--control canny"])
async def test_what_is_nothing_without_a_picture_is_refused_without_one(
    start, heard, horde, option
):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard(f"draw for me a fox {option}"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.REFUSED
    assert "attach one" in outcome.text


async def test_the_bots_own_picture_replied_to_is_taken(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 1"))
        await platform.answer_to("1")
        text = "draw for me a wolf --control canny --n 1"
        platform.say(heard(text, event="2", parent="post-1-1"))
        await platform.answer_to("2")
    second = horde.submitted()[1]
    assert (second["params"]["control_type"], second["source_processing"]) == ("canny", "img2img")


@pytest.mark.parametrize(
    ("data", "words"), [(b"no picture", "cannot use that picture"), (None, "not there any more")]
)
async def test_a_picture_that_cannot_be_read_is_refused(start, heard, horde, kept, data, words):
    name = "sha256:" + "0" * 64 if data is None else kept(data)
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox", pictures=(name,)))
        outcome = await platform.answer_to("1")
    assert words in outcome.text
    assert horde.submitted() == []


async def test_an_address_inside_somebodys_network_is_not_fetched(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox --strength 0.5 https://127.0.0.1/a.png"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.REFUSED
    assert "open internet" in outcome.text
