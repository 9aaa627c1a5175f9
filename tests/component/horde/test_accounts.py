"""Users, shared keys and kudos through the client."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr, ValidationError

from common.errors import (
    HordeBusy,
    HordeForbidden,
    HordeGone,
    HordeRejected,
    HordeUnclear,
)
from common.horde.client import HordeClient
from common.horde.wire_accounts import UNLIMITED, SharedKeyBody
from tests.component.horde.conftest import KEY, QUICK, body
from tests.fakes import faults

ORDER = "prize-7-of-challenge-3"


async def test_what_everybody_may_know_of_a_user(client, horde):
    user = await client.user(2)

    assert (user.username, user.kudos, user.pseudonymous) == ("friend#2", 50, False)
    assert "apikey" not in horde.journal.of("user")[0].headers


async def test_a_user_that_is_not_there_says_nothing_about_our_key(client):
    with pytest.raises(HordeGone, match="does not know this user") as gone:
        await client.user(99)
    assert gone.value.pauses_endpoint is None


async def test_an_unknown_key_of_ours_is_about_the_endpoint(client, horde):
    horde.keys = set()

    with pytest.raises(HordeForbidden) as unknown:
        await client.find_user()
    assert unknown.value.pauses_endpoint > 60


# --- shared keys ------------------------------------------------------------------------------


@pytest.fixture
async def key(client):
    return await client.create_shared_key(
        SharedKeyBody(name="prize key", kudos=50, expiry=7, max_image_steps=30)
    )


async def test_a_shared_key_has_its_limits(client, horde, key):
    seen = await client.shared_key(key.id)

    assert seen == key
    assert (seen.username, seen.name, seen.kudos, seen.utilized) == (
        "member#1",
        "prize key",
        50,
        0,
    )
    assert (seen.max_image_steps, seen.max_image_pixels) == (30, UNLIMITED)
    assert timedelta(days=6) < seen.expiry - datetime.now(UTC) < timedelta(days=8)
    assert "apikey" not in horde.journal.of("shared_key")[0].headers


async def test_changing_leaves_what_is_not_named(client, key):
    changed = await client.change_shared_key(key.id, SharedKeyBody(kudos=UNLIMITED))

    assert (changed.kudos, changed.name, changed.max_image_steps) == (UNLIMITED, "prize key", 30)


async def test_a_deleted_key_is_gone(client, key):
    await client.delete_shared_key(key.id)

    for ask in (
        lambda: client.shared_key(key.id),
        lambda: client.change_shared_key(key.id, SharedKeyBody(kudos=1)),
    ):
        with pytest.raises(HordeGone, match="does not know this shared key") as gone:
            await ask()
        assert gone.value.pauses_endpoint is None
        assert gone.value.values["horde"] == "fake"
    await client.delete_shared_key(key.id)


async def test_our_own_key_being_unknown_is_not_taken_for_the_shared_one(client, horde, key):
    horde.keys = set()

    with pytest.raises(HordeForbidden) as unknown:
        await client.change_shared_key(key.id, SharedKeyBody(kudos=1))
    assert unknown.value.rc == "InvalidAPIKey"


async def test_nothing_to_change(client, key):
    with pytest.raises(HordeRejected, match="nothing to change"):
        await client.change_shared_key(key.id, SharedKeyBody())


async def test_creating_is_not_done_twice(client, horde):
    horde.fail("shared_key_create", faults.lose())

    with pytest.raises(HordeUnclear):
        await client.create_shared_key(SharedKeyBody(name="prize key"))
    assert len(horde.shared_keys) == 1


async def test_a_shared_keys_id_is_never_shown(client, horde, key):
    secret = key.id.get_secret_value()
    horde.shared_keys[secret]["username"] = "friend#2"

    with pytest.raises(HordeForbidden) as refused:
        await client.change_shared_key(key.id, SharedKeyBody(kudos=1))

    assert secret in horde.journal.of("shared_key_change")[0].answer["message"]
    assert secret not in f"{key!r} {refused.value!s} {refused.value.values}"
    assert "belongs to somebody else" in str(refused.value)


async def test_a_shared_key_pays_until_it_is_empty(client, session, horde, key):
    payer = HordeClient(horde.url, key.id, session, name="fake", patience=QUICK)
    await payer.submit(body(n=8))

    assert (await payer.shared_key(key.id)).kudos == 2
    with pytest.raises(HordeForbidden) as short:
        await payer.submit(body())
    assert short.value.rc == "SharedKeyInsufficientKudos"
    await client.change_shared_key(key.id, SharedKeyBody(kudos=0))
    with pytest.raises(HordeForbidden, match="shared key") as empty:
        await payer.submit(body())
    assert empty.value.rc == "SharedKeyEmpty"


async def test_a_key_without_an_end(client, horde, key):
    for spelling, expected in [
        (None, None),
        ("whenever", None),
        ("Sun, 29 Nov 2026 19:38:42 -0000", datetime(2026, 11, 29, 19, 38, 42, tzinfo=UTC)),
        ("2026-11-29T19:38:42", datetime(2026, 11, 29, 19, 38, 42, tzinfo=UTC)),
    ]:
        horde.shared_keys[key.id.get_secret_value()]["expiry"] = spelling
        assert (await client.shared_key(key.id)).expiry == expected


# --- kudos ------------------------------------------------------------------------------------


async def test_kudos_go_to_a_friend_with_the_callers_order(client, horde):
    assert await client.transfer_kudos("friend#2", 20, idempotency_key=ORDER) == 20

    sent = horde.journal.of("transfer")[0]
    assert (sent.headers["idempotency-key"], sent.headers["apikey"]) == (ORDER, KEY)
    assert sent.body == {"username": "friend#2", "amount": 20}
    assert (horde.kudos, horde.users["friend#2"]) == (980, 70)


async def test_kudos_go_to_a_shared_key_of_somebody_else(client, horde, key):
    horde.shared_keys[key.id.get_secret_value()]["username"] = "friend#2"
    await client.transfer_kudos(key.id, 7, idempotency_key=ORDER)

    assert (await client.shared_key(key.id)).kudos == 57


@pytest.mark.parametrize(
    "fault", [faults.lose(), faults.reset(), faults.truncate(), faults.refuse(), faults.html(502)]
)
async def test_kudos_whose_answer_is_lost_are_sent_once(client, horde, fault):
    horde.fail("transfer", fault, 2)

    assert await client.transfer_kudos("friend#2", 20, idempotency_key=ORDER) == 20
    assert horde.journal.count("transfer") >= 3
    assert horde.transfers == [("friend#2", 20)]


async def test_kudos_that_stay_unclear_can_be_ordered_again(client, horde):
    horde.fail("transfer", faults.lose(), 100)
    with pytest.raises(HordeUnclear, match="nothing is sent twice"):
        await client.transfer_kudos("friend#2", 20, idempotency_key=ORDER)
    horde.heal()

    assert await client.transfer_kudos("friend#2", 20, idempotency_key=ORDER) == 20
    assert horde.transfers == [("friend#2", 20)]


async def test_an_order_holds_for_one_person_and_amount(client, horde):
    await client.transfer_kudos("friend#2", 20, idempotency_key=ORDER)

    with pytest.raises(HordeRejected, match="already carried out"):
        await client.transfer_kudos("friend#2", 21, idempotency_key=ORDER)


@pytest.mark.parametrize(
    ("to", "amount", "rc"),
    [
        ("nobody#9", 5, "InvalidTargetUsername"),
        ("member#1", 5, "KudosTransferToSelf"),
        ("Anonymous#0", 5, "KudosTransferToAnon"),
        ("friend#2", 5000, "KudosTransferNotEnough"),
    ],
)
async def test_kudos_that_cannot_go_stay(client, horde, to, amount, rc):
    with pytest.raises(HordeRejected, match="The kudos were not sent") as refused:
        await client.transfer_kudos(to, amount, idempotency_key=ORDER)
    assert refused.value.rc == rc
    assert horde.transfers == []


async def test_kudos_sent_back_at_once_have_to_wait(client, horde):
    horde.fail("transfer", faults.rc("TooFastKudosTransfers", 400))

    with pytest.raises(HordeBusy) as busy:
        await client.transfer_kudos("friend#2", 5, idempotency_key=ORDER)
    assert busy.value.retry_after == 60


@pytest.mark.parametrize("rc", ["DeletedUser", "SharedKeyExpired"])
async def test_a_receiver_that_is_gone_says_nothing_about_our_key(client, horde, rc):
    horde.fail("transfer", faults.rc(rc, 400, "This account is gone."))

    with pytest.raises(HordeRejected, match="This account is gone") as refused:
        await client.transfer_kudos("friend#2", 5, idempotency_key=ORDER)
    assert refused.value.pauses_endpoint is None


async def test_a_shared_key_is_not_shown_when_kudos_do_not_reach_it(client, horde):
    secret = SecretStr("96baf5af-fb51-43c4-b2b2-14a0ca6654d4")
    told = {"message": f"No {secret.get_secret_value()} here.", "rc": "FaultWhenKudosReceiving"}
    horde.fail("transfer", faults.answer(400, json.dumps(told)))

    with pytest.raises(HordeRejected) as refused:
        await client.transfer_kudos(secret, 5, idempotency_key=ORDER)
    assert secret.get_secret_value() not in f"{refused.value!s} {refused.value.values}"


async def test_kudos_do_not_go_to_a_shared_key_of_our_own(client, horde, key):
    with pytest.raises(HordeRejected) as refused:
        await client.transfer_kudos(key.id, 7, idempotency_key=ORDER)
    assert refused.value.rc == "KudosTransferToSelf"


async def test_an_order_is_one_payers(client, session, horde):
    horde.owners = {"key-of-friend": "friend#2"}
    friend = HordeClient(
        horde.url, SecretStr("key-of-friend"), session, name="fake", patience=QUICK
    )
    horde.users["other#3"] = 0.0

    await client.transfer_kudos("other#3", 20, idempotency_key=ORDER)
    await friend.transfer_kudos("other#3", 30, idempotency_key=ORDER)

    assert (horde.users["other#3"], horde.users["friend#2"]) == (50, 20)


async def test_only_the_number_of_a_name_counts(client, horde):
    await client.transfer_kudos("somebody else#2", 20, idempotency_key=ORDER)

    assert horde.users["friend#2"] == 70


async def test_kudos_do_not_go_back_within_a_minute(client, session, horde):
    horde.owners = {"key-of-friend": "friend#2"}
    friend = HordeClient(
        horde.url, SecretStr("key-of-friend"), session, name="fake", patience=QUICK
    )
    await client.transfer_kudos("friend#2", 20, idempotency_key=ORDER)

    with pytest.raises(HordeBusy):
        await friend.transfer_kudos("member#1", 5, idempotency_key="back")


async def test_who_was_flagged_meanwhile_is_refused_what_they_got_already(client, horde):
    await client.transfer_kudos("friend#2", 20, idempotency_key=ORDER)
    horde.flagged.add("friend#2")

    with pytest.raises(HordeRejected, match="flagged the account they go to"):
        await client.transfer_kudos("friend#2", 20, idempotency_key=ORDER)
    assert horde.users["friend#2"] == 70


async def test_whose_account_is_flagged_is_told_by_the_code_for_the_words_are_mixed_up(
    client, horde
):
    horde.flagged.add("member#1")

    with pytest.raises(HordeForbidden, match="flagged the account they come from"):
        await client.transfer_kudos("friend#2", 20, idempotency_key=ORDER)


async def test_what_a_shared_key_pays_for_goes_with_it(client, session, horde, key):
    horde.seconds = None
    payer = HordeClient(horde.url, key.id, session, name="fake", patience=QUICK)
    submitted = await payer.submit(body())
    await client.delete_shared_key(key.id)

    with pytest.raises(HordeGone):
        await client.check(submitted.id)


async def test_a_shared_key_gives_no_kudos_and_makes_no_keys(session, horde, key):
    payer = HordeClient(horde.url, key.id, session, name="fake", patience=QUICK)

    with pytest.raises(HordeForbidden) as giving:
        await payer.transfer_kudos("friend#2", 5, idempotency_key=ORDER)
    with pytest.raises(HordeForbidden) as making:
        await payer.create_shared_key(SharedKeyBody(name="another"))
    assert (giving.value.rc, making.value.rc) == ("InvalidAPIKey", "InvalidAPIKey")


async def test_an_account_has_three_shared_keys(client, horde):
    for number in range(3):
        await client.create_shared_key(SharedKeyBody(name=f"key {number}"))

    with pytest.raises(HordeForbidden, match="more than 3") as refused:
        await client.create_shared_key(SharedKeyBody(name="one more"))
    assert refused.value.pauses_endpoint is None
    horde.trusted = True
    assert (await client.create_shared_key(SharedKeyBody(name="one more"))).name == "one more"


async def test_an_account_shows_its_shared_keys_to_its_owner(client, key):
    assert (await client.find_user()).sharedkey_ids == [key.id]


@pytest.mark.parametrize("order", ["", "x" * 256, "line\nbreak", "naïve"])
async def test_an_order_must_fit_into_a_header(client, horde, order):
    with pytest.raises(ValueError, match="idempotency key"):
        await client.transfer_kudos("friend#2", 5, idempotency_key=order)
    assert horde.journal.count("transfer") == 0


@pytest.mark.parametrize("amount", [0, -5, 1.5])
async def test_only_whole_kudos_are_sent(client, horde, amount):
    with pytest.raises(ValidationError):
        await client.transfer_kudos("friend#2", amount, idempotency_key=ORDER)
    assert horde.journal.count("transfer") == 0
