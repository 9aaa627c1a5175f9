"""`hordebots run`: everything that config.yaml enables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel="Use it")(run)


def run(
    config: Annotated[Path, typer.Option(help="The configuration.")] = Path("config.yaml"),
    log_json: Annotated[bool, typer.Option("--log-json", help="Write the log as JSON.")] = False,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
) -> None:
    """Serve the accounts, pages, hub and worker that config.yaml names under `run`."""
    from bots.cli.loop import run_until_stopped
    from bots.program import run as serve
    from common import logs
    from common.config import load

    settings = load(config)
    logs.configure(level=log_level, as_json=log_json)

    def announce(what: str, where: str) -> None:
        typer.echo(where if what == "note" else f"{what}: {where or 'connected'}", err=True)

    run_until_stopped(lambda stop: serve(settings, stop, announce=announce))
