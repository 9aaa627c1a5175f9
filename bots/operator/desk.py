"""The operator's side of the running program: pages, commands and signals, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bots.operator.control import open_door, socket_of
from bots.operator.health import Health
from bots.operator.reload import Point, Reload, Reloaded
from common import texts
from common.config import Config
from common.running.tasks import cancel
from request.kept.history import History
from request.runner import Runner

if TYPE_CHECKING:
    from bots.assembly.core import Core
    from bots.operator.metrics import Figures


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the configuration came from, so that it can be read again."""

    file: Path
    written: Config
    """What the file said at the start."""
    write_log: Callable[[Config], None]
    """Sets the log up as a configuration says."""
    hangup: asyncio.Event
    """Set by SIGHUP."""


@asynccontextmanager
async def open_desk(
    core: Core,
    runners: Sequence[Runner],
    *,
    figures: Figures | None,
    origin: Origin | None,
    point: Point,
) -> AsyncIterator[str]:
    """Answer the operator while the context is open; yields the pages' address, or ""."""
    config = core.live.current
    health = Health(core.services.database, runners, core.hordes, core.knowledge.library)
    async with AsyncExitStack() as stack:
        reload = None if origin is None else _reload(core, origin, point)

        async def reloaded() -> dict[str, Any]:
            told = Reloaded(problem=texts.say("reload.no_file")) if not reload else await reload()
            return {"ok": not told.problem, "sentences": told.sentences}

        async def take_up() -> dict[str, Any]:
            for runner in runners:
                if runner.lease is not None and runner.listening:  # not while it winds up
                    await runner.take_up(runner.lease)
            return {"ok": True}

        doings = {"reload": reloaded, "take-up": take_up, "health": health.report}
        await stack.enter_async_context(open_door(socket_of(config), doings))
        if origin is not None and reload is not None:
            listening = asyncio.create_task(_on_hangup(origin.hangup, reload), name="hangup")
            stack.push_async_callback(cancel, listening)
        url = ""
        if figures is not None:
            url = await stack.enter_async_context(_open_pages(core, health, figures))
        yield url


def _open_pages(core: Core, health: Health, figures: Figures) -> Any:
    from bots.operator.metrics import Gauges  # noqa: PLC0415  (only those who want it pay for it)
    from bots.operator.server import open_server  # noqa: PLC0415

    gauges = Gauges(figures, health, History(core.services.database))
    return open_server(core.live.current.operator, health.report, gauges.text)


def _reload(core: Core, origin: Origin, point: Point) -> Reload:
    return Reload(
        origin.file,
        origin.written,
        live=core.live,
        hordes=core.hordes,
        library=core.knowledge.library,
        previews=core.knowledge.previews,
        point=point,
        write_log=origin.write_log,
    )


async def _on_hangup(hangup: asyncio.Event, reload: Reload) -> None:
    while True:
        await hangup.wait()
        hangup.clear()
        await reload()
