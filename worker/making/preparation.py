"""From a popped job to an order: checked against the offer, nothing left to look up."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from PIL import Image, ImageOps

from common import pictures
from common.errors import HordeError, PictureError
from common.horde.work import PopPayload, Popped
from worker.engines.protocol import (
    Control,
    EngineInfo,
    EngineLora,
    EngineTi,
    Fault,
    Feature,
    Painting,
    Task,
)
from worker.horde.offer import MARGIN, SHORTEST_TTL
from worker.order import JobFailed, Order

Fetch = Callable[[str], Awaitable[bytes]]

MAX_SOURCE_BYTES = 20_000_000
MAX_SOURCE_PIXELS = 3072 * 3072
MAX_SIDE = 3072
MAX_STEPS = 500
MAX_SEED = 2**63
DEFAULT_DENOISE = 0.75
DEFAULT_HIRES_DENOISE = 0.65
DEFAULT_FACE_STRENGTH = 0.75
PAINTED_ANEW = frozenset({Painting.INPAINTING.value, Painting.OUTPAINTING.value})
MAX_NAME = 255
MAX_PROMPT = 50_000


@dataclass(frozen=True, slots=True)
class Source:
    """What a job starts from, in the size of the job."""

    image: Image.Image | None = None
    mask: Image.Image | None = None
    """Greyscale: white is painted anew."""


async def prepare(popped: Popped, info: EngineInfo, fetch: Fetch, *, now: float) -> Order:
    """Return the order of a popped job. `fetch` turns a source picture's link into bytes.

    Raises JobFailed with what the server is to be told.
    """
    check(popped, info)
    source = await read_source(popped, fetch) if popped.source_image else Source()
    task = make_task(popped, info, source)
    ids = ids_of(popped)
    return Order(
        ids=ids,
        uploads=_uploads(popped, len(ids)),
        task=task,
        deadline=now + time_to_make(popped.ttl),
        faults=unmet_wishes(popped.payload, info),
        censor=popped.payload.use_nsfw_censor,
    )


def ids_of(popped: Popped) -> tuple[str, ...]:
    """Return the ids of a job's pictures; older servers give only one."""
    return tuple(popped.ids) or ((popped.id,) if popped.id else ())


def time_to_make(ttl: int | None) -> float:
    """Return the seconds left for generating when a job is popped: delivery takes the rest."""
    seconds = float(ttl) if ttl and ttl > 0 else SHORTEST_TTL
    return seconds - min(MARGIN, seconds * 0.2)


def check(popped: Popped, info: EngineInfo) -> None:
    """Raise JobFailed if the job is not one we offered to do."""
    payload = popped.payload
    pixels = payload.width * payload.height
    sides = (payload.width, payload.height)
    if popped.model not in info.models:
        raise JobFailed("worker.unknown_model", model=str(popped.model)[:MAX_NAME])
    if any(side < 64 or side > MAX_SIDE or side % 64 for side in sides):
        raise JobFailed("worker.odd_size", width=payload.width, height=payload.height)
    if pixels > info.max_pixels:
        raise JobFailed("worker.too_many_pixels", pixels=pixels, limit=info.max_pixels)
    if not 1 <= payload.ddim_steps <= MAX_STEPS or not math.isfinite(payload.cfg_scale):
        raise JobFailed("worker.odd_numbers")
    if len(payload.prompt) > MAX_PROMPT:
        raise JobFailed("worker.odd_numbers")
    if len(ids_of(popped)) > info.max_batch:
        raise JobFailed("worker.too_many_pictures", limit=info.max_batch)
    for feature in _needed(popped):
        if not info.can(feature):
            raise JobFailed("worker.cannot", wish=feature.value)


def _needed(popped: Popped) -> Iterator[Feature]:
    """Yield what a job is nothing without; other wishes are told when they are not met."""
    if popped.payload.control_type:
        yield Feature.CONTROLNET
    if popped.source_image:
        yield Feature.IMG2IMG
    if popped.source_processing in PAINTED_ANEW:
        yield Feature.INPAINTING


def make_task(popped: Popped, info: EngineInfo, source: Source | None = None) -> Task:
    """Return the engine's task for a job that was checked; what the engine cannot do is left out.

    `unmet_wishes` tells of what was left out.
    """
    payload = popped.payload
    source = source or Source()
    positive, negative = split_prompt(payload.prompt)
    denoise = payload.denoising_strength
    return Task(
        model=str(popped.model),
        prompt=positive,
        negative=negative,
        width=payload.width,
        height=payload.height,
        steps=payload.ddim_steps,
        cfg_scale=payload.cfg_scale,
        sampler=payload.sampler_name,
        karras=payload.karras,
        seeds=seeds_for(payload.seed, len(ids_of(popped))),
        clip_skip=max(1, payload.clip_skip) if info.can(Feature.CLIP_SKIP) else 1,
        tiling=payload.tiling and info.can(Feature.TILING),
        hires_fix=payload.hires_fix and info.can(Feature.HIRES_FIX),
        hires_denoise=_fraction(payload.hires_fix_denoising_strength, DEFAULT_HIRES_DENOISE),
        loras=tuple(
            EngineLora(lora.name.strip()[:MAX_NAME], lora.model, lora.clip)
            for lora in payload.loras
            if info.can(Feature.LORA) and lora.name.strip()
        ),
        tis=tuple(
            EngineTi(ti.name.strip()[:MAX_NAME])
            for ti in payload.tis
            if info.can(Feature.TEXTUAL_INVERSION) and ti.name.strip()
        ),
        source_image=source.image,
        mask=source.mask,
        painting=_painting(popped),
        denoise=1.0 if source.image is None else _fraction(denoise, DEFAULT_DENOISE),
        control=_control(payload),
        post_processing=tuple(
            name for name in dict.fromkeys(payload.post_processing) if name in info.post_processing
        ),
        face_strength=_fraction(payload.facefixer_strength, DEFAULT_FACE_STRENGTH),
    )


def _fraction(number: float | None, default: float) -> float:
    """Return a number between 0 and 1; servers send none where the default is meant."""
    return default if number is None else min(max(number, 0.0), 1.0)


def _painting(popped: Popped) -> Painting:
    wanted = popped.source_processing or ""
    return Painting(wanted) if wanted in PAINTED_ANEW else Painting.IMG2IMG


def _control(payload: PopPayload) -> Control | None:
    if not payload.control_type:
        return None
    return Control(payload.control_type, payload.image_is_control, payload.return_control_map)


def split_prompt(text: str) -> tuple[str, str]:
    """Return what is wanted and what is not: the Horde puts ### between them."""
    positive, _, negative = text.partition("###")
    return positive.strip(), negative.strip()


def seeds_for(text: str, count: int) -> tuple[int, ...]:
    """Return one seed per picture, from the server's text: that number and the ones after it.

    Text that is no number gets the number its hash begins with, the same everywhere.
    """
    try:
        first = int(text.strip()[:40])
    except ValueError:
        first = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4], "big")
    return tuple((first + number) % MAX_SEED for number in range(count))


async def read_source(popped: Popped, fetch: Fetch) -> Source:
    """Return the job's source picture and mask, cut to the size of the job.

    Without a mask of its own, what is transparent is painted anew. Raises JobFailed if something
    does not come or is no picture, or if nothing says what is to be painted.
    """
    size = (popped.payload.width, popped.payload.height)
    image = await _read(popped.source_image or "", fetch, size, "source_image")
    mask = None
    if _painting(popped) is not Painting.IMG2IMG:
        if popped.source_mask:
            mask = (await _read(popped.source_mask, fetch, size, "source_mask")).convert("L")
        else:
            mask = ImageOps.invert(image.convert("RGBA").getchannel("A"))
        if mask.getextrema()[1] == 0:
            fault = Fault("source_mask", "parse_failed")
            raise JobFailed("worker.no_mask", fault=fault)
    return Source(_flat(image), mask)


async def _read(address: str, fetch: Fetch, size: tuple[int, int], what: str) -> Image.Image:
    try:
        data = await fetch(address)
        return await asyncio.to_thread(_decode_to_size, data, size)
    except PictureError as error:
        fault = Fault(what, "parse_failed")
        raise JobFailed("worker.source_lost", fault=fault, problem=error) from error
    except HordeError as error:
        fault = Fault(what, "download_failed")
        raise JobFailed("worker.source_lost", fault=fault, problem=error) from error


def _decode_to_size(data: bytes, size: tuple[int, int]) -> Image.Image:
    image = pictures.decode(data, max_bytes=MAX_SOURCE_BYTES, max_pixels=MAX_SOURCE_PIXELS)
    return ImageOps.fit(image.convert("RGBA" if image.has_transparency_data else "RGB"), size)


def _flat(image: Image.Image) -> Image.Image:
    """Return the picture in RGB; what is transparent becomes grey, as models have learned it."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, (127, 127, 127, 255))
    return Image.alpha_composite(ground, image).convert("RGB")


def unmet_wishes(payload: PopPayload, info: EngineInfo) -> tuple[Fault, ...]:
    """Return what this job asks for that no task can carry: told with the picture, not hidden."""
    faults: list[Fault] = []
    if not info.can(Feature.TEXTUAL_INVERSION):
        faults += [Fault("ti", "download_failed", ti.name[:MAX_NAME]) for ti in payload.tis]
    if not info.can(Feature.LORA):
        faults += [Fault("lora", "download_failed", lora.name[:MAX_NAME]) for lora in payload.loras]
    wishes = {
        Feature.HIRES_FIX: payload.hires_fix,
        Feature.TILING: payload.tiling,
        Feature.CLIP_SKIP: payload.clip_skip > 1,
    }
    lacking = [each.value for each, wished in wishes.items() if wished and not info.can(each)]
    lacking += [
        name[:MAX_NAME] for name in payload.post_processing if name not in info.post_processing
    ]
    faults += [Fault("information", "see_ref", f"made without {name}") for name in lacking]
    return tuple(faults)


def _uploads(popped: Popped, count: int) -> tuple[str | None, ...]:
    """Return one address per picture; those without one travel in their submission."""
    given = popped.r2_uploads or ([popped.r2_upload] if popped.r2_upload else [])
    return tuple(given[number] if number < len(given) else None for number in range(count))
