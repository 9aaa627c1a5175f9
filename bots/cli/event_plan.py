"""Plans of events at the terminal: read from a file, doubted, and played through."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from common.config import Config
    from events.model import Plan


def read_plan(file: Path) -> Plan:
    """Return the plan in a file. Raises ConfigError that names the key."""
    from pydantic import ValidationError

    from common.config import explain
    from common.errors import ConfigError
    from common.settings.document import read_document
    from events.model import Plan

    try:
        return Plan.model_validate(read_document(file))
    except ValidationError as error:
        raise ConfigError("config.invalid", file=file, problem=explain(error)) from error


def tell_of_strangers(planned: Plan, settings: Config) -> None:
    """Warn where a plan is to be posted on accounts that the configuration does not name.

    It is no mistake for certain: another process may serve the account, or it is yet to come.
    """
    from bots.assembly.accounts import names_of
    from common import texts
    from events.rehearsal import strangers

    known = names_of(settings)
    if found := strangers(planned, known):
        none = texts.say("events.no_accounts")
        values = {"places": ", ".join(found), "known": ", ".join(known) or none}
        typer.echo(texts.say("events.strangers", name=planned.name, **values), err=True)


def rehearsed(planned: Plan, settings: Config, *, as_json: bool) -> str:
    """Return how a plan would go: its dates, every post, the worst-case cost."""
    import time

    from bots.assembly.rooms import page_of
    from common import texts
    from events.model import Event, State
    from events.posts.announcements import title_of, words_of
    from events.rehearsal import as_json as plain
    from events.rehearsal import rehearse
    from events.when import when

    now = time.time()
    page = page_of(settings, Event("", planned, State.DRAFT, None, None, "", None, now, now))
    found = rehearse(planned, now=now, page=page)
    if as_json:
        return json.dumps(plain(found))
    lines = [f"{state.value:10} {when(at)}" for state, at in found.times]
    for post in found.posts:
        shown = len(post.body.get("pictures", ()))
        head = texts.say("events.rehearsed", where=f"{post.account}/{post.target}", key=post.key)
        lines += ["", f"{head} ({shown})" if shown else head]
        lines += filter(None, (title_of(post.body), words_of(post.body)))
    lines += ["", texts.say("events.worst_case", kudos=f"{found.cost:,}")]
    return "\n".join(lines)
