"""`hordebots event`: planning challenges, leading them on, and what stays of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bots.cli import event_money, event_template
from bots.cli.event_plan import read_plan, rehearsed, tell_of_strangers
from bots.cli.settings import WRONG, ConfigOption, JsonOption, read_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from events.lifecycle import Step
    from events.model import Event
    from events.room import Parts

Name = Annotated[str, typer.Argument(help="Name of the event, as people type it.")]
Why = Annotated[str, typer.Option("--why", help="A word for the log, and for what is posted.")]
PlanFile = Annotated[
    Path | None, typer.Option("--file", help="The plan, as YAML or JSON; else you are asked.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show every post and the worst-case cost; keep nothing.")
]
OPERATOR = "operator"
STEPS = {
    "announce": "Post it with its dates.",
    "open": "Let people enter.",
    "close": "Take no more entries.",
    "vote": "Post the entries and let people vote.",
    "count": "Count the votes, for moderators to look over.",
    "award": "Post the result, and send the prizes.",
    "archive": "Put it among what is over.",
    "cancel": "Call it off, and post that.",
}
HELP = """Hold challenges, style contests and parties.

The clock takes each step by itself; `announce` to `cancel` take one now, before its time."""


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(no_args_is_help=True, help=HELP)
    group.command()(new)
    group.command("list")(list_events)
    group.command()(show)
    group.command()(plan)
    for word, meaning in STEPS.items():
        group.command(word, help=meaning)(_stepping(word))
    for command in (extend, judge, hide, unhide, export, recount):
        group.command()(command)
    series = typer.Typer(no_args_is_help=True, help="Events that come again and again.")
    series.command("list")(list_series)
    series.command()(begin)
    series.command()(end)
    group.add_typer(series, name="series")
    event_money.register(group)
    event_template.register(group)
    app.add_typer(group, name="event", rich_help_panel="Look after it")


def new(
    file: PlanFile = None,
    dry_run: DryRun = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Plan an event: from a file, or by answering some questions. It begins as a draft."""
    from bots.cli.event_wizard import ask

    settings = read_settings(config, keyless=True)
    planned = ask() if file is None else read_plan(file)
    tell_of_strangers(planned, settings)
    if dry_run:
        typer.echo(rehearsed(planned, settings, as_json=as_json))
        return

    async def do(parts: Parts) -> str:
        event = await parts.events.drafted(planned, OPERATOR)
        return _told(event, as_json=as_json)

    _run(do, config)


def plan(
    name: Name,
    file: Annotated[Path, typer.Option("--file", help="The new plan.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put another plan in the place of an event's, as long as it is not over."""
    planned = read_plan(file)
    tell_of_strangers(planned, read_settings(config, keyless=True))

    async def do(parts: Parts) -> str:
        event = await parts.events.event(name)
        return _told(await parts.steps.replan(event, planned, OPERATOR), as_json=as_json)

    _run(do, config)


def list_events(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show all events, newest first."""

    async def do(parts: Parts) -> str:
        from common import texts
        from events.chat import line_of

        found = await parts.events.all()
        if as_json:
            return json.dumps([_plain(event) for event in found])
        return "\n".join(map(line_of, found)) or texts.say("events.none_planned")

    _run(do, config)


def show(
    name: Name, dry_run: DryRun = False, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Show an event: where it stands, its entries, what was posted, what was done by whom."""
    settings = read_settings(config, keyless=True)

    async def do(parts: Parts) -> str:
        event = await parts.events.event(name)
        if dry_run:
            return rehearsed(event.plan, settings, as_json=as_json)
        return await _shown(parts, event, as_json=as_json)

    _run(do, config)


def _stepping(word: str) -> Callable[..., None]:
    def step(name: Name, why: Why = "", config: ConfigOption = None) -> None:
        from events.lifecycle import Step

        _take(name, Step(word), why, config)

    return step


def extend(
    name: Name,
    hours: Annotated[float, typer.Option("--hours", help="Hours more, from now on.")],
    why: Why = "",
    config: ConfigOption = None,
) -> None:
    """Give more time for entries or votes."""
    from events.lifecycle import Step

    _take(name, Step.EXTEND, why, config, hours=hours)


def judge(
    name: Name,
    winners: Annotated[list[int], typer.Argument(help="Numbers of the winners, best first.")],
    why: Why = "",
    config: ConfigOption = None,
) -> None:
    """Name the winners instead of a vote."""
    from events.lifecycle import Step

    _take(name, Step.JUDGE, why, config, winners=tuple(winners))


Number = Annotated[int, typer.Argument(help="Number of the entry.")]


def hide(name: Name, number: Number, why: Why = "", config: ConfigOption = None) -> None:
    """Hide an entry; its entrant is not told, but the reason is in the log."""

    async def do(parts: Parts) -> str:
        from common import texts

        event = await parts.events.event(name)
        await parts.entries.hidden(event, number, OPERATOR, why)
        return texts.say("events.hide", number=number, title=event.plan.title)

    _run(do, config)


def unhide(name: Name, number: Number, config: ConfigOption = None) -> None:
    """Show a hidden entry again."""

    async def do(parts: Parts) -> str:
        from common import texts

        event = await parts.events.event(name)
        await parts.entries.unhidden(event, number, OPERATOR)
        return texts.say("events.unhide", number=number, title=event.plan.title)

    _run(do, config)


def export(
    name: Name,
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")] = Path(),
    config: ConfigOption = None,
) -> None:
    """Write the archive, the ballots, an entry for the list of events, and the winners' styles."""
    settings = read_settings(config, keyless=True)

    async def do(parts: Parts) -> str:
        from bots.cli.event_files import write

        event = await parts.events.event(name)
        return "\n".join(str(file) for file in await write(parts, event, out, settings))

    _run(do, config)


def recount(
    file: Annotated[Path, typer.Argument(help="A file of ballots, as `export` writes it.")],
    as_json: JsonOption = False,
) -> None:
    """Count published ballots again, and say whether the published result follows from them."""
    from dataclasses import asdict

    from common import texts
    from events.voting.published import recount as count

    name, result, same, rule = count(file)
    if as_json:
        lines = [asdict(line) for line in result.lines]
        typer.echo(json.dumps({"event": name, "same": same, "result": lines}))
    else:
        for line in result.lines[: rule.places]:
            typer.echo(texts.say("ballots.line", **asdict(line)))
        typer.echo(texts.say("ballots.same" if same else "ballots.different", name=name))
    if not same:
        raise typer.Exit(WRONG)


def begin(
    name: Annotated[str, typer.Argument(help="Name of the series; its events get numbers.")],
    file: Annotated[Path, typer.Option("--file", help="The plan of each event.")],
    every_days: Annotated[float, typer.Option("--every-days", help="Days between two.")] = 7,
    config: ConfigOption = None,
) -> None:
    """Begin a series, or change it: the clock drafts and announces one event after another."""
    planned = read_plan(file)
    tell_of_strangers(planned, read_settings(config, keyless=True))

    async def do(parts: Parts) -> str:
        from common import texts

        one = await parts.series.begun(name, planned, every_days)
        return texts.say("events.series_begun", name=one.name, days=f"{one.every_days:g}")

    _run(do, config)


def end(
    name: Annotated[str, typer.Argument(help="Name of the series.")], config: ConfigOption = None
) -> None:
    """End a series; its events go on."""

    async def do(parts: Parts) -> str:
        from common import texts

        ended = await parts.series.ended(name)
        return texts.say("events.series_ended" if ended else "events.no_series", name=name)

    _run(do, config)


def list_series(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show all series."""

    async def do(parts: Parts) -> str:
        from events.when import when

        found = await parts.series.all()
        if as_json:
            return json.dumps([{"name": one.name, "next": one.next_at} for one in found])
        return "\n".join(
            f"{one.name}  {when(one.next_at) if one.next_at else '-'}  {one.plan.title}"
            for one in found
        )

    _run(do, config)


# --- what they share ------------------------------------------------------------------------


def _take(name: str, step: Step, why: str, config: ConfigOption, **more: Any) -> None:
    async def do(parts: Parts) -> str:
        from events.chat import line_of

        event = await parts.events.event(name)
        return line_of(await parts.steps.take(event, step, OPERATOR, why=why, **more))

    _run(do, config)


async def _shown(parts: Parts, event: Event, *, as_json: bool) -> str:
    from events.chat import line_of
    from events.when import when

    entries = await parts.entries.of(event)
    posts = await parts.outbox.of(event)
    log = await parts.events.log(event.id)
    facts = await parts.entries.facts(event)
    if as_json:
        return json.dumps(
            {
                **_plain(event),
                "entries": [
                    {"number": e.number, "name": e.name, "state": e.state.value} for e in entries
                ],
                "ballots": facts.ballots,
                "posts": [{"key": p.key, "to": p.target, "state": p.state} for p in posts],
            }
        )
    lines = [line_of(event), f"entries {facts.entries}  ballots {facts.ballots}"]
    lines += [
        f"  {e.number}  {e.name or '-'}  {e.state.value}  {e.reason}".rstrip() for e in entries
    ]
    lines += [f"  post {p.key}  {p.target}  {p.state}" for p in posts]
    lines += [f"  {when(one.at)}  {one.step}  {one.who}  {one.why}".rstrip() for one in log]
    return "\n".join(lines)


def _plain(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "name": event.name,
        "state": event.state.value,
        "due": event.due,
        "hold": None if event.hold is None else event.hold.value,
        "plan": event.plan.model_dump(mode="json"),
        "result": event.result,
    }


def _told(event: Event, *, as_json: bool) -> str:
    from events.chat import line_of

    return json.dumps(_plain(event)) if as_json else line_of(event)


def _run(task: Callable[[Parts], Awaitable[str]], config: ConfigOption) -> None:
    """Open the database, do the task, and print what it says."""
    import asyncio

    settings = read_settings(config, keyless=True)

    async def go() -> str:
        from bots.assembly.rooms import open_events
        from bots.program import prepare_folder

        async with open_events(settings, prepare_folder(settings.data_dir)) as parts:
            return await task(parts)

    typer.echo(asyncio.run(go()))
