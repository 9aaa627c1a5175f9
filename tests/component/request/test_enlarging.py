"""`upscale`: an alchemist enlarges the picture as it is, where there is one."""

import base64
import io

import pytest
from PIL import Image

from common.config import PlaceConfig
from common.horde.enlarging import as_status, is_enlarging, tiles
from common.horde.wire_alchemy import AlchemyStatus
from common.model import Ending
from request.allowed.terms import Patience
from tests.component.request.conftest import QUICK
from tests.fakes.horde import Fate
from tests.fakes.pictures import plain
from tests.fakes.platform import FakePlatform

ALCHEMIST = {"forms": ["RealESRGAN_x4plus", "caption"]}


@pytest.fixture
def enlarged(start, heard, horde):
    """Have a fox drawn and its picture enlarged; return both answers."""

    async def enlarged(**settings):
        platform = FakePlatform()
        async with start(platform, **settings) as core:
            platform.say(heard("draw for me a fox style: raw --n 1"))
            first = await platform.answer_to("1")
            platform.say(heard("upscale", event="2", parent="post-1-1"))
            second = await platform.answer_to("2")
            rows = await core.store.jobs_of(second.request)
        return first, second, rows

    return enlarged


def drawn(horde):
    return len(horde.submitted())


@pytest.fixture
def enlarged_own(start, heard, kept):
    """Have a picture enlarged that somebody brought; return the answer and its only job."""

    async def enlarged_own(side=200):
        platform = FakePlatform()
        async with start(platform) as core:
            platform.say(heard("upscale", pictures=(kept(plain(size=(side, side // 2))),)))
            answer = await platform.answer_to("1")
            [row] = await core.store.jobs_of(answer.request)
        return answer, row

    return enlarged_own


async def test_a_picture_people_bring_is_enlarged_as_it_is_and_judged_beside(enlarged_own, horde):
    horde.alchemists = [ALCHEMIST, {"forms": ["nsfw"]}]
    answer, row = await enlarged_own()
    [asked] = horde.journal.of("alchemy")
    source = Image.open(io.BytesIO(base64.b64decode(asked.body["source_image"])))
    assert [form["name"] for form in asked.body["forms"]] == ["RealESRGAN_x4plus", "nsfw"]
    assert source.size == (200, 100)
    assert answer.ending is Ending.DONE
    assert answer.pictures[0].width == 2 * horde.side
    assert (is_enlarging(row.horde_id), drawn(horde)) == (True, 0)


async def test_one_for_adults_that_people_bring_is_not_shown(enlarged_own, horde):
    horde.alchemists, horde.alchemy_results = (
        [{"forms": [*ALCHEMIST["forms"], "nsfw"]}],
        {"nsfw": True},
    )
    answer, _ = await enlarged_own()
    assert answer.ending is Ending.FAILED
    assert answer.pictures == ()
    assert "censored" in answer.text
    assert drawn(horde) == 0


@pytest.mark.parametrize(
    ("forms", "side"), [(["RealESRGAN_x4plus"], 200), (["nsfw"], 200), (None, 1400)]
)
async def test_a_picture_people_bring_is_drawn_over_where_that_is_not_to_be_had_and_it_is_said(
    enlarged_own, horde, forms, side
):
    """Nobody judges it, nobody enlarges it, or it is too large."""
    horde.alchemists = [{"forms": forms or ["RealESRGAN_x4plus", "nsfw"]}]
    answer, row = await enlarged_own(side)
    assert answer.ending is Ending.DONE
    assert horde.journal.count("alchemy") == 0
    assert "drawn over" in " ".join(note.text for note in answer.notes)
    assert row.job.post_processing == ("RealESRGAN_x4plus",)
    [sent] = horde.submitted()
    assert (sent["source_processing"], sent["params"]["denoising_strength"]) == ("img2img", 0.1)


@pytest.mark.database
async def test_an_alchemist_enlarges_the_picture_as_it_is(enlarged, horde):
    horde.alchemists = [ALCHEMIST]
    first, second, [row] = await enlarged()
    [asked] = horde.journal.of("alchemy")
    source = Image.open(io.BytesIO(base64.b64decode(asked.body["source_image"])))
    assert [form["name"] for form in asked.body["forms"]] == ["RealESRGAN_x4plus"]
    assert source.size == (first.pictures[0].width, first.pictures[0].height)
    assert second.ending is Ending.DONE
    assert (second.pictures[0].width, second.pictures[0].height) == (2 * horde.side, 2 * horde.side)
    assert drawn(horde) == 1
    assert is_enlarging(row.horde_id)
    assert "drawn over" not in " ".join(note.text for note in second.notes)


@pytest.mark.parametrize(
    ("alchemist", "place"),
    [
        ({"forms": ["caption"]}, {}),
        ({**ALCHEMIST, "online": False}, {}),
        ({**ALCHEMIST, "maintenance_mode": True}, {}),
        ({**ALCHEMIST, "trusted": False}, {"trusted_workers": True}),
    ],
)
async def test_without_an_alchemist_for_it_it_is_drawn(enlarged, horde, alchemist, place):
    horde.alchemists = [alchemist]
    _, second, _ = await enlarged(place=PlaceConfig(**place))
    assert second.ending is Ending.DONE
    assert horde.journal.count("alchemy") == 0
    assert drawn(horde) == 2
    assert "drawn over" in " ".join(note.text for note in second.notes)


async def test_what_no_alchemist_manages_is_drawn(enlarged, horde):
    horde.alchemists, horde.alchemy_fate = [ALCHEMIST], Fate.FAULTED
    _, second, [row] = await enlarged()
    assert second.ending is Ending.DONE
    assert horde.journal.count("alchemy") == 1
    assert drawn(horde) == 2
    assert not is_enlarging(row.horde_id)


async def test_what_no_alchemist_takes_is_drawn(enlarged, horde):
    horde.alchemists, horde.alchemy_taken = [ALCHEMIST], False
    patience = Patience(
        **{**{name: getattr(QUICK, name) for name in QUICK.__slots__}, "elsewhere": 0.2}
    )
    _, second, _ = await enlarged(patience=patience)
    assert second.ending is Ending.DONE
    assert horde.journal.count("alchemy_cancel") == 1
    assert drawn(horde) == 2


def stands(state, form, result=None):
    given = {"form": "NMKD_Siax", "state": form, "result": result or {}}
    return as_status(
        AlchemyStatus.model_validate({"state": state, "forms": [given]}), "alchemy:3:x", 3.0
    )


def test_how_alchemy_stands_is_told_as_of_a_picture():
    waiting = stands("waiting", "waiting")
    assert (waiting.waiting, waiting.done, waiting.is_possible) == (1, False, False)
    running = stands("processing", "processing")
    assert (running.processing, running.done, running.is_possible) == (1, False, True)
    failed = stands("faulted", "faulted")
    assert (failed.done, failed.faulted, failed.generations) == (True, True, [])
    done = stands("done", "done", {"NMKD_Siax": "https://example.org/x.webp"})
    assert (done.done, done.faulted, done.finished, done.kudos) == (True, False, 1, 3.0)
    assert (done.generations[0].id, done.generations[0].img) == (
        "alchemy:3:x",
        "https://example.org/x.webp",
    )


@pytest.mark.parametrize(
    ("verdict", "state", "stands"),
    [
        (None, "processing", (0, False, False)),
        (False, "done", (1, True, False)),
        (True, "done", (1, True, False)),
        (None, "faulted", (0, True, True)),
    ],
)
def test_a_picture_that_is_judged_beside_comes_with_the_verdict(verdict, state, stands):
    judged = {"form": "nsfw", "state": state, "result": {"nsfw": verdict}}
    made = {
        "form": "NMKD_Siax",
        "state": "done",
        "result": {"NMKD_Siax": "https://x.example/x.webp"},
    }
    alchemy = AlchemyStatus.model_validate({"state": "partial", "forms": [made, judged]})
    status = as_status(alchemy, "alchemy:4:x", 4.0)
    assert (len(status.generations), status.done, status.faulted) == stands
    assert status.kudos == 4.0 * len(status.generations)
    assert [one.censored for one in status.generations] == [verdict] * len(status.generations)
    assert {one.id for one in status.generations} <= {"alchemy:4:x"}


def test_work_is_counted_by_squares():
    assert [tiles(512, 512), tiles(513, 512), tiles(1024, 1024)] == [1, 2, 4]
