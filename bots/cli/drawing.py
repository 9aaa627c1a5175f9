"""Asking one thing from the command line and writing what comes."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from bots.program import open_core
from bots.terminal.adapter import TerminalAdapter
from common import texts
from common.config import Config
from common.errors import StartupError
from common.model import Ending, Outcome, Phase, Picture, Progress
from request.allowed.terms import Patience

PATIENCE = Patience(request=1800, unreachable=10, impossible=60, pause=1)
"""A person who waits at a terminal wants to know soon that nobody answers."""
WITHDRAWING = 3.0
"""Seconds after Ctrl-C in which the Horde is told that nobody waits any more."""
STOPPED = 130
EXIT_CODES = {
    Ending.DONE: 0,
    Ending.TOLD: 0,
    Ending.PARTIAL: 1,
    Ending.FAILED: 1,
    Ending.REFUSED: 2,
}
SUFFIXES = {"image/webp": "webp", "image/png": "png", "image/jpeg": "jpg"}


async def ask(config: Config, text: str, out: Path, *, as_json: bool, stop: asyncio.Event) -> int:
    """Ask for one thing, show how far it is, write the pictures; return the exit code.

    Raises StartupError if the folder `out` cannot be written.
    """
    check_folder(out)
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("asking", total=None)

        def show(progress: Progress) -> None:
            bar.update(
                task,
                description=_describe(progress),
                completed=progress.finished,
                total=progress.asked,
            )

        adapter = TerminalAdapter(text, show)
        async with open_core(config, patience=PATIENCE, lasting=False) as core:
            ended = asyncio.Event()
            serving = asyncio.create_task(core.runner(adapter).run(ended))
            waiting = [asyncio.create_task(event.wait()) for event in (stop, adapter.answered)]
            await asyncio.wait({serving, *waiting}, return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set() and not adapter.answered.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(adapter.withdraw(), WITHDRAWING)
            ended.set()
            for task_ in waiting:
                task_.cancel()
            await serving
    outcome = adapter.outcome
    if outcome is None:
        return STOPPED
    written = [write(picture, outcome, out) for picture in outcome.pictures]
    _tell(outcome, written, as_json=as_json)
    return EXIT_CODES[outcome.ending]


def check_folder(out: Path) -> None:
    """See that pictures can be written there, before any is made. Raises StartupError."""
    nearest = next(path for path in (out, *out.absolute().parents) if path.exists())
    if not nearest.is_dir():
        problem = texts.say("draw.a_file", file=nearest)
        raise StartupError("draw.folder", folder=out, problem=problem)
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise StartupError("draw.folder", folder=out, problem=os.strerror(errno.EACCES))


def write(picture: Picture, outcome: Outcome, out: Path) -> Path:
    """Copy a picture into the folder under a name that says what it is. Raises StartupError."""
    style = re.sub(r"[^a-z0-9]+", "-", picture.style.casefold()).strip("-") or "picture"
    suffix = SUFFIXES.get(picture.mime, "bin")
    path = out / f"{outcome.request}-{picture.number}-{style}.{suffix}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture.path, path)
    except OSError as error:
        raise StartupError("draw.folder", folder=out, problem=error.strerror) from error
    return path


def _tell(outcome: Outcome, written: list[Path], *, as_json: bool) -> None:
    if as_json:
        pictures = [
            {
                "file": str(path),
                "style": picture.style,
                "model": picture.model,
                "seed": picture.seed,
                "width": picture.width,
                "height": picture.height,
            }
            for path, picture in zip(written, outcome.pictures, strict=True)
        ]
        document = {
            "request": outcome.request,
            "ending": outcome.ending.value,
            "text": outcome.text,
            "notes": [{"code": note.code, "text": note.text} for note in outcome.notes],
            "suggestions": list(outcome.suggestions),
            "pictures": pictures,
        }
        typer.echo(json.dumps(document))
        return
    to_error = outcome.ending in {Ending.REFUSED, Ending.FAILED}
    for line in (outcome.text, *(note.text for note in outcome.notes)):
        typer.echo(line, err=to_error)
    if outcome.suggestions:
        suggested = ", ".join(outcome.suggestions)
        typer.echo(texts.say("draw.suggestions", names=suggested), err=to_error)
    for path in written:
        typer.echo(path)


def _describe(progress: Progress) -> str:
    if progress.note:
        return progress.note
    if progress.phase is Phase.WAITING and progress.position:
        return texts.say("draw.waiting", position=progress.position)
    return texts.say("draw.making", finished=progress.finished, asked=progress.asked)
