"""The numpy runtime against diffusers' plain pipeline, from the same shipped files."""

import os

import numpy as np
import pytest

from worker.demo_model.loras import read_lora
from worker.demo_model.runtime import LORAS, WEIGHTS, DemoPipeline
from worker.demo_model.tokenizer import Tokenizer

pytest.importorskip("torch")
# other people's libraries warn of their own future; our code is held to none in the unit tests
pytestmark = pytest.mark.filterwarnings("default")

PROMPTS = ["a cat and a pizza", "a robot in space, zorbal", "ein Bär — 熊, it's 12 o'clock", ""]
STEPS, GUIDANCE, SEED = 12, 4.0, 1
MOST, MEAN = 8, 1
"""Grey levels between the pictures, at the worst pixel and on average.

Sums of 32-bit numbers in another order, carried through twelve guided steps; the prompt that asks
for nothing is the worst.
"""


@pytest.fixture(scope="module")
def ours():
    return DemoPipeline.load(WEIGHTS)


@pytest.fixture(scope="module")
def theirs():
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from diffusers import StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(WEIGHTS).to(torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def noise(height=16, width=16):
    return np.random.default_rng(SEED).standard_normal((1, height, width, 8), dtype=np.float32)


def assert_same(one, other):
    off = np.abs(one - other)
    assert off.max() < MOST
    assert off.mean() < MEAN


def draw_theirs(pipeline, prompt, size=(128, 128), negative=""):
    import torch

    start = torch.from_numpy(noise(size[1] // 8, size[0] // 8).transpose(0, 3, 1, 2).copy())
    (picture,) = pipeline(
        prompt,
        negative_prompt=negative,
        latents=start,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        width=size[0],
        height=size[1],
        output_type="np",
    ).images
    return picture * 255


def draw_ours(pipeline, prompt, size=(128, 128), negative="", loras=()):
    return pipeline.generate(
        prompt,
        negative,
        seed=SEED,
        steps=STEPS,
        guidance=GUIDANCE,
        width=size[0],
        height=size[1],
        loras=loras,
    )


@pytest.mark.parametrize("prompt", PROMPTS)
def test_tokens_are_the_same(theirs, prompt):
    wanted = theirs.tokenizer(prompt, padding="max_length", max_length=32, truncation=True)
    assert Tokenizer.load(WEIGHTS / "tokenizer").encode(prompt).tolist() == wanted.input_ids


@pytest.mark.parametrize("prompt", PROMPTS)
def test_pictures_are_the_same(ours, theirs, prompt):
    assert_same(draw_ours(ours, prompt), draw_theirs(theirs, prompt))


@pytest.mark.parametrize("size", [(160, 96), (72, 136)])
def test_other_shapes_are_the_same(ours, theirs, size):
    prompt, negative = "a fox in a forest", "blurry"
    assert_same(
        draw_ours(ours, prompt, size, negative), draw_theirs(theirs, prompt, size, negative)
    )


@pytest.mark.parametrize("style", ["pixel", "watercolour", "neon"])
def test_loras_are_the_same_and_whole(ours, theirs, style):
    path = LORAS / f"{style}.safetensors"
    theirs.load_lora_weights(LORAS, weight_name=path.name)
    try:
        loaded = [name for name, _ in theirs.unet.named_modules() if name.endswith(".lora_A")]
        assert len(loaded) == len(read_lora(path, ours.shapes))
        picture = draw_theirs(theirs, "a robot on a red background")
    finally:
        theirs.unload_lora_weights()
    assert_same(draw_ours(ours, "a robot on a red background", loras=[(path, 1.0)]), picture)


def test_encoder_is_the_same(ours, theirs):
    import torch

    picture = np.random.default_rng(2).random((1, 128, 64, 3), dtype=np.float32) * 2 - 1
    with torch.no_grad():
        wanted = theirs.vae.encoder(torch.from_numpy(picture.transpose(0, 3, 1, 2).copy()))
    got = ours._autoencoder.encode(picture) / ours._autoencoder.scale
    assert np.abs(got.transpose(0, 3, 1, 2) - wanted.numpy()).max() < 1e-4
