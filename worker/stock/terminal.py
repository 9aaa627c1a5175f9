"""What the commands about models have in common: their options, settings, sentences, bars."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

    from common.config import Config

T = TypeVar("T")
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="The config.yaml with a `worker` section.")
]
FolderOption = Annotated[Path | None, typer.Option("--models", help="Folder with the models.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Tell as JSON.")]


def settings_of(file: Path | None, folder: Path | None) -> Config:
    """Return the settings of a file, with another folder of models if one is named."""
    from common.config import Config, load

    config = or_sentence(lambda: load(file) if file else Config())
    if folder is None:
        return config
    models = config.worker.models.model_copy(update={"folder": folder})
    worker = config.worker.model_copy(update={"models": models})
    return config.model_copy(update={"worker": worker})


def or_sentence(work: Callable[[], T]) -> T:
    """Return what the work returns; what fails is one sentence and exit code 1."""
    from common.errors import HordebotsError

    try:
        return work()
    except HordebotsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def progress_bar(*, quiet: bool) -> Progress:
    """Return a bar for files that come; none where nobody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.progress import TransferSpeedColumn as Speed

    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        Speed(),
        TimeRemainingColumn(),
        console=console,
        disable=quiet or not console.is_terminal,
    )
