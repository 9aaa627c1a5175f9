"""`hordebots loras search`: what is found, how it is judged, and what is said if CivitAI is down."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import pytest

from tests.component.bots.programs import run
from tests.fakes import faults
from tests.fakes.civitai import FakeCivitai

XL = "AlbedoBase XL (SDXL)"


@pytest.fixture
async def civitai():
    async with FakeCivitai() as running:
        yield running


@pytest.fixture
def search(tmp_path, civitai, write_config):
    """Return a function that searches the fake CivitAI while its loop runs."""

    async def search(*arguments, **sections):
        config = write_config(
            civitai={"url": civitai.url}, reference={"url": None}, data_dir="data", **sections
        )
        words = ("loras", "search", *arguments, "--config", config)
        return await asyncio.to_thread(run, *words, cwd=tmp_path)

    return search


def make_older(file, seconds):
    """Have what is remembered be told so much earlier."""
    with closing(sqlite3.connect(file)) as memory, memory:
        memory.execute("UPDATE searches SET at = at - ?", (seconds,))


def verdicts(done):
    return {asset["name"]: asset["verdict"] for asset in done.json["assets"]}


async def test_a_hit_is_told_with_its_newest_version_and_a_link(search):
    done = await search("thick", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json["stale"] is False
    paint = next(asset for asset in done.json["assets"] if asset["id"] == 11)
    assert paint == {
        "id": 11,
        "name": "Thick Paint",
        "kind": "lora",
        "version": {
            "id": 1102,
            "name": "v1102",
            "base_model": "SDXL 1.0",
            "size_bytes": 36_864_512,
            "triggers": ["thick paint"],
        },
        "creator": "maker11",
        "nsfw": False,
        "verdict": "fits",
        "usable": True,
        "sentence": "fits",
        "link": "https://civitai.com/models/11",
    }


async def test_people_read_a_table(search):
    done = await search("thick", "--model", XL)
    assert done.code == 0
    [flux] = [line for line in done.out.splitlines() if "Thick Paint for Flux" in line]
    for words in ("12 ", "Flux.1 D", "37 MB", "thick paint", "maker12", "another kind of model"):
        assert words in flux
    assert "https://civitai.com/models/12" in flux
    assert "\x1b" not in done.out


async def test_the_verdict_depends_on_the_model(search):
    judged = verdicts(await search("thick", "--model", XL.lower(), "--json"))
    assert judged == {"Thick Paint": "fits", "Thick Paint for Flux": "other_baseline"}


async def test_a_model_nobody_knows_is_refused_with_near_names(search):
    done = await search("thick", "--model", "AlbedoBase XXL")
    assert (done.code, done.out) == (2, "")
    assert XL in done.err


async def test_a_model_nobody_knows_is_refused_before_anybody_is_asked(search, civitai):
    civitai.fail("catalogue", faults.says(503, {}), 20)
    done = await search("thick", "--model", "nosuch")
    assert done.code == 2
    assert civitai.asked == []


async def test_what_workers_load_at_most_is_the_configurations(search):
    assert verdicts(await search("large", "--json")) == {"Very Large": "too_big"}


async def test_adult_ones_are_found_only_where_they_are_allowed(search):
    assert verdicts(await search("adults", "--json")) == {}
    assert set(verdicts(await search("adults", "--nsfw", "--json"))) == {"For Adults"}
    allowed = await search("adults", "--json", defaults={"nsfw": True})
    assert set(verdicts(allowed)) == {"For Adults"}


async def test_textual_inversions_are_another_kind(search):
    assert verdicts(await search("negative", "--json")) == {}
    done = await search("negative", "--kind", "ti", "--json")
    assert set(verdicts(done)) == {"Easy Negative"}


async def test_names_cannot_write_on_the_terminal(search):
    done = await search("evil")
    assert done.code == 0
    assert "evil" in done.out
    assert not {"\u202e", "\x00", "\x1b"} & set(done.out)


async def test_nothing_found_is_said(search):
    done = await search("nosuchthing")
    assert done.code == 0
    assert "no LoRA like nosuchthing" in done.out


async def test_an_old_answer_is_shown_with_its_age_if_civitai_is_down(search, civitai, tmp_path):
    await search("thick", "--json")
    await asyncio.to_thread(make_older, tmp_path / "data" / "civitai" / "assets.sqlite", 3 * 86_400)
    civitai.fail("catalogue", faults.says(503, {}), 20)
    done = await search("thick")
    assert done.code == 0
    assert "this is what it said 3 days ago" in done.out
    assert "Thick Paint" in done.out


async def test_no_answer_at_all_is_exit_code_1(search, civitai):
    civitai.fail("catalogue", faults.says(503, {}), 20)
    done = await search("thick")
    assert (done.code, done.out) == (1, "")
    assert "CivitAI" in done.err


async def test_where_nothing_is_looked_up_it_says_so(tmp_path, write_config):
    config = write_config(civitai={"url": None}, data_dir="data")
    done = await asyncio.to_thread(run, "loras", "search", "x", "--config", config, cwd=tmp_path)
    assert done.code == 1
    assert "not looked up" in done.err
