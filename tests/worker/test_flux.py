"""Flux-class models from diffusers folders: what they do, and what they say they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from tests.worker.flux import make_flux
from worker.engines.diffusers.engine import DiffusersEngine
from worker.engines.protocol import EngineLora, EngineTi, Painting, Task

pytestmark = pytest.mark.filterwarnings("default")
TASK = Task(
    model="flux",
    prompt="a fox",
    negative="",
    width=128,
    height=64,
    steps=2,
    cfg_scale=3.5,
    sampler="k_euler",
    karras=False,
    seeds=(7,),
)


@pytest.fixture(scope="module")
def flux(tmp_path_factory):
    folder = make_flux(tmp_path_factory.mktemp("models") / "flux")
    engine = DiffusersEngine({"flux": folder}, device="cpu")
    engine.load()
    return engine


@pytest.fixture(scope="module")
def plain(flux):
    return made(flux)[0]


def made(engine, task=TASK, parts=None, cancelled=lambda: False, **changes):
    parts = [] if parts is None else parts
    return engine.generate(replace(task, **changes), parts.append, cancelled)


def pixels(picture):
    return np.asarray(picture.image, np.int16)


def told(picture):
    return {fault.ref for fault in picture.faults}


def test_a_picture_has_the_size_and_seed_it_was_asked_for_and_comes_again(flux, plain):
    parts = []
    [again] = made(flux, parts=parts)
    assert (again.image.size, again.seed, again.faults) == ((128, 64), 7, ())
    assert parts[-1] == 1.0
    assert np.array_equal(pixels(again), pixels(plain))
    [other] = made(flux, prompt="the sea")
    assert not np.array_equal(pixels(other), pixels(plain))


def test_a_batch_has_the_pictures_of_its_seeds(flux, plain):
    first, second = made(flux, seeds=(7, 8))
    assert np.abs(pixels(first) - pixels(plain)).max() <= 1
    assert not np.array_equal(pixels(first), pixels(second))


def test_a_source_picture_is_worked_upon_in_the_size_of_the_job(flux):
    source = Image.new("RGB", (128, 64), "orange")
    [near] = made(flux, steps=4, source_image=source, denoise=0.25)
    [far] = made(flux, steps=4, source_image=source, denoise=1.0)
    assert near.image.size == far.image.size == (128, 64)
    assert not np.array_equal(pixels(near), pixels(far))


def test_what_is_not_painted_anew_stays(flux):
    source = Image.new("RGB", (128, 64), "orange")
    mask = Image.new("L", (128, 64), 0)
    mask.paste(255, (0, 0, 40, 64))
    [painted] = made(
        flux, steps=4, source_image=source, mask=mask, painting=Painting.INPAINTING, denoise=1.0
    )
    kept = pixels(painted)[:, 80:]
    assert np.array_equal(kept, np.asarray(source, np.int16)[:, 80:])
    assert not np.array_equal(pixels(painted)[:, :30], np.asarray(source, np.int16)[:, :30])


def test_a_stop_is_heeded(flux):
    assert made(flux, steps=4, cancelled=lambda: True) == []


def test_a_lora_changes_the_picture_and_leaves_no_trace(flux, plain, tmp_path):
    from safetensors.torch import save_file

    torch.manual_seed(3)
    layer = "transformer.transformer_blocks.0.attn.to_q"
    down, up = torch.randn(4, 32), torch.randn(32, 4) * 8
    file = tmp_path / "style.safetensors"
    save_file({f"{layer}.lora_A.weight": down, f"{layer}.lora_B.weight": up}, file)
    [with_it] = made(flux, loras=(EngineLora("style", 1.0, 1.0, file),))
    [without] = made(flux, loras=(EngineLora("style", 0.0, 0.0, file),))
    assert with_it.faults == ()
    assert not np.array_equal(pixels(with_it), pixels(plain))
    assert np.array_equal(pixels(without), pixels(plain))
    assert np.array_equal(pixels(made(flux)[0]), pixels(plain))


def test_a_lora_of_another_family_is_told(flux, tmp_path):
    from safetensors.torch import save_file

    file = tmp_path / "old.safetensors"
    layer = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"
    halves = {"lora_down.weight": torch.zeros(4, 320), "lora_up.weight": torch.zeros(320, 4)}
    save_file({f"{layer}.{name}": half for name, half in halves.items()}, file)
    [picture] = made(flux, loras=(EngineLora("old", 1.0, 1.0, file),))
    [fault] = picture.faults
    assert (fault.type, fault.ref) == ("lora", "old")


def test_what_it_does_not_know_is_told_with_the_picture(flux, plain, tmp_path):
    inversion = tmp_path / "word.safetensors"
    inversion.write_bytes(b"")
    [picture] = made(
        flux,
        negative="a hat",
        clip_skip=2,
        tiling=True,
        sampler="k_heun",
        tis=(EngineTi("word", inversion),),
    )
    assert told(picture) == {
        "made without a negative prompt",
        "made without clip skip",
        "made without tiling",
        "made without the sampler k_heun",
        "word",
    }
    assert np.array_equal(pixels(picture), pixels(plain))
