"""`hordebots`: joins the commands of all rooms, and puts start-up failures into one sentence."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from bots.cli import (
    check,
    demo,
    draw,
    events,
    init,
    loras,
    people,
    reload,
    requests,
    resolve,
    run,
    styles,
)
from common.errors import HordebotsError
from hub import cli as hub_cli
from worker import cli as worker_cli

app = typer.Typer(
    name="hordebots",
    help="Chat bots that let a community make AI images where it already talks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    epilog="To try it: hordebots demo. For a community: hordebots init, then check, then run.",
)

ROOMS = (
    *(demo, init, check, run, reload, hub_cli, worker_cli),
    *(draw, resolve, styles, loras, requests, people, events),
)
"""In the order in which `--help` shows them."""
for room in ROOMS:
    room.register(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"hordebots {version('hordebots')}")
        raise typer.Exit


@app.callback()
def hordebots(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Chat bots that let a community make AI images where it already talks."""


def main() -> None:
    """Run the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows few letters
    try:
        app()
    except HordebotsError as error:
        print(f"hordebots: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:  # nobody reads any more, or the disk is full
        sys.stdout = None  # else Python tries to write the rest
        print(f"hordebots: {error.strerror or error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
