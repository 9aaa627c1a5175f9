"""The diffusers engine with small real weights: what is promised of its pictures holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")

from common.errors import WorkerError
from worker.demo_model.runtime import LORAS, WEIGHTS
from worker.engines.diffusers.engine import DiffusersEngine
from worker.engines.diffusers.samplers import BY_DEFAULT, SAMPLERS
from worker.engines.protocol import (
    Control,
    EngineLora,
    EngineTi,
    Fault,
    Feature,
    Painting,
    Task,
)

# other people's libraries warn of their own future; our code is held to none in the unit tests
pytestmark = pytest.mark.filterwarnings("default")

TASK = Task("demo", "a cat in space", "", 128, 128, 6, 4.0, BY_DEFAULT, karras=True, seeds=(1,))
NEON = EngineLora("neon", file=LORAS / "neon.safetensors")


@pytest.fixture
def draw(engine):
    def make(**changes):
        made = engine.generate(replace(TASK, **changes), lambda _part: None, lambda: False)
        return [np.asarray(each.image, dtype=np.int16) for each in made]

    return make


def faults_of(engine, **changes):
    made = engine.generate(replace(TASK, **changes), lambda _part: None, lambda: False)
    return made[0].faults


def likeness(one, other):
    """Structural similarity of two pictures as a whole (Wang et al. 2004), 1: the same."""
    x, y = one.astype(float).ravel(), other.astype(float).ravel()
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    covariance = ((x - x.mean()) * (y - y.mean())).mean()
    top = (2 * x.mean() * y.mean() + c1) * (2 * covariance + c2)
    return top / ((x.mean() ** 2 + y.mean() ** 2 + c1) * (x.var() + y.var() + c2))


@pytest.fixture(scope="module")
def source():
    """A picture with structure of its own: rings of colour."""
    y, x = np.mgrid[0:128, 0:128]
    rings = (np.hypot(x - 64, y - 64) / 8).astype(int) % 2
    picture = np.stack([rings * 200, 40 + rings * 180, 200 - rings * 150], axis=-1)
    return Image.fromarray(picture.astype(np.uint8))


def test_it_offers_what_it_can(engine):
    info = engine.info()
    assert info.models == ("demo", "tiny")
    assert info.can(Feature.LORA)
    assert not info.can(Feature.CONTROLNET)  # no net lies beside the models
    assert not info.private_only


def test_the_same_seed_gives_the_same_picture_alone_in_company_and_after_a_restart(draw):
    (alone,) = draw(seeds=(5,))
    again = DiffusersEngine({"demo": WEIGHTS}, device="cpu")
    (restarted,) = again.generate(replace(TASK, seeds=(5,)), lambda _: None, lambda: False)
    first, second = draw(seeds=(4, 5))
    assert (alone == np.asarray(restarted.image)).all()
    assert np.abs(alone - second).max() <= 1  # sums in another order
    assert np.abs(first - second).mean() > 5


def test_a_lora_changes_the_picture_by_its_strength_and_leaves_no_trace(draw):
    (before,) = draw()
    (neon,) = draw(loras=(NEON,))
    (off,) = draw(loras=(replace(NEON, model=0.0, clip=0.0),))
    (after,) = draw()
    assert (off == before).all()
    assert (after == before).all()
    assert np.abs(neon - before).mean() > 3


def test_the_halves_of_a_lora_have_strengths_of_their_own(draw, tmp_path):
    import torch
    from safetensors.torch import load_file, save_file

    torch.manual_seed(1)
    layer = "text_encoder.text_model.encoder.layers.0.self_attn.q_proj"
    words = {f"{layer}.lora_A.weight": torch.randn(4, 80)}
    words[f"{layer}.lora_B.weight"] = torch.randn(80, 4)
    save_file({**load_file(NEON.file), **words}, tmp_path / "both.safetensors")
    lora = EngineLora("both", file=tmp_path / "both.safetensors")
    (both,) = draw(loras=(lora,))
    (without_words,) = draw(loras=(replace(lora, clip=0.0),))
    (without_pictures,) = draw(loras=(replace(lora, model=0.0),))
    (neon,) = draw(loras=(NEON,))
    assert np.abs(without_words - neon).max() <= 1
    assert np.abs(both - neon).mean() > 0.1
    assert np.abs(both - without_pictures).mean() > 0.1


def test_a_lora_in_the_form_of_civitai_does_the_same(draw, tmp_path):
    from safetensors.torch import load_file, save_file

    kohya = {}
    for name, tensor in load_file(NEON.file).items():
        part, _, rest = name.partition(".")
        layer, half = rest.rsplit(".lora_", 1)
        direction = "down" if half.startswith("A") else "up"
        prefix = {"unet": "lora_unet", "text_encoder": "lora_te"}[part]
        stem = f"{prefix}_{layer.replace('.', '_')}"
        kohya[f"{stem}.lora_{direction}.weight"] = tensor
        if direction == "down":
            kohya[f"{stem}.alpha"] = tensor.new_tensor(float(tensor.shape[0]))
    file = tmp_path / "neon.safetensors"
    save_file({n: t for n, t in kohya.items() if n.startswith("lora_unet")}, file)
    (ours,) = draw(loras=(replace(NEON, clip=0.0),))
    (theirs,) = draw(loras=(EngineLora("neon", file=file),))
    assert np.abs(ours - theirs).max() <= 1


@pytest.mark.parametrize(
    ("content", "value"),
    [(b"no tensors at all", "parse_failed"), (None, "download_failed")],
)
def test_a_lora_that_is_none_is_told(engine, tmp_path, content, value):
    file = None
    if content is not None:
        file = tmp_path / "bad.safetensors"
        file.write_bytes(content)
    lora = EngineLora("bad", file=file)
    assert faults_of(engine, loras=(lora,)) == (Fault("lora", value, "bad"),)


def test_a_lora_for_another_kind_of_model_is_told_and_leaves_no_trace(engine, draw):
    (before,) = draw(model="tiny")
    lora = replace(NEON, name="42")
    told = faults_of(engine, model="tiny", loras=(lora,))
    assert told == (Fault("lora", "baseline_mismatch", "42"),)
    assert (draw(model="tiny")[0] == before).all()


def test_half_a_lora_is_not_applied_in_silence(engine, draw, tmp_path):
    from safetensors.torch import load_file, save_file

    tensors = load_file(NEON.file)
    odd = {f"elsewhere.{n}": t for n, t in list(tensors.items())[:8]}
    file = tmp_path / "half.safetensors"
    save_file({**dict(list(tensors.items())[8:]), **odd}, file)
    told = faults_of(engine, loras=(EngineLora("half", file=file),))
    assert [fault.value for fault in told] == ["parse_failed"]


@pytest.mark.parametrize("karras", [True, False])
@pytest.mark.parametrize("sampler", [BY_DEFAULT, *SAMPLERS])
def test_every_sampler_of_the_horde_draws(draw, sampler, karras):
    (made,) = draw(sampler=sampler, karras=karras, steps=10)
    (reference,) = draw(sampler="DDIM", karras=False, steps=10)
    assert made.std() > 15
    noise = np.abs(np.diff(made, axis=0)).mean() / np.abs(np.diff(reference, axis=0)).mean()
    assert noise < 3  # a picture, not what it was made from


def test_a_source_that_is_hardly_changed_stays_what_it_was(draw):
    (before,) = draw(prompt="a red apple", seeds=(9,), steps=12)
    source = Image.fromarray(before.astype(np.uint8))
    (close,) = draw(source_image=source, denoise=0.05, steps=20)
    (far,) = draw(source_image=source, denoise=1.0, steps=20)
    kept = np.asarray(source)
    assert likeness(close, kept) > 0.9
    assert likeness(far, kept) < likeness(close, kept) - 0.2


@pytest.mark.parametrize("model", ["demo", "tiny"])
def test_what_is_not_to_be_painted_stays(draw, source, model):
    mask = Image.new("L", source.size, 0)
    mask.paste(255, (0, 0, 64, 128))
    (made,) = draw(
        model=model, source_image=source, mask=mask, painting=Painting.INPAINTING, denoise=1.0
    )
    kept = np.asarray(source, dtype=np.int16)
    assert np.abs(made[:, 90:] - kept[:, 90:]).max() <= 1
    assert np.abs(made[:, :40] - kept[:, :40]).mean() > 10


@pytest.mark.parametrize("tiling", [True, False])
def test_a_tiled_picture_has_no_edge(engine, tiling):
    """What is shifted round the edge beforehand comes out shifted, and is else the same."""
    from contextlib import nullcontext

    import torch

    from worker.engines.diffusers.seams import wrapped

    pipeline = engine._shelf.take("demo").pipeline
    torch.manual_seed(2)
    latents, words = torch.randn(1, 8, 16, 16), torch.randn(1, 5, 80)
    moved = torch.roll(latents, 8, dims=3)
    with torch.inference_mode(), wrapped(pipeline.unet) if tiling else nullcontext():
        step, moved_step = (pipeline.unet(x, 500, words).sample for x in (latents, moved))
    with torch.inference_mode(), wrapped(pipeline.vae) if tiling else nullcontext():
        picture, moved_picture = (pipeline.vae.decode(x).sample for x in (latents, moved))
    same = torch.allclose(torch.roll(step, 8, dims=3), moved_step, atol=1e-4)
    same_picture = torch.allclose(torch.roll(picture, 64, dims=3), moved_picture, atol=1e-3)
    assert (same, same_picture) == (tiling, tiling)


def test_tiling_is_over_after_the_picture(draw):
    (before,) = draw()
    (tiled,) = draw(tiling=True)
    assert np.abs(tiled - before).mean() > 0.5
    assert (draw()[0] == before).all()


def test_a_hires_fix_gives_the_size_that_was_asked(draw):
    (made,) = draw(width=640, height=576, hires_fix=True, steps=3)
    assert made.shape == (576, 640, 3)


def test_skipping_a_layer_of_the_text_encoder_changes_the_picture(draw):
    assert np.abs(draw(clip_skip=2)[0] - draw()[0]).mean() > 0.1


def test_weights_count_and_a_weight_of_one_does_not(draw):
    (plain,) = draw(prompt="a cat in space")
    assert (draw(prompt="(a cat:1.0) in space")[0] == plain).all()
    assert np.abs(draw(prompt="(a cat:1.5) in space")[0] - plain).mean() > 0.1


def test_words_beyond_one_chunk_still_count(draw):
    long = "a cat in space, " * 12
    (without,) = draw(prompt=long)
    (with_more,) = draw(prompt=long + "a red apple on a green table, " * 3)
    assert np.abs(without - with_more).mean() > 0.1


def test_a_textual_inversion_stands_for_its_vectors(engine, draw, tmp_path):
    import torch
    from safetensors.torch import save_file

    file = tmp_path / "glow.safetensors"
    save_file({"emb_params": torch.full((2, 80), 0.5)}, file)
    words = "a cat, embedding:Glow"
    (without,) = draw(prompt=words)
    (with_it,) = draw(prompt=words, tis=(EngineTi("glow", file),))
    assert np.abs(without - with_it).mean() > 0.1
    wide = tmp_path / "wide.safetensors"
    save_file({"emb_params": torch.zeros(1, 768)}, wide)
    told = faults_of(engine, prompt=words, tis=(EngineTi("glow", wide), EngineTi("none")))
    assert told == (
        Fault("ti", "baseline_mismatch", "glow"),
        Fault("ti", "download_failed", "none"),
    )


def test_progress_comes_step_by_step_and_a_stop_is_heard(engine):
    parts = []
    engine.generate(replace(TASK, seeds=(1, 2)), parts.append, lambda: False)
    assert parts == sorted(parts)
    assert len(parts) == TASK.steps
    assert parts[-1] == 1.0
    few = []
    assert engine.generate(TASK, few.append, lambda: len(few) >= 2) == []
    assert len(few) == 2


def test_what_does_not_fit_at_once_is_made_one_by_one(engine):
    import torch

    unet = engine._shelf.take("demo").pipeline.unet

    def full(_module, arguments):
        if arguments[0].shape[0] > 2:  # one picture, and what it is not
            raise torch.OutOfMemoryError("CUDA out of memory")

    hook = unet.register_forward_pre_hook(full)
    try:
        made = engine.generate(replace(TASK, seeds=(1, 2, 3)), lambda _: None, lambda: False)
    finally:
        hook.remove()
    assert [each.seed for each in made] == [1, 2, 3]


def test_a_card_too_small_for_one_picture_is_a_sentence(engine):
    import torch

    unet = engine._shelf.take("demo").pipeline.unet

    def full(_module, _arguments):
        raise torch.OutOfMemoryError("CUDA out of memory")

    hook = unet.register_forward_pre_hook(full)
    try:
        with pytest.raises(WorkerError, match="Smaller pictures"):
            engine.generate(TASK, lambda _: None, lambda: False)
    finally:
        hook.remove()
    assert len(engine.generate(TASK, lambda _: None, lambda: False)) == 1


def test_a_control_map_leads_the_picture(tiny_file, engine, source, tmp_path, draw):
    import torch
    from diffusers import ControlNetModel

    base = engine._shelf.take("tiny").pipeline
    torch.manual_seed(3)
    net = ControlNetModel.from_unet(base.unet)
    for parameter in net.parameters():  # a fresh one says nothing: its last layers are zero
        torch.nn.init.normal_(parameter, std=0.3)
    net.save_pretrained(tmp_path / "canny-sd1")
    led = DiffusersEngine(
        engine._models, device="cpu", controlnets=tmp_path, shelf=lambda *_: engine._shelf
    )
    led.load()
    assert led.info().can(Feature.CONTROLNET)
    task = replace(TASK, model="tiny", source_image=source)

    def make(**control):
        wanted = replace(task, control=Control("canny", **control))
        return np.asarray(led.generate(wanted, lambda _: None, lambda: False)[0].image)

    by_edges, by_itself, edges = make(), make(is_control=True), make(return_map=True)
    assert set(np.unique(edges)) == {0, 255}
    assert 0.02 < (edges > 0).mean() < 0.4
    assert np.abs(by_edges.astype(int) - by_itself).mean() > 0.1


def test_a_kind_of_control_there_is_no_net_for_is_a_sentence(engine, source):
    task = replace(TASK, source_image=source, control=Control("depth"))
    with pytest.raises(WorkerError, match="depth"):
        engine.generate(task, lambda _: None, lambda: False)
