"""Pictures that somebody else pays for: made with their key, no trouble of ours if it is empty."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from common.config import KudosConfig
from common.model import Ending, Place
from events.kudos.records import Purpose
from events.lifecycle import Step
from events.model import Plan
from request.allowed.terms import Payer, Terms
from tests.component.accounts import QUICK
from tests.fakes import faults
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until

pytestmark = pytest.mark.database

KEY = "key-of-a-sponsor"
SEAL = base64.b64encode(bytes(range(32))).decode()
KUDOS = KudosConfig(horde="fake0", seal_key=SecretStr(SEAL))
SMALL = "draw for me a fox style: raw --n 1 --size 512x512 --steps 20"
LARGE = "draw for me a fox style: raw --n 1 --size 768x768 --steps 20"


async def open_party(core):
    """Hold a party in the room that a sponsor pays for; return it."""
    now = datetime.now(UTC)
    plan = {
        "name": "party",
        "kind": "party",
        "title": "Party",
        "theme": "Foxes",
        "schedule": {"opens": now, "closes": now + timedelta(days=1)},
        "venues": [{"account": "web", "to": "room"}],
        "prizes": {"pictures": 100, "max_pixels": 512 * 512, "max_steps": 20},
    }
    event = await core.events.events.drafted(Plan.model_validate(plan), "ann")
    sponsors = core.rooms.treasury.sponsors
    token = await sponsors.invite(event.id, Purpose.PICTURES)
    await sponsors.give(token, browser="b", key=SecretStr(KEY), kudos=100)
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await core.events.steps.take(event, step, "ann")
    lease = await core.leases.take("clock")
    for chore in core.rooms.chores():
        await chore(lease)


async def test_a_partys_pictures_are_made_with_the_sponsors_shared_key(start, heard, horde):
    horde.owners, horde.users["sponsor#5"] = {KEY: "sponsor#5"}, 500.0
    platform = FakePlatform()
    async with start(platform, kudos=KUDOS) as core:
        await open_party(core)
        [key] = horde.shared_keys.values()
        elsewhere = replace(heard(SMALL, event="3"), place=Place("web", "web", "other"))
        for incoming in (heard(SMALL, event="1"), heard(LARGE, event="2"), elsewhere):
            platform.say(incoming)
            assert (await platform.answer_to(incoming.event)).ending is Ending.DONE

        paid = [exchange.headers["apikey"] for exchange in horde.journal.of("submit")]
        assert paid == [key["id"], "0000000000", "0000000000"]
        assert key["utilized"] > 0


async def test_a_shared_key_that_is_empty_keeps_nobody_else_from_their_pictures(
    start, heard, horde
):
    horde.owners, horde.users["sponsor#5"] = {KEY: "sponsor#5"}, 500.0
    platform = FakePlatform()
    async with start(platform, kudos=KUDOS) as core:
        await open_party(core)
        [key] = horde.shared_keys.values()
        key["kudos"] = 0
        platform.say(heard(SMALL, event="1"))
        outcome = await platform.answer_to("1")
        assert outcome.ending is Ending.FAILED
        assert "shared key" in outcome.text

        platform.say(replace(heard(SMALL, event="2"), place=Place("web", "web", "other")))
        assert (await platform.answer_to("2")).ending is Ending.DONE


async def test_a_sponsor_with_enough_waiting_holds_nobody_else_up(start, heard, horde):
    horde.owners, horde.users["sponsor#5"] = {KEY: "sponsor#5"}, 500.0
    platform = FakePlatform()
    async with start(platform, kudos=KUDOS, patience=replace(QUICK, unreachable=0.2)) as core:
        await open_party(core)
        horde.fail("submit", faults.rc("TooManyPrompts", 429))
        platform.say(heard(SMALL, event="1"))
        [endpoint] = core.hordes.endpoints
        await wait_until(lambda: len(endpoint.turns) or horde.journal.count("submit") > 1)
        assert not len(endpoint.turns)
        assert (await platform.answer_to("1")).ending is Ending.DONE


async def test_a_shared_key_that_was_deleted_is_not_taken_for_the_bots(start, heard, horde):
    horde.owners, horde.users["sponsor#5"] = {KEY: "sponsor#5"}, 500.0
    horde.keys = {KEY, "0000000000"}
    platform = FakePlatform()
    async with start(platform, kudos=KUDOS) as core:
        await open_party(core)
        horde.shared_keys.clear()
        platform.say(heard(SMALL, event="1"))
        outcome = await platform.answer_to("1")
        assert outcome.ending is Ending.FAILED
        assert "shared key" in outcome.text

        platform.say(replace(heard(SMALL, event="2"), place=Place("web", "web", "other")))
        assert (await platform.answer_to("2")).ending is Ending.DONE


def test_who_may_not_be_asked_is_not_paid():
    payer = Payer("public", SecretStr("key"))

    assert Terms(hordes=("hub",)).paid_by(payer) == Terms(hordes=("hub",))
    assert Terms().paid_by(payer) == Terms(hordes=("public",), payer=payer)
    assert Terms().paid_by(None) == Terms()
