"""`hordebots check`: is everything the configuration names there and working? One line each."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from common.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Awaitable

    import aiohttp

    from common.config import Config, EndpointConfig, HubConfig


ROOM = 1_000_000_000
"""Bytes that should be free in the data folder."""
OWN = "hub"
"""What `url` says for the hub this program runs itself."""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel="Set it up")(check)


def check(
    config: Annotated[Path, typer.Option(help="The configuration.")] = Path("config.yaml"),
    as_json: Annotated[bool, typer.Option("--json", help="Tell as JSON.")] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Set the profiles of accounts as servers ask of bots.")
    ] = False,
) -> None:
    """Look at the configuration, the data, styles, models, LoRAs, accounts, Hordes, the program.

    Exit code: 0 all is well, 1 something needs attention.
    """
    import asyncio

    from common.config import load
    from common.errors import ConfigError
    from common.running import logs

    logs.configure(level="error")
    try:
        settings = load(config)
    except ConfigError as error:
        findings = [Finding("config", ok=False, sentence=str(error))]
    else:
        findings = [
            Finding("config", ok=True, sentence=f"{config} is valid"),
            *_secrets(config),
            *asyncio.run(_look(settings, fix=fix)),
        ]
    for finding in findings:
        if as_json:
            typer.echo(json.dumps(asdict(finding)))
        else:
            typer.echo(f"{'ok  ' if finding.ok else 'look'}  {finding.what}: {finding.sentence}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


def _secrets(path: Path) -> list[Finding]:
    """Warn of secrets in files that others on this machine can read."""
    from common import texts
    from common.settings.document import read_document
    from common.settings.secrecy import anchored, plain_secrets, secret_files

    document = read_document(path)
    findings = []
    plain = list(plain_secrets(document))
    if plain and _readable(path):
        sentence = texts.say("check.readable", file=path, settings=", ".join(plain))
        findings.append(Finding("config", ok=False, sentence=sentence))
    for name in secret_files(anchored(document, path.absolute().parent)):
        file = Path(name).expanduser()
        if file.exists() and _readable(file):
            sentence = texts.say("check.secret_file", file=file)
            findings.append(Finding("config", ok=False, sentence=sentence))
    return findings


def _readable(path: Path) -> bool:
    # Windows keeps its rights elsewhere, and shows all files as readable here
    return sys.platform != "win32" and bool(path.stat().st_mode & 0o004)


async def _look(config: Config, *, fix: bool) -> list[Finding]:
    import aiohttp

    from bots.program import prepare_folder

    async def folder_and_what_is_in_it() -> list[Finding]:
        folder = prepare_folder(config.data_dir)
        return [
            _room(folder),
            *await _tried("database", _database(config)),
            *await _running(config),
            *await _tried("styles", _styles(config, folder)),
            *await _tried("facts", _facts(config, folder, session)),
        ]

    async with aiohttp.ClientSession() as session:
        findings = await _tried("start", _names(config))
        findings += await _tried("data", folder_and_what_is_in_it())
        findings += await _accounts(config, fix=fix)
        findings += await _hordes(config, config.data_dir, session)
    return findings


def _room(folder: Path) -> Finding:
    """Look whether there is room for pictures."""
    import shutil

    from common import texts

    free = shutil.disk_usage(folder).free
    code = "check.folder" if free >= ROOM else "check.full"
    gigabytes = f"{free / 1e9:.1f}"
    sentence = texts.say(code, folder=folder, gigabytes=gigabytes)
    return Finding("data", ok=free >= ROOM, sentence=sentence)


async def _tried(what: str, work: Awaitable[list[Finding]]) -> list[Finding]:
    """Return what was found, or the sentence of what went wrong."""
    from common.errors import HordebotsError

    try:
        return await work
    except HordebotsError as error:
        return [Finding(what, ok=False, sentence=str(error))]


async def _names(config: Config) -> list[Finding]:
    """Find what the configuration says to start. Raises ConfigError."""
    from bots.assembly.accounts import check_names

    check_names(config)
    return []


async def _database(config: Config) -> list[Finding]:
    """Look whether the database answers and how old its tables are. Raises StoreError."""
    from bots.operator.schema import version_of
    from common import texts

    version = await version_of(config.database_url)
    code = "check.database_new" if version.current is None else "check.database"
    if version.current not in (None, version.newest):
        code = "check.database_old"
    return [Finding("database", ok=True, sentence=texts.say(code, where=version.where))]


async def _running(config: Config) -> list[Finding]:
    """Ask the program how it is, if it runs on this machine."""
    from bots.operator.control import ask, socket_of
    from common import texts
    from common.errors import StartupError

    try:
        health = await ask(socket_of(config), "health")
    except StartupError:
        return [Finding("program", ok=True, sentence=texts.say("check.not_running"))]
    sentence = " ".join(health["problems"]) or texts.say("check.running")
    return [Finding("program", ok=health["status"] != "failing", sentence=sentence)]


async def _styles(config: Config, folder: Path) -> list[Finding]:
    """Read all sources now; one that fails is named, though its last good copy serves."""
    from common import texts
    from styles.lists.library import OWN_STYLES, StyleLibrary

    library = await StyleLibrary.open(
        config.styles.sources, own=folder / OWN_STYLES, cache=folder / "styles"
    )
    await library.refresh()
    current = library.current
    values = {"styles": len(current.styles), "categories": len(current.categories)}
    faults = [str(fault) for fault in current.faults]
    sentence = "; ".join([texts.say("check.styles", **values), *faults])
    failing = [source for source in library.sources if source.problem]
    return [
        Finding("styles", ok=not faults, sentence=sentence),
        *(Finding("styles", ok=False, sentence=source.problem) for source in failing),
    ]


async def _facts(config: Config, folder: Path, session: aiohttp.ClientSession) -> list[Finding]:
    """Ask for the model reference and for a LoRA, where the configuration says to."""
    from bots.assembly.knowledge import open_catalogue
    from common import texts
    from common.civitai.assets import AssetKind
    from common.errors import AssetError
    from common.reference.library import ReferenceLibrary

    findings = []
    if config.reference.url is not None:
        reference = ReferenceLibrary(config.reference.url, cache=folder / "reference")
        await reference.refresh()
        known = texts.say("check.reference", models=len(reference.current.models))
        problem = reference.problem
        findings.append(Finding("models", ok=not problem, sentence=problem or known))
    if config.civitai.url is not None:
        catalogue = await open_catalogue(config.civitai, folder, session)
        try:
            found = await catalogue.search("detail", AssetKind.LORA, nsfw=False)
            sentence = texts.say("check.civitai")
            stale = texts.say("check.civitai_down")
            ok = not found.stale
            findings.append(Finding("loras", ok=ok, sentence=sentence if ok else stale))
        except AssetError as error:
            findings.append(Finding("loras", ok=False, sentence=str(error)))
        await catalogue.close()
    return findings


async def _accounts(config: Config, *, fix: bool) -> list[Finding]:
    """Let the adapters that can look their accounts over."""
    from bots.assembly.accounts import find_adapter
    from bots.program import open_core
    from common.errors import HordebotsError
    from request.adapter import Examined

    findings: list[Finding] = []
    for name in config.run:
        section = config.accounts.get(name)
        if section is None:
            continue
        try:
            kind, rest = find_adapter(name, section)
            if not issubclass(kind, Examined):
                continue
            async with open_core(config, lasting=False) as core:
                adapter = await kind.build(name, rest, core.services)
                try:
                    findings += await adapter.examine(fix=fix)
                finally:
                    await adapter.close()
        except HordebotsError as error:
            findings.append(Finding(f"account {name}", ok=False, sentence=str(error)))
    return findings


async def _hordes(config: Config, folder: Path, session: aiohttp.ClientSession) -> list[Finding]:
    """Ask each Horde who we are and what it serves, and whether the styles can be drawn there."""
    from bots.program import point_at_hub

    findings, served = [], set[str]()
    for entry, pointed in zip(
        config.horde.endpoints, point_at_hub(config).horde.endpoints, strict=True
    ):
        own = entry.url == OWN and "hub" in config.run
        finding, models = await _endpoint(pointed, session, own_hub=config.hub if own else None)
        findings.append(finding)
        served |= models
    if served:
        findings += await _tried("served", _drawable(config, folder, served))
    return findings


async def _drawable(config: Config, folder: Path, served: set[str]) -> list[Finding]:
    """Look how many styles have a model that somebody serves."""
    from common import texts
    from styles.lists.library import OWN_STYLES, StyleLibrary

    sources, own, cache = config.styles.sources, folder / OWN_STYLES, folder / "styles"
    library = await StyleLibrary.open(sources, own=own, cache=cache)
    styles = library.current.styles.values()
    count = sum(bool({style.model, *style.other_models} & served) for style in styles)
    code = "check.drawable" if count else "check.none_drawable"
    values = {"count": count, "styles": len(styles), "models": ", ".join(sorted(served)[:3])}
    return [Finding("served", ok=count > 0, sentence=texts.say(code, **values))]


async def _endpoint(
    entry: EndpointConfig, session: aiohttp.ClientSession, *, own_hub: HubConfig | None
) -> tuple[Finding, set[str]]:
    """Look at one Horde; the hub of this program need not run just now."""
    from common import texts
    from common.errors import HordeError, HordeUnreachable
    from common.horde.client import HordeClient
    from common.horde.clocks import disagreement
    from common.horde.outcomes import mend
    from common.horde.wire import ANONYMOUS_KEY

    what = f"horde {entry.name}"
    client = HordeClient(entry.url, entry.key, session, name=entry.name)
    try:
        await client.heartbeat()
        models = await client.models()
        if entry.key.get_secret_value() == ANONYMOUS_KEY:
            who = texts.say("check.anonymous")
        else:
            user = await client.find_user()
            who = texts.say("check.user", name=user.username, kudos=int(user.kudos))
            if entry.proxied and not user.service:
                values = {"url": entry.url, "name": user.username}
                sentence = texts.say("check.not_service", **values)
                return Finding(what, ok=False, sentence=sentence), set()
    except HordeError as error:
        if own_hub is not None and isinstance(error, HordeUnreachable):
            sentence = texts.say("check.own_hub", host=own_hub.host, port=own_hub.port)
            return Finding(what, ok=True, sentence=sentence), set()
        sentence = f"{entry.url}: {error} {mend(error)}".strip()
        return Finding(what, ok=False, sentence=sentence), set()
    names = {model.name for model in models if model.count > 0}
    sentence = texts.say("check.horde", url=entry.url, who=who, models=len(models))
    wrong = disagreement(client.ahead, entry.name)
    return Finding(what, ok=not wrong, sentence=f"{sentence} {wrong}".strip()), names
