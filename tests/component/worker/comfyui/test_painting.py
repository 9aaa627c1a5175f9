"""Pictures of the ComfyUI engine: what of a task reaches the graph, and what comes out."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from common.errors import WorkerError
from common.horde.wire_names import SAMPLERS
from tests.component.worker.comfyui.bench import difference
from worker.engines.protocol import (
    Control,
    EngineLora,
    EngineTi,
    Fault,
    Painting,
)

PHOTO = Image.linear_gradient("L").resize((128, 64)).convert("RGB")
HALF = Image.new("L", (128, 64))
HALF.paste(255, (64, 0, 128, 64))


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
    assert comfy.journal.count("view") == 1
    comfy.plan.append("mute")  # even if nothing was said about it
    assert difference(await bench.picture(), over_socket) == 0
