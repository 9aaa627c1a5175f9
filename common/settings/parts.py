"""Sections of the configuration: where facts and styles come from, pages, hub, worker, log."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator

from common.horde.wire import SAMPLERS
from common.settings.hours import Hours
from common.settings.section import Secret, Section

REFERENCE = (
    "https://raw.githubusercontent.com/Haidra-Org/AI-Horde-image-model-reference/main/"
    "stable_diffusion.json"
)


class ReferenceConfig(Section):
    """What is known of the Horde's models."""

    url: str | None = Field(
        default=REFERENCE,
        description="Address of the Horde's public model reference; null: the bundled facts only.",
    )


class CivitaiConfig(Section):
    """Where LoRAs and textual inversions are looked up."""

    url: str | None = Field(
        default="https://civitai.com",
        description="Address of CivitAI, or of a mirror of its API; null: nothing is looked up.",
    )
    key: Secret | None = Field(
        default=None, description="API key there; only needed for what members alone may see."
    )
    max_megabytes: int = Field(
        default=400, ge=1, description="Largest LoRA the workers of your Hordes load."
    )
    unchecked: Literal["refuse", "allow"] = Field(
        default="refuse",
        description="A LoRA a person names while CivitAI does not answer: refuse it, or allow it "
        "without knowing whether it shows a real person.",
    )


def _check_person(name: str) -> str:
    account, _, person = name.partition("/")
    if not account or not person:
        raise ValueError(f"write {name} as ACCOUNT/PERSON, like mastodon/ada@example.org")
    return name


Person = Annotated[str, Field(max_length=512), AfterValidator(_check_person)]


class EventsConfig(Section):
    """Challenges, contests and parties."""

    pause_seconds: float = Field(
        default=90,
        ge=1,
        le=24 * 3600,
        description="Seconds between two posts of an account about events; many communities ask "
        "bots not to post several times a minute.",
    )
    organisers: tuple[Person, ...] = Field(
        default=(),
        max_length=100,
        description="Who leads events on in the web room, as ACCOUNT/PERSON with the person's id "
        "there (`hordebots people list ACCOUNT` shows it); their browser has to be linked (/link).",
    )


class ShowcaseConfig(Section):
    """A place where pictures are shown whose askers want it."""

    account: str = Field(
        description="The account of `accounts` that posts there: on Discord, Mastodon or Lemmy."
    )
    to: str = Field(
        default="",
        max_length=255,
        description="Where: a channel's id on Discord, a community on Lemmy; else empty.",
    )
    per_hour: int = Field(
        default=12, ge=1, le=3600, description="Most answers that are shown there in an hour."
    )


class WebConfig(Section):
    """The web room."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8765, ge=0, le=65535, description="Port; 0 takes a free one.")
    public_url: str | None = Field(
        default=None, description="Address people reach it at, if it is not this machine."
    )
    requests_per_address: int = Field(
        default=120, ge=1, description="Requests from one network address in an hour."
    )


class HubUser(Section):
    """Somebody who may use the hub: a bot, or the owner of a worker."""

    name: str = Field(description="Public name.")
    key: Secret = Field(description="API key; make a long random one.")
    trusted: bool = Field(default=True, description="Whether its workers count as trusted.")
    moderator: bool = Field(
        default=False, description="Whether it may pause and change the workers of others."
    )


class HubConfig(Section):
    """The embedded Horde."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8766, ge=0, le=65535, description="Port; 0 takes a free one.")
    public_url: str | None = Field(
        default=None, description="Address other machines reach it at; used in picture links."
    )
    users: tuple[HubUser, ...] = Field(default=(), description="Keys of bots and workers.")
    anonymous: bool = Field(
        default=False, description="Whether the key 0000000000 may ask for pictures."
    )
    concurrency: int = Field(
        default=200, ge=1, description="Pictures of one key that may wait at a time."
    )
    requests_per_second: int = Field(
        default=20, ge=1, description="New requests of one key in a second."
    )
    requests_per_minute: int = Field(
        default=600, ge=1, description="New requests of one key in a minute."
    )


MOST_WANTED = "most wanted"
"""Of the models: those the Hordes wait for most, as far as they fit."""


class ModelsConfig(Section):
    """The worker's models. A folder alone stands for all that lie in it."""

    folder: Path = Field(default=Path("models"), description="Where they are.")
    serve: Literal["all", "most wanted"] | tuple[str, ...] = Field(
        default="all",
        description="Which of them: all that lie there; a list of names, of which those that are "
        "not there are fetched; or `most wanted`, for which those are fetched that your Hordes "
        "wait for most and that fit the card.",
    )
    gigabytes: int = Field(
        default=60, ge=1, description="Room on the disk for models that are fetched by themselves."
    )

    @model_validator(mode="before")
    @classmethod
    def _folder_alone(cls, data: Any) -> Any:
        return {"folder": data} if isinstance(data, str | Path) else data


class WorkerEndpoint(Section):
    """A Horde the worker serves."""

    url: str = Field(
        default="http://127.0.0.1:8766/api",
        description="Its address, without the /v2; `hub` is the one this program runs.",
    )
    key: Secret = Field(default=SecretStr(""), description="API key of the worker's owner there.")
    priority_usernames: tuple[str, ...] = Field(
        default=(), description="Whose jobs come first there, such as the community's bot: `bot#2`."
    )
    alchemy: bool = Field(
        default=False,
        description="Whether it also tells what pictures show and works on them, with what lies "
        "in the folders alchemy, upscalers, faces and background of the models.",
    )


class WorkerConfig(Section):
    """The GPU worker. `url`, `key` and `alchemy` beside the others stand for one endpoint."""

    name: str = Field(
        default="hordebots worker",
        min_length=3,
        max_length=100,
        description="Its name on the Horde, seen beside each picture it made.",
    )
    endpoints: tuple[WorkerEndpoint, ...] = Field(
        default=(WorkerEndpoint(),),
        min_length=1,
        max_length=10,
        description="The Hordes it works for: the next is asked when those before have nothing.",
    )
    engine: str = Field(
        default="demo",
        description="What makes the pictures: demo, diffusers, comfyui, comfyui:ADDRESS, or one "
        "that another package brings.",
    )
    models: ModelsConfig = Field(
        default=ModelsConfig(),
        description="A folder with the models, for all but the demo; or `folder`, `serve` and "
        "`gigabytes`.",
    )
    nsfw: bool = Field(default=False, description="Whether it makes pictures for adults.")
    safety: str = Field(
        default="auto",
        description="What looks at each picture before it leaves: auto (what is installed), "
        "open_nsfw, diffusers:FOLDER or command:PROGRAM.",
    )
    device: str = Field(
        default="auto",
        description="What computes: auto, cuda:0, cuda:1 …, mps or cpu; several with commas.",
    )
    hours: Hours = Field(
        default="always",
        description="When it works, in the machine's time: always, never, or spans such as "
        "22:00-07:00, 12:00-13:30.",
    )
    give_way: tuple[str, ...] = Field(
        default=(),
        description="Programs that get the card while they run, by name; `any`: any other program "
        "that computes with an NVIDIA card.",
    )
    unload_minutes: int = Field(
        default=10,
        ge=0,
        description="After so long without a job the card's memory is given back; 0: never.",
    )

    @model_validator(mode="before")
    @classmethod
    def _single(cls, data: Any) -> Any:
        """Read what belongs to an endpoint, beside the other settings, as the only one."""
        if not isinstance(data, Mapping):
            return data
        short = {name: data[name] for name in ("url", "key", "alchemy") if name in data}
        if not short:
            return data
        if "endpoints" in data:
            raise ValueError(f"write {', '.join(short)} inside endpoints")
        others = {name: value for name, value in data.items() if name not in short}
        return {**others, "endpoints": [short]}


class LogConfig(Section):
    """What is written to the log."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important lines that are written."
    )
    format: Literal["console", "json"] = Field(
        default="console", description="Lines for people, or one JSON object a line."
    )


class KudosConfig(Section):
    """Prizes of events. Without them nothing here is needed."""

    horde: str | None = Field(
        default=None,
        description="Name of the endpoint whose account gives prizes, with a key of your own; "
        "null: events have no prizes. A hub has none to give.",
    )
    seal_key: Secret | None = Field(
        default=None,
        description="32 random bytes in base64 or hexadecimal, with which sponsors' keys are "
        "encrypted; null: there are no sponsors.",
    )
    claim_days: float = Field(
        default=90,
        gt=0,
        le=3650,
        description="Days for which a prize waits for its winner to name a Horde account.",
    )


class OperatorConfig(Section):
    """Pages for whoever keeps the bots running: `/healthz` and `/metrics`."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int | None = Field(
        default=None, ge=0, le=65535, description="Port; 0 takes a free one, null: none is opened."
    )


def _check_sampler(name: str) -> str:
    if name not in SAMPLERS:
        raise ValueError(f"the Horde has no sampler {name}; it has {', '.join(SAMPLERS)}")
    return name


class ParametersConfig(Section):
    """What a picture is made with where neither the person nor the style says anything."""

    steps: int = Field(default=30, ge=1, le=500, description="Steps.")
    cfg_scale: float = Field(default=7.5, ge=0, le=100, description="How strictly words are kept.")
    sampler: Annotated[str, AfterValidator(_check_sampler)] = Field(
        default="k_euler_a", description="Sampler, as the Horde calls it."
    )
    karras: bool = Field(default=True, description="Whether the karras schedule is used.")
    clip_skip: int = Field(default=1, ge=1, le=12, description="Layers of the text encoder.")
    hires_fix: bool = Field(default=False, description="Whether the high-resolution fix is used.")


class StylesConfig(Section):
    """Where styles come from."""

    sources: tuple[str, ...] = Field(
        default=("bundled:general",),
        min_length=1,
        description="Folders, addresses, or the bundled lists; later ones override earlier ones.",
    )
    default: str | None = Field(
        default=None, description="Style used when nobody names one; else `featured`, else `raw`."
    )
    previews: tuple[str, ...] = Field(
        default=(),
        description="Folders or addresses with a `previews.json` that names pictures of styles, "
        "beside those of `hordebots styles preview --keep`; later ones win.",
    )
    parameters: ParametersConfig = Field(
        default=ParametersConfig(),
        description="What holds where neither the person nor the style says anything.",
    )
