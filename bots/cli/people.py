"""`hordebots people`: who asked lately for what, who may not any more, where nothing is drawn."""

from __future__ import annotations

import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bots.cli.settings import ConfigOption, JsonOption, read_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from common.config import Config
    from request.allowed.chat_settings import SettingsStore
    from request.kept.people import People
    from request.talking.reports import Logged, Reports

    Task = Callable[["Desk"], Awaitable[str]]

Account = Annotated[str, typer.Argument(help="Account of the bot, as in config.yaml (web).")]
PersonId = Annotated[str, typer.Argument(help="The person's id on the platform, see `list`.")]
Community = Annotated[
    str | None, typer.Option("--community", help="Only in this community; else in all.")
]
OneCommunity = Annotated[str, typer.Argument(help="Community, as under `communities`.")]
Last = Annotated[int, typer.Option("--last", min=1, max=10_000, help="How many are shown.")]
SHOWN = 50
DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Desk:
    """What the commands work on."""

    config: Config
    people: People
    reports: Reports
    settings: SettingsStore


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(no_args_is_help=True, help="See who asks for what, and who may not.")
    group.command("list")(list_people)
    for command in (ban, unban, log, reports, pause, resume):
        group.command()(command)
    app.add_typer(group, name="people", rich_help_panel="Look after it")


def list_people(account: Account, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show who asked for pictures in the last 30 days, those with most censored ones first."""

    async def show(desk: Desk) -> str:
        rows = await desk.people.recent(account, most=SHOWN)
        if as_json:
            return json.dumps([row.__dict__ for row in rows])
        return "\n".join(
            f"{row.person}  {row.name}  requests {row.requests}  censored {row.censored}"
            f"{'  banned' if row.banned else ''}"
            for row in rows
        )

    _run(show, config)


def ban(
    account: Account, person: PersonId, community: Community = None, config: ConfigOption = None
) -> None:
    """Let a person ask no more. It holds at once, and even if they are forgotten."""

    async def do(desk: Desk) -> str:
        from common import texts

        await desk.people.ban(account, person, community)
        return texts.say("people.banned", person=person, account=account)

    _run(do, config)


def unban(
    account: Account, person: PersonId, community: Community = None, config: ConfigOption = None
) -> None:
    """Let a person ask again."""

    async def do(desk: Desk) -> str:
        from common import texts

        await desk.people.unban(account, person, community)
        return texts.say("people.unbanned", person=person, account=account)

    _run(do, config)


def log(
    account: Account,
    community: Community = None,
    last: Last = SHOWN,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what was asked lately, newest first, as the moderators of a place see it."""

    async def show(desk: Desk) -> str:
        days = desk.config.place(account, community or "").log_days
        since = time.time() - days * DAY
        rows = await desk.reports.log(account, community, since=since, most=last)
        shown = [_shown(row) for row in rows]
        if as_json:
            return json.dumps(shown)
        return "\n".join(
            f"{row['time']}  {row['community']}  {row['person']}  {row['request']}  {row['state']}"
            f"  {row['words'] or '-'}{''.join(f'  reported: {r}' for r in row['reports'])}"
            for row in shown
        )

    _run(show, config)


def _shown(row: Logged) -> dict[str, Any]:
    incoming = row.request.incoming
    return {
        "time": time.strftime("%Y-%m-%d %H:%M", time.gmtime(row.request.created)),
        "community": incoming.place.community,
        "person": incoming.person.id,
        "request": row.request.id,
        "state": row.request.state.value,
        "words": row.words,
        "reports": list(row.reports),
    }


def reports(
    account: Account,
    community: Community = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which answers were reported, and why, newest first."""

    async def show(desk: Desk) -> str:
        rows = await desk.reports.of(account, community)
        if as_json:
            return json.dumps(
                [{"request": r.request, "reason": r.reason, "at": r.at} for r in rows]
            )
        return "\n".join(
            f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime(row.at))}  {row.request}  {row.reason}"
            for row in rows
        )

    _run(show, config)


def pause(account: Account, community: OneCommunity, config: ConfigOption = None) -> None:
    """Let nothing be drawn in a community, as its moderators do with `pause` in the chat."""
    _set_paused(account, community, True, config)


def resume(account: Account, community: OneCommunity, config: ConfigOption = None) -> None:
    """End a pause made in the chat or here; one in config.yaml holds on."""
    _set_paused(account, community, None, config)


def _set_paused(
    account: str, community: str, paused: bool | None, config: ConfigOption = None
) -> None:
    async def do(desk: Desk) -> str:
        from common import texts

        await desk.settings.change(account, community, paused=paused)
        code = "people.paused" if paused else "people.resumed"
        if not paused and desk.config.place(account, community).paused:
            code = "people.still_paused"
        return texts.say(code, place=f"{account}/{community}")

    _run(do, config)


def _run(task: Task, config: ConfigOption) -> None:
    """Open the database, do the task, and print what it says."""
    import asyncio

    settings = read_settings(config, keyless=True)

    async def go() -> str:
        async with _open_desk(settings) as desk:
            return await task(desk)

    typer.echo(asyncio.run(go()))


@asynccontextmanager
async def _open_desk(config: Config) -> AsyncIterator[Desk]:
    from bots.program import prepare_folder
    from common.database import open_database
    from request.allowed.chat_settings import SettingsStore
    from request.kept.marks import open_marks
    from request.kept.people import People
    from request.talking.reports import Reports

    marks = open_marks(prepare_folder(config.data_dir))
    database = await open_database(config.database_url)
    try:
        yield Desk(
            config, People(database, marks), Reports(database, marks), SettingsStore(database)
        )
    finally:
        await database.close()
