"""The AI Horde API v2 as typed values: only the fields we use, both directions.

Facts come from the public API (2.5). Requests are written by us and therefore strict; answers
come from servers we do not control, so unknown fields are ignored and missing ones get the
server's own default. Client, hub and worker all read and write these models; what only workers say
is in `common/horde/work.py`. This module has what pictures need; the neighbours `wire_status`,
`wire_accounts`, `wire_alchemy` and `wire_text` have the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from common.horde.wire_accounts import User
from common.horde.wire_names import CONTROL_TYPES, SAMPLERS, ControlType, Sampler
from common.horde.wire_status import Heartbeat, ModelStatus, WorkerStatus
from common.model import Job
from common.wire import Answer, Sent

__all__ = [
    "ANONYMOUS_KEY",
    "CONTROL_TYPES",
    "SAMPLERS",
    "Answer",
    "Check",
    "ControlType",
    "DryRun",
    "ExtraText",
    "GenMetadata",
    "Generation",
    "GenerationBody",
    "GenerationParams",
    "Heartbeat",
    "Lora",
    "ModelStatus",
    "Sampler",
    "Sent",
    "Side",
    "SourceImage",
    "Status",
    "SubmissionWarning",
    "Submitted",
    "TextualInversion",
    "User",
    "WebhookCall",
    "WorkerStatus",
    "generation_body",
]

ANONYMOUS_KEY = "0000000000"
Side = Annotated[int, Field(ge=64, le=3072, multiple_of=64)]


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


class ExtraText(Sent):
    """`params.extra_texts[]`: what a workflow writes, e.g. into a QR code."""

    text: str = Field(min_length=1)
    reference: str = Field(min_length=3)


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
    facefixer_strength: float | None = Field(default=None, ge=0, le=1)
    control_type: ControlType | None = None
    image_is_control: bool | None = None
    return_control_map: bool | None = None
    hires_fix_denoising_strength: float | None = Field(default=None, ge=0.01, le=1)
    transparent: bool | None = None
    workflow: Literal["qr_code"] | None = None
    extra_texts: list[ExtraText] | None = None


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
    source_mask: str | None = None
    """Base64 of a picture that is white where something is to be painted."""
    extra_source_images: list[SourceImage] | None = Field(default=None, max_length=5)
    extra_slow_workers: bool | None = None
    workers: list[str] | None = Field(default=None, max_length=5)
    """Ids of those that may, or with `worker_blacklist` may not, do it."""
    worker_blacklist: bool | None = None
    disable_batching: bool | None = None
    """Pictures of their own seed each, instead of one batch; only for trusted accounts."""
    allow_downgrade: bool | None = None
    """Smaller and with fewer steps, instead of refused, where the kudos do not suffice."""
    style: str | None = Field(default=None, min_length=3, max_length=1024)
    """A style kept on the server; it brings model, words and params with it."""
    webhook: str | None = Field(default=None, min_length=10, max_length=1024)
    proxied_account: str | None = None
    """For whom a service account asks; anybody else is refused with it."""
    dry_run: bool | None = None


def generation_body(
    job: Job,
    *,
    source_images: Sequence[str] = (),
    webhook: str | None = None,
    proxied_account: str | None = None,
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
        proxied_account=proxied_account,
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
    warnings: list[SubmissionWarning] = Field(default=[])


class Check(Answer):
    """200 of `GET /v2/generate/check/{id}`; `over` says whether it has ended."""

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

    @property
    def over(self) -> bool:
        """Whether no more pictures will come.

        `done` alone does not say so: where workers gave up twice, servers say it while the last
        picture is still in the making.
        """
        return self.faulted or (self.done and not self.processing)

    @property
    def stranded(self) -> bool:
        """Whether nothing waits or is in the making, though it has not ended.

        So stand, until they expire, all that waited when a server was closed for maintenance.
        """
        return not (self.faulted or self.done or self.waiting or self.processing)


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
    gen_metadata: list[GenMetadata] = Field(default=[])
    worker_id: str = ""
    worker_name: str = ""
    model: str = ""
    state: str = "ok"


class Status(Check):
    """200 of `GET /v2/generate/status/{id}` and of its DELETE."""

    generations: list[Generation] = Field(default=[])
    shared: bool = False


class DryRun(Answer):
    """200 of a submission with `dry_run`: what the whole request would cost."""

    kudos: float


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
    gen_metadata: list[GenMetadata] = Field(default=[])
