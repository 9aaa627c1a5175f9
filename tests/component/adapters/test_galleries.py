"""Galleries of an event: what moderators hide leaves the posts that are out, and comes back."""

from __future__ import annotations

import asyncio
import io
import random
import re
import time
from datetime import UTC, datetime

import pytest
from PIL import Image

from common import pictures
from events.candidate import Candidate
from events.entry_store import Entrant
from events.lifecycle import Step
from events.model import Plan, Shown
from request.leases import Lease

DAY = 24 * 3600.0


def planned(plug):
    """Return a plan for one event on the plug's platform."""
    now = time.time()
    schedule = {
        "opens": datetime.fromtimestamp(now - DAY, UTC),
        "closes": datetime.fromtimestamp(now + DAY, UTC),
    }
    venues = [{"account": plug.name, "to": plug.wall()}]
    plan = {"name": "autumn", "title": "Autumn", "theme": "Leaves", "venues": venues}
    return Plan.model_validate({**plan, "schedule": schedule})


def painted(number):
    """A picture unlike the others."""
    data, draw = io.BytesIO(), random.Random(number)
    image = Image.new("L", (17, 16))
    image.putdata([draw.randrange(256) for _ in range(17 * 16)])
    image.resize((272, 256), Image.Resampling.NEAREST).convert("RGB").save(data, "PNG")
    return data.getvalue()


async def entered(bot, event, lease, number):
    """Enter a picture of somebody's."""
    data = painted(number)
    pictures.store(bot.core.services.pictures, data)
    facts, likeness = pictures.examine(data)
    one = Candidate(
        pictures.sha256(data),
        facts.mime,
        likeness,
        facts.width,
        facts.height,
        f"leaf {number}",
        recipe={"prompt": f"leaf {number}", "job": {"width": facts.width, "height": facts.height}},
    )
    entrant = Entrant(lease.name, f"mark {number}", Shown.NAME, f"Artist {number}")
    return await bot.core.events.entries.entered(lease, event, one, entrant, written=time.time())


@pytest.fixture
async def gallery(bot, plug):
    """Hold an event up to its vote; return a function that lets its posts settle."""
    parts, lease = bot.core.events, Lease(plug.name, "one", 1)
    parts.outbox._pause = lambda: 0
    event = await parts.events.drafted(planned(plug), "op")
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await parts.steps.take(event, step, "op")
    for number in (1, 2, 3):
        await entered(bot, event, lease, number)
    for step in (Step.CLOSE, Step.VOTE):
        event = await parts.steps.take(event, step, "op")

    async def seen(*numbers):
        """Wait until the posts show just these entries."""
        async with asyncio.timeout(30):
            while True:
                await parts.outbox.serve(lease, bot.adapter)
                shown = await plug.shown()
                alts = " ".join(alt for one in shown for alt in one.alts)
                if sorted(map(int, re.findall(r"Entry (\d+):", alts))) == sorted(numbers):
                    return shown
                await asyncio.sleep(0.05)

    return event, seen


@pytest.mark.needs("show")
async def test_a_hidden_entry_leaves_the_gallery_that_is_out_and_comes_back(bot, gallery):
    entries = bot.core.events.entries
    event, seen = gallery
    await seen(1, 2, 3)
    await entries.hidden(event, 2, "op", "not by its entrant")
    shown = await seen(1, 3)
    if len(shown) > 1:
        assert any("Not shown any more: entry 2" in one.text for one in shown)
    await entries.unhidden(event, 2, "op")
    shown = await seen(1, 2, 3)
    assert not any("Not shown any more" in one.text for one in shown)
