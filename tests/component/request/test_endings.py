"""Each way a request can end: made to happen at a Horde, and told in its own words."""

import asyncio
from pathlib import Path

import pytest

from common import texts
from common.config import PlaceConfig
from common.model import Ending
from request.allowed.terms import Patience
from tests.component.request.conftest import HASTY, QUICK
from tests.fakes.horde import Fate, faults
from tests.fakes.pictures import plain
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until

pytestmark = pytest.mark.database

FOX = "draw for me a fox style: raw --n 2"
TOLD = set()
"""Codes of the sentences that the tests here have seen."""


def told(code, outcome, **values):
    """Tell whether an answer has a sentence of the catalogue in it."""
    TOLD.add(code)
    return texts.say(f"outcome.{code}", **values) in outcome.text


@pytest.fixture
def ask(start, heard):
    """Say one thing and return the answer to it."""

    async def asked(text=FOX, event="1", **terms):
        platform = FakePlatform()
        async with start(platform, **terms):
            platform.say(heard(text, event=event))
            return await platform.answer_to(event)

    return asked


# --- censored ----------------------------------------------------------------------------------


async def test_all_of_it_is_censored(ask, horde):
    horde.fate = Fate.CENSORED
    outcome = await ask()
    assert outcome.ending is Ending.FAILED
    assert told("censored_all", outcome)
    assert outcome.suggestions == ()  # another style would not help


async def test_all_of_it_is_withheld(ask, horde):
    horde.fate = Fate.CENSORED
    horde.gen_metadata = [{"type": "censorship", "value": "csam"}]
    outcome = await ask()
    assert outcome.ending is Ending.FAILED
    assert told("censored_all_csam", outcome)


async def test_some_of_it_is_censored(ask, horde):
    horde.plan.extend([Fate.CENSORED, Fate.OK, Fate.CENSORED, Fate.OK])
    outcome = await ask("draw for me a fox style: stylepunks --n 4")
    assert outcome.ending is Ending.PARTIAL
    assert len(outcome.pictures) == 2
    drawn = [note.text for note in outcome.notes if note.code == "note.styles_drawn"]
    shown = [picture.style for picture in outcome.pictures]
    missing = [name for name in drawn[0].removeprefix("Style: ").split(", ") if name not in shown]
    of_styles = texts.say("outcome.of_styles", styles=", ".join(missing))
    assert told("censored", outcome, count=2, which=of_styles)
    assert told("of_styles", outcome, styles=", ".join(missing))
    assert outcome.text.count("safety check") == 1


async def test_some_of_it_is_withheld(ask, horde):
    horde.plan.extend([Fate.CENSORED, Fate.OK])
    horde.gen_metadata = [{"type": "censorship", "value": "csam"}]
    outcome = await ask("draw for me a fox style: stylepunks --n 2")
    assert outcome.ending is Ending.PARTIAL
    which = outcome.text.partition("1 of the pictures")[2].partition(")")[0] + ")"
    assert told("censored_csam", outcome, count=1, which=which)


# --- nobody makes it ---------------------------------------------------------------------------


async def test_nobody_makes_it_now_and_the_nearest_style_is_named(ask, horde):
    horde.fate = Fate.IMPOSSIBLE
    outcome = await ask("draw for me a fox style: solarpunk --n 1")
    assert outcome.ending is Ending.FAILED
    assert told("impossible", outcome, model="Dreamshaper")
    nearest = outcome.suggestions[0]
    assert nearest.endswith("punk")
    assert nearest != "solarpunk"
    assert told("nearest", outcome, style=nearest)
    assert horde.journal.count("cancel") == 1


async def test_that_nobody_enlarges_is_said_soon_and_no_other_style_is_named(ask, horde):
    horde.fate, horde.worker_traits = Fate.IMPOSSIBLE, {"post-processing": False}
    soon = Patience(request=60, impossible=600, elsewhere=0.2, pause=0.05, look=0.05)
    outcome = await ask("draw for me a fox style: raw --n 1 --upscale", patience=soon)
    assert outcome.ending is Ending.FAILED
    assert told("unfinished", outcome, tools="RealESRGAN_x4plus")
    assert outcome.suggestions == ()
    assert horde.journal.count("cancel") == 1


async def test_nobody_serves_it_and_others_are_named(ask, horde):
    del horde.models["Dreamshaper"]
    outcome = await ask("draw for me a fox style: solarpunk")
    assert outcome.ending is Ending.REFUSED
    assert "Nobody can make the style “solarpunk” right now" in outcome.text
    assert outcome.suggestions[0].endswith("punk")
    assert horde.journal.count("submit") == 0


@pytest.mark.parametrize("fate", [Fate.FAULTED, Fate.EMPTY])
async def test_workers_give_up_twice(ask, horde, fate):
    horde.fate = fate
    outcome = await ask()
    assert outcome.ending is Ending.FAILED
    assert told("faulted", outcome)
    assert outcome.suggestions
    assert horde.journal.count("submit") == 2


async def test_it_expires_and_is_sent_once_more(ask, horde):
    horde.seconds = 0.3
    horde.fail("check", faults.rc("RequestNotFound", 404))
    outcome = await ask()
    assert outcome.ending is Ending.DONE
    assert horde.journal.count("submit") == 2


async def test_it_expires_twice(ask, horde):
    horde.seconds = None
    asked = asyncio.create_task(ask())
    for number in (1, 2):
        await wait_until(lambda number=number: horde.journal.count("submit") == number)
        horde.expire(next(iter(horde.requests)))
    outcome = await asked
    assert outcome.ending is Ending.FAILED
    assert told("gone", outcome)
    assert horde.journal.count("submit") == 2


async def test_it_takes_too_long(ask, horde):
    horde.seconds = None
    asked = asyncio.create_task(ask("draw for me a fox style: stylepunks --n 2", patience=HASTY))
    await wait_until(lambda: horde.journal.count("submit") == 2)
    horde.finish(next(iter(horde.requests)))
    outcome = await asked
    assert outcome.ending is Ending.PARTIAL
    assert told("too_slow", outcome)


# --- what comes is not what was asked for ------------------------------------------------------


async def test_what_comes_is_no_picture(ask, horde):
    horde.fail("picture", faults.html(), times=20)
    outcome = await ask()
    assert outcome.ending is Ending.FAILED
    assert told("unusable", outcome)


async def test_fewer_pictures_come_than_asked_for(ask, horde):
    horde.seconds = None
    asked = asyncio.create_task(ask())
    await wait_until(lambda: horde.journal.count("submit") == 1)
    [made] = horde.requests.values()
    made.body["params"]["n"] = 1  # whoever makes it
    horde.finish(made.id)
    outcome = await asked
    assert outcome.ending is Ending.PARTIAL
    assert told("short", outcome)


async def test_the_picture_to_start_from_is_gone(start, heard, horde, tmp_path, kept):
    horde.fail("submit", faults.html(), times=500)
    platform = FakePlatform()
    named = kept(plain())
    async with start(platform, patience=Patience(unreachable=30, pause=0.05)):
        platform.say(heard(FOX, pictures=(named,)))
        await wait_until(lambda: horde.journal.count("submit") == 1)
        for file in (tmp_path / "pictures").iterdir():
            file.unlink()
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.FAILED
    assert told("no_source", outcome)


# --- the Horde does not take it ----------------------------------------------------------------


async def test_the_filter_refuses_the_words(ask, horde):
    horde.fail("submit", faults.rc("CorruptPrompt"))
    outcome = await ask()
    assert outcome.ending is Ending.FAILED
    assert told("filtered", outcome)


async def test_the_horde_refuses_something_else(ask, horde):
    horde.fail("submit", faults.rc("ControlNetMismatch"))
    outcome = await ask()
    assert outcome.ending is Ending.FAILED
    assert texts.say("horde.controlnet") in outcome.text


@pytest.mark.parametrize(
    ("text", "asked", "fits"),
    [
        (
            "style: raw --size 1024x1024 --steps 50",
            ("1024×1024", 50),
            "--size 576x576 --steps 40",
        ),
        (
            'style: raw --model "SDXL 1.0" --size 1536x1024 --steps 45 --sampler k_dpmpp_sde',
            ("1536×1024", 45),
            "--size 1216x832 --steps 20",
        ),
    ],
)
async def test_it_is_too_large_for_the_kudos_at_hand_and_what_fits_is_told(
    ask, horde, text, asked, fits
):
    horde.fail("submit", faults.rc("KudosUpfront", 403))
    outcome = await ask(f"draw for me a fox --n 1 {text}")
    assert outcome.ending is Ending.FAILED
    assert told("unpaid", outcome, size=asked[0], steps=asked[1], fits=fits)
    again = await ask(f"draw for me a fox --n 1 {text} {fits}", event="2")
    assert again.ending is Ending.DONE


async def test_the_horde_is_down(ask, horde):
    await horde.stop()
    outcome = await ask(patience=Patience(unreachable=1, pause=0.05))
    assert outcome.ending is Ending.FAILED
    assert told("unreachable", outcome, name="fake0", minutes=1)


async def test_the_horde_takes_no_more(ask, horde):
    horde.fail("submit", faults.limiter(retry_after=900), times=99)
    outcome = await ask(patience=Patience(unreachable=1, pause=0.05))
    assert outcome.ending is Ending.FAILED
    assert told("busy", outcome, name="fake0", minutes=1)


async def test_a_limit_is_reached_and_the_time_of_the_next_try_is_told(start, heard):
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(requests_per_hour=1), patience=QUICK):
        platform.say(heard(FOX))
        await platform.answer_to("1")
        platform.say(heard(FOX, event="2"))
        outcome = await platform.answer_to("2")
    assert outcome.ending is Ending.REFUSED
    assert "You can ask again in 60 min" in outcome.text


def test_every_sentence_of_an_ending_is_made_to_be_said_here():
    source = Path(__file__).read_text("utf-8")
    codes = [code for code in texts.catalogue() if code.startswith("outcome.")]
    assert [code for code in codes if f'told("{code[8:]}", ' not in source] == []
