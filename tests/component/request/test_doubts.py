"""What is said in reply to an answer that stands there and is not noted yet, as after a crash."""

import asyncio
from dataclasses import replace

import pytest

from common.errors import PlatformError
from common.model import IncomingKind
from request.answering.doubts import LOOKS, Doubts
from request.kept.records import RequestState
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until

pytestmark = pytest.mark.database
FOX = "draw for me a fox style: raw --n 1"
ANSWER = "post-1-1"


class Dying(FakePlatform):
    """A platform with which the line breaks for good as soon as something is posted."""

    async def reply(self, incoming, outcome, part):
        await super().reply(incoming, outcome, part)
        raise PlatformError(platform="web", problem="the line broke")

    async def find_own_reply(self, incoming, part, known=()):
        if self.posts:
            raise PlatformError(platform="web", problem="the line broke")


class Slow(FakePlatform):
    """A platform that takes its time to say what stands below the first request."""

    def __init__(self, **more):
        super().__init__(**more)
        self.capabilities = replace(self.capabilities, reply_timeout=30.0)
        self.asked, self.says = asyncio.Event(), asyncio.Event()

    async def find_own_reply(self, incoming, part, known=()):
        if incoming.event == "1":
            self.asked.set()
            await self.says.wait()
        return await super().find_own_reply(incoming, part, known)


@pytest.fixture
def die(start, heard):
    """Live until an answer stands on the platform, and die before it is noted where."""

    async def died():
        platform = Dying()
        async with start(platform) as core:
            platform.say(heard(FOX))
            await wait_until(lambda: core.service._posting.resting)
        return platform.posts

    return died


@pytest.fixture
def say_meanwhile(start, heard, die):
    """Reply to that answer after the restart, before it is found; return what became of it."""

    async def said(words):
        platform = Slow(posts=await die())
        async with start(platform) as core:
            await platform.asked.wait()
            reply = heard(words, event="2", parent=ANSWER, expects=True)
            platform.say(reply)
            platform.say(heard("help", event="3", person="zoe", expects=True))
            await platform.answer_to("3")
            assert ("2", 1) not in platform.posts
            platform.says.set()
            outcome = await platform.answer_to("2")
            request_id = await core.store.request_of_event(reply)
            return await core.store.request(request_id), outcome

    return said


@pytest.mark.parametrize("words", ["again", "vary", "upscale", "same seed"])
async def test_a_follow_up_after_a_crash_waits_until_the_answer_is_found(say_meanwhile, words):
    row, outcome = await say_meanwhile(words)
    assert row.parent is not None
    assert outcome.pictures


@pytest.mark.parametrize(
    ("words", "told"), [("info", "seed"), ("report", "Thank you"), ("delete", "cannot delete")]
)
async def test_what_else_is_said_to_it_waits_as_well(say_meanwhile, words, told):
    _, outcome = await say_meanwhile(words)
    assert told.lower() in outcome.text.lower()


async def test_who_replies_before_the_post_is_noted_is_understood(start, heard):
    class Quick(FakePlatform):
        """One whose people read a post before its bot hears that it is there."""

        async def reply(self, incoming, outcome, part):
            post = await super().reply(incoming, outcome, part)
            if incoming.event == "1":
                self.say(heard("again", event="2", parent=post, expects=True))
                self.say(heard("help", event="3", person="zoe", expects=True))
                await self.answer_to("3")
            return post

    platform = Quick()
    platform.capabilities = replace(platform.capabilities, reply_timeout=30.0)
    async with start(platform):
        platform.say(heard(FOX))
        assert (await platform.answer_to("2")).pictures


# --- who does not wait ----------------------------------------------------------------------


@pytest.fixture
async def doubtful(store, lease, heard):
    """An answer that may stand there or not."""
    request_id = await store.insert_once(lease, heard(), 1)
    await store.answer_decided(lease, request_id, {})
    await store.post_intended(lease, request_id, 1, ())
    return request_id


@pytest.fixture
def wait(store):
    """Wait for what is replied to; return whether that is known, and how often was looked."""

    async def waited(incoming, meanwhile=None):
        looks = []

        async def sleep(seconds):
            looks.append(seconds)
            if meanwhile is not None:
                await meanwhile()

        return await Doubts(store, sleep=sleep).settled(incoming), len(looks)

    return waited


async def test_what_is_in_doubt_for_long_is_not_waited_for_any_longer(wait, doubtful, heard):
    assert await wait(heard(event="2", parent="x")) == (False, LOOKS)


async def test_nobody_waits_where_nothing_is_in_doubt(wait, store, lease, doubtful, heard):
    await store.posted(lease, doubtful, 1, "x")
    assert await wait(heard(event="2", parent="somebody's own")) == (True, 0)


async def test_a_request_whose_answer_was_given_up_leaves_no_doubt(
    wait, store, lease, doubtful, heard
):
    await store.ended(lease, doubtful, RequestState.FAILED)
    assert await wait(heard(event="2", parent="x")) == (True, 0)


@pytest.mark.parametrize("parent", [None, "#abcd2345"])
async def test_who_replies_to_nothing_or_names_the_request_does_not_wait(
    wait, doubtful, heard, parent
):
    assert await wait(heard(event="2", parent=parent)) == (True, 0)


async def test_a_button_that_takes_a_request_back_does_not_wait(wait, doubtful, heard):
    press = heard("cancel", event="2", parent="1", kind=IncomingKind.BUTTON)
    assert await wait(press) == (True, 0)


async def test_what_is_posted_meanwhile_to_others_is_not_waited_for(
    wait, store, lease, doubtful, heard
):
    number = 9

    async def others():
        nonlocal number
        number += 1
        later = await store.insert_once(lease, heard(event=str(number)), 1)
        await store.answer_decided(lease, later, {})
        await store.post_intended(lease, later, 1, ())
        await store.posted(lease, doubtful, 1, "x")

    assert await wait(heard(event="2", parent="y"), others) == (True, 1)


async def test_who_is_told_that_it_is_still_in_doubt_is_not_told_it_is_unknown(start, heard, die):
    platform = Slow(posts=await die())
    async with start(platform, sleep=lambda _: asyncio.sleep(0)):
        await platform.asked.wait()
        platform.say(heard("again", event="2", parent=ANSWER, expects=True))
        await wait_until(lambda: ("2", 1) in platform.posts, 100)  # the database is asked 360 times
        assert "not found it again yet" in (await platform.answer_to("2")).text
        platform.says.set()
