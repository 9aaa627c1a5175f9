"""The questions of `hordebots event new`, asked in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from events.model import Plan


def ask() -> Plan:
    """Ask for a plan until it is one."""
    from events.wizard import Unfit, plan_of

    while True:
        try:
            return plan_of(_answers())
        except Unfit as unfit:
            typer.echo(str(unfit), err=True)


def _answers() -> dict[str, str]:
    from datetime import UTC, datetime

    from common import texts
    from events.wizard import QUESTIONS, likely_cost, suggested

    usual, answers = suggested(datetime.now(UTC)), dict[str, str]()
    for question in QUESTIONS:
        code = question.code
        if code == "budget":
            usual[code] = str(likely_cost(answers) or "")
        if question.more or (code == "budget" and not usual[code]):
            continue
        needed = code in {"name", "title", "theme"}
        default = None if needed else usual.get(code, "")
        answers[code] = str(typer.prompt(texts.say(f"event_wizard.{code}"), default=default))
    return answers
