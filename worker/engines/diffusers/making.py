"""One task on one loaded model: which pipeline, with which words, in how many passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

import diffusers
import torch
from PIL import Image, ImageFilter

from worker.engines.diffusers.checkpoint import Loaded, settle
from worker.engines.diffusers.control import canny
from worker.engines.diffusers.families import NATIVE, Family
from worker.engines.diffusers.loras import applied
from worker.engines.diffusers.prompts import encode
from worker.engines.diffusers.samplers import scheduler_for
from worker.engines.diffusers.seams import wrapped
from worker.engines.protocol import Control, Fault, Task
from worker.system.device import Device

GRID = 8
"""Pixels to a latent."""
FEATHER = 4
"""Pixels over which what was painted anew goes over into what was there."""
GREY = (127, 127, 127)
PAINTS_ANEW = 9
OWN_SAMPLER = "k_euler"
"""The Horde's name for what Flux and its like are sampled with."""
MASKED = frozenset({4, PAINTS_ANEW})
"""Channels of the models for which diffusers keeps the rest as it is at each step; with others
the picture is made from the source as a whole, and the rest is put back at the end."""


class StoppedError(Exception):
    """The worker has asked for the end."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What a task is made with."""

    loaded: Loaded
    device: Device
    inversions: tuple[dict[str, Any], ...]
    """Vectors by name, for each text encoder."""
    controlnet: Any = None


def make(
    task: Task, bench: Bench, progress: Callable[[float], None], cancelled: Callable[[], bool]
) -> tuple[list[Image.Image], list[Fault]]:
    """Return a picture for each seed, and what could not be met. Raises StoppedError."""
    base = bench.loaded.pipeline
    if task.control and task.control.return_map:
        return [_map(task, task.control).copy() for _ in task.seeds], []
    passes = _passes(task, bench.loaded.kind.family)
    with ExitStack() as stack:
        faults = [*stack.enter_context(applied(base, task.loras))]
        if not bench.loaded.encoders:
            faults += _unmet(task)
        elif task.tiling:
            stack.enter_context(wrapped(_denoiser(base), base.vae))
        images: list[Image.Image] = []
        for number, one in enumerate(passes):
            each = _step_counter(number, len(passes), progress, cancelled)
            images = _run(one, images, bench, each)
    return images, faults


def _unmet(task: Task) -> list[Fault]:
    """Return what models mean nothing by that read prompts in a way of their own, such as Flux.

    Their noise levels are their own too: `karras` is no wish of anybody's there, only a default.
    """
    wishes = {
        "a negative prompt": bool(task.negative),
        "clip skip": task.clip_skip > 1,
        "tiling": task.tiling,
        f"the sampler {task.sampler}": task.sampler != OWN_SAMPLER,
    }
    return [
        Fault("information", "see_ref", f"made without {wish}")
        for wish, wished in wishes.items()
        if wished
    ]


def _passes(task: Task, family: Family) -> list[Task]:
    """Return the passes of a task: two for a hires fix, the first of which is small."""
    native = NATIVE.get(family, 512)
    short = min(task.width, task.height)
    wants = task.hires_fix and task.mask is None and task.control is None
    if not wants or short <= native or max(task.width, task.height) <= native:
        return [task]
    small = {
        side: max(GRID, round(getattr(task, side) * native / short / GRID) * GRID)
        for side in ("width", "height")
    }
    first = replace(task, **small)
    if task.source_image is not None:
        first = replace(first, source_image=task.source_image.resize((first.width, first.height)))
    return [first, replace(task, denoise=task.hires_denoise)]


def _run(
    task: Task, before: Sequence[Image.Image], bench: Bench, on_step: Callable[..., Any]
) -> list[Image.Image]:
    """Make one pass; `before` are the pictures of the pass before, smaller ones."""
    size = (task.width, task.height)
    source: Image.Image | list[Image.Image] | None = task.source_image
    if before:
        source = [image.resize(size, Image.Resampling.LANCZOS) for image in before]
    mask = task.mask
    if bench.loaded.kind.in_channels == PAINTS_ANEW and mask is None:  # it knows nothing else
        source = source or Image.new("RGB", size, GREY)
        mask = Image.new("L", size, 255)
    pipeline, arguments = _pipeline(task, bench, source, mask)
    if bench.loaded.encoders:
        own = bench.loaded.pipeline.scheduler.config
        pipeline.scheduler = scheduler_for(task.sampler, own, karras=task.karras)
        arguments |= _words(task, bench)
    else:
        arguments |= {"prompt": [task.prompt] * len(task.seeds)}
    with torch.inference_mode():
        images: list[Image.Image] = pipeline(
            **arguments,
            num_inference_steps=task.steps,
            guidance_scale=task.cfg_scale,
            generator=[torch.Generator("cpu").manual_seed(seed) for seed in task.seeds],
            callback_on_step_end=on_step,
        ).images
    if task.mask is not None and task.source_image is not None:
        soft = task.mask.filter(ImageFilter.GaussianBlur(FEATHER))
        images = [Image.composite(image, task.source_image, soft) for image in images]
    return images


def _pipeline(
    task: Task, bench: Bench, source: Any, mask: Image.Image | None
) -> tuple[Any, dict[str, Any]]:
    """Return the pipeline for a pass and what it is given beside the words."""
    size = {"width": task.width, "height": task.height}
    strength = min(max(task.denoise, 1.01 / task.steps), 1.0)  # at least one step
    if task.control is not None:
        maps = [_map(task, task.control)] * len(task.seeds)
        return _derived(bench, "control"), {**size, "image": maps}
    if mask is not None and bench.loaded.kind.in_channels in MASKED:
        given = {"image": source, "mask_image": mask, "strength": strength}
        return _derived(bench, "inpaint"), {**size, **given}
    if source is not None:
        pipeline = _derived(bench, "image")
        given = {"image": source, "strength": strength}
        # some take the size of the source, others would make one of their own
        sized = "width" in signature(pipeline.__call__).parameters
        return pipeline, {**size, **given} if sized else given
    return bench.loaded.pipeline, size


def _derived(bench: Bench, purpose: str) -> Any:
    """Return a pipeline on the same weights, made the first time it is wanted."""
    loaded = bench.loaded
    if purpose not in loaded.derived:
        base = loaded.pipeline
        match purpose:
            case "control":
                large = "XL" if loaded.kind.family is Family.SDXL else ""
                kind = getattr(diffusers, f"StableDiffusion{large}ControlNetPipeline")
                pipeline = kind.from_pipe(base, controlnet=bench.controlnet)
            case "inpaint":
                pipeline = diffusers.AutoPipelineForInpainting.from_pipe(base)
            case _:
                pipeline = diffusers.AutoPipelineForImage2Image.from_pipe(base)
        settle(pipeline, bench.device)
        loaded.derived[purpose] = pipeline
    return loaded.derived[purpose]


def _words(task: Task, bench: Bench) -> dict[str, Any]:
    """Return the words of a task as the pipelines of Stable Diffusion take them."""
    prompts = [task.prompt, task.negative]
    parts, whole = [], None
    for number, encoder in enumerate(bench.loaded.encoders):
        found = bench.inversions[number] if number < len(bench.inversions) else {}
        hidden, whole = encode(prompts, encoder, clip_skip=task.clip_skip, inversions=found)
        parts.append(hidden)
    if len(parts) > 1:
        longest = max(part.shape[1] for part in parts)
        parts = [_lengthened(part, longest) for part in parts]
    count = len(task.seeds)
    positive, negative = torch.cat(parts, dim=-1).chunk(2)
    words = {
        "prompt_embeds": positive.repeat(count, 1, 1),
        "negative_prompt_embeds": negative.repeat(count, 1, 1),
    }
    if bench.loaded.kind.family is Family.SDXL:
        assert whole is not None
        wanted, unwanted = whole.chunk(2)
        words["pooled_prompt_embeds"] = wanted.repeat(count, 1)
        words["negative_pooled_prompt_embeds"] = unwanted.repeat(count, 1)
    return words


def _lengthened(part: Any, length: int) -> Any:
    missing = length - part.shape[1]
    return part if missing == 0 else torch.cat([part, part[:, -missing:]], dim=1)


def _map(task: Task, control: Control) -> Image.Image:
    assert task.source_image is not None
    return task.source_image if control.is_control else canny(task.source_image)


def _denoiser(pipeline: Any) -> Any:
    unet = getattr(pipeline, "unet", None)
    return pipeline.transformer if unet is None else unet


def _step_counter(
    number: int, passes: int, progress: Callable[[float], None], cancelled: Callable[[], bool]
) -> Callable[..., dict[str, Any]]:
    def on_step(pipeline: Any, index: int, _time: Any, values: dict[str, Any]) -> dict[str, Any]:
        part = min((index + 1) / max(pipeline.num_timesteps, 1), 1.0)
        progress((number + part) / passes)
        if cancelled():
            raise StoppedError
        return values

    return on_step


@contextmanager
def gentle(device: Device) -> Iterator[None]:
    """Give the card's memory back when something did not fit."""
    try:
        yield
    except torch.OutOfMemoryError:
        if device.name.startswith("cuda"):
            torch.cuda.empty_cache()
        raise
