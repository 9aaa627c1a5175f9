"""Limits of a person and a community, and what a Horde learns of who asks."""

from dataclasses import replace

import pytest

from common.config import PlaceConfig
from common.model import Ending, Place
from request.marks import open_marks
from tests.fakes.platform import FakePlatform, wait_until

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
