"""`hordebots reload`: the running program reads its configuration again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel="Run it")(reload)


def reload(
    config: Annotated[Path, typer.Option(help="The configuration.")] = Path("config.yaml"),
) -> None:
    """Have the running program read its configuration again, and tell what changes.

    Exit code: 0 read, 1 nothing has changed: a mistake in the file, or nothing runs.
    """
    import asyncio

    from bots.operator.control import ask, socket_of
    from common.config import load

    told = asyncio.run(ask(socket_of(load(config, keyless=True)), "reload"))
    for sentence in told["sentences"]:
        typer.echo(sentence, err=not told["ok"])
    raise typer.Exit(0 if told["ok"] else 1)
