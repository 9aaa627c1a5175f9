"""The whole worker with real weights in a child process: what is broken, and what is made."""

import json

import pytest

torch = pytest.importorskip("torch")

from common.errors import WorkerError
from tests.component.worker.conftest import Shop
from tests.fakes.hub import FakeHub
from worker import events
from worker.demo_model.runtime import WEIGHTS
from worker.engines.diffusers.engine import DiffusersEngine


@pytest.fixture
async def hub():
    async with FakeHub() as hub:
        yield hub


@pytest.fixture
def models(tmp_path, tiny_file):
    """The demo's model, and two files that broke off early."""
    whole = tiny_file[0].read_bytes()
    for name in ("a torn file", "z torn file"):
        (tmp_path / f"{name}.safetensors").write_bytes(whole[:1000])
    (tmp_path / "models.json").write_text(json.dumps({"demo": str(WEIGHTS)}))
    return tmp_path


async def test_a_torn_file_costs_its_own_jobs_and_no_others(hub, models):
    shop = Shop(hub, None)
    payload = {"width": 64, "height": 64, "ddim_steps": 2}
    wanted = ["demo", "z torn file", "demo"]
    jobs = [hub.offer(model=model, payload=payload, ttl=100_000)[0] for model in wanted]
    shop.open(engine="diffusers", models=models, device="cpu", safety="open_nsfw")
    await hub.until(lambda: set(jobs) <= set(hub.submitted), 240)
    await shop.stop_and_wait(60)
    assert [hub.submitted[job]["state"] for job in jobs] == ["ok", "faulted", "ok"]
    [told] = hub.submitted[jobs[1]]["gen_metadata"]
    assert "z torn file.safetensors cannot be read" in told["ref"]
    assert "a torn file.safetensors cannot be read" in shop.said(events.Notice)[0].text
    assert "a torn file" not in hub.journal.of("pop")[0].body["models"]


def test_a_worker_with_nothing_but_a_torn_file_says_so(models):
    torn = models / "a torn file.safetensors"
    with pytest.raises(WorkerError, match="cannot be read"):
        DiffusersEngine({"only": torn}, device="cpu").load()
