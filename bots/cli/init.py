"""`hordebots init`: a short wizard that writes config.yaml."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

PUBLIC_HORDE = "https://aihorde.net/api"
PORTS = 65536


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel="Set it up")(init)


def init(
    config: Annotated[Path, typer.Option(help="File to write.")] = Path("config.yaml"),
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there.")
    ] = False,
) -> None:
    """Ask a few questions and write config.yaml, readable by you alone."""
    from common import texts
    from common.config import load

    if config.exists() and not force:
        typer.echo(texts.say("init.exists", file=config), err=True)
        raise typer.Exit(1)
    own = typer.confirm(texts.say("init.ask_hub"), default=False)
    key = ""
    if not own:
        key = typer.prompt(texts.say("init.ask_key"), default="0000000000", hide_input=True)
    port = typer.prompt(texts.say("init.ask_port"), default="8765", value_proc=read_port)
    _write(config, compose(own_hub=own, key=key, port=port))
    load(config)
    typer.echo(texts.say("init.written_hub" if own else "init.written", file=config))


def read_port(text: str) -> int:
    """Return the port somebody typed. Raises typer.BadParameter, and is then asked again."""
    from common import texts

    if text.isascii() and text.isdigit() and 0 < int(text) < PORTS:
        return int(text)
    raise typer.BadParameter(texts.say("init.bad_port", text=text))


def compose(*, own_hub: bool, key: str, port: int) -> str:
    """Return the text of a configuration."""
    import yaml

    document: dict[str, object] = {"data_dir": "data", "run": ["web"], "web": {"port": port}}
    if own_hub:
        bot_key, worker_key = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        document |= {
            "run": ["hub", "web"],
            "horde": {
                "endpoints": [{"name": "hub", "url": "hub", "key": bot_key, "webhook": "loopback"}]
            },
            "hub": {
                "users": [{"name": "bot", "key": bot_key}, {"name": "worker", "key": worker_key}]
            },
        }
    else:
        document["horde"] = {"endpoints": [{"name": "aihorde", "url": PUBLIC_HORDE, "key": key}]}
    header = "# Written by `hordebots init`. All settings: config.example.yaml\n"
    return header + yaml.safe_dump(document, sort_keys=False)


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner can read, since it holds keys. Raises StartupError."""
    from common.errors import StartupError

    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            if sys.platform != "win32":
                os.fchmod(descriptor, 0o600)  # one that was there keeps its mode otherwise
            file.write(text)
    except OSError as error:
        raise StartupError("init.unwritable", file=path, problem=error.strerror) from error
