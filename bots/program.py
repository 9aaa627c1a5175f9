"""Building the program: everything is made once, here, and handed on.

`open_core` makes what serves requests; `run` starts what a configuration names and keeps it going
until it is told to stop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import structlog
from yarl import URL

from bots.assembly.accounts import accounts_of, build, check_names, platform_of
from bots.assembly.children import WorkerProcess
from bots.assembly.core import Core, assemble
from bots.assembly.endpoints import open_hordes
from bots.assembly.knowledge import open_knowledge
from bots.operator.desk import Origin, open_desk
from bots.operator.timekeeping import Timekeeping
from common.config import Config, EndpointConfig
from common.database import open_database
from common.errors import StartupError
from common.texts import Line, nothing
from events.course.clock import Clock
from request.allowed.terms import Patience
from request.observer import Observer
from request.runner import Runner

if TYPE_CHECKING:
    from bots.operator.metrics import Figures

log = structlog.get_logger()

Announce = Callable[[str, str], None]
"""Called with what has started (hub, worker, an account; or `note`) and where (or a sentence)."""


def _silently(_what: str, _where: str) -> None:
    """Announce nothing."""


@asynccontextmanager
async def open_core(
    config: Config,
    *,
    about: Line = nothing,
    patience: Patience | None = None,
    lasting: bool = True,
    observer: Observer | None = None,
) -> AsyncIterator[Core]:
    """Open the database, what is known, and the Hordes, and keep them until the end.

    Not `lasting`: for one request; nothing is fetched that it does not need.
    """
    folder = prepare_folder(config.data_dir)
    async with AsyncExitStack() as stack:
        database = await open_database(config.database_url)
        stack.push_async_callback(database.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        knowledge = await stack.enter_async_context(
            open_knowledge(config, folder, session, lasting=lasting)
        )
        look = (patience or Patience()).look
        opening = open_hordes(config, session, observer, lasting=lasting, look=look)
        hordes = await stack.enter_async_context(opening)
        yield assemble(
            config,
            database,
            knowledge,
            hordes,
            about=about,
            patience=patience,
            observer=observer,
        )


async def run(
    config: Config,
    stop: asyncio.Event,
    *,
    about: Line = nothing,
    announce: Announce = _silently,
    origin: Origin | None = None,
) -> None:
    """Start what `config.run` names and serve until `stop` is set.

    With an `origin` the configuration is read again when the operator says so. Raises
    ConfigError or StartupError with a sentence that says what to do.
    """
    check_names(config)
    async with AsyncExitStack() as stack:
        pointed = await stack.enter_async_context(run_parts(config, announce))
        figures = _open_figures(pointed)
        opening = open_core(pointed, about=about, observer=figures)
        core = await stack.enter_async_context(opening)
        adapters = []
        for name, section in accounts_of(pointed):
            adapter = await build(name, section, core.services)
            stack.push_async_callback(adapter.close)
            adapters.append(adapter)
            announce(name, str(getattr(adapter, "url", "")))
        runners = [core.runner(adapter) for adapter in adapters]
        desk = open_desk(core, runners, figures=figures, origin=origin, point=point_at_hub)
        if url := await stack.enter_async_context(desk):
            announce("operator", url)
        watching = Timekeeping(core.hordes)
        await _serve([*runners, core.previewing(), core.clock(), watching], stop)


def _open_figures(config: Config) -> Figures | None:
    """Return what counts, if somebody wants to see it."""
    if config.operator.port is None:
        return None
    from bots.operator.metrics import Figures  # noqa: PLC0415  (only those who want it pay for it)

    return Figures({name: platform_of(name, section) for name, section in accounts_of(config)})


@asynccontextmanager
async def run_parts(config: Config, announce: Announce = _silently) -> AsyncIterator[Config]:
    """Run the hub and the worker if `config.run` names them.

    Yields the configuration with the hub's address filled in where it says `hub`.
    """
    async with AsyncExitStack() as stack:
        if "hub" in config.run:
            from hub.server import start  # noqa: PLC0415  (only those who want it pay for it)

            hub = await start(config.hub, prepare_folder(config.data_dir))
            stack.push_async_callback(hub.close)
            announce("hub", hub.url)
            config = point_at_hub(_with_port(config, hub.url), hub.url)
        else:
            config = point_at_hub(config)
        if "worker" in config.run:
            await stack.enter_async_context(
                WorkerProcess(config.worker, announce, config.civitai, config.reference)
            )
        yield config


async def _serve(runners: Sequence[Runner | Clock | Timekeeping], stop: asyncio.Event) -> None:
    """Run all runners; the first that breaks stops the others in good order."""
    tasks = [asyncio.create_task(runner.run(stop)) for runner in runners]
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.set()
        stopping.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


def point_at_hub(config: Config, url: str | None = None) -> Config:
    """Fill the hub's address in where the configuration says `hub`.

    Without `url` it is the configured one: another process on this machine runs the hub.
    """
    address = url or f"http://{config.hub.host}:{config.hub.port}/api"

    def pointed(entry: EndpointConfig) -> EndpointConfig:
        return (
            entry.model_copy(update={"url": address, "free": True}) if entry.url == "hub" else entry
        )

    horde = config.horde.model_copy(
        update={"endpoints": tuple(pointed(entry) for entry in config.horde.endpoints)}
    )
    served = tuple(
        each.model_copy(update={"url": address}) if each.url == "hub" else each
        for each in config.worker.endpoints
    )
    worker = config.worker.model_copy(update={"endpoints": served})
    return config.model_copy(update={"horde": horde, "worker": worker})


def _with_port(config: Config, url: str) -> Config:
    """Note the port the hub has got, for those who point at it later."""
    hub = config.hub.model_copy(update={"port": URL(url).port})
    return config.model_copy(update={"hub": hub})


def prepare_folder(folder: Path) -> Path:
    """Make the data folder if need be. Raises StartupError if it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pictures").mkdir(exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StartupError("startup.folder", folder=folder, problem=error.strerror) from error
    return folder
