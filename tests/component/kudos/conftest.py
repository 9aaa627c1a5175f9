"""A fake Horde with several accounts, a ledger on a real database, and time moved by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import aiohttp
import pytest
from pydantic import SecretStr

from common.database import Database
from common.horde.client import HordeClient
from common.horde.transport import Patience
from events.kudos.funds import Funds
from events.kudos.ledger import Ledger
from events.kudos.payers import ONE_TRY, Payers
from events.kudos.records import Purpose
from events.kudos.seal import Seal
from events.kudos.treasury import Treasury
from events.prizes import Entrant, Prizes
from request.kept.leases import Lease, Leases
from request.kept.marks import Marks
from tests.fakes.clock import Clock
from tests.fakes.horde import FakeHorde

EVENT = "autumn"
HOUSE_KEY, SPONSOR_KEY = "key-of-the-bot", "key-of-a-sponsor"
SEAL_KEY = bytes(range(32))
PRIZES = Prizes(participation=50, places=(300, 200), budget=650)
QUICK = replace(ONE_TRY, connect=5, total=5, limiter_wait=0.0)
NAMES = {"ann": "ann#11", "bob": "bob#12", "eve": "eve#13"}


def people(*names: str) -> list[Entrant]:
    return [Entrant(name, name) for name in names]


def open_horde(clock: Clock) -> FakeHorde:
    horde = FakeHorde(clock=clock)
    horde.kudos = 1000.0
    horde.owners = {SPONSOR_KEY: "sponsor#5"}
    horde.users = {"member#1": 0.0, "sponsor#5": 500.0, **dict.fromkeys(NAMES.values(), 0.0)}
    return horde


@dataclass
class House:
    """Everything between the database and the Horde; made again after a crash."""

    treasury: Treasury
    lease: Lease
    leases: Leases

    @property
    def ledger(self) -> Ledger:
        return self.treasury.ledger


async def open_house(
    database: Database,
    horde: FakeHorde | None,
    session: aiohttp.ClientSession,
    clock: Clock,
    *,
    seal: Seal | None = Seal(SEAL_KEY),  # noqa: B008
    key: str = HOUSE_KEY,
    patience: Patience = QUICK,
) -> House:
    """Start the money side anew, as the program does at its start."""
    client = horde and HordeClient(horde.url, SecretStr(key), session, name="fake")
    funds = Funds(database, Marks(b"k" * 32), now=clock)
    payers = Payers(funds, seal, lambda: client, patience=patience)
    leases = Leases(database, "one", now=clock)
    lease = await leases.take("clock")
    assert lease is not None
    ledger = Ledger(database, now=clock)
    return House(Treasury(funds=funds, ledger=ledger, payers=payers), lease, leases)


async def waiting(house: House, *payees: str) -> list[int]:
    """Return the kudos that wait for each of these to name an account."""
    found = [await house.ledger.waiting(payee) for payee in payees]
    return [one[0] if one else 0 for one in found]


async def sponsor(
    house: House, kudos: int, *, key: str = SPONSOR_KEY, purpose: Purpose = Purpose.PRIZES
):
    """Have a sponsor answer an invitation; return their fund and the token."""
    sponsors = house.treasury.sponsors
    token = await sponsors.invite(EVENT, purpose)
    fund = await sponsors.give(token, browser="browser", key=SecretStr(key), kudos=kudos)
    return fund, token


@pytest.fixture
async def horde(clock):
    async with open_horde(clock) as fake:
        yield fake


@pytest.fixture
async def house(database, horde, session, clock):
    return await open_house(database, horde, session, clock)
