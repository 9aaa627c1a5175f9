"""From the proof before the announcement to the receipts, against the fake Horde."""

from __future__ import annotations

import pytest

from common.errors import LeaseLost, Refusal
from events.kudos.ledger import CLAIM_DAYS, DAY
from events.kudos.outbox import FIRST_PAUSE, KEY_PAUSE, Outbox
from events.kudos.records import TransferState
from events.prizes import Prizes
from tests.component.kudos.conftest import (
    EVENT,
    HOUSE_KEY,
    NAMES,
    PRIZES,
    open_house,
    people,
    sponsor,
    waiting,
)
from tests.fakes import faults

pytestmark = pytest.mark.database


async def award(house, winners=("ann", "bob"), entrants=("ann", "bob", "eve"), names=NAMES):
    await house.treasury.award(
        house.lease,
        EVENT,
        PRIZES,
        entrants=people(*entrants),
        winners=people(*winners),
        names=names,
    )


async def secured(house):
    await house.treasury.secure(EVENT, PRIZES)
    return house


async def states(house):
    return sorted(one.state for one in await house.ledger.transfers(EVENT))


# --- before it is announced -------------------------------------------------------------------


async def test_without_prizes_no_account_is_needed(database, session, clock):
    poor = await open_house(database, None, session, clock)

    assert await poor.treasury.secure(EVENT, Prizes()) is None
    await poor.treasury.pay(poor.lease)
    assert await poor.treasury.close(EVENT)


async def test_prizes_without_a_horde_that_pays_them_are_refused(database, session, clock):
    poor = await open_house(database, None, session, clock)

    with pytest.raises(Refusal, match="hold the event without prizes"):
        await poor.treasury.secure(EVENT, PRIZES)


async def test_the_anonymous_account_cannot_give(database, horde, session, clock):
    anonymous = await open_house(database, horde, session, clock, key="0000000000")

    with pytest.raises(Refusal, match="asked without an account"):
        await anonymous.treasury.secure(EVENT, PRIZES)


async def test_the_worst_case_is_proven_by_the_balance(house, horde):
    horde.kudos = 599.0
    with pytest.raises(Refusal, match="member#1 has not enough"):
        await house.treasury.secure(EVENT, PRIZES)

    horde.kudos = 650.0
    proof = await house.treasury.secure(EVENT, PRIZES)
    assert (proof.worst_case, proof.participants, proof.spare) == (650, 3, 0)
    assert horde.transfers == []


async def test_one_balance_does_not_prove_two_events(house, horde):
    await house.treasury.secure(EVENT, PRIZES)

    with pytest.raises(Refusal, match="300 are missing"):
        await house.treasury.secure("spring", PRIZES)
    assert await house.treasury.secure(EVENT, PRIZES)


async def test_sponsors_pay_first_and_the_bot_the_rest(house, horde):
    await sponsor(house, 400)
    await house.treasury.secure(EVENT, PRIZES)
    await award(house)

    assert await house.treasury.pay(house.lease) == 6
    assert (horde.users["sponsor#5"], horde.kudos) == (100, 1000 - 250)
    assert [horde.users[name] for name in NAMES.values()] == [350, 250, 50]


async def test_a_horde_that_does_not_answer_proves_nothing(house, horde):
    await horde.stop()

    with pytest.raises(Refusal, match="does not answer"):
        await house.treasury.secure(EVENT, PRIZES)


# --- awarding and paying ----------------------------------------------------------------------


async def test_everybody_is_paid_once_and_gets_a_receipt(house, horde):
    await secured(house)
    await award(house)
    assert await house.treasury.pay(house.lease) == 5
    await award(house)
    assert await house.treasury.pay(house.lease) == 0

    assert sorted(horde.transfers) == [
        ("ann#11", 50),
        ("ann#11", 300),
        ("bob#12", 50),
        ("bob#12", 200),
        ("eve#13", 50),
    ]
    receipts = await house.ledger.receipts(EVENT)
    assert [(one.reason, one.kudos) for one in receipts] == [
        ("place 1", 300),
        ("place 2", 200),
        ("taking part", 50),
        ("taking part", 50),
        ("taking part", 50),
    ]
    assert {one.order for one in receipts} == {order for _, order in horde.orders}
    assert await house.treasury.is_settled(EVENT)


async def test_more_than_was_set_aside_is_never_bound(house):
    await house.treasury.secure(EVENT, Prizes(places=(300,), budget=300))

    with pytest.raises(Refusal, match="are missing"):
        await award(house)
    assert await house.ledger.transfers(EVENT) == []


async def test_who_has_lost_the_lease_awards_and_sends_nothing(house, horde, clock):
    await secured(house)
    await award(house)
    await house.leases.release(house.lease)
    clock.now += 100
    assert await house.leases.take("clock")

    with pytest.raises(LeaseLost):
        await award(house)
    with pytest.raises(LeaseLost):
        await house.treasury.outbox.send_due(house.lease)
    assert horde.transfers == []


# --- claiming ---------------------------------------------------------------------------------


async def test_a_prize_waits_for_its_winner_to_name_an_account(house, horde):
    await secured(house)
    await award(house, names={"bob": "bob#12"})
    await house.treasury.pay(house.lease)
    assert await waiting(house, "ann", "bob", "eve") == [350, 0, 50]
    assert (await house.ledger.sheet(EVENT)).bound == 650

    assert await house.ledger.named("ann", "ann#11") == 350
    assert await house.ledger.named("ann", "other#12") == 0
    await house.treasury.pay(house.lease)
    assert horde.users["ann#11"] == 350


async def test_an_unclaimed_prize_stays_with_who_gave_it(house, horde, clock):
    await secured(house)
    await award(house, names={"bob": "bob#12"})
    clock.now += CLAIM_DAYS * DAY - 1
    house = await open_again(house, clock)
    await house.treasury.pay(house.lease)
    assert (await house.ledger.sheet(EVENT)).waiting == 400

    clock.now += 1
    await house.treasury.pay(house.lease)
    sheet = await house.ledger.sheet(EVENT)
    assert (sheet.lapsed, sheet.waiting, sheet.sent) == (400, 0, 250)
    assert await house.ledger.named("ann", "ann#11") == 0
    assert horde.kudos == 750


async def open_again(house, clock):
    """Take the lease once more, as it has run out by now."""
    lease = await house.leases.take("clock")
    assert lease is not None
    house.lease = lease
    return house


async def test_one_horde_account_gets_the_prizes_of_one_person(house, horde):
    await secured(house)
    await award(house, names={"ann": "ann#11"})

    with pytest.raises(Refusal, match="already named by another winner"):
        await house.ledger.named("bob", "an alias of the same#11")
    assert await waiting(house, "ann", "bob", "eve") == [0, 250, 50]


async def test_two_winners_with_one_horde_account_do_not_both_get_there(house):
    await secured(house)
    await award(house, names={"ann": "ann#11", "bob": "sock#11"})

    ann, bob, eve = await waiting(house, "ann", "bob", "eve")
    assert (not ann) != (not bob)
    assert eve


async def test_who_is_forgotten_leaves_sums_and_no_name(house):
    await secured(house)
    await award(house)
    await house.treasury.pay(house.lease)

    await house.ledger.forget("ann")
    transfers = await house.ledger.transfers(EVENT)
    assert sorted(one.receiver or "" for one in transfers) == ["", "", "bob#12", "bob#12", "eve#13"]
    assert (await house.ledger.sheet(EVENT)).sent == 650


# --- when the Horde does not do it ------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "pause"),
    [
        (faults.rc("TooFastKudosTransfers"), 60),
        (faults.limiter("1 per 1 second", retry_after=7), 7),
        (faults.limiter("90 per 1 hour", retry_after=3000), 3000),
        (faults.rc("MaintenanceMode"), 300),
        (faults.rc("InvalidAPIKey", 401), KEY_PAUSE),
        (faults.lose(), FIRST_PAUSE),
        (faults.html(502), FIRST_PAUSE),
    ],
)
async def test_what_passes_is_waited_for(house, horde, clock, fault, pause):
    await secured(house)
    await award(house, winners=(), entrants=("ann",))
    horde.fail("transfer", fault)

    assert await house.treasury.pay(house.lease) == 0
    clock.now += pause - 1
    assert await house.treasury.pay(house.lease) == 0
    assert horde.journal.count("transfer") == 1
    clock.now += 1
    house = await open_again(house, clock)
    assert await house.treasury.pay(house.lease) == 1
    assert horde.transfers == [("ann#11", 50)]
    assert await states(house) == [TransferState.SENT]


async def test_kudos_that_came_from_a_winner_a_moment_ago_go_back_a_minute_later(
    house, horde, clock
):
    await secured(house)
    await award(house, winners=(), entrants=("ann",))
    horde.sent_at["ann#11", "member#1"] = clock.now

    assert await house.treasury.pay(house.lease) == 0
    clock.now += 60
    assert await house.treasury.pay(house.lease) == 1


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (faults.rc("InvalidTargetUsername"), "cannot go to this name"),
        (faults.rc("KudosTransferNotEnough"), "has not that many"),
        (faults.rc("TargetAccountFlagged"), "flagged the account they go to"),
        (faults.rc("KudosTransferToSelf"), "cannot go to this name"),
    ],
)
async def test_what_is_refused_for_good_says_why_and_can_be_tried_again(
    house, horde, fault, sentence
):
    await secured(house)
    await award(house, winners=(), entrants=("ann", "bob"))
    horde.fail("transfer", fault)

    assert await house.treasury.pay(house.lease) == 1
    [failed] = [
        one for one in await house.ledger.transfers(EVENT) if one.state is TransferState.REFUSED
    ]
    assert sentence in failed.reason
    assert await house.treasury.is_settled(EVENT)

    assert await house.ledger.retry(EVENT) == 1
    assert await house.treasury.pay(house.lease) == 1
    assert sorted(horde.transfers) == [("ann#11", 50), ("bob#12", 50)]


async def test_a_refusal_after_a_lost_answer_proves_nothing(house, horde, clock):
    await secured(house)
    await award(house, winners=(), entrants=("ann",))
    horde.fail("transfer", faults.lose())
    await house.treasury.pay(house.lease)
    horde.flagged.add("ann#11")

    clock.now += FIRST_PAUSE
    await house.treasury.pay(house.lease)
    assert await states(house) == [TransferState.UNCLEAR]
    assert (await house.ledger.sheet(EVENT)).bound == 50

    horde.flagged.clear()
    assert await house.ledger.retry(EVENT) == 1
    await house.treasury.pay(house.lease)
    assert await states(house) == [TransferState.SENT]
    assert horde.transfers == [("ann#11", 50)]


async def test_too_little_money_after_a_lost_answer_proves_that_nothing_went(house, horde, clock):
    await secured(house)
    await award(house, winners=(), entrants=("ann",))
    horde.fail("transfer", faults.refuse())
    await house.treasury.pay(house.lease)
    horde.kudos = 10

    clock.now += FIRST_PAUSE
    await house.treasury.pay(house.lease)
    assert await states(house) == [TransferState.REFUSED]
    assert horde.transfers == []


async def test_a_horde_that_never_answers_is_given_up_after_days(house, horde, clock):
    await secured(house)
    await award(house, winners=(), entrants=("ann",))
    horde.fail("transfer", faults.rc("MaintenanceMode"), 4)
    impatient = Outbox(house.ledger, house.treasury.payers.of, most_tries=3)
    for _ in range(4):
        assert await states(house) == [TransferState.INTENDED]
        clock.now += 300
        house = await open_again(house, clock)
        await impatient.send_due(house.lease)

    assert await states(house) == [TransferState.REFUSED]


async def test_what_was_freed_is_not_bound_twice(house, horde):
    await secured(house)
    await award(house, winners=(), entrants=("ann",))
    horde.fail("transfer", faults.rc("InvalidTargetUsername"))
    await house.treasury.pay(house.lease)
    await house.treasury.secure(EVENT, Prizes(participation=10, budget=10))

    with pytest.raises(Refusal, match="are missing"):
        await house.ledger.retry(EVENT)
    assert await states(house) == [TransferState.REFUSED]


async def test_the_key_goes_along_and_no_answer_shows_it(house, horde):
    await secured(house)
    await award(house, winners=(), entrants=("ann",))
    await house.treasury.pay(house.lease)

    [sent] = horde.journal.of("transfer")
    [transfer] = await house.ledger.transfers(EVENT)
    assert sent.headers["idempotency-key"] == transfer.id
    assert sent.headers["apikey"] == HOUSE_KEY
