"""`hordebots run`: everything that config.yaml enables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel="Run it")(run)


def run(
    config: Annotated[Path, typer.Option(help="The configuration.")] = Path("config.yaml"),
    log_format: Annotated[
        Literal["console", "json"] | None,
        typer.Option(help="Lines for people, or JSON; else as config.yaml says."),
    ] = None,
    log_level: Annotated[
        str | None,
        typer.Option(help="debug, info, warning or error; else as config.yaml says."),
    ] = None,
) -> None:
    """Serve the accounts, pages, hub and worker that config.yaml names under `run`."""
    import asyncio

    from bots.cli.loop import run_until_stopped
    from bots.operator.desk import Origin
    from bots.program import run as serve
    from common.config import Config, load
    from common.running import logs
    from common.running.signals import reload_on_signal
    from common.settings.secrecy import secrets_of

    settings = load(config)

    def write_log(settings: Config) -> None:
        logs.configure(
            level=log_level or settings.log.level,
            as_json=(log_format or settings.log.format) == "json",
            secrets=secrets_of(settings),
        )

    write_log(settings)

    def announce(what: str, where: str) -> None:
        typer.echo(where if what == "note" else f"{what}: {where or 'connected'}", err=True)

    async def main(stop: asyncio.Event) -> None:
        origin = Origin(config, settings, write_log, reload_on_signal())
        await serve(settings, stop, announce=announce, origin=origin)

    run_until_stopped(main)
