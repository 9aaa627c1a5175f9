"""The commands `hordebots worker models wanted` and `fetch`: what comes by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from worker.stock.terminal import (
    ConfigOption,
    FolderOption,
    JsonOption,
    or_sentence,
    progress_bar,
    settings_of,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from common.config import Config, WorkerConfig
    from common.findings import Finding
    from worker.stock.demand import Plan
    from worker.stock.wanted import Storeroom


def register(group: typer.Typer) -> None:
    """Add the commands to those about models."""
    group.command("wanted")(wanted)
    group.command("fetch")(fetch)


def wanted(
    config: ConfigOption = None, models: FolderOption = None, as_json: JsonOption = False
) -> None:
    """Show what `worker.models.serve` would fetch and remove. Nothing is changed."""
    plan = or_sentence(lambda: _planned(settings_of(config, models)))
    if as_json:
        typer.echo(json.dumps(_fields(plan)))
        return
    for known in plan.fetch:
        size = f"{known.size / 1024**3:.1f} GB"
        typer.echo(f"fetch   {known.name} ({known.family}, {size})")
    for word, names in (("keep", plan.keep), ("remove", plan.drop), ("missing", plan.missing)):
        for name in names:
            typer.echo(f"{word:7} {name}")
    if not (plan.fetch or plan.keep or plan.drop or plan.missing):
        typer.echo("Nothing comes by itself (worker.models.serve).")


def fetch(config: ConfigOption = None, models: FolderOption = None) -> None:
    """Fetch now what `worker.models.serve` means, instead of at the next start."""
    import asyncio

    settings = settings_of(config, models)
    or_sentence(lambda: asyncio.run(_fetch(settings)))


def findings(settings: Config) -> list[Finding]:
    """Return what `check` tells of models that come by themselves."""
    from common import texts
    from common.errors import WorkerError
    from common.findings import Finding

    if settings.worker.models.serve == "all":
        return []
    try:
        plan = _planned(settings)
    except WorkerError as error:
        return [Finding("wanted", ok=False, sentence=str(error))]
    missing = [texts.say("worker.stock_missing", model=name) for name in plan.missing]
    told = [Finding("wanted", ok=False, sentence=sentence) for sentence in missing]
    if not plan.fetch:
        return told or [Finding("wanted", ok=True, sentence=texts.say("worker.look_stocked"))]
    sentence = texts.say(
        "worker.look_wanted",
        count=len(plan.fetch),
        size=f"{plan.size / 1024**3:.1f}",
        room=settings.worker.models.gigabytes,
        names=", ".join(known.name for known in plan.fetch),
    )
    return [*told, Finding("wanted", ok=True, sentence=sentence)]


def _planned(settings: Config) -> Plan:
    """Return what is to be done, and say on the way what is not known. Raises WorkerError."""
    import asyncio

    async def work() -> Plan:
        async with _storeroom(settings) as room:
            return await room.plan(_warn)

    return asyncio.run(work())


async def _fetch(settings: Config) -> None:
    with progress_bar(quiet=False) as bar:
        tasks = {}

        async with _storeroom(settings) as room:
            plan = await room.plan(_warn)
            for known in plan.fetch:
                tasks[known.name] = bar.add_task(known.name, total=known.size)
            await room.follow(
                plan,
                typer.echo,
                lambda known, done, whole: bar.update(
                    tasks[known.name], completed=done, total=whole
                ),
            )
    if not plan.changes:
        typer.echo("Nothing is to be fetched.")


def _storeroom(settings: Config) -> AbstractAsyncContextManager[Storeroom]:
    import time
    from contextlib import asynccontextmanager

    import aiohttp

    from worker.stock.wanted import Storeroom, memory_for

    @asynccontextmanager
    async def opened() -> AsyncIterator[Storeroom]:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            yield Storeroom(
                _with_own_hub(settings),
                settings.civitai,
                settings.reference,
                session,
                memory=memory_for,
                now=time.time,
            )

    return opened()


def _with_own_hub(settings: Config) -> WorkerConfig:
    """Return the worker's settings with the address of the hub this program runs."""
    own = f"http://{settings.hub.host}:{settings.hub.port}/api"
    endpoints = tuple(
        each.model_copy(update={"url": own}) if each.url == "hub" else each
        for each in settings.worker.endpoints
    )
    return settings.worker.model_copy(update={"endpoints": endpoints})


def _warn(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _fields(plan: Plan) -> dict[str, object]:
    return {
        "fetch": [
            {"name": known.name, "family": known.family, "size": known.size} for known in plan.fetch
        ],
        "keep": list(plan.keep),
        "remove": list(plan.drop),
        "missing": list(plan.missing),
    }
