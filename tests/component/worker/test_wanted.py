"""Models that come by themselves: shown first, then fetched, verified and served."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace

import aiohttp
import pytest
import typer
from aiohttp import web
from typer.testing import CliRunner

from common.config import CivitaiConfig, ReferenceConfig, WorkerConfig
from common.errors import WorkerError
from tests.component.worker.conftest import QUICK, Shop
from tests.component.worker.paint import PaintEngine
from tests.fakes.server import FakeServer
from tests.fakes.weights import checkpoint
from tests.waiting import wait_until
from worker import events
from worker.cli import register
from worker.disk.models import find_models
from worker.stock.demand import GIGABYTE, WEEK
from worker.stock.filling import Stock
from worker.stock.wanted import Notes, Storeroom
from worker.timing import rest

app = typer.Typer(pretty_exceptions_enable=False)
app.callback()(lambda: None)
register(app)


class Site(FakeServer):
    """A Horde, its reference and the files of its models, on one server."""

    def __init__(self):
        super().__init__()
        self.files = {name: checkpoint() for name in ("Fox", "Owl")}
        self.files["Bear"] = checkpoint(1024)
        self.queued = {"Fox": 10.0, "Owl": 30.0, "Bear": 20.0, "Adult": 90.0}
        self.asked = []
        self.broken = False
        self.gate = asyncio.Event()
        self.gate.set()

    def add_routes(self, app):
        app.router.add_get("/api/v2/status/models", self._models, name="models")
        app.router.add_get("/reference.json", self._reference, name="reference")
        app.router.add_get("/files/{name}", self._file, name="file")

    async def hang_up(self):
        self.gate.set()

    async def _models(self, _):
        self.asked.append("models")
        if self.broken:
            raise web.HTTPForbidden
        rows = [
            {"name": name, "queued": work, "count": 1, "type": "image"}
            for name, work in self.queued.items()
        ]
        return web.json_response(rows)

    async def _reference(self, _):
        self.asked.append("reference")
        families = {"Bear": "stable diffusion 2", "Adult": "stable diffusion 1"}
        entries = {name: self._entry(name, families.get(name)) for name in [*self.files, "Adult"]}
        entries["Adult"]["nsfw"] = True
        return web.json_response(entries, content_type="text/plain")

    def _entry(self, name, baseline):
        data = self.files.get(name, b"")
        file = {"file_name": f"{name}.safetensors", "file_url": f"{self.url}/files/{name}"}
        return {
            "baseline": baseline or "stable diffusion 1",
            "size_on_disk_bytes": GIGABYTE,  # what it takes on the disk in earnest
            "config": {
                "files": [
                    {"path": file["file_name"], "sha256sum": hashlib.sha256(data).hexdigest()}
                ],
                "download": [file],
            },
        }

    async def _file(self, request):
        name = request.match_info["name"]
        self.asked.append(name)
        await self.gate.wait()
        return web.Response(body=self.files[name])


@pytest.fixture
async def site():
    async with Site() as site:
        yield site


def settings(site, folder, **models):
    return WorkerConfig.model_validate(
        {
            "name": "attic card",
            "endpoints": [{"url": f"{site.url}/api", "key": "k"}],
            "engine": "diffusers",
            "device": "cpu",
            "models": {"folder": folder, "serve": "most wanted", **models},
        }
    )


async def filled(site, folder, *, stop=None, now=lambda: 1e9, **models):
    told = []
    stock = Stock(
        settings(site, folder, **models),
        CivitaiConfig(url=None),
        ReferenceConfig(url=f"{site.url}/reference.json"),
        report=told.append,
        timing=QUICK,
        memory=lambda _: 4 * GIGABYTE,
        now=now,
    )
    await stock.fill(stop or asyncio.Event())
    return told


async def test_the_most_wanted_are_fetched_up_to_the_room_there_is(site, tmp_path):
    told = await filled(site, tmp_path, gigabytes=2)
    assert site.asked == ["reference", "models", "Owl", "Bear"]
    assert list(find_models(tmp_path)) == ["Bear", "Owl"]
    assert (tmp_path / "Owl.safetensors").read_bytes() == site.files["Owl"]
    waited = [event.reason for event in told if isinstance(event, events.Waiting)]
    assert "Owl is being fetched: 100 %" in waited
    assert told[-1] == events.Resumed("models")


async def test_the_hordes_are_asked_once_a_week(site, tmp_path):
    await filled(site, tmp_path)
    site.asked.clear()
    await filled(site, tmp_path, now=lambda: 1e9 + WEEK - 1)
    assert site.asked == []
    await filled(site, tmp_path, now=lambda: 1e9 + WEEK)
    assert site.asked == ["reference", "models"]  # all that is wanted is here


async def test_what_is_wanted_no_more_makes_room_and_a_hosts_own_file_never_does(site, tmp_path):
    (tmp_path / "Mine.safetensors").write_bytes(checkpoint())
    await filled(site, tmp_path, gigabytes=1)
    assert list(find_models(tmp_path)) == ["Mine", "Owl"]
    # it has grown beyond the room that is allowed meanwhile
    (tmp_path / "Owl.safetensors").write_bytes(site.files["Owl"] + bytes(2 * 1024**2))
    config = settings(site, tmp_path, gigabytes=1)
    async with aiohttp.ClientSession() as session:
        room = Storeroom(
            config,
            CivitaiConfig(url=None),
            ReferenceConfig(url=f"{site.url}/reference.json"),
            session,
            memory=lambda _: 4 * GIGABYTE,
            now=lambda: 2e9,
        )
        site.queued = {"Bear": 5.0}
        plan = await room.plan(print)
        assert ([each.name for each in plan.fetch], plan.drop) == (["Bear"], ("Owl",))
        told = []
        await room.follow(plan, told.append, lambda *_: None)
    assert list(find_models(tmp_path)) == ["Bear", "Mine"]
    assert told == ["Owl is removed: others are wanted more.", "Bear is fetched."]
    assert Notes.read(tmp_path) == Notes(2e9, ["Bear"])


async def test_one_that_does_not_come_or_is_no_model_is_told_and_the_others_are_fetched(
    site, tmp_path
):
    site.files["Owl"] = b"no tensors"
    told = await filled(site, tmp_path)
    assert list(find_models(tmp_path)) == ["Bear", "Fox"]
    notices = [event.text for event in told if isinstance(event, events.Notice)]
    assert any(text.startswith("Owl is not fetched.") for text in notices)


async def test_without_an_answer_the_worker_begins_with_what_it_has(site, tmp_path):
    site.broken = True
    with pytest.raises(WorkerError, match="None of the Hordes tells"):
        await filled(site, tmp_path)
    (tmp_path / "Mine.safetensors").write_bytes(checkpoint())
    told = await filled(site, tmp_path)
    assert "None of the Hordes tells" in told[-1].text


async def test_a_stop_ends_the_fetching_and_the_next_start_goes_on(site, tmp_path):
    stop = asyncio.Event()
    site.gate.clear()
    filling = asyncio.create_task(filled(site, tmp_path, stop=stop))
    await wait_until(lambda: "Owl" in site.asked)
    stop.set()
    await asyncio.wait_for(filling, 30)
    site.gate.set()
    assert find_models(tmp_path) == {}
    await filled(site, tmp_path)
    assert "Owl" in find_models(tmp_path)


async def test_named_models_are_fetched_whatever_is_waited_for(site, tmp_path):
    site.queued = {}
    told = await filled(site, tmp_path, serve=["Fox", "Nobody knows"])
    assert site.asked == ["reference", "Fox"]
    assert any("Nobody knows is not in the folder" in str(event) for event in told)
    site.asked.clear()
    await filled(site, tmp_path, serve=["Fox"])
    assert site.asked == []


async def test_other_engines_have_models_of_their_own(site, tmp_path):
    config = settings(site, tmp_path).model_copy(update={"engine": "comfyui"})
    stock = Stock(config, CivitaiConfig(), ReferenceConfig(url=None), report=print, timing=QUICK)
    with pytest.raises(WorkerError, match="engine diffusers alone"):
        await stock.fill(asyncio.Event())


async def test_a_worker_at_work_begins_anew_with_what_is_wanted_a_week_later(hub, site, tmp_path):
    week, looks = asyncio.Event(), []

    async def rest_of_a_week(event, seconds):
        if seconds == WEEK:
            looks.append(seconds)
            await (week if len(looks) == 1 else event).wait()
        else:
            await rest(event, seconds)

    shop = Shop(hub, PaintEngine(), reference=ReferenceConfig(url=f"{site.url}/reference.json"))
    models = {"folder": tmp_path, "serve": "most wanted"}
    timing = replace(QUICK, rest=rest_of_a_week)
    shop.open(engine="diffusers", models=models, device="cpu", timing=timing)
    [before] = hub.offer()
    await shop.delivered(before)
    assert find_models(tmp_path) == {}
    hub.waiting = [{"name": "Owl", "queued": 5.0, "count": 1}]
    week.set()
    await shop.until(lambda: len(shop.said(events.Started)) == 2)
    assert list(find_models(tmp_path)) == ["Owl"]
    [after] = hub.offer()
    await shop.delivered(after)
    assert hub.maintenance is False
    await shop.close()


async def test_check_and_wanted_show_what_would_come_and_fetch_brings_it(site, tmp_path):
    del site.queued["Fox"]
    file = tmp_path / "config.yaml"
    file.write_text(
        f"""
reference: {{url: "{site.url}/reference.json"}}
civitai: {{url: null}}
worker:
  endpoints: [{{url: "{site.url}/api", key: k}}]
  engine: diffusers
  device: cpu
  models: {{folder: models, serve: most wanted, gigabytes: 2}}
"""
    )

    async def run(*command):
        arguments = ["worker", *command, "--config", str(file)]
        return await asyncio.to_thread(CliRunner().invoke, app, arguments)

    shown = await run("models", "wanted", "--json")
    assert [each["name"] for each in json.loads(shown.output)["fetch"]] == ["Owl", "Bear"]
    checked = (await run("check")).output
    assert "2 would be fetched at the next start, 2.0 of 2 GB: Owl, Bear" in checked
    assert not {"Owl", "Bear"} & set(site.asked)
    fetched = await run("models", "fetch")
    assert fetched.exit_code == 0, fetched.output
    assert "Owl is fetched." in fetched.output
    assert list(find_models(tmp_path / "models")) == ["Bear", "Owl"]
    assert "nothing is to be fetched" in (await run("check")).output
    assert "keep    Owl" in (await run("models", "wanted")).output
    assert "Nothing is to be fetched" in (await run("models", "fetch")).output
