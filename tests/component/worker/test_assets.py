"""LoRAs and textual inversions come before the job reaches the engine, or the job goes without."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from common.config import CivitaiConfig, WorkerConfig
from common.horde.work import Popped
from tests.component.worker.conftest import Shop
from tests.component.worker.paint import ASSETS, INFO, PaintEngine
from tests.fakes import faults
from tests.fakes.civitai import FakeCivitai
from tests.fakes.weights import tensors
from tests.waiting import wait_until
from worker import events
from worker.assets.cache import AssetCache
from worker.assets.supply import open_supplier, within_reach
from worker.disk.downloads import Persistence
from worker.engines.protocol import EngineInfo, Fault, Feature
from worker.making.preparation import prepare

QUICK = Persistence(stall=30.0, attempts=2, pause=0.001)
ABLE = EngineInfo(name="paint", models=("paint",), max_pixels=512 * 512, features=ASSETS)


@pytest.fixture
async def civitai():
    async with FakeCivitai() as server:
        for entry in list(server.models):
            for version in entry["modelVersions"]:
                if version["files"]:
                    own = {} if entry["id"] not in {15, 16, 17} else version["files"][1]
                    server.add_file(version["id"], tensors(1000 + version["id"]), **own)
        yield server


@pytest.fixture
async def supplied(civitai, tmp_path):
    """Supply a job with these fields; return its order and what was told."""
    told = []

    async def supply(*, seconds=30.0, nsfw=False, key=None, supplier=None, **payload):
        popped = Popped.model_validate(
            {"id": "1", "model": "paint", "payload": {"prompt": "a fox###blurry", **payload}}
        )
        order = await prepare(popped, ABLE, _nothing, now=0.0)
        settings = CivitaiConfig.model_validate({"url": civitai.url, "key": key})
        opening = open_supplier(
            WorkerConfig(models=tmp_path),
            settings,
            nsfw=nsfw,
            report=told.append,
            persistence=QUICK,
        )
        async with opening as own:
            return await (supplier or own).supply(order, popped.payload, ABLE, seconds)

    supply.told = told
    return supply


async def _nothing(_source):
    raise AssertionError


def lora(name, **fields):
    return {"loras": [{"name": name, **fields}]}


async def test_a_lora_is_fetched_once_with_its_trigger_and_its_title(civitai, supplied, tmp_path):
    job = lora("11", model=0.5, inject_trigger="any")
    order = await supplied(**job, key=SecretStr("secret"))
    [found] = order.task.loras
    assert found.file == tmp_path / "civitai" / "1102.safetensors"
    assert (found.name, found.model) == ("11", 0.5)
    assert order.task.prompt == "thick paint, a fox"
    assert order.titles == ("Thick Paint",)
    assert order.faults == ()
    assert [key for host, key, _ in civitai.downloads] == ["Bearer secret", None]
    await supplied(**job)
    assert len(civitai.downloads) == 2


async def test_a_lora_goes_by_version_or_by_name(supplied):
    by_version = await supplied(**lora("1101", is_version=True))
    assert by_version.task.loras[0].file.stem == "1101"
    by_name = await supplied(**lora("thick paint"))
    assert by_name.task.loras[0].file.stem == "1102"


async def test_the_operators_own_files_come_first_and_need_no_network(civitai, supplied, tmp_path):
    (tmp_path / "loras").mkdir()
    own = tmp_path / "loras" / "House Style.safetensors"
    own.write_bytes(tensors())
    (tmp_path / "secret.safetensors").write_bytes(tensors())
    order = await supplied(**lora("house style", inject_trigger="any"))
    assert order.task.loras[0].file == own
    assert civitai.asked == []
    assert (await supplied(**lora("../secret"))).task.loras == ()


async def test_what_the_engine_has_itself_is_left_to_it(civitai, tmp_path):
    able = replace(ABLE, assets=frozenset({"house style"}))
    job = {"id": "1", "model": "paint", "payload": {"prompt": "x", **lora("House Style")}}
    popped = Popped.model_validate(job)
    order = await prepare(popped, able, _nothing, now=0.0)
    settings = CivitaiConfig(url=civitai.url)
    config = WorkerConfig(models=tmp_path)
    async with open_supplier(config, settings, nsfw=False, report=print) as supplier:
        order = await supplier.supply(order, popped.payload, able, 30.0)
    assert [(one.name, one.file) for one in order.task.loras] == [("House Style", None)]
    assert order.faults == ()
    assert civitai.asked == []


def test_loras_are_offered_only_where_there_are_any(tmp_path):
    config, nowhere = WorkerConfig(models=tmp_path), CivitaiConfig(url=None)
    assert within_reach(ABLE, config, CivitaiConfig()) == ABLE
    assert within_reach(ABLE, config, nowhere).features == INFO.features
    (tmp_path / "loras").mkdir()
    (tmp_path / "loras" / "x.safetensors").touch()
    assert within_reach(ABLE, config, nowhere).features == INFO.features | {Feature.LORA}


async def test_inversions_are_put_where_the_job_says(supplied):
    job = {"tis": [{"name": "31", "inject_ti": "negprompt", "strength": 0.8}]}
    order = await supplied(**job)
    assert order.task.negative == "(embedding:31:0.8), blurry"
    assert [(ti.name, ti.file.name) for ti in order.task.tis] == [("31", "3101.safetensors")]
    order = await supplied(tis=[{"name": "Easy Negative", "inject_ti": "prompt"}])
    assert order.task.prompt == "(embedding:31:1), a fox"
    assert order.task.tis[0].name == "31"


@pytest.mark.parametrize(
    ("name", "nsfw", "reason"),
    [
        ("21", True, "real person"),
        ("22", True, "under age"),
        ("24", False, "for adults"),
        ("15", False, "larger than"),
        ("16", False, "safetensors"),
        ("17", False, "checksum"),
        ("18", False, "members"),
        ("32", False, "neither"),
        ("99", False, "does not have this"),
    ],
)
async def test_what_is_not_loaded_is_told(civitai, supplied, name, nsfw, reason):
    order = await supplied(**lora(name), nsfw=nsfw)
    assert order.task.loras == ()
    assert order.faults == (Fault("lora", "download_failed", name),)
    assert [event.text for event in supplied.told if reason in event.text]
    assert civitai.downloads == []


async def test_the_title_of_what_is_refused_is_read_by_the_guard_as_well(supplied):
    assert (await supplied(**lora("22"))).titles == ("Young Hero",)


async def test_adult_loras_are_loaded_where_adult_pictures_are_made(supplied):
    assert (await supplied(**lora("24"), nsfw=True)).task.loras[0].file is not None


async def test_a_stalled_download_ends_in_time_and_is_gone_on_with_next_time(civitai, supplied):
    civitai.fail("file", faults.stall(), 20)
    order = await supplied(**lora("11"), seconds=0.05)
    assert order.task.loras == ()
    assert "in time" in supplied.told[0].text
    civitai.heal("file")
    assert (await supplied(**lora("11"))).task.loras


async def test_what_is_not_to_be_had_is_asked_for_once(civitai, tmp_path):
    told = []
    opening = open_supplier(
        WorkerConfig(models=tmp_path),
        CivitaiConfig(url=civitai.url),
        nsfw=False,
        report=told.append,
        persistence=QUICK,
    )
    popped = Popped.model_validate({"id": "1", "model": "paint", "payload": lora("11")})
    order = await prepare(popped, ABLE, _nothing, now=0.0)
    civitai.fail("file", faults.says(451, {}))
    async with opening as supplier:
        for _ in range(2):
            made = await supplier.supply(order, popped.payload, ABLE, 30.0)
            assert made.faults == (Fault("lora", "download_failed", "11"),)
    assert len(civitai.downloads) == 2
    assert [event.text for event in told if "451" in event.text] == [told[0].text] * 2


async def test_no_more_are_loaded_than_a_job_may_name(supplied):
    many = [{"name": str(number)} for number in (11, 12, 13, 14, 33, 23)]
    order = await supplied(loras=many)
    assert len(order.task.loras) == 5
    assert order.faults == (Fault("lora", "download_failed", "23"),)


def test_what_was_not_used_for_longest_is_forgotten_first(tmp_path):
    cache = AssetCache(tmp_path, 250)
    for age, number in enumerate((1, 2, 3)):
        cache.path(number).write_bytes(b"x" * 80)
        os.utime(cache.path(number), (1000.0 - age, 1000.0 - age))
    assert cache.has(3)
    cache.keep([cache.path(1)])
    assert cache.make_room(80)
    assert {file.name for file in Path(tmp_path).iterdir()} == {"1.safetensors", "3.safetensors"}
    assert not cache.make_room(300)
    assert cache.path(1).exists()


@pytest.fixture
async def studio(hub, civitai):
    shop = Shop(hub, PaintEngine(features=ASSETS), civitai=CivitaiConfig(url=civitai.url))
    yield shop
    await shop.close()


async def test_the_next_jobs_files_come_while_the_card_is_busy(studio, civitai, tmp_path):
    studio.engine.hold()
    studio.engine.first_step = 0.99
    [first] = studio.hub.offer()
    [second] = studio.hub.offer(payload=lora("11", inject_trigger="all"))
    studio.open(models=tmp_path)
    await studio.until(lambda: len(studio.said(events.Popped)) == 2)
    await wait_until((tmp_path / "civitai" / "1102.safetensors").exists)
    await studio.until(lambda: studio.said(events.Step))
    assert len(studio.engine.tasks) == 1
    studio.engine.release()
    await studio.delivered(first, second)
    assert studio.engine.tasks[1].loras[0].file.name == "1102.safetensors"
    assert studio.engine.tasks[1].prompt == "thick paint, a fox"


async def test_a_job_without_its_lora_is_made_and_told(studio, tmp_path):
    [job] = studio.hub.offer(payload=lora("21"))
    studio.open(models=tmp_path)
    await studio.delivered(job)
    assert studio.hub.submitted[job]["gen_metadata"] == [
        {"type": "lora", "value": "download_failed", "ref": "21"}
    ]


async def test_the_guard_reads_the_title_of_a_lora(studio, civitai, tmp_path):
    for entry in civitai.models:
        if entry["id"] == 11:
            entry["name"] = "schoolgirl, 12 years old"
    [job] = studio.hub.offer(payload={"prompt": "naked", **lora("11")})
    studio.open(models=tmp_path)
    await studio.hub.until(lambda: job in studio.hub.submitted)
    assert studio.hub.submitted[job]["state"] == "csam"
    assert studio.engine.tasks == []
