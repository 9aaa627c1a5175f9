"""`hordebots demo`: all of it in one go on this machine, without account, GPU or internet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel="Try it")(demo)


def demo(
    once: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Ask this, write the pictures, and end.")
    ] = None,
    out: Annotated[Path, typer.Option(help="With --once: folder for the pictures.")] = Path(
        "pictures"
    ),
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="Port of the page; else that of the last run, or the next free one from 8765 on.",
        ),
    ] = None,
    data: Annotated[
        Path, typer.Option(help="Folder the demo keeps its chat and pictures in.")
    ] = Path("data/demo"),
    as_json: Annotated[bool, typer.Option("--json", help="With --once: tell as JSON.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the log.")] = False,
) -> None:
    """Open a chat room in the browser whose bot draws with a small model of its own."""
    from common.running import logs

    logs.configure(level="info" if verbose else "error")
    if once is not None:
        raise typer.Exit(_once(once, out, as_json=as_json))
    _serve(data, port)


def _serve(data: Path, port: int | None) -> None:
    from bots.cli.loop import run_until_stopped
    from bots.demo import alone, choose_port, demo_config
    from bots.program import prepare_folder, run
    from worker.demo_model.phrasebook import knows

    folder = prepare_folder(data.absolute())
    with alone(folder):
        chosen = choose_port(folder, port)
        config = demo_config(folder, port=chosen, parts=("hub", "worker", "web"))
        run_until_stopped(lambda stop: run(config, stop, about=knows, announce=_announce))


def _announce(what: str, where: str) -> None:
    if what == "web":
        typer.echo(f"\n  hordebots is running. Open {where}\n  (Ctrl-C ends it.)\n")
    elif what == "note":
        typer.echo(f"  {where}", err=True)


def _once(text: str, out: Path, *, as_json: bool) -> int:
    """Ask one thing of a demo of its own, in a temporary folder."""
    import asyncio
    import tempfile

    from bots.cli.drawing import ask
    from bots.cli.loop import run_until_stopped
    from bots.demo import demo_config
    from bots.program import run_parts

    async def main(stop: asyncio.Event) -> int:
        with tempfile.TemporaryDirectory(prefix="hordebots-") as folder:
            config = demo_config(Path(folder), port=0, parts=("hub", "worker"))
            async with run_parts(config) as pointed:
                return await ask(pointed, text, out, as_json=as_json, stop=stop)

    return run_until_stopped(main)
