"""What the ComfyUI engine offers: what has a node and a file there, and addresses that are none."""

from __future__ import annotations

import asyncio

import pytest

from common.config import WorkerConfig
from common.errors import WorkerError
from tests.component.worker.comfyui.bench import BRISK, Bench
from tests.fakes.comfyui import GIGABYTE
from worker.engines import build_engine
from worker.engines.comfyui.engine import ComfyUiEngine
from worker.engines.protocol import (
    Feature,
)


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


async def test_nobody_there_or_somebody_else_is_said(comfy):
    comfy.html = True
    with pytest.raises(WorkerError, match=f"ComfyUI at {comfy.url} does not answer"):
        await Bench(comfy).load()
    await comfy.stop()
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
    await comfy.stop()
    engine = ComfyUiEngine(comfy.url.replace("//", "//ada:hush@"), patience=BRISK)
    with pytest.raises(WorkerError) as caught:
        await asyncio.to_thread(engine.load)
    assert "hush" not in str(caught.value)
