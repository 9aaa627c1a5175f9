"""The AI Horde API v2 as typed values: only the fields we use, both directions.

Facts come from the public API (2.5). Requests are written by us and therefore strict; answers
come from servers we do not control, so unknown fields are ignored and missing ones get the
server's own default. Client, hub and worker all read and write these models; what only workers say
is in `common/horde/work.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.model import Job

ANONYMOUS_KEY = "0000000000"
Sampler = Literal[
    "k_lms",
    "k_heun",
    "k_euler",
    "k_euler_a",
    "k_dpm_2",
    "k_dpm_2_a",
    "k_dpm_fast",
    "k_dpm_adaptive",
    "k_dpmpp_2s_a",
    "k_dpmpp_2m",
    "dpmsolver",
    "k_dpmpp_sde",
    "DDIM",
    "lcm",
]
SAMPLERS: tuple[str, ...] = get_args(Sampler)
ControlType = Literal[
    "canny",
    "hed",
    "depth",
    "normal",
    "openpose",
    "seg",
    "scribble",
    "fakescribbles",
    "hough",
]
CONTROL_TYPES: tuple[str, ...] = get_args(ControlType)
Side = Annotated[int, Field(ge=64, le=3072, multiple_of=64)]


class Sent(BaseModel):
    """Base of what we send: frozen; None means "left out"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def body(self) -> dict[str, Any]:
        """Return the JSON body without what was left out."""
        return self.model_dump(mode="json", exclude_none=True)


class Answer(BaseModel):
    """Base of what servers answer: frozen, unknown fields ignored, null is "not said"."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _null_is_not_said(cls, fields: Any) -> Any:
        if isinstance(fields, dict):
            return {name: value for name, value in fields.items() if value is not None}
        return fields


class Lora(Sent):
    """`params.loras[]`."""

    name: str = Field(min_length=1, max_length=255)
    model: float = Field(default=1.0, ge=-5, le=5)
    clip: float = Field(default=1.0, ge=-5, le=5)
    inject_trigger: str | None = None
    is_version: bool | None = None


class TextualInversion(Sent):
    """`params.tis[]`."""

    name: str = Field(min_length=1, max_length=255)
    inject_ti: Literal["prompt", "negprompt"] | None = None
    strength: float | None = Field(default=None, ge=-5, le=5)


class GenerationParams(Sent):
    """`params` of a generation request."""

    sampler_name: Sampler | None = None
    cfg_scale: float | None = Field(default=None, ge=0, le=100)
    steps: int | None = Field(default=None, ge=1, le=500)
    n: int = Field(default=1, ge=1, le=20)
    width: Side | None = None
    height: Side | None = None
    seed: str | None = None
    seed_variation: int | None = Field(default=None, ge=1, le=1000)
    karras: bool | None = None
    tiling: bool | None = None
    hires_fix: bool | None = None
    clip_skip: int | None = Field(default=None, ge=1, le=12)
    denoising_strength: float | None = Field(default=None, ge=0.01, le=1)
    loras: list[Lora] | None = Field(default=None, max_length=5)
    tis: list[TextualInversion] | None = Field(default=None, max_length=20)
    post_processing: list[str] | None = None
    control_type: ControlType | None = None


class SourceImage(Sent):
    """`extra_source_images[]`."""

    image: str
    """Base64 of a picture."""
    strength: float = 1.0


class GenerationBody(Sent):
    """Body of `POST /v2/generate/async`."""

    prompt: str = Field(min_length=1)
    params: GenerationParams
    models: list[str]
    nsfw: bool
    censor_nsfw: bool
    trusted_workers: bool
    slow_workers: bool
    replacement_filter: bool = True
    r2: bool = True
    source_image: str | None = None
    """Base64 of a picture."""
    source_processing: Literal["img2img", "inpainting", "outpainting", "remix"] | None = None
    extra_source_images: list[SourceImage] | None = Field(default=None, max_length=5)
    webhook: str | None = Field(default=None, min_length=10, max_length=1024)
    dry_run: bool | None = None


def generation_body(
    job: Job, *, source_images: Sequence[str] = (), webhook: str | None = None
) -> GenerationBody:
    """Return the request body of a job.

    `source_images` are its source picture and its extra ones as base64, given by whoever has the
    bytes.
    """
    source_image, *more = source_images or (None,)
    return GenerationBody(
        prompt=job.prompt,
        params=GenerationParams(
            sampler_name=job.sampler,  # type: ignore[arg-type]  # pydantic checks the name
            cfg_scale=job.cfg_scale,
            steps=job.steps,
            n=job.n,
            width=job.width,
            height=job.height,
            seed=job.seed,
            seed_variation=job.seed_variation,
            karras=job.karras,
            tiling=job.tiling or None,
            hires_fix=job.hires_fix,
            clip_skip=job.clip_skip,
            denoising_strength=job.denoising_strength,
            loras=[
                Lora(
                    name=lora.name,
                    model=lora.model,
                    clip=lora.clip,
                    inject_trigger=lora.inject_trigger,
                    is_version=lora.is_version or None,
                )
                for lora in job.loras
            ]
            or None,
            tis=[
                TextualInversion(name=ti.name, inject_ti=ti.inject_ti, strength=ti.strength)  # type: ignore[arg-type]
                for ti in job.tis
            ]
            or None,
            post_processing=list(job.post_processing) or None,
            control_type=job.control_type,  # type: ignore[arg-type]
        ),
        models=[job.model],
        nsfw=job.nsfw,
        censor_nsfw=job.censor_nsfw,
        trusted_workers=job.trusted_workers,
        slow_workers=job.slow_workers,
        source_image=source_image,
        source_processing=job.source_processing,  # type: ignore[arg-type]
        extra_source_images=[SourceImage(image=image) for image in more if image] or None,
        webhook=webhook,
    )


class SubmissionWarning(Answer):
    """A warning in the 202 of a submission."""

    code: str = ""
    message: str = ""


class Submitted(Answer):
    """202 of `POST /v2/generate/async`. `kudos` is the price of one picture, roughly."""

    id: str
    kudos: float = 0
    message: str | None = None
    warnings: list[SubmissionWarning] = []


class Check(Answer):
    """200 of `GET /v2/generate/check/{id}`. Test `faulted` before `done`: both may be true."""

    finished: int = 0
    processing: int = 0
    restarted: int = 0
    waiting: int = 0
    done: bool = False
    faulted: bool = False
    wait_time: int = 0
    """Seconds, by the server's guess."""
    queue_position: int = 0
    kudos: float = 0
    is_possible: bool = True


class GenMetadata(Answer):
    """`generations[].gen_metadata[]`: what went otherwise than asked."""

    type: str
    value: str
    ref: str | None = None


class Generation(Answer):
    """One picture in a status. `state` is always "ok"; `censored` and `gen_metadata` tell."""

    id: str
    img: str
    """Presigned address (30 minutes), or base64 WebP where `r2` was false."""
    seed: str = ""
    censored: bool = False
    gen_metadata: list[GenMetadata] = []
    worker_id: str = ""
    worker_name: str = ""
    model: str = ""
    state: str = "ok"


class Status(Check):
    """200 of `GET /v2/generate/status/{id}` and of its DELETE."""

    generations: list[Generation] = []
    shared: bool = False


class ModelStatus(Answer):
    """One row of `GET /v2/status/models`."""

    name: str
    count: int = 0
    performance: float = 0
    queued: float = 0
    jobs: float = 0
    eta: int = 0
    type: str = "image"


class WorkerStatus(Answer):
    """One row of `GET /v2/workers`."""

    id: str = ""
    name: str
    type: str = "image"
    online: bool = False
    trusted: bool = False
    maintenance_mode: bool = False
    paused: bool = False
    flagged: bool = False
    nsfw: bool = False
    models: list[str] = []
    max_pixels: int | None = None
    threads: int = 1


class DryRun(Answer):
    """200 of a submission with `dry_run`: what the whole request would cost."""

    kudos: float


class User(Answer):
    """`GET /v2/find_user`, the fields we use."""

    username: str
    id: int | None = None
    kudos: float = 0
    concurrency: int | None = None
    trusted: bool = False
    moderator: bool = False
    service: bool = False
    worker_ids: list[str] | None = None


class Heartbeat(Answer):
    """`GET /v2/status/heartbeat`."""

    message: str = "OK"
    version: str = ""


class WebhookCall(Answer):
    """What a Horde posts to `webhook`, once per delivered picture. Here `seed` is an int."""

    id: str
    request: str
    img: str = ""
    seed: int = 0
    censored: bool = False
    worker_id: str = ""
    worker_name: str = ""
    model: str = ""
    kudos: float = 0
    gen_metadata: list[GenMetadata] = []
