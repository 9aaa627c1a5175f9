"""Putting the money side together from the configuration."""

from __future__ import annotations

import time
from collections.abc import Callable

import aiohttp
from pydantic import SecretStr

from common.config import Config, EndpointConfig
from common.database import Database
from common.errors import ConfigError
from common.horde.client import HordeClient
from events.kudos.funds import Funds
from events.kudos.ledger import Ledger
from events.kudos.outbox import ONE_TRY
from events.kudos.payers import Payers
from events.kudos.seal import Seal, read_key
from events.kudos.treasury import Treasury
from request.marks import Marks


def open_treasury(
    config: Config,
    database: Database,
    marks: Marks,
    session: aiohttp.ClientSession,
    *,
    now: Callable[[], float] = time.time,
) -> Treasury:
    """Return the treasury, which needs no account anywhere while no event has prizes.

    Raises ConfigError where the configuration cannot be meant.
    """
    entry = _endpoint(config)
    funds = Funds(database, marks, now=now)

    def build(key: SecretStr) -> HordeClient:
        assert entry is not None
        return HordeClient(entry.url, key, session, name=entry.name, patience=ONE_TRY)

    payers = Payers(
        funds,
        open_seal(config),
        house=None if entry is None else build(entry.key),
        build=None if entry is None else build,
    )
    ledger = Ledger(database, now=now, claim_days=config.kudos.claim_days)
    return Treasury(funds=funds, ledger=ledger, payers=payers)


def open_seal(config: Config) -> Seal | None:
    """Return what seals sponsors' keys, None where the operator has set nothing."""
    key = config.kudos.seal_key
    return None if key is None else Seal(read_key(key.get_secret_value()))


def _endpoint(config: Config) -> EndpointConfig | None:
    """Return the Horde that prizes are paid on. Raises ConfigError for a hub: it has no kudos."""
    for entry in config.horde.endpoints:
        if entry.name == config.kudos.horde:
            if entry.url == "hub" or entry.free:
                raise ConfigError("kudos.hub_has_none", name=entry.name)
            return entry
    return None
