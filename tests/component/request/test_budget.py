"""The budget of kudos: what may be spent in a day, and what happens when it is used up."""

import asyncio
import re
import time
from dataclasses import replace

import pytest
import sqlalchemy as sa

from common.config import PlaceConfig
from common.horde.limits import Limits, Rate
from common.model import Ending, Job, Place
from request.allowed.policy import DAY
from request.kept.people import People
from request.kept.records import FINAL_STATES, JobState
from request.kept.store import NO_KEY, Store
from request.kept.tables import spending
from tests.fakes.horde import FakeHorde
from tests.fakes.platform import FakePlatform, OwnPlatform
from tests.waiting import wait_until
from tests.words import words

pytestmark = pytest.mark.database

FOX = "draw for me a fox style: raw --n 1"
"""Costs 8 kudos at the fake Horde, 6 more for each further picture."""


@pytest.fixture(autouse=True)
async def one_day():
    """Let no test be under way when a day begins, and all budgets with it."""
    while DAY - time.time() % DAY < 60:
        await asyncio.sleep(0.5)


@pytest.fixture
def asked(heard):
    """Make a request of somebody in a community."""

    def make(number, text=FOX, person="ann", community="web"):
        incoming = heard(text, event=str(number), person=person)
        return replace(incoming, place=Place("web", community, "room"))

    return make


def prices(horde):
    return [one.body for one in horde.journal.of("submit") if one.body.get("dry_run")]


async def answers_to(platform, *incomings):
    outcomes = []
    for incoming in incomings:
        platform.say(incoming)
        outcomes.append(await platform.answer_to(incoming.event))
    return outcomes


async def test_a_community_spends_its_budget_and_is_told_what_is_left_and_until_when(
    start, asked, horde
):
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(kudos_per_day=25)):
        one, two, refused, smaller, elsewhere = await answers_to(
            platform,
            asked(1),
            asked(2, person="bob"),
            asked(3, "draw for me a fox style: raw --n 4"),
            asked(4),
            asked(5, community="other"),
        )
    assert [o.ending for o in (one, two, smaller, elsewhere)] == [Ending.DONE] * 4
    assert refused.ending is Ending.REFUSED
    assert refused.text.startswith(
        "This would cost about 26 kudos, but only 9 of the 25 a day are left for this community. "
    )
    assert re.search(r"new ones in \d+ (h|min|s), at midnight UTC\.", refused.text)
    assert refused.text.endswith("1 of these pictures would still be within them: ask with --n 1.")
    assert len(horde.submitted()) == 4


@pytest.mark.parametrize(
    ("limit", "text", "possible"),
    [
        (7, "style: raw --n 4", "--price tells how much."),  # one alone costs 8
        (8, "style: raw --n 4", "1 of these pictures would still be within them: ask with --n 1."),
        (19, "style: raw --n 4", "2 of these pictures would still be within them: ask with --n 2."),
        (
            31,
            "{red, blue} style: raw --n 3",
            "4 of these pictures would still be within them: ask with --n 2.",
        ),
        (
            27,
            "{red, blue} style: raw --n 3",
            "2 of these pictures would still be within them: ask with --n 1.",
        ),
        (15, "{red, blue} style: raw --n 3", "--price tells how much."),
        (15, "style: stylepunks --n 4", "1 of these pictures would still be within them"),
        (7, "style: stylepunks --n 4", "--price tells how much."),
        (8, "style: raw --n 2 --tile", "1 of these pictures would still be within them"),
    ],
)
async def test_no_fewer_pictures_are_proposed_than_can_be_paid(
    start, asked, horde, limit, text, possible
):
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(kudos_per_day=limit)):
        [refused] = await answers_to(platform, asked(1, f"draw for me a fox {text}"))
    assert refused.ending is Ending.REFUSED
    assert possible in refused.text


async def test_a_budget_used_up_says_what_costs_less(start, asked):
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(kudos_per_day=9)):
        _, refused = await answers_to(platform, asked(1), asked(2))
    assert "only 1 of the 9 a day are left" in refused.text
    assert refused.text.endswith("--price tells how much.")


async def test_all_communities_together_have_a_budget_too(start, asked, horde):
    platform = FakePlatform()
    async with start(platform, kudos_per_day=17):
        one, two, refused = await answers_to(
            platform, asked(1), asked(2, community="other"), asked(3, community="third")
        )
    assert (one.ending, two.ending) == (Ending.DONE, Ending.DONE)
    assert "only 1 of the 17 a day are left for all communities together" in refused.text


async def test_a_community_may_have_a_budget_of_its_own(start, asked):
    platform = FakePlatform()
    async with start(platform, communities={"web/small": {"kudos_per_day": 0}}):
        refused, done = await answers_to(platform, asked(1, community="small"), asked(2))
    assert (refused.ending, done.ending) == (Ending.REFUSED, Ending.DONE)


async def test_a_price_is_asked_once_for_all_that_cost_the_same(start, asked, horde):
    platform = FakePlatform()
    texts = [FOX, "draw for me an owl style: raw --n 1 --seed 7", f"{FOX} --steps 11"]
    async with start(platform, place=PlaceConfig(kudos_per_day=1000)):
        await answers_to(platform, *(asked(number, text) for number, text in enumerate(texts)))
        [told] = await answers_to(platform, asked(9, f"{FOX} --price"))
    assert [body["params"].get("steps") for body in prices(horde)] == [
        prices(horde)[0]["params"]["steps"],
        11,
    ]
    assert "8 kudos" in told.text
    assert len(horde.submitted()) == 3


async def test_without_a_budget_no_price_is_asked(start, asked, horde):
    platform = FakePlatform()
    async with start(platform):
        await answers_to(platform, asked(1))
    assert prices(horde) == []


async def test_what_was_spent_outlives_a_restart_and_being_forgotten(start, asked, database, horde):
    place = PlaceConfig(kudos_per_day=9)
    platform = OwnPlatform()
    async with start(platform, place=place) as core:
        await answers_to(platform, asked(1), asked(2, "forget me"))
        await wait_until(lambda: not core.service.at_work.running)
    again = OwnPlatform()
    async with start(again, place=place):
        [refused] = await answers_to(again, asked(3))
    assert "only 1 of the 9" in refused.text
    async with database.read() as connection:
        [row] = (await connection.execute(sa.select(spending))).all()
    assert "ann" not in words(row)


async def test_what_was_never_sent_costs_nothing(start, asked, horde):
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(kudos_per_day=17)) as core:
        await answers_to(platform, asked(1))
        core.hordes.endpoints[0].client.use_limits(Limits(submit=(Rate(1, 3600.0),)))
        await core.hordes.endpoints[0].client.turn_to_submit()
        platform.say(asked(2))
        await wait_until(lambda: any(shown.own_queue for shown in platform.progress))
        [refused] = await answers_to(platform, asked(3))
        await answers_to(platform, asked(4, "cancel"))
        core.hordes.endpoints[0].client.use_limits(Limits())
        [done] = await answers_to(platform, asked(5))
    assert "only 1 of the 17" in refused.text  # what waits is put down already
    assert done.ending is Ending.DONE


async def test_a_horde_that_tells_no_price_is_not_asked_for_pictures(start, asked, horde):
    horde.maintenance = True
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(kudos_per_day=100)):
        [refused] = await answers_to(platform, asked(1))
    assert refused.ending is Ending.REFUSED
    assert refused.text.startswith("The price cannot be told right now")
    assert horde.submitted() == []


@pytest.fixture
async def own():
    async with FakeHorde(models={"stable_diffusion": 1}) as running:
        yield running


@pytest.mark.parametrize("first", [True, False])
async def test_a_free_horde_counts_nothing_and_goes_on_when_the_budget_is_used_up(
    start, asked, horde, own, first
):
    urls = [own.url, horde.url] if first else [horde.url, own.url]
    free = {own.url}
    platform = FakePlatform()
    plain = f"{FOX} --model stable_diffusion"
    async with start(platform, urls=urls, free=free, place=PlaceConfig(kudos_per_day=9)):
        outcomes = await answers_to(platform, asked(1, plain), asked(2, plain), asked(3, plain))
        [refused] = await answers_to(
            platform, asked(4, f"{FOX} --model AlbedoBase XL (SDXL) --n 2")
        )
    assert [outcome.ending for outcome in outcomes] == [Ending.DONE] * 3
    assert (len(own.submitted()), len(horde.submitted())) == ((3, 0) if first else (2, 1))
    name = "fake0" if first else "fake1"
    assert refused.text.endswith(
        "ask with --n 1." if first else f"made by {name}: --model stable_diffusion"
    )


async def test_a_free_horde_that_may_not_be_asked_here_is_neither_asked_nor_named(
    start, asked, horde, own
):
    platform = FakePlatform()
    place = PlaceConfig(kudos_per_day=9, hordes=("fake1",))
    plain = f"{FOX} --model stable_diffusion"
    async with start(platform, urls=[own.url, horde.url], free={own.url}, place=place):
        done, refused = await answers_to(platform, asked(1, plain), asked(2, plain))
    assert done.ending is Ending.DONE
    assert "only 1 of the 9 a day are left" in refused.text
    assert "fake0" not in refused.text
    assert (own.submitted(), prices(own), len(horde.submitted())) == ([], [], 1)


async def test_of_a_budget_that_was_lowered_below_what_is_spent_nothing_is_left(start, asked):
    async with start(platform := FakePlatform(), place=PlaceConfig(kudos_per_day=9)):
        await answers_to(platform, asked(1))
    async with start(again := FakePlatform(), place=PlaceConfig(kudos_per_day=5)):
        [refused] = await answers_to(again, asked(2))
    assert "only 0 of the 5 a day are left" in refused.text


async def test_a_refusal_names_the_styles_that_a_free_horde_makes(start, asked, horde):
    platform = FakePlatform()
    async with (
        FakeHorde(models={"AlbedoBase XL (SDXL)": 1}) as own,
        start(
            platform,
            urls=[own.url, horde.url],
            free={own.url},
            place=PlaceConfig(kudos_per_day=0),
        ),
    ):
        [refused] = await answers_to(platform, asked(1, f"{FOX} --model stable_diffusion"))
    assert "Free until then, made by fake0: " in refused.text
    assert len(refused.suggestions) >= 3


async def test_what_goes_to_a_free_horde_does_not_overflow_to_one_that_costs(
    start, asked, horde, own
):
    own.seconds = None
    platform = FakePlatform()
    place = PlaceConfig(kudos_per_day=1000)
    async with start(platform, urls=[own.url, horde.url], free={own.url}, place=place):
        platform.say(asked(1, f"{FOX} --model stable_diffusion"))
        await wait_until(lambda: len(own.submitted()) == 1)
        own.fault(next(iter(own.requests)))
        await wait_until(lambda: len(own.submitted()) == 2)
        own.fault(list(own.requests)[-1])
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.FAILED
    assert horde.submitted() == []


async def test_a_day_begins_anew_and_old_spending_is_forgotten(database, lease, heard, clock):
    store = Store(database, now=clock)
    request_id = await store.insert_once(lease, heard(), 0)
    jobs = (Job(style="raw", prompt="a fox", model="m"), Job(style="raw", prompt="b", model="m"))
    common = {"parsed": {"prompt": "a fox"}, "rng_seed": 0, "parent": None, "notes": ()}
    await store.resolved(lease, request_id, planned=jobs, charges={1: 8.0, 2: 3.0}, **common)
    assert await store.spent(since=clock.now - 1) == 11.0
    assert await store.spent(since=clock.now - 1, account="web", community="web") == 11.0
    assert await store.spent(since=clock.now - 1, account="web", community="other") == 0.0
    assert await store.spent(since=clock.now + 1) == 0.0
    [first, second] = await store.jobs_of(request_id)
    await store.job_ended(lease, request_id, second, JobState.CANCELLED)
    first = await store.submission_begun(lease, first, "fake0")
    await store.submitted(lease, first, "h1")
    await store.job_ended(lease, request_id, first, JobState.FAULTED)
    assert await store.spent(since=clock.now - 1) == 8.0
    folk = People(database, NO_KEY, now=clock)
    clock.now += 40 * 86400
    await folk.prune(lease, older_than=clock.now - 30 * 86400, states=FINAL_STATES)
    assert await store.spent(since=0.0) == 0.0
