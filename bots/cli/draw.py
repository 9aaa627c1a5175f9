"""`hordebots draw`: one request through the configured Horde, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CONFIG = Path("config.yaml")


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel="Draw, and see how")(draw)


def draw(
    text: Annotated[
        str, typer.Argument(help='What to draw, in quotes: "a castle style: watercolour --n 2".')
    ],
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("pictures"),
    config: Annotated[
        Path | None, typer.Option(help="Configuration; config.yaml if there is one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Tell as JSON.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the log.")] = False,
) -> None:
    """Make pictures with the configured Horde and write them to files.

    Exit code: 0 all pictures, 1 fewer, 2 refused.
    """
    import tempfile

    from bots.cli.drawing import ask
    from bots.cli.loop import run_until_stopped
    from bots.program import point_at_hub
    from common.config import Config, load
    from common.running import logs

    logs.configure(level="info" if verbose else "error")
    path = config or (CONFIG if CONFIG.exists() else None)
    settings = load(path) if path is not None else Config()
    with tempfile.TemporaryDirectory(prefix="hordebots-") as folder:
        own = point_at_hub(settings).model_copy(update={"data_dir": Path(folder), "database": None})
        raise typer.Exit(
            run_until_stopped(lambda stop: ask(own, text, out, as_json=as_json, stop=stop))
        )
