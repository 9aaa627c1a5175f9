"""What people say about themselves and their answers: stop, start, forget me, delete, queue."""

import asyncio

import pytest
import sqlalchemy as sa

from common.config import PlaceConfig, parse
from common.errors import ConfigError, PlatformError, PlatformRefused, StartupError
from common.model import Ending
from request.allowed import policy
from request.kept.marks import Marks, open_marks
from request.kept.people import MARKS_LAST, People, Wish
from request.kept.records import FINAL_STATES, RequestState
from request.kept.store import Store
from request.kept.tables import forgotten_events, jobs, people, pictures, posts, requests
from tests.fakes.horde import Fate
from tests.fakes.platform import FakePlatform, OwnPlatform
from tests.waiting import wait_until
from tests.words import words

pytestmark = pytest.mark.database


async def rows(database, table):
    async with database.read() as connection:
        return (await connection.execute(sa.select(table))).all()


async def test_who_says_stop_is_not_heard_until_they_say_start(start, heard, horde):
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(heard("stop", event="1"))
        stopped = await platform.answer_to("1")
        for number, text in enumerate(["draw for me a fox", "hello?", "draw --bad"], start=2):
            platform.say(heard(text, event=str(number)))
        platform.say(heard("draw for me a cat style: raw --n 1", event="bob", person="bob"))
        await platform.answer_to("bob")
        await wait_until(lambda: not core.service.at_work.running)
        platform.say(heard("start", event="5"))
        started = await platform.answer_to("5")
        platform.say(heard("draw for me a fox style: raw --n 1", event="6"))
        assert (await platform.answer_to("6")).ending is Ending.DONE
    assert "won't hear from me" in stopped.text
    assert "have you back" in started.text
    assert {event for event, _part in platform.posts} == {"1", "bob", "5", "6"}


async def test_what_is_said_twice_at_the_same_moment_is_remembered(database, lease):
    folk = People(database, Marks(b"key"))
    await asyncio.gather(*(folk.remember(lease, Wish.STOPPED, "ann") for _ in range(4)))
    await asyncio.gather(*(folk.ban("web", "ann") for _ in range(4)))
    assert await folk.has(Wish.STOPPED, "web", "ann")
    assert await folk.is_banned("web", "ann")


async def test_of_who_is_forgotten_only_hashes_stay(start, heard, horde, database, tmp_path):
    platform = OwnPlatform()
    async with start(platform) as core:
        platform.say(heard("draw for me a fox style: raw --n 2", event="1"))
        first = await platform.answer_to("1")
        platform.say(heard("draw for me a cat style: raw --n 1", event="2", person="bob"))
        others = await platform.answer_to("2")
        platform.say(heard("forget me", event="3"))
        answer = await platform.answer_to("3")
        await wait_until(lambda: not core.service.at_work.running)
        assert (
            await core.service.receive(
                await core.leases.take("web"),
                heard("draw for me a fox style: raw --n 2", event="1"),
            )
            is None
        )
    assert "being deleted" in answer.text
    assert platform.removed == ["post-1-1"]
    assert platform.forgotten == ["ann"]
    kept = await rows(database, requests)
    assert [row.person for row in kept] == ["bob"]
    for table in (jobs, pictures, posts):
        assert {row.request for row in await rows(database, table)} == {kept[0].id}
    assert not any(picture.path.exists() for picture in first.pictures)
    assert all(picture.path.exists() for picture in others.pictures)
    for row in [*await rows(database, forgotten_events), *await rows(database, people)]:
        assert "ann" not in words(row)


async def test_who_stopped_stays_unheard_when_they_are_forgotten(start, heard, horde):
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(heard("stop", event="1"))
        await platform.answer_to("1")
        platform.say(heard("forget me", event="2"))
        await platform.answer_to("2")
        await wait_until(lambda: not core.service.at_work.running)
        platform.say(heard("draw for me a fox", event="3"))
        platform.say(heard("draw for me a cat style: raw --n 1", event="4", person="bob"))
        await platform.answer_to("4")
        await wait_until(lambda: not core.service.at_work.running)
    assert ("3", 1) not in platform.posts


async def test_forgetting_begun_before_a_crash_is_finished(start, heard, horde, database):
    platform = OwnPlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 1", event="1"))
        await platform.answer_to("1")
        platform.forget = None  # the program dies when it gets there
        platform.say(heard("forget me", event="2"))
        await platform.answer_to("2")
    assert await rows(database, requests)
    again = OwnPlatform(posts=platform.posts)
    async with start(again):
        await wait_until(lambda: again.forgotten == ["ann"])
    assert await rows(database, requests) == []


class Shaky(OwnPlatform):
    """A platform that fails some times before it removes a post."""

    def __init__(self, *faults):
        super().__init__()
        self.shaking = list(faults)

    async def remove(self, incoming, post):
        if self.shaking:
            raise self.shaking.pop(0)
        await super().remove(incoming, post)


@pytest.mark.parametrize(
    ("faults", "removed"),
    [
        ([PlatformError(platform="web", problem="down")] * 2, ["post-1-1"]),
        ([PlatformRefused(platform="web", problem="never")], []),
    ],
)
async def test_a_post_that_does_not_go_now_goes_later_and_one_that_never_goes_stops_nothing(
    start, heard, horde, database, faults, removed
):
    platform = Shaky(*faults)
    async with start(platform, pace=0.2) as core:
        platform.say(heard("draw for me a fox style: raw --n 1", event="1"))
        await platform.answer_to("1")
        platform.say(heard("forget me", event="2"))
        await platform.answer_to("2")
        await wait_until(lambda: not core.service.at_work.running)
    assert platform.removed == removed
    assert await rows(database, requests) == []


async def test_a_picture_that_is_still_shown_stays(start, heard, horde):
    platform = OwnPlatform()
    async with start(platform) as core:
        platform.say(heard("draw for me a fox style: raw --n 2", event="1"))
        shown, gone = (await platform.answer_to("1")).pictures
        platform.kept = {shown.sha256}
        platform.say(heard("forget me", event="2"))
        await platform.answer_to("2")
        await wait_until(lambda: not core.service.at_work.running)
    assert (shown.path.exists(), gone.path.exists()) == (True, False)


async def test_an_answer_is_deleted_for_the_one_who_asked_only(start, heard, horde):
    platform = OwnPlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 1", event="1"))
        await platform.answer_to("1")
        platform.say(heard("delete", event="2", person="bob", parent="post-1-1"))
        refused = await platform.answer_to("2")
        platform.say(heard("delete", event="3", parent="post-1-1"))
        done = await platform.answer_to("3")
        platform.say(heard("delete", event="4", parent="nothing"))
        nothing = await platform.answer_to("4")
    assert "Only the one who asked" in refused.text
    assert done.text == "It is deleted."
    assert platform.removed == ["post-1-1"]
    assert "which picture" in nothing.text


async def test_a_platform_that_cannot_delete_says_so(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 1", event="1"))
        await platform.answer_to("1")
        platform.say(heard("delete", event="2", parent="post-1-1"))
        outcome = await platform.answer_to("2")
    assert "cannot delete my posts here" in outcome.text


async def test_the_queue_names_what_is_at_work(start, heard, horde):
    horde.seconds = None
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(heard("queue", event="0"))
        empty = await platform.answer_to("0")
        platform.say(heard("draw for me a fox style: raw --n 1", event="1"))
        await wait_until(lambda: horde.journal.count("submit") == 1)
        platform.say(heard("queue", event="2"))
        busy = await platform.answer_to("2")
        platform.say(heard("cancel", event="3"))
        await platform.answer_to("3")
        row = await core.store.request_of_event(heard(event="1"))
        assert (await core.store.request(row)).state is RequestState.CANCELLED
    assert "Nothing of yours" in empty.text
    assert "– a fox" in busy.text


async def test_what_ended_long_ago_is_pruned_and_what_is_open_is_not(
    database, store, leases, lease, heard, clock
):
    marks = Marks(b"key")
    own = Store(database, marks, now=clock)
    folk = People(database, marks, now=clock)
    done = await own.insert_once(lease, heard(event="1"), 0)
    await own.ended(lease, done, RequestState.DONE)
    await own.insert_once(lease, heard(event="2"), 0)
    clock.now += 100
    assert await folk.prune(lease, older_than=clock.now - 200, states=FINAL_STATES) == []
    assert len(await rows(database, requests)) == 2
    await folk.prune(lease, older_than=clock.now - 50, states=FINAL_STATES)
    [left] = await rows(database, requests)
    assert left.event_key == "web:2"
    assert await own.insert_once(lease, heard(event="1"), 0) is None
    assert await own.insert_once(lease, heard(event="3"), 0) is not None


async def test_hashes_of_events_are_kept_as_long_as_a_platform_may_tell_of_them_again(
    database, lease, heard, clock
):
    own = Store(database, Marks(b"key"), now=clock)
    folk = People(database, Marks(b"key"), now=clock)
    done = await own.insert_once(lease, heard(event="1"), 0)
    await folk.leave_nothing(lease, done)
    clock.now += MARKS_LAST - 1
    await folk.prune(lease, older_than=0.0, states=FINAL_STATES)
    assert len(await rows(database, forgotten_events)) == 1
    clock.now += 2
    await folk.prune(lease, older_than=0.0, states=FINAL_STATES)
    assert await rows(database, forgotten_events) == []


def test_a_mark_depends_on_the_key_and_tells_nothing(tmp_path):
    one, other = Marks(b"1"), Marks(b"2")
    assert one.person("web", "ann") == one.person("web", "ann")
    assert len({one.person("web", "ann"), other.person("web", "ann"), one.person("x", "ann")}) == 3
    assert one.event("ann") != one.person("", "ann")


def test_the_key_is_made_once_and_readable_by_us_alone(tmp_path):
    first = open_marks(tmp_path)
    assert open_marks(tmp_path).event("x") == first.event("x")
    file = tmp_path / "marks.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]
    file.write_bytes(b"short")
    with pytest.raises(StartupError, match="too short"):
        open_marks(tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.raises(StartupError, match=r"marks\.key") as unreadable:
        open_marks(tmp_path)
    assert unreadable.value.code == "startup.marks"


# --- who may ask -------------------------------------------------------------------------------


def draw(number, person="ann"):
    return {"text": "draw for me a fox style: raw --n 1", "event": str(number), "person": person}


async def test_who_is_banned_is_told_so_once_a_day_and_draws_nothing(
    start, heard, horde, database, tmp_path
):
    platform = FakePlatform()
    folk = People(database, open_marks(tmp_path))
    await folk.ban("web", "ann")
    async with start(platform) as core:
        platform.say(heard(**draw(1)))
        first = await platform.answer_to("1")
        platform.say(heard(**draw(2)))
        platform.say(heard("help", event="3"))
        assert (await platform.answer_to("3")).ending is Ending.TOLD
        platform.say(heard(**draw(4, "bob")))
        assert (await platform.answer_to("4")).ending is Ending.DONE
        await wait_until(lambda: not core.service.at_work.running)
        await folk.unban("web", "ann")
        platform.say(heard(**draw(5)))
        assert (await platform.answer_to("5")).ending is Ending.DONE
    assert "may not ask" in first.text
    assert ("2", 1) not in platform.posts
    assert horde.journal.count("submit") == 2


async def test_a_ban_outlives_being_forgotten(start, heard, horde, database, tmp_path):
    platform = FakePlatform()
    async with start(platform) as core:
        await People(database, open_marks(tmp_path)).ban("web", "ann")
        platform.say(heard("forget me", event="1"))
        await platform.answer_to("1")
        await wait_until(lambda: not core.service.at_work.running)
        platform.say(heard(**draw(2)))
        assert "may not ask" in (await platform.answer_to("2")).text


async def test_who_was_censored_too_often_still_waits_when_they_are_forgotten(start, heard, horde):
    horde.fate = Fate.CENSORED
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(censored_per_day=1)) as core:
        platform.say(heard(**draw(1)))
        await platform.answer_to("1")
        platform.say(heard("forget me", event="2"))
        await platform.answer_to("2")
        await wait_until(lambda: not core.service.at_work.running)
        platform.say(heard(**draw(3)))
        refused = await platform.answer_to("3")
    assert "you can ask again in 24 h." in refused.text


def test_patience_ends_when_the_oldest_that_counts_is_a_day_old():
    place, now = PlaceConfig(censored_per_day=2), 1_800_000_000.0
    assert policy.rests_until(place, [now]) == 0.0
    assert policy.rests_until(place, [now - 9, now - 5]) == now - 9 + 86400
    assert policy.rests_until(place, [now - 9, now - 5, now - 1]) == now - 5 + 86400


async def test_a_place_that_is_paused_draws_nothing_but_still_talks(start, heard, horde):
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(paused=True)):
        platform.say(heard(**draw(1)))
        refused = await platform.answer_to("1")
        platform.say(heard("help", event="2"))
        assert (await platform.answer_to("2")).ending is Ending.TOLD
    assert "for now" in refused.text
    assert horde.journal.count("submit") == 0


@pytest.mark.parametrize(
    ("text", "blocked"),
    [
        ("a POLITICIAN eating", True),
        ("ａ ｐｏｌｉｔｉｃｉａｎ", True),
        ("a fox ### politician", True),
        ("a branded fox", True),
        ("a politicianship", False),
        ("a fox", False),
    ],
)
async def test_blocked_words_are_refused_in_prompt_and_negative(start, heard, horde, text, blocked):
    platform = FakePlatform()
    place = PlaceConfig(blocked=("politician", "brand(ed|s)"))
    async with start(platform, place=place):
        platform.say(heard(f"draw for me {text} style: raw --n 1"))
        outcome = await platform.answer_to("1")
    assert (outcome.ending is Ending.REFUSED) is blocked
    assert ("not allowed here" in outcome.text) is blocked


async def test_who_is_censored_again_and_again_has_to_wait(start, heard, horde):
    horde.fate = Fate.CENSORED
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(censored_per_day=2)):
        for number in (1, 2, 3):
            platform.say(heard(**draw(number)))
            outcome = await platform.answer_to(str(number))
        horde.fate = Fate.OK
        platform.say(heard(**draw(4, "bob")))
        other = await platform.answer_to("4")
    assert "you can ask again in 24 h." in outcome.text
    assert other.ending is Ending.DONE
    assert horde.journal.count("submit") == 3


async def test_the_operator_sees_who_asks(start, heard, horde, database, tmp_path):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard(**draw(1)))
        await platform.answer_to("1")
        horde.fate = Fate.CENSORED
        platform.say(heard(**draw(2, "bob")))
        await platform.answer_to("2")
    folk = People(database, open_marks(tmp_path))
    await folk.ban("web", "bob")
    assert [vars(row) for row in await folk.recent("web", most=9)] == [
        {"person": "bob", "name": "Bob", "requests": 1, "censored": 1, "banned": True},
        {"person": "ann", "name": "Ann", "requests": 1, "censored": 0, "banned": False},
    ]


def test_a_pattern_that_is_none_is_a_mistake_in_the_configuration():
    with pytest.raises(ConfigError, match="no regular expression"):
        parse({"defaults": {"blocked": ["("]}})
