"""The ComfyUI engine against a ComfyUI that checks graphs and draws plain colours."""

from __future__ import annotations

import asyncio
import shlex
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from common.config import WorkerConfig
from common.errors import WorkerError
from common.horde.wire_names import SAMPLERS
from tests.component.worker.conftest import QUICK
from tests.component.worker.fake_hub import KEY
from tests.fakes.comfyui import GIGABYTE, FakeComfyUi
from worker import events
from worker.engines import build_engine
from worker.engines.comfyui.client import Patience
from worker.engines.comfyui.engine import ComfyUiEngine
from worker.engines.protocol import (
    Control,
    EngineLora,
    EngineTi,
    Fault,
    Feature,
    Generated,
    Painting,
    Task,
)
from worker.process import run

BRISK = Patience(connect=30.0, answer=30.0, poll=0.01, silence=1.0, stop=30.0)
TASK = Task(
    model="deliberate_v2",
    prompt="a fox",
    negative="blurry",
    width=128,
    height=64,
    steps=4,
    cfg_scale=7.5,
    sampler="k_euler_a",
    karras=True,
    seeds=(41,),
)
PHOTO = Image.linear_gradient("L").resize((128, 64)).convert("RGB")
LOOK = """
import struct, sys
while head := sys.stdin.buffer.read(4):
    sys.stdin.buffer.read(struct.unpack("<I", head)[0])
    print('{"nsfw": 0}', flush=True)
"""
HALF = Image.new("L", (128, 64))
HALF.paste(255, (64, 0, 128, 64))


class Bench:
    """An engine at a ComfyUI. `make` runs it off the loop, as the worker does."""

    def __init__(self, comfy: FakeComfyUi, patience: Patience = BRISK) -> None:
        self.comfy = comfy
        self.engine = ComfyUiEngine(comfy.url, patience=patience)
        self.parts: list[float] = []
        self.cancel = threading.Event()

    async def load(self) -> None:
        await asyncio.to_thread(self.engine.load)

    async def make(self, **changes: Any) -> list[Generated]:
        if not self.engine.info().models:
            await self.load()
        task = replace(TASK, **changes)
        return await asyncio.to_thread(
            self.engine.generate, task, self.parts.append, self.cancel.is_set
        )

    async def picture(self, **changes: Any) -> Image.Image:
        [made] = await self.make(**changes)
        return made.image

    def kinds(self) -> list[str]:
        """Return the nodes of the last graph."""
        return [node["class_type"] for node in self.comfy.prompts[-1].values()]

    def node(self, kind: str) -> dict[str, Any]:
        """Return what the last graph gives to a node."""
        [inputs] = [
            node["inputs"] for node in self.comfy.prompts[-1].values() if node["class_type"] == kind
        ]
        return inputs


@pytest.fixture
async def comfy():
    comfy = await FakeComfyUi().start()
    yield comfy
    await comfy.close()


@pytest.fixture
def bench(comfy):
    return Bench(comfy)


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return how much two pictures differ on average, 0..255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


@pytest.mark.parametrize("new_style", [False, True])
async def test_it_offers_what_this_comfyui_can_do(bench, comfy, new_style):
    comfy.new_style = new_style
    await bench.load()
    info = bench.engine.info()
    assert info.models == ("albedo", "deliberate_v2")  # a .ckpt may hold a program
    assert info.max_pixels == 1024 * 1024
    assert info.features == frozenset(Feature)


@pytest.mark.parametrize(
    ("node", "feature"),
    [
        ("LoraLoader", Feature.LORA),
        ("LatentUpscale", Feature.HIRES_FIX),
        ("SeamlessTile", Feature.TILING),
        ("LoadImageMask", Feature.INPAINTING),
        ("VAEEncode", Feature.IMG2IMG),
        ("ControlNetApplyAdvanced", Feature.CONTROLNET),
        ("CLIPSetLastLayer", Feature.CLIP_SKIP),
    ],
)
async def test_what_has_no_node_is_not_offered(bench, comfy, node, feature):
    del comfy.nodes[node]
    await bench.load()
    assert feature not in bench.engine.info().features


async def test_what_has_no_file_is_not_offered(bench, comfy):
    comfy.loras, comfy.controlnets, comfy.embeddings = ["x.pt"], ["x.pt"], []
    comfy.vram = 2 * GIGABYTE
    await bench.load()
    assert Feature.TEXTUAL_INVERSION not in bench.engine.info().features
    assert bench.engine.info().max_pixels == 512 * 512


async def test_models_have_the_names_the_list_beside_them_gives(comfy, tmp_path):
    (tmp_path / "models.json").write_text('{"AlbedoBase XL (SDXL)": "albedo.safetensors"}')
    config = WorkerConfig(engine=f"comfyui:{comfy.url}", models=tmp_path)
    engine = build_engine(config)
    await asyncio.to_thread(engine.load)
    assert engine.info().models == ("AlbedoBase XL (SDXL)", "deliberate_v2")


async def test_each_picture_has_a_seed_of_its_own_whatever_the_batch(bench):
    two = await bench.make(seeds=(41, 42))
    assert [made.seed for made in two] == [41, 42]
    assert difference(two[0].image, two[1].image) > 5
    assert difference(await bench.picture(seeds=(42,)), two[1].image) == 0
    assert two[0].image.size == (128, 64)
    assert two[0].faults == ()


async def test_progress_grows_over_the_whole_batch(bench):
    await bench.make(seeds=(1, 2))
    assert bench.parts == sorted(bench.parts)
    assert bench.parts[-1] == 1
    assert {0.125, 0.25, 0.5, 0.75} <= set(bench.parts)


@pytest.mark.parametrize("sampler", [*SAMPLERS, "uni_pc", "plms"])
async def test_every_sampler_of_the_horde_has_one_there(bench, sampler):
    [made] = await bench.make(sampler=sampler, steps=1)
    assert made.faults == ()


async def test_a_sampler_that_is_not_there_is_told(bench, comfy):
    comfy.samplers = ["euler"]
    [made] = await bench.make(sampler="k_heun")
    assert made.faults == (
        Fault("information", "see_ref", "made with the sampler k_euler instead of k_heun"),
    )
    assert bench.node("KSampler")["sampler_name"] == "euler"


async def test_karras_and_the_numbers_reach_the_sampler(bench):
    await bench.make(karras=False, steps=7, cfg_scale=3.5, seeds=(2**63 - 1,))
    given = bench.node("KSampler")
    assert (given["scheduler"], given["steps"], given["cfg"]) == ("normal", 7, 3.5)
    assert given["seed"] == 2**63 - 1
    await bench.make()
    assert bench.node("KSampler")["scheduler"] == "karras"


async def test_a_lora_matters_as_much_as_it_is_strong(bench):
    plain = await bench.picture()
    none = await bench.picture(loras=(EngineLora("glitter", 0.0, 0.0),))
    full = await bench.picture(loras=(EngineLora("Glitter.safetensors"),))
    assert difference(plain, none) == 0
    assert difference(plain, full) > 1
    assert bench.node("LoraLoader")["lora_name"] == "glitter.safetensors"


async def test_a_lora_in_a_file_must_be_in_a_folder_comfyui_looks_into(bench, comfy):
    known = EngineLora("123", file=Path("/elsewhere/paint.safetensors"))
    unknown = EngineLora("456", file=Path("/elsewhere/nobody.safetensors"))
    [made] = await bench.make(loras=(known, unknown))
    assert made.faults == (Fault("lora", "download_failed", "456"),)
    assert bench.node("LoraLoader")["lora_name"] == "sub\\paint.safetensors"
    comfy.loras.append("nobody.safetensors")  # it came in the meantime
    [made] = await bench.make(loras=(unknown,))
    assert made.faults == ()


async def test_textual_inversions_go_by_the_name_of_their_file(bench):
    tis = (EngineTi("7808", file=Path("/x/EasyNegative.safetensors")), EngineTi("9999"))
    [made] = await bench.make(
        negative="embedding:7808, embedding:9999, embedding:78081, blurry", tis=tis
    )
    assert made.faults == (Fault("ti", "download_failed", "9999"),)
    texts = {
        node["inputs"]["text"]
        for node in bench.comfy.prompts[-1].values()
        if node["class_type"] == "CLIPTextEncode"
    }
    assert texts == {"a fox", "embedding:easynegative, , embedding:78081, blurry"}


async def test_clip_skip_counts_layers_from_the_end(bench):
    plain = await bench.picture()
    assert "CLIPSetLastLayer" not in bench.kinds()
    skipped = await bench.picture(clip_skip=2)
    assert bench.node("CLIPSetLastLayer")["stop_at_clip_layer"] == -2
    assert difference(plain, skipped) > 1


async def test_a_weak_img2img_stays_close_to_its_source_and_a_strong_one_does_not(bench):
    weak = await bench.picture(source_image=PHOTO, denoise=0.05)
    strong = await bench.picture(source_image=PHOTO, denoise=1.0)
    assert difference(weak, PHOTO) < 10 < difference(strong, PHOTO)


@pytest.mark.parametrize("denoise", [0.0, 1.0])
async def test_source_pictures_do_not_stay_there(bench, comfy, denoise):
    await bench.make(source_image=PHOTO, mask=HALF, denoise=denoise)
    sizes = {image.size for name, image in comfy.files.items() if name.endswith("[temp]")}
    assert sizes == {(8, 8)}
    assert len(comfy.files) == 2
    assert comfy.history == {}


@pytest.mark.parametrize(
    ("model", "painting", "node"),
    [
        ("deliberate_v2", Painting.INPAINTING, "SetLatentNoiseMask"),
        ("deliberate_v2", Painting.OUTPAINTING, "VAEEncodeForInpaint"),
        ("inpaint", Painting.INPAINTING, "InpaintModelConditioning"),
    ],
)
async def test_what_is_not_masked_stays_as_it_was(bench, comfy, model, painting, node):
    comfy.checkpoints.append("inpaint.safetensors")
    changes = {"source_image": PHOTO, "mask": HALF, "painting": painting, "model": model}
    made = await bench.picture(**changes)
    kept, new = (0, 0, 40, 64), (88, 0, 128, 64)
    assert node in bench.kinds()
    assert difference(made.crop(kept), PHOTO.crop(kept)) == 0
    assert difference(made.crop(new), PHOTO.crop(new)) > 5


async def test_a_hires_fix_draws_small_and_then_large(bench):
    await bench.make(width=768, height=1152, hires_fix=True, hires_denoise=0.5, steps=2)
    small, large = (bench.node(kind) for kind in ("EmptyLatentImage", "LatentUpscale"))
    assert (small["width"], small["height"]) == (512, 768)
    assert (large["width"], large["height"]) == (768, 1152)
    again = [n["inputs"] for n in bench.comfy.prompts[-1].values() if n["class_type"] == "KSampler"]
    assert [one["denoise"] for one in again] == [1.0, 0.5]
    assert bench.parts == sorted(bench.parts)
    # a model of a megapixel needs none of it in this size
    await bench.make(model="albedo", width=768, height=1152, hires_fix=True, steps=2)
    assert "LatentUpscale" not in bench.kinds()


async def test_tiling_makes_model_and_decoder_wrap(bench):
    await bench.make(tiling=True)
    assert {"SeamlessTile", "MakeCircularVAE"} <= set(bench.kinds())


async def test_a_controlnet_of_the_models_family_sees_the_edges(bench):
    control = {"source_image": PHOTO, "control": Control("canny")}
    one = await bench.picture(**control)
    assert bench.node("ControlNetLoader")["control_net_name"] == "control_canny_sd15.safetensors"
    assert "Canny" in bench.kinds()
    own = await bench.picture(source_image=PHOTO, control=Control("canny", is_control=True))
    assert "Canny" not in bench.kinds()
    assert difference(one, own) > 1
    await bench.make(model="albedo", **control)
    assert bench.node("ControlNetLoader")["control_net_name"] == "canny_xl.safetensors"


async def test_an_upscaler_that_is_there_enlarges_and_what_else_is_wished_is_told(bench, comfy):
    both = ("RealESRGAN_x4plus", "NMKD_Siax")
    [made] = await bench.make(post_processing=both)
    assert made.image.size == (512, 256)
    assert [fault.ref for fault in made.faults] == ["made without NMKD_Siax"]
    assert bench.engine.info().post_processing == {"RealESRGAN_x4plus"}
    # sixteen times as many pixels would be too many
    [made] = await bench.make(post_processing=both[:1], width=2048, height=2048, steps=1)
    assert made.image.size == (2048, 2048)
    assert [fault.ref for fault in made.faults] == ["made without RealESRGAN_x4plus"]
    del comfy.nodes["ImageUpscaleWithModel"]
    await bench.load()
    assert bench.engine.info().post_processing == frozenset()


async def test_only_the_map_is_made_where_only_that_is_wanted(bench):
    [made] = await bench.make(source_image=PHOTO, control=Control("hed", return_map=True))
    assert bench.kinds() == ["LoadImage", "HEDPreprocessor", "SaveImageWebsocket"]
    assert made.image.size == (128, 64)


@pytest.mark.parametrize("kind", ["depth", "nonsense"])
async def test_a_controlnet_that_is_not_there_is_said(bench, kind):
    with pytest.raises(WorkerError, match=f"no ControlNet for {kind}"):
        await bench.make(source_image=PHOTO, control=Control(kind))
    assert bench.comfy.prompts == []


async def test_without_the_socket_node_the_picture_is_read_from_a_temporary_file(bench, comfy):
    over_socket = await bench.picture()
    del comfy.nodes["SaveImageWebsocket"]
    await bench.load()
    assert difference(await bench.picture(), over_socket) == 0
    assert comfy.calls("GET /view") == [None]
    comfy.faults.append("mute")  # even if nothing was said about it
    assert difference(await bench.picture(), over_socket) == 0


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("oom", "too little memory"),
        ("error", r"failed in KSampler \(ValueError\)"),
        ("refuse", "did not take the job: X: too odd"),
        ("drop", "does not answer as it should"),
        ("end", "does not answer as it should"),
        ("lose", "does not know of the job any more"),
        ("garbage", "no picture that can be read"),
        ("mute", "no picture that can be read"),
    ],
)
async def test_what_goes_wrong_is_said_and_the_next_task_is_made(bench, comfy, fault, sentence):
    await bench.load()
    comfy.faults.append(fault)
    with pytest.raises(WorkerError, match=sentence) as caught:
        await bench.make()
    assert "/home" not in str(caught.value)
    if fault == "end":
        await comfy.close()
        with pytest.raises(WorkerError, match="does not answer as it should"):
            await bench.make()
        await comfy.start()
    if fault == "oom":
        assert comfy.calls("POST /free") == [{"unload_models": True, "free_memory": True}]
    assert (await bench.picture()).size == (128, 64)


@pytest.mark.parametrize("fault", ["hang", "deaf"])
async def test_a_task_that_is_not_wanted_any_more_is_interrupted(comfy, fault):
    bench = Bench(comfy, replace(BRISK, stop=0.2) if fault == "deaf" else BRISK)
    await bench.load()
    comfy.faults.extend([None, fault])
    making = asyncio.create_task(bench.make(seeds=(1, 2, 3), steps=1))
    await comfy.misbehaves.wait()
    assert len(comfy.prompts) == 2
    bench.cancel.set()
    if fault == "deaf":
        with pytest.raises(WorkerError, match="does not stop"):
            await making
    else:
        assert [made.seed for made in await making] == [1]
    assert len(comfy.calls("POST /interrupt")) >= 1


async def test_a_task_that_waits_behind_somebody_elses_leaves_it_alone(bench, comfy):
    """Who uses ComfyUI beside the worker does not lose a picture to it."""
    await bench.load()
    comfy.faults.append("hang")
    other = Bench(comfy)
    theirs = asyncio.create_task(other.make())
    await comfy.step.wait()
    ours = asyncio.create_task(bench.make())
    while len(comfy.prompts) < 2:
        await asyncio.sleep(0.005)
    bench.cancel.set()
    assert await ours == []
    assert comfy.calls("POST /interrupt") == []
    other.cancel.set()
    assert await theirs == []


async def test_somebody_who_stops_the_job_in_comfyui_is_named_as_the_reason(bench, comfy):
    await bench.load()
    comfy.faults.append("hang")
    making = asyncio.create_task(bench.make())
    await comfy.step.wait()
    comfy._interrupted.set()
    with pytest.raises(WorkerError, match="Somebody stopped"):
        await making


async def test_nobody_there_or_somebody_else_is_said(comfy):
    comfy.html = True
    with pytest.raises(WorkerError, match=f"ComfyUI at {comfy.url} does not answer"):
        await Bench(comfy).load()
    await comfy.close()
    with pytest.raises(WorkerError, match=r"Start it, or set worker\.engine"):
        await Bench(comfy).load()


@pytest.mark.parametrize("address", ["127.0.0.1:8188", "ftp://x", "", "http://"])
def test_an_address_that_is_none_is_said(address):
    with pytest.raises(WorkerError, match="no address of a ComfyUI"):
        ComfyUiEngine(address).load()


async def test_a_comfyui_without_what_is_needed_is_said(bench, comfy):
    comfy.checkpoints = ["old.ckpt"]
    with pytest.raises(WorkerError, match="no checkpoint"):
        await bench.load()
    del comfy.nodes["KSampler"]
    with pytest.raises(WorkerError, match="no node KSampler"):
        await bench.load()


async def test_a_password_in_the_address_is_not_shown(comfy):
    await comfy.close()
    engine = ComfyUiEngine(comfy.url.replace("//", "//ada:hush@"), patience=BRISK)
    with pytest.raises(WorkerError) as caught:
        await asyncio.to_thread(engine.load)
    assert "hush" not in str(caught.value)


async def test_a_job_of_the_hub_is_drawn_by_comfyui_and_handed_in(hub, comfy, tmp_path):
    """The whole way, with a program that finds nothing to object to in the pictures."""
    program = tmp_path / "look.py"
    program.write_text(LOOK)
    comfy.faults.extend(["error", None])
    config = WorkerConfig.model_validate(
        {
            "name": "comfy card",
            "url": hub.url,
            "key": KEY,
            "engine": f"comfyui:{comfy.url}",
            "models": "/nowhere",
            "safety": f"command:{shlex.quote(sys.executable)} {shlex.quote(str(program))}",
        }
    )
    stop = asyncio.Event()
    said: list[Any] = []
    [bad] = hub.offer(model="deliberate_v2")
    good = hub.offer(n=2, model="deliberate_v2")
    work = asyncio.create_task(run(config, stop=stop, report=said.append, timing=QUICK))
    await hub.until(lambda: {bad, *good} <= set(hub.submitted))
    stop.set()
    await asyncio.wait_for(work, 30)
    assert hub.submitted[bad]["state"] == "faulted"
    assert "ComfyUI failed in KSampler" in hub.submitted[bad]["gen_metadata"][0]["ref"]
    assert [hub.submitted[each]["state"] for each in good] == ["ok", "ok"]
    assert [hub.submitted[each]["seed"] for each in good] == [41, 42]
    assert set(hub.uploads) == set(good)
    body = hub.calls("/pop")[0].body
    assert body["models"] == ["albedo", "deliberate_v2"]
    assert (body["allow_lora"], body["allow_painting"], body["allow_controlnet"]) == (True,) * 3
    assert any(isinstance(event, events.Step) for event in said)
