"""Sponsors: a key on a link, sealed, used for what was said, and removable at once."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from common.errors import Refusal
from events.kudos.funds import INVITATION_LASTS
from events.kudos.ledger import CLAIM_DAYS, DAY
from events.kudos.records import FundState, Purpose, TransferState
from events.kudos.seal import Seal
from events.prizes import Prizes
from tests.component.kudos.conftest import (
    EVENT,
    NAMES,
    PRIZES,
    SPONSOR_KEY,
    open_house,
    people,
    sponsor,
)
from tests.fakes import faults

pytestmark = pytest.mark.database


async def everything(database) -> str:
    async with database.read() as connection:
        tables = ("kudos_funds", "kudos_prizes", "kudos_transfers")
        found = [(await connection.exec_driver_sql(f"SELECT * FROM {t}")).all() for t in tables]
    return str(found)


async def awarded(house, names=NAMES):
    await house.treasury.secure(EVENT, PRIZES)
    await house.treasury.award(
        house.lease, EVENT, PRIZES, entrants=people("ann"), winners=people("ann"), names=names
    )


async def test_neither_key_nor_token_stands_in_the_clear(house, database):
    fund, token = await sponsor(house, 100)

    assert (fund.name, fund.kudos, fund.state) == ("sponsor#5", 100, FundState.READY)
    stored = await everything(database)
    assert SPONSOR_KEY not in stored
    assert token not in stored
    assert SPONSOR_KEY not in repr(fund)


async def test_without_a_key_to_seal_with_there_are_no_sponsors(database, horde, session, clock):
    bare = await open_house(database, horde, session, clock, seal=None)

    with pytest.raises(Refusal, match=r"Set `kudos.seal_key` to \{env: NAME\}"):
        await bare.treasury.sponsors.invite(EVENT)


async def test_a_link_is_for_one_sponsor_and_one_week(house, clock):
    _, token = await sponsor(house, 100)
    sponsors = house.treasury.sponsors
    again = {"browser": "other", "key": SecretStr(SPONSOR_KEY), "kudos": 5}
    with pytest.raises(Refusal, match="already used"):
        await sponsors.give(token, **again)
    with pytest.raises(Refusal, match="not valid"):
        await sponsors.give("made up", **again)

    old = await sponsors.invite(EVENT)
    clock.now += INVITATION_LASTS
    assert await sponsors.invitation(old) is None
    assert (await sponsors.invitation(token)).kudos == 100
    with pytest.raises(Refusal, match="not valid"):
        await sponsors.give(old, **again)


@pytest.mark.parametrize(
    ("key", "kudos", "sentence"),
    [
        (SPONSOR_KEY, 501, "sponsor#5 has 500 kudos that are not promised yet"),
        (SPONSOR_KEY, 0, "whole number of kudos, from 1"),
        ("0000000000", 5, "anonymous one, or a shared key"),
        ("unknown", 5, "does not know this key"),
        ("", 5, "does not know this key"),
        ("key\nwith a line", 5, "does not know this key"),
    ],
)
async def test_what_is_not_taken(house, horde, key, kudos, sentence):
    horde.keys = {SPONSOR_KEY, "0000000000", "key-of-the-bot"}

    with pytest.raises(Refusal, match=sentence):
        await sponsor(house, kudos, key=key)


async def test_a_shared_key_cannot_sponsor(house, horde):
    horde.shared_keys["shared"] = {"id": "shared", "username": "sponsor#5", "name": "gift"}

    with pytest.raises(Refusal, match="or a shared key"):
        await sponsor(house, 5, key="shared")


async def test_kudos_are_not_promised_twice(house):
    await sponsor(house, 400)

    with pytest.raises(Refusal, match="sponsor#5 has 100 kudos"):
        await sponsor(house, 101)
    await sponsor(house, 100)


async def test_a_sponsor_who_spent_the_kudos_meanwhile_is_noticed_before_the_announcement(
    house, horde
):
    await sponsor(house, 400)
    horde.users["sponsor#5"] = 399.0

    with pytest.raises(Refusal, match="sponsor#5 has not enough"):
        await house.treasury.secure(EVENT, PRIZES)


async def test_a_key_taken_away_pays_nothing_more(house, horde, database):
    fund, _ = await sponsor(house, 500)
    await awarded(house)

    removal = await house.treasury.sponsors.remove(fund)
    assert (removal.unpaid, removal.shared_key_left) == (350, False)
    await house.treasury.pay(house.lease)
    assert horde.transfers == []
    transfers = await house.ledger.transfers(EVENT)
    assert {one.state for one in transfers} == {TransferState.REFUSED}
    assert all("taken the key away" in one.reason for one in transfers)
    assert (await house.treasury.funds.get(fund.id)).sealed is None
    assert await house.ledger.retry(EVENT) == 0


async def test_taking_away_while_it_is_unclear_does_not_free_the_kudos(house, horde):
    fund, _ = await sponsor(house, 500)
    await awarded(house)
    horde.fail("transfer", faults.lose())
    await house.treasury.pay(house.lease)

    await house.treasury.sponsors.remove(fund)
    sheet = await house.ledger.sheet(EVENT)
    assert (sheet.unclear, sheet.refused) == (300, 50)


async def test_a_sponsor_who_wins_is_not_paid_with_their_own_kudos(house, horde):
    await sponsor(house, 500)
    await awarded(house, names={"ann": "sponsor#5"})

    await house.treasury.pay(house.lease)
    assert horde.transfers == []
    assert (await house.ledger.sheet(EVENT)).refused == 350


async def test_a_database_moved_to_another_seal_pays_nothing_and_says_why(
    house, database, horde, session, clock
):
    await sponsor(house, 500)
    await awarded(house)
    other = await open_house(database, horde, session, clock, seal=Seal(b"x" * 32))

    await other.treasury.pay(other.lease)
    assert {"sealed with another" in one.reason for one in await other.ledger.transfers(EVENT)} == {
        True
    }
    assert await other.ledger.retry(EVENT) == 2
    house = await open_house(database, horde, session, clock)
    await house.treasury.pay(house.lease)
    assert (await house.ledger.sheet(EVENT)).sent == 350


async def test_keys_are_deleted_when_the_event_is_over_and_its_prizes_are_claimed(house, clock):
    fund, _ = await sponsor(house, 500)
    await awarded(house, names={})
    assert not await house.treasury.close(EVENT)

    clock.now += CLAIM_DAYS * DAY
    house.lease = await house.leases.take("clock")
    await house.treasury.pay(house.lease)
    assert await house.treasury.close(EVENT)
    closed = await house.treasury.funds.get(fund.id)
    assert (closed.state, closed.sealed) == (FundState.CLOSED, None)


# --- a party's pictures -----------------------------------------------------------------------

PARTY = Prizes(pictures=100, max_pixels=512 * 512, max_steps=20)


async def opened(house, kudos=100):
    fund, _ = await sponsor(house, kudos, purpose=Purpose.PICTURES)
    await house.treasury.secure(EVENT, PARTY)
    await house.treasury.party.open(EVENT, PARTY, seconds=3 * DAY)
    return await house.treasury.funds.get(fund.id)


async def test_a_party_has_a_shared_key_of_exactly_the_amount(house, horde):
    await opened(house)

    [key] = horde.shared_keys.values()
    assert (key["username"], key["kudos"]) == ("sponsor#5", 100)
    assert (key["max_image_pixels"], key["max_image_steps"]) == (512 * 512, 20)
    assert key["max_text_tokens"] == 0
    payer = await house.treasury.party.payer(EVENT)
    assert payer.get_secret_value() == key["id"]


async def test_a_shared_key_is_made_once_even_if_nobody_heard_of_it(house, horde):
    await sponsor(house, 100, purpose=Purpose.PICTURES)
    horde.fail("shared_key_create", faults.lose())
    with pytest.raises(Exception, match="broke"):
        await house.treasury.party.open(EVENT, PARTY, seconds=DAY)

    await house.treasury.party.open(EVENT, PARTY, seconds=DAY)
    await house.treasury.party.open(EVENT, PARTY, seconds=DAY)
    assert len(horde.shared_keys) == 1
    assert await house.treasury.party.payer(EVENT) is not None


async def test_the_shared_key_does_not_stand_in_the_clear(house, horde, database):
    await opened(house)

    [key_id] = horde.shared_keys
    assert key_id not in await everything(database)


async def test_a_party_is_over_when_the_money_is_gone(house, horde):
    await opened(house)
    party = house.treasury.party
    assert not await party.is_over(EVENT)

    [key] = horde.shared_keys.values()
    key["kudos"] = 9
    assert await party.is_over(EVENT)
    assert await party.payer(EVENT) is None


async def test_the_next_sponsor_pays_when_one_is_out_of_money(house, horde):
    await opened(house)
    horde.users["member#1"] = 0.0
    await house.treasury.funds.set_house(EVENT, Purpose.PICTURES, name="member#1", kudos=70)
    party = house.treasury.party
    await party.open(EVENT, PARTY, seconds=DAY)
    first = next(k for k in horde.shared_keys.values() if k["username"] == "sponsor#5")
    first["kudos"] = 0

    assert await party.left(EVENT) == 70
    payer = await party.payer(EVENT)
    assert horde.shared_keys[payer.get_secret_value()]["username"] == "member#1"


async def test_a_party_without_a_sponsor_is_not_over_by_that(house):
    assert not await house.treasury.party.is_over(EVENT)
    assert await house.treasury.party.payer(EVENT) is None


async def test_a_sponsor_who_leaves_takes_the_shared_key_along(house, horde):
    fund = await opened(house)

    removal = await house.treasury.sponsors.remove(fund)
    assert not removal.shared_key_left
    assert horde.shared_keys == {}
    assert await house.treasury.party.payer(EVENT) is None
    assert await house.treasury.party.is_over(EVENT)


async def test_a_sponsor_can_leave_while_the_horde_is_down(house, horde):
    fund = await opened(house)
    await horde.stop()

    removal = await house.treasury.sponsors.remove(fund)
    assert removal.shared_key_left
    left = await house.treasury.funds.get(fund.id)
    assert (left.sealed, left.shared_key) == (None, None)


async def test_the_shared_key_is_deleted_when_the_party_is_over(house, horde):
    await opened(house)

    assert await house.treasury.close(EVENT)
    assert horde.shared_keys == {}
