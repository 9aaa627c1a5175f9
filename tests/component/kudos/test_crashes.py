"""Whatever dies and whenever: paid ≤ budget, nobody twice, and in the end everybody has their prize.

The program is killed in the moments that matter: after the row is written and before the Horde
has heard of it, after the Horde has acted and before that is recorded, and between two transfers.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections import Counter

import aiohttp
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.database import open_database
from events.kudos.records import TransferState
from tests.component.kudos.conftest import (
    EVENT,
    HOUSE_KEY,
    NAMES,
    PRIZES,
    open_horde,
    open_house,
    people,
    sponsor,
)
from tests.fakes import faults
from tests.fakes.clock import Clock

pytestmark = pytest.mark.database

KILLS = ("killed before the Horde acts", "killed after the Horde acted")
MISHAPS = {
    "lost": faults.lose(),
    "torn": faults.reset(),
    "refused": faults.refuse(),
    "too fast": faults.rc("TooFastKudosTransfers"),
    "limited": faults.limiter("1 per 1 second", retry_after=1),
    "broken": faults.html(502),
    "maintenance": faults.rc("MaintenanceMode"),
}
SCRIPTS = st.lists(st.sampled_from((*KILLS, *MISHAPS, "well", "well")), max_size=9)
LONG = 4000.0


class Assassin:
    """Stands at the Horde's door, and kills who is sending there."""

    def __init__(self) -> None:
        self.victim: asyncio.Task | None = None
        self.script: list[str] = []
        self.horde = None

    @web.middleware
    async def watch(self, request, handler):
        if not request.path.endswith("/kudos/transfer") or not self.script:
            return await handler(request)
        fate = self.script.pop(0)
        if fate in MISHAPS:
            self.horde.fail("transfer", MISHAPS[fate])
            return await handler(request)
        if fate == KILLS[0]:
            self.victim.cancel()
            return web.Response(status=500)
        answer = await handler(request)
        if fate == KILLS[1]:
            self.victim.cancel()
        return answer


def check_books(horde):
    """What must hold at every moment, by the Horde's own books."""
    paid = Counter()
    for to, kudos in horde.transfers:
        paid[to] += kudos
    assert sum(paid.values()) <= PRIZES.budget
    most = {"ann#11": 350, "bob#12": 250, "eve#13": 50}
    assert all(kudos <= most[name] for name, kudos in paid.items())
    return paid


async def live_once(database, horde, session, clock, assassin, names) -> None:
    """Start the program, let it do what is due, until it is done or killed."""
    house = await open_house(database, horde, session, clock)
    await house.treasury.award(
        house.lease,
        EVENT,
        PRIZES,
        entrants=people("ann", "bob", "eve"),
        winners=people("ann", "bob"),
        names=names,
    )
    for payee, name in names.items():
        await house.ledger.named(payee, name)
    assassin.victim = asyncio.create_task(house.treasury.pay(house.lease))
    with contextlib.suppress(asyncio.CancelledError):
        await assassin.victim


async def play(url, script, known, sponsored) -> None:
    clock, assassin = Clock(), Assassin()
    horde = open_horde(clock)
    horde.middlewares = (assassin.watch,)
    assassin.horde, assassin.script = horde, list(script)
    database = await open_database(url)
    try:
        async with horde, aiohttp.ClientSession() as session:
            first = await open_house(database, horde, session, clock)
            if sponsored:
                await sponsor(first, sponsored)
            await first.treasury.secure(EVENT, PRIZES)
            names = {payee: NAMES[payee] for payee in known}
            while assassin.script:
                await live_once(database, horde, session, clock, assassin, names)
                check_books(horde)
                clock.now += LONG
                names = NAMES  # by then everybody has named their account
            await live_once(database, horde, session, clock, assassin, NAMES)
            paid = check_books(horde)
            assert paid == {"ann#11": 350, "bob#12": 250, "eve#13": 50}
            last = await open_house(database, horde, session, clock)
            states = {one.state for one in await last.ledger.transfers(EVENT)}
            assert states == {TransferState.SENT}
            assert horde.kudos == 1000 - (650 - sponsored)
    finally:
        await database.close()


def fresh(migrated, cluster, folder, number):
    """Return the address of a migrated database for one example."""
    if cluster is not None:
        return cluster.new_database(copied_from=migrated)
    file = folder / f"{number}.sqlite"
    shutil.copy(migrated, file)
    return f"sqlite+aiosqlite:///{file}"


@pytest.mark.timeout(300)  # many lives of the program in one test
def test_prizes_are_paid_once_whenever_the_program_dies(migrated, cluster, tmp_path):
    numbers = iter(range(10_000))

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        script=SCRIPTS,
        known=st.sets(st.sampled_from(sorted(NAMES))),
        sponsored=st.sampled_from((0, 0, 120, 500)),
    )
    def once(script, known, sponsored):
        url = fresh(migrated, cluster, tmp_path, next(numbers))
        asyncio.run(play(url, script, known, sponsored))

    once()


@pytest.mark.parametrize("kill", KILLS)
async def test_a_transfer_cut_off_by_death_is_sent_again_under_its_own_key(
    database, session, clock, kill
):
    assassin = Assassin()
    horde = open_horde(clock)
    horde.middlewares = (assassin.watch,)
    assassin.horde, assassin.script = horde, [kill]
    async with horde:
        house = await open_house(database, horde, session, clock)
        await house.treasury.secure(EVENT, PRIZES)
        await live_once(database, horde, session, clock, assassin, {"eve": "eve#13"})
        house_after = await open_house(database, horde, session, clock)
        [begun] = [one for one in await house_after.ledger.transfers(EVENT) if one.tries]
        assert begun.state is TransferState.SENDING

        await house_after.treasury.pay(house_after.lease)
        [over] = [one for one in await house_after.ledger.transfers(EVENT) if one.tries]
        assert (over.state, over.doubtful) == (TransferState.SENT, True)
        orders = {e.headers["idempotency-key"] for e in horde.journal.of("transfer")}
        assert orders == {begun.id}
        assert horde.transfers == [("eve#13", 50)]


async def test_two_programs_that_both_think_they_serve_pay_once(database, horde, session, clock):
    house = await open_house(database, horde, session, clock)
    await house.treasury.secure(EVENT, PRIZES)
    await house.treasury.award(
        house.lease, EVENT, PRIZES, entrants=people("ann"), winners=(), names=NAMES
    )
    [due] = await house.ledger.due(most=5)
    assert await house.ledger.sending(house.lease, due)
    twin = await open_house(database, horde, session, clock)
    payer = await house.treasury.payers.of(due.fund)
    late = payer.transfer_kudos("ann#11", 50, idempotency_key=due.id)

    sent = await asyncio.gather(twin.treasury.pay(twin.lease), late)
    assert sent == [1, 50]
    assert horde.transfers == [("ann#11", 50)]
    assert {one.headers["apikey"] for one in horde.journal.of("transfer")} == {HOUSE_KEY}
