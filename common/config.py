"""The configuration: one frozen model of `config.yaml`, and how it is read.

Each setting has a sentence, and `config.example.yaml` shows them all. A secret is written as
plain text, as `{env: NAME}` or as `{file: PATH}`.
"""

from __future__ import annotations

import platform
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, SecretStr, ValidationError

from common.errors import ConfigError
from common.horde.wire import ANONYMOUS_KEY
from common.settings.document import read_document
from common.settings.parts import (
    CivitaiConfig,
    EventsConfig,
    HubConfig,
    HubUser,
    KudosConfig,
    LogConfig,
    ModelsConfig,
    OperatorConfig,
    ParametersConfig,
    ReferenceConfig,
    ShowcaseConfig,
    StylesConfig,
    WebConfig,
    WorkerConfig,
    WorkerEndpoint,
)
from common.settings.secrecy import anchored
from common.settings.section import KEYLESS, Language, Pattern, Secret, Section

__all__ = [
    "CivitaiConfig",
    "Config",
    "EndpointConfig",
    "EventsConfig",
    "HordeConfig",
    "HubConfig",
    "HubUser",
    "KudosConfig",
    "LogConfig",
    "ModelsConfig",
    "OperatorConfig",
    "ParametersConfig",
    "PlaceConfig",
    "ReferenceConfig",
    "Secret",
    "Section",
    "ShowcaseConfig",
    "StylesConfig",
    "WebConfig",
    "WorkerConfig",
    "WorkerEndpoint",
    "explain",
    "load",
    "parse",
    "read_account",
]

AnySection = TypeVar("AnySection", bound=Section)


class EndpointConfig(Section):
    """A Horde the bots may ask: the community's own hub, or the public AI Horde."""

    name: str = Field(default="horde", description="How it is called in logs and answers.")
    url: str = Field(
        description="Address of its API, without the /v2; `hub` is the one this program runs."
    )
    key: Secret = Field(
        default=SecretStr(ANONYMOUS_KEY), description="API key; 0000000000 is anonymous."
    )
    webhook: str | None = Field(
        default=None,
        pattern=r"^(loopback|https://[^\s/?#]+[^\s?#]*)$",
        description="Address (https) at which this Horde can reach us when a picture is ready; "
        "`loopback` makes one by itself, for a hub on this machine.",
    )
    listen: str = Field(
        default="127.0.0.1:8767",
        pattern=r"^\S+:[0-9]{1,5}$",
        description="Where calls to the https `webhook` arrive here, as host:port: the place your "
        "proxy sends them on to.",
    )
    r2: bool = Field(
        default=True,
        description="Whether pictures come as links. `false` has them inside the answer: the only "
        "way in which the public Horde gives work to workers of a name it does not know.",
    )
    proxied: bool = Field(
        default=False,
        description="Whether the key is a service account's, which tells for whom it asks: a keyed "
        "hash of each person goes along, never a name or an id.",
    )
    free: bool = Field(
        default=False,
        description="Whether pictures made there count for no budget of kudos: a hub of your own. "
        "The one this program runs is always free.",
    )


class HordeConfig(Section):
    """Which Hordes are asked, in order."""

    endpoints: tuple[EndpointConfig, ...] = Field(
        default=(EndpointConfig(name="aihorde", url="https://aihorde.net/api"),),
        min_length=1,
        description="Tried in order; the first that can serve a job gets it.",
    )
    kudos_per_day: int | None = Field(
        default=None,
        ge=0,
        description="Kudos that all communities together may spend in a day (UTC); null: any "
        "number.",
    )


class PlaceConfig(Section):
    """What holds in a community; `defaults` for all, `communities` for one."""

    enabled: bool | None = Field(
        default=None,
        description="Whether the bot works here; null: yes, but on Discord only where a moderator "
        "has chosen the channel in the chat.",
    )
    language: Language | None = Field(
        default=None,
        description="Language of answers to those whose own the platform does not tell, or answers "
        "are not in; null: English.",
    )
    default_style: str | None = Field(
        default=None, description="Style used when nobody names one; null: that of `styles`."
    )
    styles: tuple[str, ...] = Field(
        default=(), description="Styles and categories that may be used; empty: all."
    )
    roles: dict[str, dict[str, Any]] = Field(
        default={},
        description="What differs for those who have a role, by the platform's id of the role; "
        "the first that somebody has counts.",
    )

    pictures: int = Field(default=4, ge=1, le=20, description="Pictures per request, if unsaid.")
    max_pictures: int = Field(default=8, ge=1, le=20, description="Most pictures per request.")
    max_pixels: int = Field(
        default=1536 * 1536, ge=64 * 64, description="Largest width × height of a picture."
    )
    max_steps: int = Field(default=50, ge=1, le=500, description="Most steps.")
    running_per_person: int = Field(
        default=3, ge=1, description="Requests of one person at work at a time."
    )
    requests_per_hour: int = Field(
        default=60, ge=1, description="Requests of one person in an hour."
    )
    kudos_per_day: int | None = Field(
        default=None,
        ge=0,
        description="Kudos a community may spend in a day (UTC); null: any number.",
    )
    running_per_community: int | None = Field(
        default=None,
        ge=1,
        description="Requests of a community at work at a time; null: any number.",
    )
    requests_per_hour_per_community: int | None = Field(
        default=None, ge=1, description="Requests of a community in an hour; null: any number."
    )
    nsfw: bool = Field(default=False, description="Whether adult pictures may be asked for.")
    paused: bool = Field(default=False, description="Whether nothing is drawn here for now.")
    blocked: tuple[Pattern, ...] = Field(
        default=(),
        description="Words or regular expressions that a prompt may not hold, in any capitals.",
    )
    censored_per_day: int = Field(
        default=10,
        ge=1,
        description="Censored pictures in a day after which a person has to wait.",
    )
    log_days: float = Field(
        default=30,
        ge=0,
        description="Days for which moderators can read what was asked here; at most `keep_days`.",
    )
    take_back_after: int | None = Field(
        default=None,
        ge=1,
        description="Reports by different people after which an answer is taken back; null: only "
        "moderators take answers back.",
    )
    trusted_workers: bool = Field(
        default=True, description="Whether only workers the Horde trusts may serve."
    )
    hordes: tuple[str, ...] = Field(
        default=(), description="Names of the Hordes that may be asked; empty: all."
    )
    private_hordes: tuple[str, ...] = Field(
        default=(), description="The same for private requests; empty: those of `hordes`."
    )

    def of_role(self, role: str) -> PlaceConfig:
        """Return what holds for those who have a role, if it is named here."""
        return PlaceConfig.model_validate({**self.model_dump(), **self.roles.get(role, {})})


class Config(Section):
    """All of `config.yaml`."""

    data_dir: Path = Field(
        default=Path("data"), description="Folder for the database, pictures and caches."
    )
    instance: str = Field(
        default_factory=lambda: platform.node() or "hordebots",
        min_length=1,
        description="Name of this process among those that share a database; no two alike.",
    )
    database: str | None = Field(
        default=None,
        description="SQLAlchemy address; else an SQLite file in the data folder.",
    )
    keep_days: float = Field(
        default=30, gt=0, description="Days after which what ended is deleted, with its pictures."
    )
    run: tuple[str, ...] = Field(
        default=("web",), description="What `hordebots run` starts: accounts, web, hub, worker."
    )
    horde: HordeConfig = Field(default=HordeConfig(), description="Which Hordes are asked.")
    styles: StylesConfig = Field(default=StylesConfig(), description="Where styles come from.")
    reference: ReferenceConfig = Field(
        default=ReferenceConfig(), description="What is known of the Horde's models."
    )
    civitai: CivitaiConfig = Field(
        default=CivitaiConfig(), description="Where LoRAs are looked up."
    )
    accounts: dict[str, dict[str, Any]] = Field(
        default={}, description="The bot's accounts on chat platforms, by a name of your own."
    )
    defaults: PlaceConfig = Field(default=PlaceConfig(), description="What holds everywhere.")
    communities: dict[str, dict[str, Any]] = Field(
        default={}, description="Overrides for one community, by ACCOUNT/COMMUNITY."
    )
    showcase: tuple[ShowcaseConfig, ...] = Field(
        default=(), description="Where pictures are shown whose askers want it (`share`)."
    )
    events: EventsConfig = Field(
        default=EventsConfig(), description="Challenges, contests and parties."
    )
    web: WebConfig = Field(default=WebConfig(), description="The web room.")
    hub: HubConfig = Field(default=HubConfig(), description="The embedded Horde.")
    worker: WorkerConfig = Field(default=WorkerConfig(), description="The GPU worker.")
    log: LogConfig = Field(default=LogConfig(), description="What is written to the log.")
    kudos: KudosConfig = Field(default=KudosConfig(), description="Prizes of events.")
    operator: OperatorConfig = Field(
        default=OperatorConfig(), description="Pages for whoever keeps the bots running."
    )

    @property
    def database_url(self) -> str:
        """The SQLAlchemy address in use."""
        return self.database or f"sqlite:///{self.data_dir.absolute() / 'hordebots.sqlite'}"

    def place(self, account: str, community: str) -> PlaceConfig:
        """Return what holds in a community: the defaults with its overrides."""
        overrides = self.communities.get(f"{account}/{community}")
        if not overrides:
            return self.defaults  # it is asked for again and again
        return PlaceConfig.model_validate({**self.defaults.model_dump(), **overrides})

    def enabled_in(self, account: str) -> list[str]:
        """Return the communities of an account in which the file says that the bot works."""
        own = (name.partition("/") for name in self.communities)
        names = [community for whose, _, community in own if whose == account]
        return [name for name in names if self.place(account, name).enabled]


def load(path: Path, *, keyless: bool = False) -> Config:
    """Read `config.yaml`. Raises ConfigError that names the key and says what to write.

    `keyless`: for what needs no secret; one that is not there (a variable of the service's alone)
    is no mistake.
    """
    document = read_document(path)
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise ConfigError("config.not_mapping", file=path)
    base = path.absolute().parent
    return parse(anchored(document, base), file=str(path), base=base, keyless=keyless)


def parse(
    document: Mapping[str, Any],
    *,
    file: str = "config",
    base: Path | None = None,
    keyless: bool = False,
) -> Config:
    """Check a configuration read from somewhere. Relative folders in it are taken from `base`."""
    try:
        config = Config.model_validate(document, context={KEYLESS: keyless})
        places = [config.defaults]
        for name in config.communities:
            account, _, community = name.partition("/")
            places.append(config.place(account, community))
        places += [place.of_role(role) for place in tuple(places) for role in place.roles]
    except ValidationError as error:
        raise ConfigError("config.invalid", file=file, problem=explain(error)) from error
    known = {endpoint.name for endpoint in config.horde.endpoints}
    for place in places:
        for name in (*place.hordes, *place.private_hordes):
            if name not in known:
                raise ConfigError(
                    "config.unknown_horde", file=file, name=name, known=", ".join(sorted(known))
                )
    _check_payer(config, file, known)
    _check_accounts(config, file)
    if base is not None:
        models = config.worker.models
        models = models.model_copy(update={"folder": (base / models.folder).resolve()})
        worker = config.worker.model_copy(update={"models": models})
        folder = (base / config.data_dir).resolve()
        config = config.model_copy(update={"data_dir": folder, "worker": worker})
    return config


def _check_accounts(config: Config, file: str) -> None:
    """Check that showcases and organisers are on accounts there are. Raises ConfigError."""
    for shown in config.showcase:
        if shown.account not in config.accounts:
            raise ConfigError("config.showcase_account", file=file, name=shown.account)
    accounts = {*config.accounts, *config.run}
    for person in config.events.organisers:
        if (account := person.partition("/")[0]) not in accounts:
            names = ", ".join(sorted(accounts))
            raise ConfigError("config.organiser_account", file=file, name=account, known=names)


def _check_payer(config: Config, file: str, known: Collection[str]) -> None:
    """Check that prizes come from an endpoint that has kudos to give. Raises ConfigError."""
    name = config.kudos.horde
    if name is None:
        return
    if name not in known:
        known_names = ", ".join(sorted(known))
        raise ConfigError("config.unknown_horde", file=file, name=name, known=known_names)
    for entry in config.horde.endpoints:
        if entry.name == name and (entry.free or entry.url == "hub"):
            raise ConfigError("kudos.hub_has_none", name=name)


def read_account(model: type[AnySection], name: str, given: Mapping[str, Any]) -> AnySection:
    """Check an account's section of `accounts`. Raises ConfigError that names the key."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        problem = explain(error)
        raise ConfigError("config.invalid", file=f"accounts.{name}", problem=problem) from error


def explain(error: ValidationError) -> str:
    """Put the faults into one line each: where, what, and the nearest key for a typo."""
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        where = ".".join(str(step) for step in fault["loc"]) or "the file"
        if fault["type"] == "extra_forbidden":
            lines.append(f"{where}: there is no such setting{_nearest(fault['loc'])}")
        else:
            lines.append(f"{where}: {fault['msg'].removeprefix('Value error, ')}")
    return "; ".join(lines)


def _nearest(location: tuple[int | str, ...]) -> str:
    """Return `; did you mean X?` for a misspelt key, or nothing."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415  (only for a faulty file)

    section: Any = Config
    for step in location[:-1]:
        if isinstance(step, int):
            continue
        annotation = section.model_fields[step].annotation if step in section.model_fields else None
        inner = [a for a in getattr(annotation, "__args__", ()) if isinstance(a, type)]
        section = next((a for a in [annotation, *inner] if hasattr(a, "model_fields")), None)
        if section is None:
            return ""
    found = process.extractOne(
        str(location[-1]), list(section.model_fields), scorer=fuzz.ratio, score_cutoff=60
    )
    return f"; did you mean {found[0]}?" if found else ""
