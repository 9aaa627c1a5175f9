"""What a request asks beside its pictures: the price, privacy, trusted workers; and help."""

import pytest

from common import pictures
from common.config import PlaceConfig
from common.model import Audience, Ending
from request.kept.records import RequestState
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until

pytestmark = pytest.mark.database


async def test_the_price_is_told_and_nothing_is_made(start, heard, horde):
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(heard("draw for me a fox style: raw --n 4 --price"))
        outcome = await platform.answer_to("1")
        row = await core.store.request(outcome.request)
    assert outcome.ending is Ending.TOLD
    assert "26 kudos" in outcome.text
    assert horde.submitted() == []
    assert row.parsed is None


async def test_private_is_refused_where_answers_are_public(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox --private"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.REFUSED
    assert "direct message" in outcome.text
    assert horde.submitted() == []


@pytest.mark.parametrize(
    ("text", "private", "spoiler"),
    [
        ("draw for me a fox style: raw --n 1", False, False),
        ("draw for me a fox style: raw --n 1 --private", True, False),
        ("draw for me a fox style: raw --n 1 --spoiler", False, True),
        ("draw for me a fox style: nosuchstyle —private", True, False),
        ("draw for me a fox style: raw --price --private", True, False),
    ],
)
async def test_the_platform_is_told_what_to_hide(start, heard, text, private, spoiler):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard(text, audience=Audience.PRIVATE))
        outcome = await platform.answer_to("1")
    assert (outcome.private, outcome.spoiler) == (private, spoiler)


async def test_a_private_picture_carries_no_recipe(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        text = "draw for me a fox style: raw --n 1"
        platform.say(heard(text + " --private", audience=Audience.PRIVATE))
        platform.say(heard(text, event="2"))
        private, public = await platform.answer_to("1"), await platform.answer_to("2")
    told = [
        pictures.read_parameters(outcome.pictures[0].path.read_bytes())
        for outcome in (private, public)
    ]
    assert told[0] is None
    assert told[1].startswith("a fox")


async def test_who_is_not_understood_is_helped_once_a_day(start, heard, horde):
    platform = FakePlatform()
    async with start(platform) as core:
        for number, text in enumerate(["what a day", "and so on", "help"]):
            platform.say(heard(text, event=str(number)))
        help_ = await platform.answer_to("2")
        platform.say(heard("so?", event="other", person="bob"))
        await platform.answer_to("other")
        await wait_until(lambda: not core.service.at_work.running)
        rows = [
            await core.store.request(await core.store.request_of_event(heard(event=event)))
            for event in ("0", "1")
        ]
    assert help_.ending is Ending.TOLD
    assert sorted(row.state for row in rows) == [RequestState.CANCELLED, RequestState.DONE]
    assert len({"0", "1"} & {event for event, _part in platform.posts}) == 1


async def test_only_trusted_workers_count_where_they_are_asked_for(start, heard, horde):
    horde.worker_trusted = False
    horde.models["another"] = 1
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(trusted_workers=True)):
        platform.say(heard("draw for me a fox style: raw"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.REFUSED
    assert "right now" in outcome.text
    horde.worker_trusted = True
    async with start(platform, place=PlaceConfig(trusted_workers=True)):
        platform.say(heard("draw for me a fox style: raw --n 1", event="2"))
        outcome = await platform.answer_to("2")
    assert outcome.ending is Ending.DONE
