"""The command `hordebots worker`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.owner import cli as owner_cli
from worker.stock import cli as stock_cli

if TYPE_CHECKING:
    from common.config import Config


def register(app: typer.Typer) -> None:
    """Add this room's command to the program."""
    group = typer.Typer(invoke_without_command=True)
    group.callback()(worker)
    stock_cli.register(group)
    owner_cli.register(group)
    app.add_typer(group, name="worker", rich_help_panel="Run it")


def worker(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(help="A file with a `worker` section, as `worker join` writes it."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Its name on the Horde.")] = None,
    url: Annotated[
        str | None, typer.Option(help="The Horde it works for, without the /v2.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(envvar="HORDEBOTS_WORKER_KEY", help="API key of its owner there."),
    ] = None,
    engine: Annotated[
        str | None, typer.Option(help="What makes the pictures: demo, diffusers, comfyui.")
    ] = None,
    models: Annotated[
        Path | None, typer.Option(help="Folder with the models; else models.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="What computes: auto, cuda:0, mps, cpu; several with commas.")
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Lines only, no live panel.")] = False,
    status: Annotated[
        str | None,
        typer.Option(metavar="[HOST:]PORT", help="Where /status and /metrics are to answer."),
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
    """Make pictures for a Horde until stopped (Ctrl-C finishes what was taken on)."""
    if context.invoked_subcommand is not None:
        return
    import asyncio
    import time

    from common.errors import HordebotsError

    started = time.time()
    given = {"name": name, "url": url, "key": key, "engine": engine, "device": device}
    try:
        settings = _settings(config, sections, models=models, **given)
        work = _serve(settings, plain=plain, status=status, started=started, bound=exit_with_parent)
        asyncio.run(work)
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
    document = config.worker.model_dump()
    if "models" in given:
        document["models"]["folder"] = given.pop("models")
    document |= given
    named = {option: document.pop(option) for option in ("url", "key") if option in document}
    document["endpoints"] = [{**document["endpoints"][0], **named}, *document["endpoints"][1:]]
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


async def _serve(
    settings: Config, *, plain: bool, status: str | None, started: float, bound: bool
) -> None:
    """Run the worker until a signal (if `bound`, or the end of its parent); tell what it does."""
    import asyncio
    from contextlib import AsyncExitStack
    from datetime import datetime

    from rich.console import Console

    from common import texts
    from worker.events import Notice
    from worker.process import run
    from worker.status.console import Teller
    from worker.status.pages import serving
    from worker.status.standing import Standing
    from worker.system.cards import CardWatch
    from worker.system.parent import watch_parent
    from worker.system.signals import stop_on_signals

    stop, drain = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def end_soon() -> None:
        stop.set()
        drain.set()

    if bound:
        watch_parent(lambda: loop.call_soon_threadsafe(end_soon))

    def now() -> str:
        return f"{datetime.now().astimezone():%H:%M:%S}"

    standing, watch = Standing(), CardWatch()
    console = Console(soft_wrap=True)

    async with AsyncExitStack() as stack:
        watching = asyncio.create_task(watch.watch())
        stack.callback(watching.cancel)
        if status is not None:
            await stack.enter_async_context(serving(status, standing, lambda: watch.cards))
        teller = stack.enter_context(
            Teller(console, now, plain=plain, standing=standing, cards=lambda: watch.cards)
        )
        stop_on_signals(stop, drain, lambda: teller.tell(Notice(texts.say("worker.draining"))))
        await run(
            settings.worker,
            settings.civitai,
            settings.reference,
            stop=stop,
            drain=drain,
            report=teller.tell,
            started=started,
        )
