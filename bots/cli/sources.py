"""`hordebots styles check` and `sync`: the places styles come from, looked over and asked anew."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bots.cli.settings import ConfigOption, JsonOption, read_settings

if TYPE_CHECKING:
    from common.config import Config
    from styles.lists.fields import Fault
    from styles.lists.library import SourceState
    from styles.lists.parsing import Style
    from styles.lists.stylelist import StyleList


def register(group: typer.Typer) -> None:
    """Add the commands to the group."""
    group.command("check")(check_sources)
    group.command("sync")(sync_sources)


def check_sources(
    source: Annotated[
        str | None, typer.Argument(help="Folder or address of a list; left out: all of yours.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read stylelists now and name every fault.

    Exit code: 0 without fault, 1 with, or if a list cannot be read.
    """
    import asyncio

    from bots.cli.console import open_console
    from common import texts
    from common.running import logs
    from styles.lists.library import StyleLibrary

    logs.configure(level="error")
    settings = read_settings(config)
    cache = None if source else settings.data_dir / "styles"
    library = StyleLibrary([source] if source else settings.styles.sources, cache=cache)
    asyncio.run(library.refresh())
    current = library.current
    good = not current.faults and not any(map(_problem, library.sources))
    if as_json:
        typer.echo(json.dumps(_report(library.sources, current)))
        raise typer.Exit(0 if good else 1)
    console = open_console()
    for state in library.sources:
        for line in _condition(state):
            console.print(line, soft_wrap=True)
    for fault in current.faults:
        console.print(_fault(fault), soft_wrap=True)
    values = {"styles": len(current.styles), "categories": len(current.categories)}
    console.print(texts.say("style_list.count", **values))
    raise typer.Exit(0 if good else 1)


def _report(sources: Sequence[SourceState], current: StyleList) -> dict[str, Any]:
    return {
        "sources": [
            {"source": state.source, "problem": _problem(state), "good_at": state.good_at}
            for state in sources
        ],
        "faults": [
            {
                "source": fault.source,
                "file": fault.file,
                "entry": fault.entry,
                "field": fault.field,
                "problem": fault.problem,
                "left_out": fault.left_out,
            }
            for fault in current.faults
        ],
        "styles": len(current.styles),
        "categories": len(current.categories),
    }


def _problem(state: SourceState) -> str:
    """Return why a source could not be read; "" if it could."""
    from common import texts

    never = "" if state.good_at is not None else texts.say("style_list.never")
    return state.problem or never


def _condition(state: SourceState) -> Iterator[str]:
    """Yield how a source is doing, in a line or two."""
    from bots.cli.console import plain
    from common import texts

    since = "" if state.good_at is None else texts.ago(time.time() - state.good_at)
    problem = _problem(state)
    if not problem:
        yield plain(texts.say("style_list.good", source=state.source, age=since))
        return
    yield plain(texts.say("style_list.failed", source=state.source, problem=problem))
    if since:
        yield f"      {texts.say('style_list.kept', age=since)}"


def _fault(fault: Fault) -> str:
    from bots.cli.console import plain
    from common import texts

    return plain(texts.say("style_list.fault", fault=fault))


def sync_sources(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Fetch the stylelists at addresses anew and tell what came.

    Exit code: 0 all came, 1 one did not.
    """
    import asyncio

    from bots.cli.console import open_console
    from common import texts
    from common.running import logs
    from styles.lists.library import REMOTE

    logs.configure(level="error")
    settings = read_settings(config)
    sources = settings.styles.sources
    addresses = [name for name in sources if name.casefold().startswith(REMOTE)]
    synced = asyncio.run(_sync(addresses, settings)) if addresses else []
    failed = any(_problem(state) for _before, state in synced)
    if as_json:
        typer.echo(json.dumps([_synced(before, state) for before, state in synced]))
        raise typer.Exit(1 if failed else 0)
    console = open_console()
    if not addresses:
        console.print(texts.say("style_list.nothing_to_sync"), soft_wrap=True)
        return
    for before, state in synced:
        for line in _condition(state) if _problem(state) else [_difference(before, state)]:
            console.print(line, soft_wrap=True)
        for fault in state.faults:
            console.print(_fault(fault), soft_wrap=True)
    raise typer.Exit(1 if failed else 0)


async def _sync(
    addresses: Sequence[str], settings: Config
) -> list[tuple[Mapping[str, Style], SourceState]]:
    """Fetch lists; return the styles each had before, and how it is now. Raises StartupError."""
    from bots.program import prepare_folder
    from common.errors import StyleListError
    from styles.lists.library import StyleLibrary, read_offline

    cache = prepare_folder(settings.data_dir) / "styles"
    before: list[Mapping[str, Style]] = []
    for address in addresses:
        try:
            before.append((await read_offline([address], cache=cache)).styles)
        except StyleListError:  # no copy yet
            before.append({})
    library = StyleLibrary(addresses, cache=cache)
    await library.refresh()
    return list(zip(before, library.sources, strict=True))


def _difference(before: Mapping[str, Style], state: SourceState) -> str:
    from bots.cli.console import plain
    from common import texts

    return plain(texts.say("style_list.synced", **_synced(before, state)))


def _synced(before: Mapping[str, Style], state: SourceState) -> dict[str, Any]:
    """Return what a list at an address has become."""
    now = state.stylelist.styles
    kept = before.keys() & now.keys()
    return {
        "source": state.source,
        "problem": _problem(state),
        "good_at": state.good_at,
        "styles": len(now),
        "new": len(now.keys() - before.keys()),
        "changed": sum(before[name] != now[name] for name in kept),
        "removed": len(before.keys() - now.keys()),
        "faults": len(state.faults),
    }
