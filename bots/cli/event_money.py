"""`hordebots event prizes`, `payout`, `sponsor`, `unsponsor`: the money side of events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from bots.cli.settings import ConfigOption, JsonOption, read_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bots.assembly.rooms import Rooms
    from events.kudos.records import FundRow, Transfer
    from events.model import Event
    from events.prizes import Award

Name = Annotated[str, typer.Argument(help="Name of the event, as people type it.")]


def register(group: typer.Typer) -> None:
    """Add the commands to `hordebots event`."""
    for command in (prizes, payout, sponsor, unsponsor):
        group.command()(command)


def prizes(
    name: Name,
    check: Annotated[
        bool, typer.Option("--check", help="Ask the Horde, and set aside what it can cost.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what an event can cost, who pays it, and what has been paid."""

    async def do(rooms: Rooms) -> str:
        event = await rooms.parts.events.event(name)
        if check:
            await rooms.parts.purse.check(event)
        return await _prizes(rooms, event, as_json=as_json)

    _run(do, config, keyless=not check)


def payout(
    name: Name,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show who would get what; keep and send nothing.")
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Have what was refused tried again; nobody gets twice.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show each transfer of an event and why it failed. The clock sends them by itself."""

    async def do(rooms: Rooms) -> str:
        event = await rooms.parts.events.event(name)
        if dry_run:
            return await _planned(rooms, event, as_json=as_json)
        if retry:
            await rooms.treasury.ledger.retry(event.id)
        return await _transfers(rooms, event, as_json=as_json)

    _run(do, config, keyless=True)


def sponsor(
    name: Name,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="For pictures made in a party, not for prizes.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Make a link on which one sponsor can give a key, once, within a week."""
    settings = read_settings(config)

    async def do(rooms: Rooms) -> str:
        from common.texts import say
        from events.kudos.records import Purpose

        event = await rooms.parts.events.event(name)
        purpose = Purpose.PICTURES if pictures else Purpose.PRIZES
        token = await rooms.treasury.sponsors.invite(event.id, purpose)
        own = f"http://{settings.web.host}:{settings.web.port}"
        base = (settings.web.public_url or own).rstrip("/")
        return say("payout.link", address=f"{base}/sponsor/{token}", title=event.plan.title)

    _run(do, config)


def unsponsor(
    name: Name,
    fund: Annotated[str, typer.Argument(help="Id of the fund, as `prizes` shows it.")],
    config: ConfigOption = None,
) -> None:
    """Delete a sponsor's key at once; what it was to pay is not paid."""

    async def do(rooms: Rooms) -> str:
        from common.texts import say

        event = await rooms.parts.events.event(name)
        removal = await rooms.treasury.sponsors.dismiss(event.id, event.name, fund)
        return say("payout.removed", kudos=removal.unpaid)

    _run(do, config)


async def _prizes(rooms: Rooms, event: Event, *, as_json: bool) -> str:
    from common.texts import say
    from events.kudos.statement import state
    from events.prizes import covered

    found = await state(rooms.treasury, event)
    if not as_json:
        if not event.plan.prizes.any:
            return "\n".join(found.costs)
        funds = [say("payout.fund", **_fund(row)) for row in found.funds]
        return "\n".join((*found.costs, *funds, found.paid))
    sheet = found.sheet
    return json.dumps(
        {
            "event": event.name,
            "worst_case": found.cost.prizes,
            "pictures": found.cost.pictures,
            "participants": covered(event.plan.prizes),
            "funds": [_fund(row) for row in found.funds],
            "sent": sheet.sent,
            "on_the_way": sheet.on_the_way,
            "waiting": sheet.waiting,
            "unclear": sheet.unclear,
            "refused": sheet.refused,
            "lapsed": sheet.lapsed,
        }
    )


async def _planned(rooms: Rooms, event: Event, *, as_json: bool) -> str:
    from common.texts import say
    from events.kudos.purse import KudosPurse

    purse = rooms.parts.purse
    awards: tuple[Award, ...] = ()
    if isinstance(purse, KudosPurse):
        awards = await purse.planned(event)
    names = await rooms.links.horde_names({one.payee for one in awards})
    rows = [
        {"reason": one.reason, "kudos": one.kudos, "to": names.get(one.payee)} for one in awards
    ]
    total = sum(one.kudos for one in awards)
    if as_json:
        return json.dumps({"event": event.name, "total": total, "prizes": rows})
    lines = [
        say("payout.award", **row)
        if row["to"]
        else say("payout.award_waits", reason=row["reason"], kudos=row["kudos"])
        for row in rows
    ]
    return "\n".join([*lines, say("payout.total", kudos=total)])


async def _transfers(rooms: Rooms, event: Event, *, as_json: bool) -> str:
    from common.texts import say

    found = await rooms.treasury.ledger.transfers(event.id)
    if as_json:
        return json.dumps([_transfer(one) for one in found])
    if not found:
        return say("payout.nothing_yet", name=event.name)
    return "\n".join(say("payout.transfer", **_transfer(one)).rstrip() for one in found)


def _fund(row: FundRow) -> dict[str, object]:
    purpose, state = row.purpose.value, row.state.value
    name = row.name or "-"
    return {"id": row.id, "name": name, "kudos": row.kudos, "purpose": purpose, "state": state}


def _transfer(one: Transfer) -> dict[str, object]:
    return {
        "order": one.id,
        "kudos": one.kudos,
        "to": one.receiver or "-",
        "state": one.state.value,
        "tries": one.tries,
        "reason": one.reason,
    }


def _run(
    task: Callable[[Rooms], Awaitable[str]], config: ConfigOption, *, keyless: bool = False
) -> None:
    """Open the database, do the task, and print what it says."""
    import asyncio

    settings = read_settings(config, keyless=keyless)

    async def go() -> str:
        from bots.assembly.rooms import open_rooms
        from bots.program import prepare_folder

        async with open_rooms(settings, prepare_folder(settings.data_dir)) as rooms:
            return await task(rooms)

    typer.echo(asyncio.run(go()))
