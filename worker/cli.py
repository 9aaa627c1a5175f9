"""The command `hordebots worker`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.stock import cli as stock_cli

if TYPE_CHECKING:
    import asyncio

    from common.config import Config


def register(app: typer.Typer) -> None:
    """Add this room's command to the program."""
    group = typer.Typer(invoke_without_command=True)
    group.callback()(worker)
    stock_cli.register(group)
    app.add_typer(group, name="worker", rich_help_panel="Use it")


def worker(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="The config.yaml with a `worker` section.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Its name on the Horde.")] = None,
    url: Annotated[
        str | None, typer.Option(help="The Horde it works for, without the /v2.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(envvar="HORDEBOTS_WORKER_KEY", help="API key of its owner there."),
    ] = None,
    engine: Annotated[str | None, typer.Option(help="What makes the pictures.")] = None,
    models: Annotated[Path | None, typer.Option(help="Folder with the models.")] = None,
    device: Annotated[
        str | None, typer.Option(help="What computes: auto, cuda:0, mps, cpu; several with commas.")
    ] = None,
    max_pixels: Annotated[
        int | None, typer.Option(help="Largest width × height; else what the engine can.")
    ] = None,
    sections: Annotated[
        str | None,
        typer.Option(
            "--settings", envvar="HORDEBOTS_WORKER_SETTINGS", hidden=True, help="Sections as JSON."
        ),
    ] = None,
    exit_with_parent: Annotated[
        bool, typer.Option("--exit-with-parent", help="End when standard input does.")
    ] = False,
) -> None:
    """Make pictures for a Horde until stopped (Ctrl-C finishes the running one)."""
    if context.invoked_subcommand is not None:
        return
    import asyncio
    import time

    from common.errors import HordebotsError

    started = time.time()
    try:
        settings = _settings(
            config,
            sections,
            name=name,
            url=url,
            key=key,
            engine=engine,
            models=models,
            device=device,
            max_pixels=max_pixels,
        )
        asyncio.run(_serve(settings, exit_with_parent=exit_with_parent, started=started))
    except HordebotsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    except asyncio.CancelledError as error:
        raise typer.Exit(130) from error


def _settings(
    file: Path | None, sections: str | None, **options: str | int | Path | None
) -> Config:
    """Return the file's settings, with what the command line says of the worker instead.

    Raises ConfigError.
    """
    from common.config import Config, load, parse

    config = load(file) if file else _parsed(sections) if sections else Config()
    given = {option: value for option, value in options.items() if value is not None}
    document = {**config.worker.model_dump(), **given}
    worker = parse({"worker": document}, file="the command line").worker
    return config.model_copy(update={"worker": worker})


def _parsed(sections: str) -> Config:
    """Return the settings a program hands on to the worker it starts. Raises ConfigError."""
    import json

    from common.config import parse
    from common.errors import ConfigError

    source = "HORDEBOTS_WORKER_SETTINGS"
    try:
        document = json.loads(sections)
    except ValueError as error:
        raise ConfigError("config.invalid", file=source, problem=str(error)) from error
    return parse(document, file=source)


async def _serve(settings: Config, *, exit_with_parent: bool, started: float) -> None:
    """Run the worker until a signal, or the end of the parent, and tell what it does."""
    import asyncio
    from datetime import datetime

    from rich.console import Console

    from worker.console import Teller
    from worker.parent import watch_parent
    from worker.process import run

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if exit_with_parent:
        watch_parent(lambda: loop.call_soon_threadsafe(stop.set))
    _stop_on_signals(stop)

    def now() -> str:
        return f"{datetime.now().astimezone():%H:%M:%S}"

    with Teller(Console(soft_wrap=True), now) as teller:
        await run(settings.worker, settings.civitai, stop=stop, report=teller.tell, started=started)


def _stop_on_signals(stop: asyncio.Event) -> None:
    """Let the first Ctrl-C (or SIGTERM) finish what is running, and the second end it."""
    import asyncio
    import signal

    running = asyncio.current_task()

    def on_signal() -> None:
        if stop.is_set() and running is not None:
            running.cancel()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)
