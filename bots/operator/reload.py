"""Reading the configuration again while everything runs: what may change changes, the rest waits.

All or nothing: a file with a mistake, or a stylelist without a style, changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from pydantic import BaseModel

from bots.assembly.endpoints import LiveHordes
from bots.assembly.live import LiveConfig
from common import texts
from common.config import Config, load
from common.errors import HordebotsError
from styles.lists.library import StyleLibrary
from styles.lists.previews import Previews

log = structlog.get_logger()

LIVE = frozenset(
    {
        "civitai.max_megabytes",
        "civitai.unchecked",
        "communities",
        "defaults",
        "events",
        "horde",
        "keep_days",
        "log",
        "showcase",
        "styles",
    }
)
"""Settings that change while we run, by name or by section; all others need a restart."""

Point = Callable[[Config], Config]
"""Fills the address of the hub in where a configuration says `hub`."""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What came of a reload."""

    problem: str = ""
    """Why nothing has changed; "" if all went well."""
    changed: tuple[str, ...] = ()
    """Settings that hold from now on."""
    waiting: tuple[str, ...] = ()
    """Settings that hold from the next start on."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to tell the operator."""
        if self.problem:
            return (texts.say("reload.nothing", problem=self.problem),)
        told = []
        if self.changed:
            told.append(texts.say("reload.changed", settings=", ".join(self.changed)))
        if self.waiting:
            told.append(texts.say("reload.waiting", settings=", ".join(self.waiting)))
        return tuple(told) or (texts.say("reload.same"),)


class Reload:
    """Reads the file again and changes what can be changed."""

    def __init__(
        self,
        file: Path,
        written: Config,
        *,
        live: LiveConfig,
        hordes: LiveHordes,
        library: StyleLibrary,
        previews: Previews,
        point: Point,
        write_log: Callable[[Config], None],
    ) -> None:
        """Take the file, what it said at the start, and what a change of it reaches."""
        self._file = file
        self._written = written
        self._live = live
        self._hordes = hordes
        self._library = library
        self._previews = previews
        self._point = point
        self._write_log = write_log
        self._turn = asyncio.Lock()

    async def __call__(self) -> Reloaded:
        """Read the file again. Raises nothing: what went wrong is in what it returns."""
        async with self._turn:
            try:
                told = await self._reload()
            except HordebotsError as error:
                told = Reloaded(problem=str(error))
                log.warning("not_reloaded", problem=told.problem)
            else:
                log.info("reloaded", changed=told.changed, after_restart=told.waiting)
            return told

    async def _reload(self) -> Reloaded:
        """Change what differs. Raises ConfigError or StyleListError before anything has changed."""
        read = await asyncio.to_thread(load, self._file)
        names = tuple(differences(self._written, read))
        now = self._live.current
        effective = self._point(merged(now, read))
        if effective.styles.sources != now.styles.sources:
            await self._library.use(effective.styles.sources)
        if effective.styles.previews != now.styles.previews:
            self._previews.use(effective.styles.previews)
            await self._previews.refresh()
        if effective.horde != now.horde:
            await self._hordes.configure(effective.horde.endpoints)
        self._live.current = effective
        self._written = merged(self._written, read)
        self._write_log(effective)
        changed = tuple(name for name in names if _is_live(name))
        return Reloaded(changed=changed, waiting=tuple(sorted({*names} - {*changed})))


def differences(one: BaseModel, other: BaseModel, path: str = "") -> Iterator[str]:
    """Yield the names of the settings in which two configurations differ, like `web.port`."""
    for name in type(one).model_fields:
        before, after = getattr(one, name), getattr(other, name)
        if before == after:
            continue
        if isinstance(before, BaseModel) and isinstance(after, BaseModel):
            yield from differences(before, after, f"{path}{name}.")
        else:
            yield f"{path}{name}"


def merged(running: Config, read: Config) -> Config:
    """Return the running configuration with those settings of another that may change."""
    changes: dict[str, Any] = {}
    for setting in LIVE:
        section, _, name = setting.partition(".")
        value = getattr(read, section)
        if name:
            kept = changes.get(section, getattr(running, section))
            value = kept.model_copy(update={name: getattr(value, name)})
        changes[section] = value
    return running.model_copy(update=changes)


def _is_live(name: str) -> bool:
    return name in LIVE or name.partition(".")[0] in LIVE
