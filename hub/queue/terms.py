"""Who may take what, for how long and for how much: pure functions of requests and offers.

A megapixelstep is a million pixels times one counted step; speeds are megapixelsteps a second.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from common.horde.wire_names import UPSCALERS
from common.reference.models import ModelReference
from hub.tables import Row
from hub.wire.bodies import GenerationRequest, Params, PopRequest

DEFAULT_STEPS = 30
DEFAULT_CONTROL_STEPS = 20
MOST_CONTROL_STEPS = 40
MOST_LIMITED_STEPS = 40
"""Counted steps a worker with `limit_max_steps` takes at most."""
TWICE_COUNTED = frozenset({"k_heun", "k_dpm_2", "k_dpm_2_a", "k_dpmpp_2s_a", "k_dpmpp_sde"})
ADAPTIVE_STEPS = 40
SHORTEST_TTL = 150
SLOW_SPEED = 0.5
FASTEST_SPEED = 1000.0
DEFAULT_SPEED = 1.0
"""What a worker is taken to do until it has been measured."""
LARGE_BASELINES = frozenset({"flux_1", "qwen_image", "z_image_turbo"})
SEEDS = 2**32
BASELINE_PRICE = {
    "stable_diffusion_xl": 2,
    "stable_cascade": 4,
    "flux_1": 8,
    "z_image_turbo": 8,
    "qwen_image": 12,
}
SKIP_REASONS = (
    "unsafe_ip",
    "img2img",
    "painting",
    "post-processing",
    "lora",
    "controlnet",
    "worker_id",
    "performance",
    "nsfw",
    "untrusted",
    "models",
    "bridge_version",
)
"""Reasons every answer without a job counts, even with zero."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker as the queue sees it: what it offers, who it is, how fast it is."""

    id: str
    offer: PopRequest
    owner: int
    trusted: bool
    speed: float


def as_worker(row: Row, offer: PopRequest, *, trusted: bool) -> Worker:
    """Return a row of the workers' table as the queue sees it."""
    return Worker(
        id=row.id,
        offer=offer,
        owner=row.owner,
        trusted=trusted,
        speed=speed(row.recent_work, row.recent_seconds),
    )


def steps(params: Params) -> int:
    """Return the steps a worker is asked for."""
    if params.control_type:
        return min(params.steps or DEFAULT_CONTROL_STEPS, MOST_CONTROL_STEPS)
    return params.steps or DEFAULT_STEPS


def counted_steps(params: Params) -> int:
    """Return the steps as work: some samplers do two in one."""
    if params.sampler_name == "k_dpm_adaptive":
        return ADAPTIVE_STEPS
    return steps(params) * (2 if params.sampler_name in TWICE_COUNTED else 1)


def megapixelsteps(params: Params) -> float:
    """Return the work of one picture."""
    return params.width * params.height * counted_steps(params) / 1_000_000


def price(request: GenerationRequest, reference: ModelReference) -> float:
    """Return the kudos one picture costs, which is what its worker earns.

    One for the picture and 0.7 for a megapixelstep (times the model's size), 3 for each LoRA, a
    third more with a source picture, a twentieth more with an upscaler. Nobody is refused for
    lack of kudos here; they only keep count.
    """
    params = request.params
    size = max(
        (BASELINE_PRICE.get(reference.baseline(m) or "", 1) for m in request.models), default=1
    )
    work = 0.7 * megapixelsteps(params) * size + 3 * len(params.loras)
    if request.source_image:
        work *= 1.3
    if set(UPSCALERS).intersection(params.post_processing):
        work *= 1.05
    return round(1 + work, 2)


def ttl(
    request: GenerationRequest, model: str, reference: ModelReference, offer: PopRequest
) -> int:
    """Return the seconds a worker has for a job before it is given to another."""
    params = request.params
    seconds = 30 + counted_steps(params) * 2 * params.width * params.height / 512**2
    if params.control_type:
        seconds *= 2
    if reference.baseline(model) in LARGE_BASELINES:
        seconds *= 3
    seconds = max(seconds, SHORTEST_TTL)
    return math.ceil(seconds * (3 if offer.extra_slow_worker else 1))


def batch_size(request: GenerationRequest, offer: PopRequest, waiting: int) -> int:
    """Return how many pictures of a request a worker gets at once."""
    params = request.params
    if request.disable_batching or params.seed_variation or params.workflow:
        return 1
    after = 1 + 0.4 * len(params.post_processing)
    room = offer.max_pixels / 3.5 * offer.amount / (params.width * params.height * after)
    return max(1, min(offer.amount, waiting, round(room)))


def choose_model(request: GenerationRequest, offer: PopRequest) -> str | None:
    """Return the first model both sides name; a request that names none takes any."""
    wanted = request.models or offer.models
    return next((model for model in wanted if model in offer.models), None)


def obstacle(request: GenerationRequest, worker: Worker) -> str | None:
    """Return why this worker cannot take this request (a key of `skipped`), or None if it can."""
    params, offer = request.params, worker.offer
    return next(
        (
            reason
            for reason, stands in (
                ("models", choose_model(request, offer) is None),
                ("worker_id", not _is_welcome(request, worker.id)),
                ("nsfw", request.nsfw and not offer.nsfw),
                ("untrusted", request.trusted_workers and not worker.trusted),
                ("max_pixels", params.width * params.height > offer.max_pixels),
                ("performance", _is_too_slow(request, worker)),
                ("img2img", _is_img2img(request) and not offer.allow_img2img),
                ("painting", _is_painting(request) and not offer.allow_painting),
                (
                    "post-processing",
                    bool(params.post_processing) and not offer.allow_post_processing,
                ),
                ("lora", bool(params.loras or params.tis) and not offer.allow_lora),
                ("controlnet", bool(params.control_type) and not offer.allow_controlnet),
                (
                    "step_count",
                    offer.limit_max_steps and counted_steps(params) > MOST_LIMITED_STEPS,
                ),
                ("blacklist", _is_blacklisted(request.prompt, offer.blacklist)),
            )
            if stands
        ),
        None,
    )


def _is_welcome(request: GenerationRequest, worker: str) -> bool:
    if not request.workers:
        return True
    return (worker in request.workers) != request.worker_blacklist


def _is_too_slow(request: GenerationRequest, worker: Worker) -> bool:
    if worker.offer.extra_slow_worker:
        return not request.extra_slow_workers
    return worker.speed < SLOW_SPEED and not request.slow_workers


def _is_img2img(request: GenerationRequest) -> bool:
    return bool(request.source_image) and request.source_processing == "img2img"


def _is_painting(request: GenerationRequest) -> bool:
    return bool(request.source_image) and request.source_processing != "img2img"


def _is_blacklisted(prompt: str, words: Sequence[str]) -> bool:
    text = prompt.casefold()
    return any(word[:15].casefold() in text for word in words if word.strip())


def skipped(reasons: Iterable[str]) -> dict[str, int]:
    """Return the counts of an answer without a job."""
    return {**dict.fromkeys(SKIP_REASONS, 0), **Counter(reasons)}


def base_seed(wish: str | None, rng: Random) -> int:
    """Return the seed of a request's first picture: the number given, a text's hash, or any."""
    text = (wish or "").strip()
    if not text:
        return rng.randrange(SEEDS)
    if text.isascii() and text.isdigit() and int(text[:20]) < SEEDS:
        return int(text[:20])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])


def seed(base: int, number: int, params: Params) -> int:
    """Return the seed of a request's picture `number` (0-based).

    A picture keeps its seed when it is made again, and no two of a request share one, whether
    they are made one by one or in a batch, in which workers count the seed up themselves.
    """
    return (base + number * (params.seed_variation or 1)) % SEEDS


def next_numbers(taken: Iterable[int], n: int, amount: int) -> list[int]:
    """Return up to `amount` picture numbers of 0..n-1 nobody has: the first free run."""
    free = sorted(set(range(n)).difference(taken))
    return [number for index, number in enumerate(free[:amount]) if number == free[0] + index]


def payload(request: GenerationRequest, first_seed: int, amount: int) -> dict[str, Any]:
    """Return the `payload` of a job as workers know it. Absent wishes are left out."""
    params = request.params
    always: dict[str, Any] = {
        "prompt": request.prompt,
        "ddim_steps": steps(params),
        "n_iter": amount,
        "seed": str(first_seed),
        "image_is_control": params.image_is_control,
        "return_control_map": params.return_control_map,
        "sampler_name": params.sampler_name,
        "cfg_scale": params.cfg_scale,
        "height": params.height,
        "width": params.width,
        "karras": params.karras,
        "tiling": params.tiling,
        "hires_fix": params.hires_fix,
        "transparent": params.transparent,
    }
    wishes = params.model_dump(
        mode="json",
        exclude_none=True,
        include={
            "seed_variation",
            "denoising_strength",
            "hires_fix_denoising_strength",
            "clip_skip",
            "loras",
            "tis",
            "post_processing",
            "facefixer_strength",
            "control_type",
            "extra_texts",
            "workflow",
        },
    )
    wishes = {name: value for name, value in wishes.items() if value != []}
    if request.censor_nsfw and not request.nsfw:
        wishes["use_nsfw_censor"] = True
    return always | wishes


def empty_payload() -> dict[str, Any]:
    """Return the `payload` of an answer without a job: full of defaults and meaningless."""
    params = Params(cfg_scale=7.5, karras=False)
    whole = payload(GenerationRequest(prompt="-", params=params), 0, 1)
    return {name: value for name, value in whole.items() if name not in {"prompt", "seed"}}


def speed(work: float, seconds: float) -> float:
    """Return megapixelsteps a second from what was measured of late, or the default."""
    if work <= 0:
        return DEFAULT_SPEED
    return min(work / max(seconds, 0.01), FASTEST_SPEED)


def wait_seconds(ahead: float, running: float, workers: Sequence[Worker]) -> int:
    """Guess the seconds until a request is done.

    `ahead`: megapixelsteps queued before its last picture, its own included. `running`: seconds
    its longest running job still needs. `workers`: those that could take it.
    """
    total = sum(worker.speed for worker in workers) or DEFAULT_SPEED
    return math.ceil(ahead / total + max(running, 0))
