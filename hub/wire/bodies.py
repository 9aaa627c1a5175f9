"""What the hub is sent, checked: bodies with the public server's own defaults and bounds.

Strict types as in JSON Schema; unknown fields are ignored. `hub/wire/reading.py` reads them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from common.horde.wire import Side
from common.horde.wire_names import ControlType, PostProcessor, Sampler

SourceProcessing = Literal["img2img", "inpainting", "outpainting", "remix"]


def _given(kind: str) -> BeforeValidator:
    """Refuse an explicit null: like the public server, we take a field or its absence."""

    def check(value: object) -> object:
        if value is None:
            raise PydanticCustomError("null", "is not of type '{kind}'", {"kind": kind})
        return value

    return BeforeValidator(check)


def _unique(values: list[str]) -> list[str]:
    if len(set(values)) < len(values):
        raise PydanticCustomError("not_unique", "has non-unique elements")
    return values


Text = Annotated[str | None, _given("string")]
Whole = Annotated[int | None, _given("integer")]
Flag = Annotated[bool | None, _given("boolean")]
Strength = Annotated[float, Field(ge=-5, le=5)]
Share = Annotated[float | None, Field(ge=0.01, le=1), _given("number")]
ModelName = Annotated[str, Field(max_length=255)]
Id = Annotated[str, Field(max_length=100)]


class Body(BaseModel):
    """Base of everything the hub is sent."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


class Lora(Body):
    """`params.loras[]`."""

    name: str = Field(min_length=1, max_length=255)
    model: Strength = 1.0
    clip: Strength = 1.0
    inject_trigger: Text = Field(default=None, min_length=1, max_length=30)
    is_version: bool = False


class TextualInversion(Body):
    """`params.tis[]`."""

    name: str = Field(min_length=1, max_length=255)
    inject_ti: Annotated[Literal["prompt", "negprompt"] | None, _given("string")] = None
    strength: Strength = 1.0


class ExtraText(Body):
    """`params.extra_texts[]`."""

    text: str = Field(min_length=1, max_length=10_000)
    reference: str = Field(min_length=3, max_length=255)


class Params(Body):
    """`params` of a request. Defaults are those of the server's code, not of its Swagger."""

    sampler_name: Sampler = "k_euler_a"
    cfg_scale: float = Field(default=5.0, ge=0, le=100)
    steps: Whole = Field(default=None, ge=1, le=500)
    n: int = Field(default=1, ge=1, le=20)
    width: Side = 512
    height: Side = 512
    seed: Text = Field(default=None, max_length=1000)
    seed_variation: Whole = Field(default=None, ge=1, le=1000)
    denoising_strength: Share = None
    hires_fix_denoising_strength: Share = None
    karras: bool = True
    tiling: bool = False
    hires_fix: bool = False
    transparent: bool = False
    clip_skip: Whole = Field(default=None, ge=1, le=12)
    loras: list[Lora] = Field(default=[], max_length=100)
    tis: list[TextualInversion] = Field(default=[], max_length=100)
    post_processing: Annotated[list[PostProcessor], AfterValidator(_unique)] = []
    facefixer_strength: Annotated[float | None, _given("number")] = Field(default=None, ge=0, le=1)
    control_type: Annotated[ControlType | None, _given("string")] = None
    image_is_control: bool = False
    return_control_map: bool = False
    extra_texts: list[ExtraText] = Field(default=[], max_length=20)
    workflow: Annotated[Literal["qr_code"] | None, _given("string")] = None


class GenerationRequest(Body):
    """Body of `POST /v2/generate/async`. What the hub has no use for is not read."""

    prompt: str = Field(min_length=1)
    params: Params = Params()
    models: list[ModelName] = Field(default=[], max_length=300)
    nsfw: bool = True
    censor_nsfw: bool = True
    trusted_workers: bool = False
    slow_workers: bool = True
    extra_slow_workers: bool = False
    workers: list[Id] = Field(default=[], max_length=5)
    worker_blacklist: bool = False
    source_image: Text = None
    source_processing: SourceProcessing = "img2img"
    source_mask: Text = None
    extra_source_images: list[dict[str, Any]] = Field(default=[], max_length=5)
    r2: bool = True
    dry_run: bool = False
    disable_batching: bool = False
    proxied_account: Text = None
    webhook: Text = Field(default=None, min_length=10, max_length=1024)
    style: Text = Field(default=None, min_length=3, max_length=1024)


class PopRequest(Body):
    """Body of `POST /v2/generate/pop`: what a worker offers."""

    name: str = Field(min_length=3, max_length=100)
    models: list[Annotated[str, Field(min_length=3, max_length=255)]] = Field(
        default=["stable_diffusion"], max_length=300
    )
    bridge_agent: str = Field(default="unknown:0:unknown", max_length=1000)
    max_pixels: int = Field(default=262144, ge=64 * 64, le=2**31)
    nsfw: bool = True
    threads: int = Field(default=1, ge=1, le=50)
    amount: int = Field(default=1, ge=1, le=20)
    priority_usernames: list[str] = Field(default=[], max_length=500)
    blacklist: list[str] = Field(default=[], max_length=200)
    extra_slow_worker: bool = False
    allow_img2img: bool = True
    allow_painting: bool = True
    allow_post_processing: bool = True
    allow_controlnet: bool = False
    allow_sdxl_controlnet: bool = False
    allow_lora: bool = False
    limit_max_steps: bool = False
    started: float | None = Field(default=None, ge=0)
    """Ours: when this worker process started. It has lost what it popped before; see `store`."""


class GenMetadata(Body):
    """`gen_metadata[]` of a submit."""

    type: Literal[
        "lora",
        "ti",
        "censorship",
        "source_image",
        "source_mask",
        "extra_source_images",
        "batch_index",
        "information",
        "aesthetic_score",
    ]
    value: Literal[
        "download_failed", "parse_failed", "baseline_mismatch", "csam", "nsfw", "see_ref"
    ]
    ref: Text = Field(default=None, max_length=255)


class SubmitRequest(Body):
    """Body of `POST /v2/generate/submit`, once per picture."""

    id: Id
    generation: str = ""
    """`R2` after an upload, else base64."""
    state: Literal["ok", "censored", "faulted", "csam"] = "ok"
    seed: int = Field(ge=-(2**63), le=2**64)
    gen_metadata: list[GenMetadata] = Field(default=[], max_length=50)

    @property
    def censored(self) -> bool:
        """Whether a safety filter replaced the picture; `state` alone does not say so."""
        return any(entry.type == "censorship" for entry in self.gen_metadata)


class WorkerChange(Body):
    """Body of `PUT /v2/workers/{id}`; what is None stays."""

    maintenance: Flag = None
    maintenance_msg: Text = Field(default=None, max_length=1000)
    info: Text = Field(default=None, max_length=1000)
    name: Text = Field(default=None, min_length=5, max_length=100)
    paused: Flag = None
