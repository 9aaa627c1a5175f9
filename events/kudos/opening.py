"""Putting the money side together from the configuration."""

from __future__ import annotations

import time
from collections.abc import Callable

from common.config import Config
from common.database import Database
from common.horde.client import HordeClient
from events.kudos.funds import Funds
from events.kudos.ledger import Ledger
from events.kudos.payers import Payers
from events.kudos.seal import Seal, read_key
from events.kudos.treasury import Treasury
from request.kept.marks import Marks


def open_treasury(
    config: Config,
    database: Database,
    marks: Marks,
    horde: Callable[[], HordeClient | None],
    *,
    now: Callable[[], float] = time.time,
) -> Treasury:
    """Return the treasury, which needs no account anywhere while no event has prizes.

    `horde` returns the client of the endpoint `kudos.horde`. Raises ConfigError for a bad key.
    """
    funds = Funds(database, marks, now=now)
    ledger = Ledger(database, now=now, claim_days=config.kudos.claim_days)
    return Treasury(funds=funds, ledger=ledger, payers=Payers(funds, open_seal(config), horde))


def open_seal(config: Config) -> Seal | None:
    """Return what seals sponsors' keys, None where the operator has set nothing."""
    key = config.kudos.seal_key
    text = "" if key is None else key.get_secret_value()  # "" too where no secret is needed
    return Seal(read_key(text)) if text else None
