"""Limits of a person and a community, and what a Horde learns of who asks."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from common.config import PlaceConfig
from common.horde.limits import Limits, Rate
from common.model import Ending, Place
from request.allowed import policy
from request.kept.marks import open_marks
from request.kept.records import RequestState
from request.kept.tables import people
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until

pytestmark = pytest.mark.database

FOX = "draw for me a fox style: raw --n 1"


@pytest.fixture
def asked(heard):
    """Make a request of somebody in a community."""

    def make(number, person="ann", community="web", text=FOX):
        incoming = heard(text, event=str(number), person=person)
        return replace(incoming, place=Place("web", community, "room"))

    return make


# --- in flight and in an hour -----------------------------------------------------------------


async def test_a_person_may_have_so_many_at_work(start, asked, horde):
    horde.seconds = None
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(running_per_person=2)):
        for number in (1, 2):
            platform.say(asked(number))
            await wait_until(lambda number=number: horde.journal.count("submit") == number)
        platform.say(asked(3))
        assert "already have 2 requests at work" in (await platform.answer_to("3")).text
        platform.say(asked(4, "bob"))
        await wait_until(lambda: horde.journal.count("submit") == 3)


async def test_a_community_may_have_so_many_at_work_whoever_asks(start, asked, horde):
    horde.seconds = None
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(running_per_community=2)):
        for number, person in enumerate(["ann", "bob"], start=1):
            platform.say(asked(number, person))
            await wait_until(lambda number=number: horde.journal.count("submit") == number)
        platform.say(asked(3, "eve"))
        refused = await platform.answer_to("3")
        platform.say(asked(4, "eve", community="other"))
        await wait_until(lambda: horde.journal.count("submit") == 3)
        horde.finish(next(iter(horde.requests)))
        await platform.answer_to("1")
        platform.say(asked(5, "eve"))
        await wait_until(lambda: horde.journal.count("submit") == 4)
    assert refused.ending is Ending.REFUSED
    assert refused.text.startswith("2 requests of this community are at work already")


async def test_the_limit_of_a_community_is_its_own_setting(start, asked, horde):
    horde.seconds = None
    platform = FakePlatform()
    async with start(platform, communities={"web/small": {"running_per_community": 1}}):
        for number, community in enumerate(["web", "web", "small"], start=1):
            platform.say(asked(number, community=community))
            await wait_until(lambda number=number: horde.journal.count("submit") == number)
        platform.say(asked(4, "bob", community="small"))
        assert "1 requests of this community" in (await platform.answer_to("4")).text


async def test_a_person_is_told_when_the_next_request_of_the_hour_may_come(start, asked):
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(requests_per_hour=1)):
        platform.say(asked(1))
        await platform.answer_to("1")
        platform.say(asked(2))
        assert "limit of 1 requests an hour. You can ask again in 60 min" in (
            (await platform.answer_to("2")).text
        )


async def test_being_forgotten_gives_no_requests_back(start, asked, database):
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(requests_per_hour=3)) as core:
        for number in (1, 3):
            platform.say(asked(number))
            await platform.answer_to(str(number))
            platform.say(asked(number + 1, text="forget me"))
            await platform.answer_to(str(number + 1))
            await wait_until(lambda: not core.service.at_work.running)
        platform.say(asked(5))
        await platform.answer_to("5")
        platform.say(asked(6))
        refused = await platform.answer_to("6")
        platform.say(asked(7, "bob"))
        assert (await platform.answer_to("7")).ending is Ending.DONE
    assert "limit of 3 requests an hour. You can ask again in 60 min" in refused.text
    async with database.read() as connection:
        kept = sorted(row.what for row in await connection.execute(sa.select(people)))
    assert kept == ["asked 0", "asked 1"]


async def test_a_community_is_told_when_its_next_request_may_come(start, asked):
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(requests_per_hour_per_community=2)):
        for number, person in enumerate(["ann", "bob"], start=1):
            platform.say(asked(number, person))
            await platform.answer_to(str(number))
        platform.say(asked(3, "eve"))
        refused = await platform.answer_to("3")
        platform.say(asked(4, "eve", community="other"))
        other = await platform.answer_to("4")
    assert refused.text == (
        "This community has had its 2 requests of this hour. You can ask again in 60 min."
    )
    assert other.ending is Ending.DONE


async def test_questions_and_refusals_do_not_count(start, asked):
    platform = FakePlatform()
    place = PlaceConfig(requests_per_hour=1, requests_per_hour_per_community=1)
    async with start(platform, place=place):
        for number, text in enumerate(["help", "draw for me", "queue"], start=1):
            platform.say(asked(number, text=text))
            await platform.answer_to(str(number))
        platform.say(asked(4))
        assert (await platform.answer_to("4")).ending is Ending.DONE


# --- what a Horde learns of a person ----------------------------------------------------------


async def test_a_service_account_tells_a_hash_of_the_person_and_nothing_else(
    start, asked, horde, tmp_path
):
    horde.service = True
    platform = FakePlatform()
    async with start(platform, proxied=True):
        for number, person in enumerate(["annabella", "robert", "annabella"], start=1):
            platform.say(asked(number, person))
            assert (await platform.answer_to(str(number))).ending is Ending.DONE
    sent = [exchange for exchange in horde.journal.exchanges if exchange.route == "submit"]
    one, other, again = [exchange.body["proxied_account"] for exchange in sent]
    assert one == again != other
    assert len(one) == 64
    marks = open_marks(tmp_path)
    assert one == marks.for_horde("web", "annabella") != marks.person("web", "annabella")
    for exchange in horde.journal.exchanges:
        said = f"{exchange.path} {exchange.body} {exchange.headers}".casefold()
        assert "annabella" not in said
        assert "robert" not in said


async def test_a_horde_that_need_not_know_is_told_no_person_and_no_address(start, asked, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(asked(1))
        assert (await platform.answer_to("1")).ending is Ending.DONE
    [sent] = [exchange for exchange in horde.journal.exchanges if exchange.route == "submit"]
    assert "proxied_account" not in sent.body
    for exchange in horde.journal.exchanges:
        assert "proxied-for" not in exchange.headers
        assert "proxy-authorization" not in exchange.headers


async def test_a_key_that_may_not_ask_for_others_is_refused_by_its_horde(start, asked, horde):
    platform = FakePlatform()
    async with start(platform, proxied=True):
        platform.say(asked(1))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.FAILED
    assert "service account" in outcome.text


# --- the queue in front of a Horde -------------------------------------------------------------

SCARCE = Limits(submit=(Rate(1, 3600.0),))


def places(platform):
    return sorted(shown.position for shown in platform.progress if shown.own_queue)


async def test_people_take_turns_where_a_horde_may_be_asked_only_so_often(start, asked, horde):
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(running_per_person=9)) as core:
        client = core.hordes.endpoints[0].client
        client.use_limits(SCARCE)
        await client.turn_to_submit()
        for number in range(1, 5):
            platform.say(asked(number))
        await wait_until(lambda: places(platform) == [1, 2, 3, 4])
        platform.progress.clear()
        platform.say(asked(5, "bob"))
        await wait_until(lambda: places(platform))
        [theirs] = [shown for shown in platform.progress if shown.own_queue]
    assert (theirs.position, theirs.wait_seconds) == (2, 7200)  # though four came before
    assert "take turns" in theirs.note
    async with start(platform, place=PlaceConfig(running_per_person=9)):
        for number in range(1, 6):
            assert (await platform.answer_to(str(number))).ending is Ending.DONE
    assert horde.journal.count("submit") == 5


async def test_the_queue_command_says_where_each_request_stands(start, asked, horde):
    horde.seconds, horde.waits = None, [90]
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(running_per_person=9)) as core:
        platform.say(asked(1))
        await wait_until(lambda: any(shown.wait_seconds == 90 for shown in platform.progress))
        core.hordes.endpoints[0].client.use_limits(SCARCE)
        platform.say(asked(2, text="draw for me an owl style: raw --n 1"))
        await wait_until(lambda: horde.journal.count("submit") == 2)
        platform.progress.clear()
        platform.say(asked(3, text="draw for me a cat style: raw --n 1"))
        await wait_until(lambda: any(shown.own_queue for shown in platform.progress))
        platform.say(asked(4, text="queue"))
        told = (await platform.answer_to("4")).text.splitlines()
    assert told[0].startswith("3 of your requests")
    assert told[1] == "– a fox: 0 of 1 pictures are made, about 90 s to go"
    assert told[3] == "– a cat: in my own queue, place 1, about 60 min to go"


async def test_a_request_in_our_queue_can_be_cancelled_and_costs_nothing(start, asked, horde):
    platform = FakePlatform()
    async with start(platform) as core:
        core.hordes.endpoints[0].client.use_limits(SCARCE)
        platform.say(asked(1))
        await platform.answer_to("1")
        platform.progress.clear()
        platform.say(asked(2))
        await wait_until(lambda: any(shown.own_queue for shown in platform.progress))
        platform.say(asked(3, text="cancel"))
        assert "1 of your requests were at work" in (await platform.answer_to("3")).text
        await wait_until(lambda: not core.service.at_work.running)
        row = await core.store.request(await core.store.request_of_event(asked(2)))
        [job] = await core.store.jobs_of(row.id)
    assert row.state is RequestState.CANCELLED
    assert (job.attempts, job.wasted) == (0, 0)
    assert horde.journal.count("submit") == 1


async def test_replies_to_replies_come_to_an_end(start, heard):
    platform = FakePlatform()
    async with start(platform) as core:
        parent = None
        for number in range(policy.DEEPEST):
            platform.say(heard("queue", event=str(number), person=f"p{number}", parent=parent))
            await platform.answer_to(str(number))
            parent = f"post-{number}-1"
            await wait_until(lambda: not core.service.at_work.running)
        platform.say(heard("queue", event="deep", person="q", parent=parent))
        platform.say(heard("queue", event="new", person="r"))
        await platform.answer_to("new")
        await wait_until(lambda: not core.service.at_work.running)
    assert ("deep", 1) not in platform.posts
