"""`hordebots styles preview`: the sheet that is made, and what is told of cells that failed."""

from __future__ import annotations

import asyncio
import json
import signal
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from styles.lists.previews import Previews
from tests.component.bots.lists import CATEGORIES, write_list
from tests.component.bots.programs import Program, run
from tests.fakes.horde import Fate

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def painting(tmp_path, horde, config_for):
    """The arguments of a preview with the fake Horde and the small list."""
    horde.models = {"sd": 3, "xl": 2}
    folder = write_list(tmp_path / "list", categories=CATEGORIES)
    config = config_for(
        horde.url,
        styles={"sources": [str(folder)]},
        civitai={"url": None},
        reference={"url": None},
        data_dir="data",
        defaults={"trusted_workers": False, "running_per_person": 1, "requests_per_hour": 1},
    )
    return lambda *names: ("styles", "preview", *names, "--config", config, "--out", tmp_path / "p")


async def preview(tmp_path, arguments):
    return await asyncio.to_thread(run, *arguments, cwd=tmp_path)


async def test_preview_makes_a_sheet_of_every_style_on_the_same_subjects(painting, tmp_path, horde):
    done = await preview(tmp_path, painting("paints", "glow"))
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{tmp_path / 'p' / 'sheet.png'}\n"
    names = {path.name for path in (tmp_path / "p").iterdir()}
    rows = ("001-oil", "002-neon")
    assert names == {"sheet.png", *(f"{row}-{n}.webp" for row in rows for n in (1, 2, 3))}
    sheet = Image.open(BytesIO((tmp_path / "p" / "sheet.png").read_bytes()))
    assert sheet.width > 3 * 320 > sheet.height > 2 * 320
    bodies = [exchange.body for exchange in horde.journal.of("submit")]
    assert len(bodies) == 6
    assert {body["params"]["n"] for body in bodies} == {1}
    seeds = sorted(body["params"]["seed"] for body in bodies)
    assert seeds == sorted(["11", "22", "33"] * 2)
    assert sum(body["models"] == ["xl"] for body in bodies) == 3


async def test_preview_shows_a_cell_that_failed_with_its_reason(painting, tmp_path, horde):
    horde.plan.extend([Fate.CENSORED])
    done = await preview(tmp_path, painting("neon"))
    assert done.code == 1
    assert done.err.startswith("neon, ")
    assert "censored" in done.err
    assert len(list((tmp_path / "p").glob("*.webp"))) == 2
    assert (tmp_path / "p" / "sheet.png").exists()


async def test_preview_tells_it_as_json(painting, tmp_path, horde):
    horde.plan.extend([Fate.CENSORED])
    done = await preview(tmp_path, (*painting("neon"), "--json"))
    told = json.loads(done.out)
    assert (done.code, done.err) == (1, "")
    assert told["sheet"] == str(tmp_path / "p" / "sheet.png")
    assert [(row["style"], row["seed"]) for row in told["pictures"]] == [
        ("neon", 11),
        ("neon", 22),
        ("neon", 33),
    ]
    files = [Path(row["file"]) for row in told["pictures"] if row["file"]]
    [reason] = [row["reason"] for row in told["pictures"] if not row["file"]]
    assert len(files) == 2
    assert all(file.exists() for file in files)
    assert "censored" in reason


async def test_previews_are_kept_for_people_who_look_at_styles(painting, tmp_path, horde):
    horde.plan.extend([Fate.CENSORED])
    done = await preview(tmp_path, (*painting("neon"), "--keep"))
    assert done.code == 1
    looks = (await Previews((), kept=tmp_path / "data" / "previews").of(["neon"]))["neon"]
    assert len(looks) == 2
    assert all(one.file.is_file() for one in looks)


async def test_preview_of_a_style_nobody_serves_is_a_sheet_of_reasons(painting, tmp_path, horde):
    del horde.models["xl"]
    done = await preview(tmp_path, painting("oil", "raw"))
    assert done.code == 1
    assert done.err.count("oil, ") == 3
    assert len(list((tmp_path / "p").glob("*.webp"))) == 3


async def test_preview_of_an_unknown_style_makes_nothing(painting, tmp_path, horde):
    done = await preview(tmp_path, painting("neon", "neom"))
    assert (done.code, done.out) == (2, "")
    assert "Did you mean: neon" in done.err
    assert not (tmp_path / "p").exists()
    assert horde.journal.count("submit") == 0


async def test_preview_has_at_most_six_requests_at_work_and_withdraws_them_at_ctrl_c(
    painting, tmp_path, horde
):
    horde.seconds = 1000
    program = await asyncio.to_thread(Program, *painting("all"), cwd=tmp_path)
    with program:
        while horde.journal.count("submit") < 6:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        assert horde.journal.count("submit") == 6
        assert await asyncio.to_thread(program.end, signal.SIGINT) == 130
        assert program.output == ""
    assert horde.journal.count("cancel") == 6
