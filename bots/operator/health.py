"""How the program is doing: its accounts, Hordes and stylelists, and whether it can serve."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bots.operator.timekeeping import disagreements
from common import texts
from common.database import Database
from common.errors import StoreError
from request.horde.hordes import Hordes
from request.runner import Runner
from styles.lists.library import StyleLibrary

ANSWERING = 5.0
"""Seconds the database gets."""


@dataclass(frozen=True, slots=True)
class Health:
    """Looks at what runs; nothing but the database is asked."""

    database: Database
    runners: Sequence[Runner]
    hordes: Hordes
    library: StyleLibrary
    now: Callable[[], float] = time.time

    async def report(self) -> dict[str, Any]:
        """Return the state of everything as JSON.

        `status` is `failing` if an account or the database does not serve, `degraded` if
        something helps itself for now (a Horde that rests, a stylelist of yesterday), else `ok`.
        """
        answers = await self._database_answers()
        faults, warnings = self._faults(answers=answers), self._warnings()
        return {
            "status": "failing" if faults else "degraded" if warnings else "ok",
            "problems": [*faults, *warnings],
            "database": answers,
            "accounts": {runner.name: self._account(runner) for runner in self.runners},
            "endpoints": {
                endpoint.name: {
                    "up": not self.hordes.rests(endpoint),
                    "why_not": self.hordes.trouble(endpoint),
                }
                for endpoint in self.hordes.endpoints
            },
            "styles": [
                {"source": state.source, "age_seconds": _rounded(state.age(self.now()))}
                for state in self.library.sources
            ],
        }

    def _faults(self, *, answers: bool) -> list[str]:
        """Return why something is not served."""
        deaf = [one for one in self.runners if one.problem]
        return [
            *([] if answers else [texts.say("health.no_database")]),
            *(
                texts.say("health.not_listening", account=runner.name, problem=runner.problem)
                for runner in deaf
            ),
        ]

    def _warnings(self) -> list[str]:
        """Return what is not as it should be, and mends itself or does no harm."""
        hordes = self.hordes
        troubles = {
            one.name: f"{trouble} {hordes.mend(one)}".strip()
            for one in hordes.endpoints
            if (trouble := hordes.trouble(one))
        }
        return [
            *(
                texts.say("health.standing_by", account=runner.name)
                for runner in self.runners
                if runner.lease is None and not runner.problem
            ),
            *(
                texts.say("health.horde_rests", horde=name, problem=problem)
                for name, problem in troubles.items()
            ),
            *(state.problem for state in self.library.sources if state.problem),
            *disagreements(hordes),
        ]

    def _account(self, runner: Runner) -> dict[str, Any]:
        heard = runner.heard_at
        return {
            "lease_held": runner.lease is not None,
            "listening": runner.listening,
            "last_event": heard and datetime.fromtimestamp(heard, UTC).isoformat(),
        }

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(ANSWERING), self.database.read() as connection:
                await connection.execute(sa.select(1))
        except (StoreError, TimeoutError):
            return False
        return True


def _rounded(age: float | None) -> float | None:
    return None if age is None else round(age, 1)
