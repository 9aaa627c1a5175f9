"""Nothing leaves the worker that must not be shown, whatever the job says."""

from __future__ import annotations

import shlex
import sys
from io import BytesIO

import pytest
from PIL import Image

from tests.component.worker.paint import PaintEngine
from worker import events

SAYS = """
import json, struct, sys
while head := sys.stdin.buffer.read(4):
    sys.stdin.buffer.read(struct.unpack("<I", head)[0])
    print(json.dumps({{"nsfw": {nudity}}}), flush=True)
"""


@pytest.fixture
def says(tmp_path):
    """A checker that says the same of every picture."""

    def make(nudity):
        program = tmp_path / "look.py"
        program.write_text(SAYS.format(nudity=nudity))
        return f"command:{shlex.quote(sys.executable)} {shlex.quote(str(program))}"

    return make


async def submitted(shop, job):
    await shop.hub.until(lambda: job in shop.hub.submitted)
    await shop.until(lambda: job in shop.hub.submitted)
    return shop.hub.submitted[job]


def is_blank(data):
    extrema = Image.open(BytesIO(data)).convert("RGB").getextrema()
    return all(low == high for low, high in extrema)


async def test_words_are_read_before_anything_is_drawn(shop):
    [job] = shop.hub.offer(payload={"prompt": "n4ked c h i l d###blurry"})
    [harmless] = shop.hub.offer()
    shop.open()
    body = await submitted(shop, job)
    await shop.delivered(harmless)
    assert (body["state"], body["generation"]) == ("csam", "R2")
    assert body["gen_metadata"] == [{"type": "censorship", "value": "csam"}]
    assert is_blank(shop.hub.uploads[job])
    assert [task.prompt for task in shop.engine.tasks] == ["a fox"]


async def test_a_picture_beside_a_child_is_withheld_at_the_least_doubt(shop, says):
    [job] = shop.hub.offer(payload={"prompt": "a child at the lake"})
    shop.open(safety=says(0.3))
    body = await submitted(shop, job)
    assert body["state"] == "csam"
    assert is_blank(shop.hub.uploads[job])
    assert "nothing is shown" in shop.said(events.Failed)[0].reason


async def test_what_is_for_adults_is_told_or_kept_back_as_the_job_says(shop, says):
    [told] = shop.hub.offer()
    [kept] = shop.hub.offer(payload={"use_nsfw_censor": True})
    shop.open(safety=says(0.9))
    assert (await submitted(shop, told))["gen_metadata"] == [
        {"type": "information", "value": "nsfw"}
    ]
    body = await submitted(shop, kept)
    assert (body["state"], body["gen_metadata"]) == (
        "censored",
        [{"type": "censorship", "value": "nsfw"}],
    )
    assert not is_blank(shop.hub.uploads[told])
    assert is_blank(shop.hub.uploads[kept])


async def test_a_worker_that_makes_nothing_for_adults_says_so_and_keeps_it_back(hub, says):
    from tests.component.worker.conftest import Shop

    shop = Shop(hub, PaintEngine(private_only=False))
    [job] = hub.offer()
    shop.open(safety=says(0.9))
    body = await submitted(shop, job)
    assert body["state"] == "censored"
    assert hub.journal.of("pop")[0].body["nsfw"] is False
    await shop.close()


async def test_a_checker_that_breaks_lets_nothing_through(shop, says):
    [job] = shop.hub.offer()
    shop.open(safety=says("'what'"))
    with pytest.raises(Exception, match="safety check"):
        await shop.running
    shop.running = None
    assert job not in shop.hub.submitted
