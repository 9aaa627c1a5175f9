"""Making the pictures of a preview: each style on each subject, some at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bots.assembly.core import Core
from bots.cli.drawing import PATIENCE, STOPPED, SUFFIXES, WITHDRAWING
from bots.program import open_core
from bots.shared.sheet import Cell, contact_sheet
from bots.terminal.asking import AskingAdapter
from common import texts
from common.config import Config
from common.errors import StartupError
from common.model import Outcome
from common.running.tasks import cancel
from styles.lists.previews import SUBJECTS, keep, plain_name

AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class _Wish:
    """One cell of the sheet."""

    row: int
    column: int
    text: str

    @property
    def person(self) -> str:
        return f"{self.row}-{self.column}"


async def render(
    config: Config,
    styles: Sequence[str],
    sheet: Path,
    kept: Path | None = None,
    *,
    stop: asyncio.Event,
    as_json: bool = False,
) -> int:
    """Make all pictures, write them beside the sheet, then the sheet; return the exit code.

    They are put into the folder `kept`, too, for people who look at the styles. Where the sheet
    lies is told, `as_json` with every picture. Raises StartupError if a folder cannot be written.
    """
    wishes = [
        _Wish(row, column, f"{subject.text} --n 1 --seed {subject.seed} style: {style}")
        for row, style in enumerate(styles)
        for column, subject in enumerate(SUBJECTS)
    ]
    cells: dict[tuple[int, int], Cell] = {}
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(
        *columns,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task(texts.say("preview.making"), total=len(wishes))

        def came(wish: _Wish, outcome: Outcome) -> None:
            style = styles[wish.row]
            cells[wish.row, wish.column] = _kept(wish, style, outcome, sheet.parent)
            bar.advance(task)

        async with open_core(config, patience=PATIENCE) as core:
            if not await _make(core, wishes, came, stop):
                return STOPPED
    table = [[cells[row, column] for column in range(len(SUBJECTS))] for row in range(len(styles))]
    labels = [subject.text for subject in SUBJECTS]
    content = await asyncio.to_thread(contact_sheet, styles, labels, table)
    _write(sheet, content)
    if kept is not None:
        _keep(kept, styles, table)
    tell = _tell_json if as_json else _tell
    return tell(styles, table, sheet)


async def _make(
    core: Core, wishes: Sequence[_Wish], came: Callable[[_Wish, Outcome], None], stop: asyncio.Event
) -> bool:
    """Ask for everything, some at a time; return whether it went on to the end."""
    adapter = AskingAdapter()
    turn = asyncio.Semaphore(AT_ONCE)
    asked: dict[_Wish, None] = {}

    async def make(wish: _Wish) -> None:
        async with turn:
            asked[wish] = None
            came(wish, await adapter.ask(wish.text, person=wish.person))
            del asked[wish]

    async def make_all() -> None:
        await asyncio.gather(*map(make, wishes))

    ended = asyncio.Event()
    serving = asyncio.create_task(core.runner(adapter).run(ended))
    making = asyncio.create_task(make_all())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({making, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if making.done():
            making.result()
            return True
        await cancel(making)
        await _withdraw(adapter, tuple(asked))
        return False
    finally:
        ended.set()
        await cancel(stopping)
        await serving


async def _withdraw(adapter: AskingAdapter, wishes: Sequence[_Wish]) -> None:
    """Tell the Horde that nobody waits any more, if there is time for it."""
    cancels = (adapter.ask("cancel", person=wish.person, verb_optional=False) for wish in wishes)
    with suppress(TimeoutError):
        async with asyncio.timeout(WITHDRAWING):
            await asyncio.gather(*cancels)


def _kept(wish: _Wish, style: str, outcome: Outcome, folder: Path) -> Cell:
    """Write a picture into the folder; return it, or why there is none."""
    if not outcome.pictures:
        return Cell(reason=outcome.text)
    picture = outcome.pictures[0]
    name = plain_name(style)
    suffix = SUFFIXES.get(picture.mime, "bin")
    content = picture.path.read_bytes()
    file = f"{wish.row + 1:03}-{name}-{wish.column + 1}.{suffix}"
    _write(folder / file, content)
    return Cell(content, file=file)


def _keep(folder: Path, styles: Sequence[str], table: Sequence[Sequence[Cell]]) -> None:
    made = {
        style: {
            subject.kind: cell.picture
            for subject, cell in zip(SUBJECTS, row, strict=True)
            if cell.picture
        }
        for style, row in zip(styles, table, strict=True)
    }
    try:
        keep(folder, made)
    except OSError as error:
        raise StartupError("draw.folder", folder=folder, problem=error.strerror) from error


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise StartupError("draw.folder", folder=path.parent, problem=error.strerror) from error


def _tell_json(styles: Sequence[str], table: Sequence[Sequence[Cell]], sheet: Path) -> int:
    """Print where the sheet and the pictures lie, as JSON; return the exit code."""
    pictures = [
        {
            "style": style,
            "subject": subject.text,
            "seed": subject.seed,
            "file": str(sheet.parent / cell.file) if cell.file else None,
            "reason": cell.reason,
        }
        for style, row in zip(styles, table, strict=True)
        for subject, cell in zip(SUBJECTS, row, strict=True)
    ]
    typer.echo(json.dumps({"sheet": str(sheet), "pictures": pictures}))
    return 0 if all(picture["file"] for picture in pictures) else 1


def _tell(styles: Sequence[str], table: Sequence[Sequence[Cell]], sheet: Path) -> int:
    """Say what is missing and where the sheet lies; return the exit code."""
    missing = 0
    for style, row in zip(styles, table, strict=True):
        for subject, cell in zip(SUBJECTS, row, strict=True):
            if cell.picture is None:
                missing += 1
                values = {"style": style, "subject": subject.text, "reason": cell.reason}
                typer.echo(texts.say("preview.missing", **values), err=True)
    typer.echo(sheet)
    return 1 if missing else 0
