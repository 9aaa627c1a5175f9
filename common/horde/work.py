"""The worker's side of the AI Horde API v2: popping jobs and handing pictures in."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from common.horde.wire import Answer, Sent


class PopBody(Sent):
    """Body of `POST /v2/generate/pop`. All flags are sent: the server's defaults surprise."""

    name: str = Field(min_length=3, max_length=100)
    models: list[str]
    bridge_agent: str
    max_pixels: int = 262144
    nsfw: bool = True
    threads: int = Field(default=1, ge=1, le=50)
    amount: int = Field(default=1, ge=1, le=20)
    priority_usernames: list[str] = Field(default=[])
    blacklist: list[str] = Field(default=[])
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


class PopTi(Answer):
    """`payload.tis[]` of a popped job."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    name: str
    inject_ti: str | None = None
    strength: float | None = None


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
    loras: list[PopLora] = Field(default=[])
    tis: list[PopTi] = Field(default=[])
    hires_fix_denoising_strength: float | None = None
    post_processing: list[str] = Field(default=[])
    facefixer_strength: float | None = None
    control_type: str | None = None
    image_is_control: bool = False
    return_control_map: bool = False
    use_nsfw_censor: bool = False


class Popped(Answer):
    """200 of a pop. `id` is None when there is no work, and `payload` must then be ignored."""

    id: str | None = None
    ids: list[str] = Field(default=[])
    model: str | None = None
    payload: PopPayload = PopPayload()
    ttl: int | None = None
    r2_upload: str | None = None
    r2_uploads: list[str] | None = None
    source_image: str | None = None
    source_processing: str | None = None
    source_mask: str | None = None
    skipped: dict[str, int] = Field(default={})
    messages: list[dict[str, Any]] = Field(default=[])


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


class WorkerFacts(Answer):
    """200 of `GET /v2/workers/name/{name}`: the fields this project reads."""

    id: str
    name: str = ""
    online: bool = False
    maintenance_mode: bool = False
    paused: bool = False
    info: str | None = None
    requests_fulfilled: int = 0
    kudos_rewards: float = 0
    performance: str = ""
    uncompleted_jobs: int = 0
