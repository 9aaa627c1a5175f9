"""What is done to finished pictures, where the tools for it are; and what is told where not."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from tests.component.worker.conftest import Shop
from tests.component.worker.paint import PaintEngine
from worker.engines.finished import FinishingEngine
from worker.engines.protocol import Fault, Task
from worker.finishing.protocol import StoppedError
from worker.finishing.tools import find_tools, pickles
from worker.horde.offer import Offer


class Doubler:
    """Doubles pictures, pixel by pixel."""

    def finish(self, image, _cancelled, _strength=1.0):
        size = (image.width * 2, image.height * 2)
        return image.convert("RGB").resize(size, Image.Resampling.NEAREST)


class Cutter:
    """Makes the upper half transparent."""

    def finish(self, image, _cancelled, _strength=1.0):
        cut = image.convert("RGBA")
        cut.putalpha(Image.linear_gradient("L").resize(image.size))
        return cut


class Corner:
    """Paints a corner as strongly as it is told: red in the size that was drawn, else blue."""

    def finish(self, image, _cancelled, strength=1.0):
        colour = (round(255 * strength), 0, 0) if image.width == 128 else (0, 0, 255)
        painted = image.convert("RGB")
        painted.paste(colour, (0, 0, 16, 16))
        return painted


class Broken:
    def finish(self, _image, _cancelled, _strength=1.0):
        raise MemoryError


class Late:
    def finish(self, _image, _cancelled, _strength=1.0):
        raise StoppedError


TOOLS = {
    "strip_background": Cutter,
    "GFPGAN": Corner,
    "RealESRGAN_x2plus": Doubler,
    "NMKD_Siax": Broken,
    "4x_AnimeSharp": Late,
}


async def made(hub, engine, **payload):
    shop = Shop(hub, engine)
    [job] = hub.offer(payload=payload)
    shop.engine = FinishingEngine(engine, TOOLS)
    shop.open()
    await shop.delivered(job)
    shop.engine = engine
    await shop.close()
    image = Image.open(BytesIO(hub.uploads[job]))
    return image.size, [entry.get("ref") for entry in hub.submitted[job]["gen_metadata"]]


async def test_a_picture_is_enlarged_and_the_pop_says_that_it_can_be(hub, engine):
    size, told = await made(hub, engine, post_processing=["RealESRGAN_x2plus"])
    assert (size, told) == ((256, 128), [])
    assert hub.journal.of("pop")[0].body["allow_post_processing"] is True
    assert engine.tasks[0].post_processing == ()


async def test_the_background_is_taken_away_last(hub, engine):
    size, told = await made(hub, engine, post_processing=["strip_background", "RealESRGAN_x2plus"])
    assert (size, told) == ((256, 128), [])
    [data] = hub.uploads.values()
    assert Image.open(BytesIO(data)).mode == "RGBA"


async def test_faces_are_restored_before_a_picture_is_enlarged_and_as_far_as_was_asked(hub, engine):
    names = ["RealESRGAN_x2plus", "GFPGAN"]
    size, told = await made(hub, engine, post_processing=names, facefixer_strength=0.5)
    assert (size, told) == ((256, 128), [])
    [data] = hub.uploads.values()
    red, _, blue = Image.open(BytesIO(data)).convert("RGB").getpixel((5, 5))
    assert 110 < red < 145
    assert blue < 30


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("NMKD_Siax", "made without NMKD_Siax: MemoryError"),
        ("4x_AnimeSharp", "made without 4x_AnimeSharp: no time was left"),
        ("CodeFormers", "made without CodeFormers"),
    ],
)
async def test_what_does_not_work_is_told_and_the_rest_is_done(hub, engine, name, told):
    size, faults = await made(hub, engine, post_processing=[name, "RealESRGAN_x2plus"])
    assert size == (256, 128)
    assert faults == [told]


def test_nothing_is_offered_without_tools():
    engine = PaintEngine()
    bare = Offer("shop", engine.info(), 0.0)
    able = Offer("shop", FinishingEngine(engine, TOOLS).info(), 0.0)
    assert not bare.body(None).allow_post_processing
    assert able.body(None).allow_post_processing


def test_a_task_that_was_stopped_is_not_finished():
    engine = FinishingEngine(PaintEngine(), TOOLS)
    numbers = {"width": 64, "height": 64, "steps": 1, "cfg_scale": 5.0, "seeds": (1,)}
    words = {"model": "paint", "prompt": "a fox", "negative": "", "sampler": "k_euler"}
    task = Task(**numbers, **words, karras=True, post_processing=("RealESRGAN_x2plus",))
    [picture] = engine.generate(task, lambda _part: None, lambda: True)
    assert picture.image.size == (task.width, task.height)
    assert picture.faults == (
        Fault("information", "see_ref", "made without RealESRGAN_x2plus: no time was left"),
    )


def test_tools_are_found_by_their_files_and_libraries(tmp_path):
    for name in (
        "upscalers/realesrgan_x4plus.safetensors",
        "upscalers/NMKD_Siax.pth",
        "upscalers/my own.safetensors",
        "background/u2net.onnx",
    ):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    libraries = {"torch", "spandrel", "rembg"}
    found = find_tools(tmp_path, "cpu", libraries.__contains__)
    assert set(found) == {"RealESRGAN_x4plus", "strip_background"}
    assert set(find_tools(tmp_path, "cpu", {"torch", "rembg"}.__contains__)) == {"strip_background"}
    assert find_tools(tmp_path / "none", "cpu", libraries.__contains__) == {}
    assert [file.name for file in pickles(tmp_path)] == ["NMKD_Siax.pth"]
