"""`hordebots people`: who asked lately, and who may not ask any more."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from bots.cli.settings import ConfigOption, JsonOption, read_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from request.people import People

    Task = Callable[[People], Awaitable[str]]

Account = Annotated[str, typer.Argument(help="Account of the bot, as in config.yaml (web).")]
PersonId = Annotated[str, typer.Argument(help="The person's id on the platform, see `list`.")]
SHOWN = 50


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(no_args_is_help=True, help="See who asks, and who may not any more.")
    group.command("list")(list_people)
    group.command("ban")(ban)
    group.command("unban")(unban)
    app.add_typer(group, name="people", rich_help_panel="Set it up")


def list_people(account: Account, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show who asked for pictures in the last 30 days, those with most censored ones first."""

    async def show(people: People) -> str:
        rows = await people.recent(account, most=SHOWN)
        if as_json:
            return json.dumps([row.__dict__ for row in rows])
        return "\n".join(
            f"{row.person}  {row.name}  requests {row.requests}  censored {row.censored}"
            f"{'  banned' if row.banned else ''}"
            for row in rows
        )

    _run(show, config)


def ban(account: Account, person: PersonId, config: ConfigOption = None) -> None:
    """Let a person ask no more. It holds at once, and even if he is forgotten."""

    async def do(people: People) -> str:
        from common import texts

        await people.ban(account, person)
        return texts.say("people.banned", person=person, account=account)

    _run(do, config)


def unban(account: Account, person: PersonId, config: ConfigOption = None) -> None:
    """Let a person ask again."""

    async def do(people: People) -> str:
        from common import texts

        await people.unban(account, person)
        return texts.say("people.unbanned", person=person, account=account)

    _run(do, config)


def _run(task: Task, config: ConfigOption) -> None:
    """Open the database, do the task, and print what it says."""
    from common.database import open_database
    from request.marks import open_marks
    from request.people import People

    settings = read_settings(config)

    async def go() -> str:
        from bots.program import prepare_folder

        folder = prepare_folder(settings.data_dir)
        database = await open_database(settings.database_url)
        try:
            return await task(People(database, open_marks(folder)))
        finally:
            await database.close()

    typer.echo(asyncio.run(go()))
