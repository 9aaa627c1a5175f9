"""`hordebots hub`: the embedded Horde alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel="Run it")(hub)


def hub(
    config: Annotated[
        Path, typer.Option(help="The configuration; its `hub` section counts.")
    ] = Path("config.yaml"),
    log_level: Annotated[
        str | None,
        typer.Option(help="debug, info, warning or error; else as config.yaml says."),
    ] = None,
) -> None:
    """Run a Horde of your own, which bots and workers on any machine can join with a key."""
    import asyncio

    from common import texts
    from common.config import Config, load
    from common.running import logs
    from common.settings.secrecy import secrets_of

    settings: Config = load(config)
    logs.configure(
        level=log_level or settings.log.level,
        as_json=settings.log.format == "json",
        secrets=secrets_of(settings),
    )
    if not settings.hub.users and not settings.hub.anonymous:
        typer.echo(texts.say("hub_cli.no_users", file=config), err=True)
    asyncio.run(_serve(settings))


async def _serve(settings: object) -> None:
    from common.config import Config
    from common.running.signals import stop_on_signals
    from hub.server import start

    assert isinstance(settings, Config)
    stop = stop_on_signals()
    running = await start(settings.hub, settings.data_dir)
    try:
        typer.echo(f"hub: {running.url}", err=True)
        await stop.wait()
    finally:
        await running.close()
