"""From a popped job to an order: checked against the offer, nothing left to look up."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import Awaitable, Callable

from PIL import Image, ImageOps

from common import pictures
from common.errors import HordeError, PictureError
from common.horde.work import PopPayload, Popped
from worker.engines.protocol import EngineInfo, EngineLora, Fault, Task
from worker.offer import MARGIN, SHORTEST_TTL
from worker.order import JobFailed, Order

Fetch = Callable[[str], Awaitable[bytes]]

MAX_SOURCE_BYTES = 20_000_000
MAX_SOURCE_PIXELS = 3072 * 3072
MAX_SIDE = 3072
MAX_STEPS = 500
MAX_SEED = 2**63
DEFAULT_DENOISE = 0.75
MAX_NAME = 255
MAX_PROMPT = 50_000


async def prepare(popped: Popped, info: EngineInfo, fetch: Fetch, *, now: float) -> Order:
    """Return the order of a popped job. `fetch` turns a source picture's link into bytes.

    Raises JobFailed with what the server is to be told.
    """
    check(popped, info)
    source = await read_source(popped, fetch) if popped.source_image else None
    task = make_task(popped, info, source)
    ids = ids_of(popped)
    return Order(
        ids=ids,
        uploads=_uploads(popped, len(ids)),
        task=task,
        deadline=now + time_to_make(popped.ttl),
        faults=unmet_wishes(popped.payload, info),
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
    if payload.control_type and not info.controlnet:
        raise JobFailed("worker.cannot", wish="ControlNet")
    if popped.source_image and not info.img2img:
        raise JobFailed("worker.cannot", wish="a source picture")
    if popped.source_processing in {"inpainting", "outpainting"} and not info.inpainting:
        raise JobFailed("worker.cannot", wish="inpainting")


def make_task(popped: Popped, info: EngineInfo, source: Image.Image | None = None) -> Task:
    """Return the engine's task for a job that was checked."""
    payload = popped.payload
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
        clip_skip=max(1, payload.clip_skip),
        tiling=payload.tiling,
        loras=tuple(
            EngineLora(lora.name.strip()[:MAX_NAME], lora.model, lora.clip)
            for lora in payload.loras
            if info.lora and lora.name.strip()
        ),
        source_image=source,
        denoise=1.0 if source is None else (DEFAULT_DENOISE if denoise is None else denoise),
    )


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


async def read_source(popped: Popped, fetch: Fetch) -> Image.Image:
    """Return the job's source picture, cut to the size of the job.

    Raises JobFailed if it does not come or is no picture.
    """
    size = (popped.payload.width, popped.payload.height)
    try:
        data = await fetch(popped.source_image or "")
        return await asyncio.to_thread(_decode_to_size, data, size)
    except PictureError as error:
        fault = Fault("source_image", "parse_failed")
        raise JobFailed("worker.source_lost", fault=fault, problem=error) from error
    except HordeError as error:
        fault = Fault("source_image", "download_failed")
        raise JobFailed("worker.source_lost", fault=fault, problem=error) from error


def _decode_to_size(data: bytes, size: tuple[int, int]) -> Image.Image:
    image = pictures.decode(data, max_bytes=MAX_SOURCE_BYTES, max_pixels=MAX_SOURCE_PIXELS)
    return ImageOps.fit(image.convert("RGB"), size)


def unmet_wishes(payload: PopPayload, info: EngineInfo) -> tuple[Fault, ...]:
    """Return what this job asks for that no task can carry: told with the picture, not hidden."""
    faults = [
        Fault("ti", "download_failed", str(ti.get("name", ""))[:MAX_NAME]) for ti in payload.tis
    ]
    if not info.lora:
        faults += [Fault("lora", "download_failed", lora.name[:MAX_NAME]) for lora in payload.loras]
    if payload.hires_fix:
        faults.append(Fault("information", "see_ref", "made without hires fix"))
    faults += [
        Fault("information", "see_ref", f"made without {name[:MAX_NAME]}")
        for name in payload.post_processing
    ]
    return tuple(faults)


def _uploads(popped: Popped, count: int) -> tuple[str | None, ...]:
    """Return one address per picture; those without one travel in their submission."""
    given = popped.r2_uploads or ([popped.r2_upload] if popped.r2_upload else [])
    return tuple(given[number] if number < len(given) else None for number in range(count))
