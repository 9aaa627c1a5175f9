"""The AI Horde API v2 as typed values: only the fields we use, both directions.

Facts come from the public API (2.5). Requests are written by us and therefore strict; answers
come from servers we do not control, so unknown fields are ignored and missing ones get the
server's own default. Client, hub and worker all read and write these models.
"""

from __future__ import annotations

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


# --- the client's side ---------------------------------------------------------------------


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
    webhook: str | None = Field(default=None, min_length=10, max_length=1024)
    dry_run: bool | None = None


def generation_body(
    job: Job, *, source_image: str | None = None, webhook: str | None = None
) -> GenerationBody:
    """Return the request body of a job. `source_image` is base64, given by whoever has bytes."""
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
        ),
        models=[job.model],
        nsfw=job.nsfw,
        censor_nsfw=job.censor_nsfw,
        trusted_workers=job.trusted_workers,
        slow_workers=job.slow_workers,
        source_image=source_image,
        source_processing=job.source_processing,  # type: ignore[arg-type]
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


# --- the worker's side ---------------------------------------------------------------------


class PopBody(Sent):
    """Body of `POST /v2/generate/pop`. All flags are sent: the server's defaults surprise."""

    name: str = Field(min_length=3, max_length=100)
    models: list[str]
    bridge_agent: str
    max_pixels: int = 262144
    nsfw: bool = True
    threads: int = Field(default=1, ge=1, le=50)
    amount: int = Field(default=1, ge=1, le=20)
    priority_usernames: list[str] = []
    blacklist: list[str] = []
    require_upfront_kudos: bool = False
    allow_img2img: bool = False
    allow_painting: bool = False
    allow_unsafe_ipaddr: bool = True
    allow_post_processing: bool = False
    allow_controlnet: bool = False
    allow_sdxl_controlnet: bool = False
    allow_lora: bool = False
    extra_slow_worker: bool = False
    limit_max_steps: bool = False
    started: float | None = None
    """When the worker's process started (Unix seconds). Our own hub hands jobs of a crashed
    predecessor out again; other servers ignore it."""


class PopLora(Answer):
    """`payload.loras[]` of a popped job."""

    name: str
    model: float = 1.0
    clip: float = 1.0
    inject_trigger: str | None = None
    is_version: bool = False


class PopPayload(Answer):
    """`payload` of a popped job. `seed` is text; `steps` is called `ddim_steps`, n `n_iter`."""

    prompt: str = ""
    seed: str = "0"
    ddim_steps: int = 30
    n_iter: int = 1
    sampler_name: str = "k_euler_a"
    cfg_scale: float = 5.0
    width: int = 512
    height: int = 512
    karras: bool = True
    tiling: bool = False
    hires_fix: bool = False
    clip_skip: int = 1
    denoising_strength: float | None = None
    loras: list[PopLora] = []
    tis: list[dict[str, Any]] = []
    post_processing: list[str] = []
    control_type: str | None = None
    use_nsfw_censor: bool = False


class Popped(Answer):
    """200 of a pop. `id` is None when there is no work, and `payload` must then be ignored."""

    id: str | None = None
    ids: list[str] = []
    model: str | None = None
    payload: PopPayload = PopPayload()
    ttl: int | None = None
    r2_upload: str | None = None
    r2_uploads: list[str] | None = None
    source_image: str | None = None
    source_processing: str | None = None
    source_mask: str | None = None
    skipped: dict[str, int] = {}
    messages: list[dict[str, Any]] = []


class SubmitBody(Sent):
    """Body of `POST /v2/generate/submit`, once per picture."""

    id: str
    generation: str
    """`R2` after an upload, else base64 WebP."""
    state: Literal["ok", "censored", "faulted", "csam"] = "ok"
    seed: int = 0
    gen_metadata: list[dict[str, str]] = Field(default_factory=list, max_length=50)


class Rewarded(Answer):
    """200 of a submit."""

    reward: float = 0
