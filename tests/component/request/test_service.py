"""The main flow against a fake Horde: what is asked is answered, once, whatever happens."""

import asyncio
from dataclasses import replace

import pytest

from common.config import PlaceConfig
from common.errors import PlatformError, PlatformRefused
from common.model import Ending, IncomingKind, Place
from request.allowed.terms import Patience
from request.kept.records import JobState, RequestState
from tests.component.request.conftest import HASTY
from tests.fakes.horde import Fate, faults
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until

pytestmark = pytest.mark.database


async def test_request_becomes_pictures(start, heard, horde):
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(heard("draw for me a fox in the snow style: raw --n 2"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.DONE
    assert [picture.number for picture in outcome.pictures] == [1, 2]
    assert all(picture.path.read_bytes()[:4] == b"RIFF" for picture in outcome.pictures)
    assert outcome.follow_ups == ("again", "info")
    assert horde.journal.count("submit") == 1
    assert (await core.store.request(outcome.request)).state is RequestState.DONE
    assert platform.progress


async def test_category_draws_different_styles(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a castle style: stylepunks --n 4"))
        outcome = await platform.answer_to("1")
    assert len(outcome.pictures) == 4
    assert len({picture.style for picture in outcome.pictures}) == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("draw for me a fox style: steampnk---x", "style"),
        ("draw for me", "fox"),
        ("draw for me a nude child", "minor"),
        ("draw for me a child on the beach ### clothes", "minor"),
    ],
)
async def test_refusal_is_a_sentence_and_asks_the_horde_nothing(start, heard, horde, text, words):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard(text))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.REFUSED
    assert words in outcome.text
    assert horde.journal.count("submit") == 0


async def test_help_and_lists_are_answered_with_words(start, heard):
    platform = FakePlatform()
    async with start(platform):
        for number, text in enumerate(
            ["help", "help seed", "styles", "styles punk", "models", "status", "hello?"]
        ):
            platform.say(heard(text, event=str(number)))
        answers = [await platform.answer_to(str(number)) for number in range(7)]
    assert {outcome.ending for outcome in answers} == {Ending.TOLD}
    assert "draw for me" in answers[0].text
    assert "number a picture starts from" in answers[1].text
    assert "punk" in answers[3].text
    assert "stable_diffusion" in answers[4].text
    assert "categories, read just now." in answers[5].text


async def test_again_repeats_the_request_with_other_seeds(start, heard, horde):
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(heard("draw for me a fox style: raw --n 1 --seed 5"))
        first = await platform.answer_to("1")
        platform.say(
            heard("again", event="2", person="bob", parent="post-1-1", kind=IncomingKind.BUTTON)
        )
        second = await platform.answer_to("2")
        row = await core.store.request(second.request)
    assert second.ending is Ending.DONE
    assert row.parent == first.request
    bodies = [exchange.body for exchange in horde.journal.of("submit")]
    assert bodies[0]["prompt"] == bodies[1]["prompt"]
    assert bodies[0]["params"]["seed"] == "5"
    assert "seed" not in bodies[1]["params"]


async def test_again_to_nothing_known(start, heard):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("again", parent="never"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.REFUSED
    assert "draw for me" in outcome.text


async def test_style_follow_up_keeps_prompt_and_seed(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 1"))
        first = await platform.answer_to("1")
        platform.say(heard("style: watercolour", event="2", parent="post-1-1"))
        second = await platform.answer_to("2")
    body = horde.journal.of("submit")[1].body
    assert second.ending is Ending.DONE
    assert body["params"]["seed"] == first.pictures[0].seed
    assert "a fox" in body["prompt"]


async def test_same_seed_draws_the_same_styles(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: stylepunks --n 3 --seed 7"))
        platform.say(heard("draw for me a cat style: stylepunks --n 3 --seed 7", event="2"))
        first, second = await platform.answer_to("1"), await platform.answer_to("2")
    assert [p.style for p in first.pictures] == [p.style for p in second.pictures]


async def test_deleted_request_is_cancelled_and_not_answered(start, heard, horde):
    horde.seconds = None
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(heard("draw for me a fox style: raw --n 1"))
        await wait_until(lambda: horde.journal.count("submit") == 1)
        (request_id,) = await core.store.open_requests("web")
        platform.say(heard("", kind=IncomingKind.DELETION))
        platform.say(heard("help", event="2"))
        await platform.answer_to("2")
    row = await core.store.request(request_id)
    (job,) = await core.store.jobs_of(request_id)
    assert row.state is RequestState.CANCELLED
    assert job.state is JobState.CANCELLED
    assert ("1", 1) not in platform.posts


async def test_cancel_stops_what_the_asker_has_running_and_nobody_elses(start, heard, horde):
    horde.seconds = None
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(heard("draw for me a fox style: raw --n 1"))
        platform.say(heard("draw for me a cat style: raw --n 1", event="2", person="bob"))
        await wait_until(lambda: horde.journal.count("submit") == 2)
        platform.say(heard("cancel", event="3"))
        told = await platform.answer_to("3")
        left = await core.store.open_of_person("web", "bob")
        gone = [row for row in await core.store.open_of_person("web", "ann") if row.parsed]
    assert "1 of your requests were at work" in told.text
    assert (len(left), gone) == (1, [])
    assert horde.journal.count("cancel") == 1


async def test_words_without_a_verb_get_a_hint_with_the_words(start, heard):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("a fox in the snow"))
        outcome = await platform.answer_to("1")
    assert "draw for me a fox in the snow" in outcome.text


async def test_the_bots_own_name_is_no_part_of_the_prompt(start, heard, horde):
    platform = FakePlatform()
    mentions = ("painter", "painter@example.social")
    async with start(platform):
        text = "hello @painter, draw for me a fox @painter@example.social style: raw --n 1"
        platform.say(heard(text, mentions=mentions))
        await platform.answer_to("1")
    assert horde.journal.of("submit")[0].body["prompt"] == "a fox"


async def test_person_over_the_limit_is_told(start, heard, horde):
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(requests_per_hour=1)):
        platform.say(heard("draw for me a fox style: raw --n 1", event="1"))
        await platform.answer_to("1")
        platform.say(heard("draw for me a cat style: raw --n 1", event="2"))
        refused = await platform.answer_to("2")
        platform.say(heard("draw for me a cat style: raw --n 1", event="3", person="bob"))
        other = await platform.answer_to("3")
    assert (refused.ending, other.ending) == (Ending.REFUSED, Ending.DONE)
    assert "1 requests an hour. You can ask again in 60 min" in refused.text


# --- the ways it can end (each in its words: test_endings.py) -----------------------------------


@pytest.mark.parametrize("fate", [Fate.FAULTED, Fate.EMPTY])
async def test_fault_is_tried_once_more(start, heard, horde, fate):
    horde.plan.append(fate)
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 1"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.DONE
    assert horde.journal.count("submit") == 2


async def test_straggler_is_cancelled_and_the_rest_answered(start, heard, horde):
    horde.seconds = None
    platform = FakePlatform()
    async with start(platform, patience=HASTY):
        platform.say(heard("draw for me a fox style: stylepunks --n 2"))
        await wait_until(lambda: horde.journal.count("submit") == 2)
        horde.finish(next(iter(horde.requests)))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.PARTIAL
    assert len(outcome.pictures) == 1
    assert "too long" in outcome.text
    assert horde.journal.count("cancel") == 1


async def test_a_request_whose_asker_was_forgotten_meanwhile_is_let_go(start, lease, horde):
    platform = FakePlatform()
    async with start() as core:
        await core.service.answer(lease, "nothere", platform)
    assert platform.posts == {}
    assert horde.journal.count("submit") == 0


async def test_horde_that_is_down_is_told_with_what_to_do(start, heard, horde):
    await horde.stop()
    platform = FakePlatform()
    async with start(platform, patience=Patience(unreachable=4, pause=0.05)):
        platform.say(heard("draw for me a fox style: raw --n 1"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.FAILED
    assert "does not answer" in outcome.text
    assert any(progress.note for progress in platform.progress)


async def test_horde_that_comes_back_is_used(start, heard, horde):
    await horde.stop()
    platform = FakePlatform()
    async with start(platform, patience=Patience(unreachable=30, pause=0.05)):
        platform.say(heard("draw for me a fox style: raw --n 1"))
        await wait_until(lambda: any(progress.note for progress in platform.progress))
        await horde.start()
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.DONE


async def test_unclear_submission_is_repeated_and_counted(start, heard, horde):
    horde.fail("submit", faults.lose())
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(heard("draw for me a fox style: raw --n 1"))
        outcome = await platform.answer_to("1")
        (job,) = await core.store.jobs_of(outcome.request)
    assert outcome.ending is Ending.DONE
    assert job.wasted == 1


# --- posting -----------------------------------------------------------------------------------


async def test_post_that_fails_is_repeated(start, heard):
    platform = FakePlatform()
    platform.faults.append(PlatformError(platform="web", problem="it sleeps"))
    async with start(platform):
        platform.say(heard("help"))
        await platform.answer_to("1")
    assert platform.attempts == 2


async def test_post_whose_answer_was_lost_is_found_not_repeated(start, heard):
    platform = FakePlatform()
    platform.after_posting = True
    platform.faults.append(PlatformError(platform="web", problem="lost"))
    async with start(platform) as core:
        platform.say(heard("help"))
        outcome = await platform.answer_to("1")
        async with asyncio.timeout(30):
            while (await core.store.request(outcome.request)).state is not RequestState.DONE:
                await asyncio.sleep(0.01)
    assert platform.attempts == 1


async def test_post_that_is_forbidden_ends_the_request(start, heard):
    platform = FakePlatform()
    platform.faults.append(PlatformRefused(platform="web", problem="banned"))
    async with start(platform) as core:
        platform.say(heard("help"))
        async with asyncio.timeout(30):
            while platform.attempts == 0 or await core.store.open_requests("web"):
                await asyncio.sleep(0.01)
    assert platform.posts == {}


async def test_answer_comes_in_parts_where_a_platform_carries_less(start, heard):
    platform = FakePlatform(pictures_per_reply=2)
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 3"))
        await platform.answer_to("1", part=2)
    parts = [part for _, _, part in platform.posts.values()]
    assert [len(part.pictures) for part in parts] == [2, 1]


# --- stopping and starting again ----------------------------------------------------------------


async def test_request_cut_short_by_a_stop_is_answered_after_the_next_start(start, heard, horde):
    horde.seconds = None
    posts = {}
    platform = FakePlatform(posts=posts)
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 1"))
        await wait_until(lambda: horde.journal.count("submit") == 1)
    assert posts == {}
    horde.finish(next(iter(horde.requests)))
    again = FakePlatform(posts=posts)
    async with start(again):
        outcome = await again.answer_to("1")
    assert outcome.ending is Ending.DONE
    assert horde.journal.count("submit") == 1


async def test_event_delivered_again_is_not_answered_again(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        incoming = heard("draw for me a fox style: raw --n 1")
        platform.say(incoming)
        await platform.answer_to("1")
        platform.say(incoming)
        platform.say(heard("help", event="2"))
        await platform.answer_to("2")
    assert len(platform.posts) == 2
    assert horde.journal.count("submit") == 1


async def test_event_older_than_a_day_is_not_answered(start, heard, clock):
    platform = FakePlatform()
    async with start(platform):
        clock.now -= 10 * 365 * 24 * 3600
        platform.say(heard("help", event="old"))
        clock.now += 10 * 365 * 24 * 3600
        platform.say(heard("help", event="new"))
        await platform.answer_to("new")
    assert ("old", 1) not in platform.posts


async def test_platforms_that_can_only_post_are_told_of_progress_after_a_while(start, heard, horde):
    horde.seconds = None
    patient, quick = FakePlatform("patient"), FakePlatform("quick")
    for platform, seconds in ((patient, 0.3), (quick, 3600)):
        platform.capabilities = replace(
            platform.capabilities, live_progress=False, receipt_after=seconds
        )
    async with start(patient, quick):
        patient.say(replace(heard("draw for me a fox --n 1", event="1"), place=Place("patient")))
        quick.say(replace(heard("draw for me a fox --n 1", event="2"), place=Place("quick")))
        await wait_until(lambda: horde.journal.count("submit") == 2)
        await wait_until(lambda: patient.progress)
        for number in horde.requests:
            horde.finish(number)
        assert (await quick.answer_to("2")).ending is Ending.DONE
    assert len(patient.progress) == 1
    assert not quick.progress
