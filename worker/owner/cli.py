"""The commands `hordebots worker maintenance|info|join|invite`."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from common.config import Config

T = TypeVar("T")
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="The config.yaml with a `worker` section.")
]
NameOption = Annotated[str | None, typer.Option("--name", help="Its name on the Horde.")]


class Switch(StrEnum):
    """On or off."""

    ON = "on"
    OFF = "off"


def register(app: typer.Typer) -> None:
    """Add the commands to those of the worker."""
    for command in (maintenance, info, join, invite):
        app.command(command.__name__)(command)


def maintenance(
    switch: Annotated[Switch, typer.Argument(help="Whether it is to rest.")],
    config: ConfigOption = None,
    name: NameOption = None,
) -> None:
    """Have the Hordes give the worker no jobs but its owner's, or all again."""
    _change(config, name, maintenance=switch is Switch.ON)


def info(
    text: Annotated[str, typer.Argument(help="What everybody may read about it.")],
    config: ConfigOption = None,
    name: NameOption = None,
) -> None:
    """Set the note the Hordes show beside the worker's name."""
    _change(config, name, info=text)


def join(
    link: Annotated[str, typer.Argument(help="The line the operator has sent.")],
    config: Annotated[Path, typer.Option(help="File to write.")] = Path("worker.yaml"),
    name: NameOption = None,
    engine: Annotated[
        str | None, typer.Option(help="What makes the pictures: diffusers, comfyui; else the demo.")
    ] = None,
) -> None:
    """Take address and key of a Horde from one line, and write them into a file of settings."""
    from worker.owner.joining import join as write
    from worker.owner.joining import read_link

    def work() -> str:
        endpoint = read_link(link)
        given = {"name": name, "engine": engine}
        write(config, endpoint, {key: value for key, value in given.items() if value})
        return endpoint.url

    url = _or_sentence(work)
    typer.echo(f"{config} serves {url} now. Start it: hordebots worker --config {config}")


def invite(
    user: Annotated[str, typer.Argument(help="Name of a user of your hub, for the host.")],
    config: Annotated[Path, typer.Option(help="The hub's config.yaml.")] = Path("config.yaml"),
    url: Annotated[
        str | None, typer.Option(help="Address the host reaches the hub at, with its /api.")
    ] = None,
) -> None:
    """Print the line by which a host joins your hub. It holds the key: send it to nobody else."""
    from common.config import load

    settings = _or_sentence(lambda: load(config))
    link = _or_sentence(lambda: _invitation(settings, user, url))
    typer.echo(link)
    if url is None and settings.hub.public_url is None:
        from common import texts

        typer.echo(texts.say("worker.invited_here", host=settings.hub.host), err=True)


def _invitation(settings: Config, user: str, url: str | None) -> str:
    """Return the line for a user of the hub. Raises WorkerError that says what to write."""
    import secrets

    from common.config import WorkerEndpoint
    from common.errors import WorkerError
    from worker.owner.joining import make_link

    found = next((each for each in settings.hub.users if each.name == user), None)
    if found is None:
        line = f"- {{name: {user}, key: {secrets.token_urlsafe(24)}}}"
        raise WorkerError("worker.no_such_user", user=user, line=line)
    base = settings.hub.public_url or f"http://{settings.hub.host}:{settings.hub.port}"
    first = settings.worker.endpoints[0].priority_usernames
    endpoint = WorkerEndpoint(
        url=url or f"{base.rstrip('/')}/api", key=found.key, priority_usernames=first
    )
    return make_link(endpoint)


def _change(config: Path | None, name: str | None, **changes: bool | str) -> None:
    """Tell every Horde of the worker; what fails at one is said, and the others are told."""
    import asyncio

    from common.config import Config, load
    from common.errors import HordeError

    settings = _or_sentence(lambda: load(config) if config else Config()).worker

    async def tell() -> bool:
        from worker.horde.client import connect
        from worker.horde.upkeep import change

        well = True
        for endpoint in settings.endpoints:
            try:
                async with connect(endpoint.url, endpoint.key) as horde:
                    await change(horde, name or settings.name, **changes)  # type: ignore[arg-type]
                typer.echo(f"{endpoint.url} knows.")
            except HordeError as error:
                well = False
                typer.echo(f"{endpoint.url}: {error}", err=True)
        return well

    raise typer.Exit(0 if asyncio.run(tell()) else 1)


def _or_sentence(work: Callable[[], T]) -> T:
    """Return what the work returns; what fails is one sentence and exit code 1."""
    from common.errors import HordebotsError

    try:
        return work()
    except HordebotsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
