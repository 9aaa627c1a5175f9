"""The worker against the public server's own words: its Swagger document and recorded jobs.

Each job that was recorded is handed to a worker at work; all it sends in return must be as the
document says.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from tests.component.worker.conftest import Shop
from tests.component.worker.paint import PaintEngine
from tests.contract.hub_replay import FOLDER, assert_valid, read_definitions
from tests.fakes import faults
from tests.fakes.hub import KEY, FakeHub
from worker.engines.protocol import Feature

pytestmark = pytest.mark.skipif(
    not FOLDER, reason="CONTRACTS_DIR is not set: point it at the folder with the contracts"
)
OWN = {"started"}
"""What our pops say beyond the document; other servers ignore it."""
LONG = 100_000


def recorded_jobs():
    """Return the answers to pops with a job in them, by the names of their recordings."""
    jobs = {}
    for file in sorted(Path(FOLDER).glob("aihorde-recordings/*.json")) if FOLDER else ():
        exchange = json.loads(file.read_text("utf-8"))
        if not isinstance(exchange, dict) or "request" not in exchange:
            continue
        body = exchange["response"]["body"]
        popped = exchange["request"]["url"].endswith("/generate/pop")
        if popped and isinstance(body, dict) and body.get("id") is not None:
            jobs[file.stem] = body
    return jobs


JOBS = recorded_jobs()


@pytest.fixture
async def hub():
    async with FakeHub() as hub:
        yield hub


def here(job, hub):
    """Return a recorded job with addresses that lead here, and time for a machine that is busy."""
    data = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(data, "PNG")
    hub.files["source.png"] = data.getvalue()
    source = f"{hub.origin}/files/source.png"
    uploads = [f"{hub.origin}/upload/{each}" for each in job["ids"]]
    moved = {"ttl": LONG, "r2_upload": uploads[0], "r2_uploads": uploads}
    moved |= {name: source for name in ("source_image", "source_mask") if job.get(name)}
    return {**job, **moved}


def engine(**more):
    models = tuple(sorted({job["model"] for job in JOBS.values()}))
    return PaintEngine(
        models=models,
        max_pixels=4096 * 4096,
        features=frozenset(Feature) - {Feature.LORA, Feature.TEXTUAL_INVERSION},
        post_processing=frozenset({"RealESRGAN_x4plus"}),
        **more,
    )


def validated(hub, ids):
    """Hold all that was sent against the document; return the states of the jobs."""
    definitions = read_definitions()
    pops, submits = hub.journal.of("pop"), hub.journal.of("submit")
    for call in pops:
        said = {name: value for name, value in call.body.items() if name not in OWN}
        assert_valid(definitions, said, "PopInputStable")
    for call in submits:
        assert_valid(definitions, call.body, "SubmitInputStable")
    assert sorted(call.body["id"] for call in submits) == sorted(ids)
    return {hub.submitted[each]["state"] for each in ids}


@pytest.mark.parametrize("name", list(JOBS))
async def test_what_is_sent_for_a_recorded_job_is_as_the_document_says(hub, name):
    job = here(JOBS[name], hub)
    hub.fail("pop", faults.says(200, job))
    shop = Shop(hub, engine())
    shop.open()
    await hub.until(lambda: set(job["ids"]) <= set(hub.submitted))
    await shop.close()
    assert validated(hub, job["ids"]) == {"ok"}


async def test_so_is_what_is_sent_for_one_that_fails(hub):
    job = here(next(iter(JOBS.values())), hub)
    hub.fail("pop", faults.says(200, job))
    shop = Shop(hub, engine())
    shop.engine.troubles.append(ZeroDivisionError("x"))
    shop.open(
        nsfw=True, endpoints=[{"url": hub.url, "key": "worker-key", "priority_usernames": ["a#1"]}]
    )
    await hub.until(lambda: set(job["ids"]) <= set(hub.submitted))
    await shop.close()
    assert validated(hub, job["ids"]) == {"faulted"}


async def test_the_fake_it_is_tested_against_answers_as_the_document_says(hub):
    definitions, body = read_definitions(), {"name": "w"}
    hub.waiting = [{"name": "paint", "count": 1, "queued": 2.0, "jobs": 1.0, "eta": 3}]
    (job,) = hub.offer()
    async with aiohttp.ClientSession(f"{hub.origin}/api/v2/", headers={"apikey": KEY}) as session:

        async def asked(method, path, sent=None):
            async with session.request(method, path, json=sent) as answer:
                return await answer.json()

        for _ in range(2):  # with a job, and with none
            popped = await asked("POST", "generate/pop", body)
            assert_valid(definitions, popped, "GenerationPayloadStable")
        submitted = {"id": job, "generation": "R2", "state": "ok", "seed": 1}
        assert_valid(
            definitions, await asked("POST", "generate/submit", submitted), "GenerationSubmitted"
        )
        for row in await asked("GET", "status/models"):
            assert_valid(definitions, row, "ActiveModel")
        assert_valid(definitions, await asked("GET", "find_user"), "UserDetails")
        worker = await asked("GET", "workers/name/w")
        assert_valid(definitions, worker, "WorkerDetails")
        change = {"maintenance": True, "maintenance_msg": "rest"}
        changed = await asked("PUT", f"workers/{worker['id']}", change)
        assert_valid(definitions, changed, "ModifyWorker")
