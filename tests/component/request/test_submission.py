"""Sending jobs: Hordes that are full or closed, jobs nobody can make where they are, settings."""

import json

import aiohttp
import pytest

from common import texts
from common.horde.limits import Limits, Rate
from common.model import Ending
from request.allowed.terms import Patience
from tests.fakes.horde import FakeHorde, Fate, faults
from tests.fakes.platform import FakePlatform
from tests.fakes.ports import spare
from tests.waiting import wait_until

pytestmark = pytest.mark.database

FOX = "draw for me a fox style: raw --n 1"
THREE = "draw for me a fox style: raw --n 3"


def statuses(horde):
    return [exchange.status for exchange in horde.journal.of("submit")]


# --- as much waiting as our account may have ----------------------------------------------------


async def test_what_a_full_horde_does_not_take_waits_in_our_queue(start, heard, horde):
    horde.seconds, horde.concurrency = None, 4
    platform = FakePlatform()
    async with start(platform):
        for number in (1, 2, 3):
            platform.say(heard(THREE, event=str(number), person=f"person{number}"))
        await wait_until(lambda: len([one for one in platform.progress if one.own_queue]) >= 2)
        assert statuses(horde).count(202) == 1
        for number in (1, 2, 3):
            await wait_until(lambda count=number: len(horde.requests) == count)
            horde.finish(list(horde.requests)[-1])
        outcomes = [await platform.answer_to(str(number)) for number in (1, 2, 3)]
    assert [outcome.ending for outcome in outcomes] == [Ending.DONE] * 3
    assert statuses(horde).count(429) <= 4


async def test_who_waits_for_room_is_not_given_up_like_one_whose_horde_is_away(start, heard, horde):
    horde.fail("submit", faults.rc("TooManyPrompts", 429))
    platform = FakePlatform()
    async with start(platform, patience=Patience(unreachable=0)) as core:
        platform.say(heard(FOX))
        await wait_until(lambda: any(shown.own_queue for shown in platform.progress))
        core.hordes.endpoints[0].turns.knock()
        assert (await platform.answer_to("1")).ending is Ending.DONE
    assert statuses(horde) == [429, 202]


async def test_what_was_refused_counts_not_as_wasted_after_a_restart(start, heard, horde):
    horde.concurrency = 0
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard(FOX))
        await wait_until(lambda: any(shown.own_queue for shown in platform.progress))
    horde.concurrency = None
    async with start(platform) as core:
        outcome = await platform.answer_to("1")
        [job] = await core.store.jobs_of(outcome.request)
    assert outcome.ending is Ending.DONE
    assert (job.attempts, job.wasted) == (2, 0)


async def test_what_a_full_horde_does_not_take_overflows_to_the_next(start, heard, horde):
    platform = FakePlatform()
    async with FakeHorde() as hub:
        hub.fail("submit", faults.rc("TooManyPrompts", 429))
        async with start(platform, urls=[hub.url, horde.url]):
            platform.say(heard(FOX))
            assert (await platform.answer_to("1")).ending is Ending.DONE
    assert (statuses(hub), statuses(horde)) == ([429], [202])


# --- closed to us -------------------------------------------------------------------------------


async def test_a_horde_that_refuses_our_key_is_not_asked_again_and_says_why(start, heard, horde):
    horde.keys = {"another"}
    platform = FakePlatform()
    async with start(platform):
        for event in ("1", "2"):
            platform.say(heard(FOX, event=event))
            outcome = await platform.answer_to(event)
            assert outcome.ending is Ending.FAILED
            assert "fake0 does not accept the bot's key" in outcome.text
        platform.say(heard("status", event="3"))
        assert "does not accept the bot's key" in (await platform.answer_to("3")).text
    assert statuses(horde) == [401]


async def test_who_had_queued_before_a_horde_closed_is_not_sent_there_either(start, heard, horde):
    horde.maintenance = True
    platform = FakePlatform()
    async with start(platform, patience=Patience(unreachable=0)) as core:
        client = core.hordes.endpoints[0].client
        client.use_limits(Limits(submit=(Rate(1, 0.5),)))
        await client.turn_to_submit()
        for number in (1, 2, 3):
            platform.say(heard(FOX, event=str(number), person=f"person{number}"))
        outcomes = [await platform.answer_to(str(number)) for number in (1, 2, 3)]
    assert all("closed for maintenance" in outcome.text for outcome in outcomes)
    assert statuses(horde) == [400]


async def test_a_horde_in_maintenance_is_left_alone_for_as_long_as_that_takes(start, heard, horde):
    horde.maintenance = True
    platform = FakePlatform()
    async with start(platform, patience=Patience(unreachable=0.3, pause=0.05)):
        platform.say(heard(FOX))
        outcome = await platform.answer_to("1")
    assert "closed for maintenance" in outcome.text
    assert statuses(horde) == [400]
    assert any("maintenance" in shown.note for shown in platform.progress)


async def test_where_our_address_is_shut_out_for_a_moment_it_is_waited_out(start, heard, horde):
    shut = "Your IP address has been put into timeout for 1 more seconds."
    horde.fail("submit", faults.rc("TimeoutIP", 403, shut))
    platform = FakePlatform()
    async with start(platform, patience=Patience(unreachable=20)):
        platform.say(heard(FOX))
        assert (await platform.answer_to("1")).ending is Ending.DONE
    assert statuses(horde) == [403, 202]


# --- nobody there -------------------------------------------------------------------------------


async def test_a_job_nobody_can_make_where_it_is_is_taken_to_another_horde(start, heard, horde):
    platform = FakePlatform()
    async with FakeHorde() as hub:
        hub.plan.append(Fate.IMPOSSIBLE)
        patience = Patience(elsewhere=0.1, impossible=20)
        async with start(platform, urls=[hub.url, horde.url], patience=patience):
            platform.say(heard(FOX))
            outcome = await platform.answer_to("1")
            platform.say(heard("info", event="2", parent="post-1-1"))
            told = await platform.answer_to("2")
        assert (hub.journal.count("submit"), hub.journal.count("cancel")) == (1, 1)
    assert outcome.ending is Ending.DONE
    assert "fake1" in told.text


async def test_a_job_that_no_horde_can_make_says_so_though_each_has_its_model(start, heard, horde):
    platform = FakePlatform()
    async with FakeHorde() as hub:
        hub.fate = horde.fate = Fate.IMPOSSIBLE
        patience = Patience(elsewhere=0.1, impossible=0.1)
        async with start(platform, urls=[hub.url, horde.url], patience=patience):
            platform.say(heard(FOX))
            outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.FAILED
    assert texts.say("outcome.impossible", model=horde.submitted()[0]["models"][0]) in outcome.text


# --- settings -----------------------------------------------------------------------------------


async def test_pictures_can_be_asked_for_inside_the_answer(start, heard, horde):
    platform = FakePlatform()
    async with start(platform, r2=False):
        platform.say(heard(FOX))
        assert (await platform.answer_to("1")).ending is Ending.DONE
    [sent] = horde.journal.of("submit")
    assert sent.body["r2"] is False
    assert horde.journal.count("picture") == 0


async def test_a_public_address_gets_a_secret_and_calls_to_it_wake_the_request(start, heard, horde):
    horde.seconds = None
    platform, port = FakePlatform(), spare()
    settings = {"webhook": "https://bots.example.org/wake", "listen": f"127.0.0.1:{port}"}
    async with start(platform, **settings), aiohttp.ClientSession() as session:
        platform.say(heard(FOX))
        await wait_until(lambda: horde.journal.count("check") >= 1)
        [made] = horde.requests.values()
        base, _, token = made.body["webhook"].rpartition("/")
        assert base == "https://bots.example.org/wake"
        assert len(token) >= 32
        made.by_hand = 1
        call = json.dumps(made.webhook_call(0, "http://127.0.0.1/a.webp"))
        for path, status in ((f"/wake/{token}", 200), (f"/{token}", 200), ("/wake/guess", 404)):
            async with session.post(f"http://127.0.0.1:{port}{path}", data=call) as answer:
                assert answer.status == status
        assert (await platform.answer_to("1")).ending is Ending.DONE
