"""`hordebots requests`: what was asked, the whole life of one request, and putting one back."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from bots.cli.settings import WRONG, ConfigOption, JsonOption, read_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from common.config import Config
    from common.database import Database
    from request.kept.history import Life, Wish

RequestId = Annotated[
    str, typer.Argument(metavar="ID", help="Short id of the request, as in its answer.")
]
WordsOption = Annotated[
    bool, typer.Option("--private", help="Show the words of private requests too.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(no_args_is_help=True, help="Look up requests, and put one back.")
    group.command("list")(list_requests)
    group.command("show")(show)
    group.command("retry")(retry)
    app.add_typer(group, name="requests", rich_help_panel="Look after it")


def list_requests(
    account: Annotated[str | None, typer.Option(help="Of this account of the bot.")] = None,
    state: Annotated[
        list[str] | None, typer.Option(help="In this state; may be given several times.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Not older: 30m, 6h, 2d, or a date like 2026-01-31.")
    ] = None,
    person: Annotated[str | None, typer.Option(help="Of the person of this id.")] = None,
    most: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    private: WordsOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show requests, the newest first."""
    import asyncio
    import time

    from bots.cli import lives
    from request.kept.history import Wish

    wish = Wish(
        account=account,
        states=lives.states(state or []),
        person=person,
        since=lives.moment(since, now=time.time()) if since else None,
        most=most,
    )
    found = asyncio.run(_find(read_settings(config, keyless=True), wish))
    if as_json:
        typer.echo(json.dumps([lives.line(life, words=private) for life in found]))
    else:
        lives.print_list(found, words=private)


def show(
    request_id: RequestId,
    private: WordsOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show all that became of a request: what was heard, read, sent, made, posted.

    Exit code: 2 there is no such request.
    """
    import asyncio

    from bots.cli import lives
    from common import texts

    life = asyncio.run(_life(read_settings(config, keyless=True), request_id))
    if life is None:
        typer.echo(texts.say("retry.unknown", request=request_id), err=True)
        raise typer.Exit(WRONG)
    if as_json:
        typer.echo(json.dumps(lives.document(life, words=private)))
    else:
        lives.print_life(life, words=private)


def retry(request_id: RequestId, config: ConfigOption = None) -> None:
    """Put a failed, refused or expired request back, to be answered by the running program.

    Exit code: 2 it cannot be put back, and why.
    """
    import asyncio

    from common import texts
    from common.errors import Refusal

    try:
        state = asyncio.run(_put_back(read_settings(config, keyless=True), request_id))
    except Refusal as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(WRONG) from refusal
    typer.echo(texts.say(f"retry.{state}", request=request_id))


@asynccontextmanager
async def _opened(config: Config) -> AsyncIterator[Database]:
    from bots.program import prepare_folder
    from common.database import open_database

    prepare_folder(config.data_dir)
    database = await open_database(config.database_url)
    try:
        yield database
    finally:
        await database.close()


async def _find(config: Config, wish: Wish) -> list[Life]:
    from request.kept.history import History

    async with _opened(config) as database:
        return await History(database).find(wish)


async def _life(config: Config, request_id: str) -> Life | None:
    from request.kept.history import History

    async with _opened(config) as database:
        return await History(database).life(request_id)


async def _put_back(config: Config, request_id: str) -> str:
    """Put a request back, and wake the program if it runs here. Raises Refusal."""
    from bots.operator.control import socket_of
    from request.kept.store import Store

    async with _opened(config) as database:
        state = await Store(database).put_back(request_id)
    await _wake(socket_of(config))
    return state.value


async def _wake(path: Path) -> None:
    """Have the program look at once; one that runs elsewhere looks by itself before long."""
    from contextlib import suppress

    from bots.operator.control import ask
    from common.errors import StartupError

    with suppress(StartupError):
        await ask(path, "take-up")
