"""Galleries of an event: what moderators hide leaves the posts that are out, and comes back."""

from __future__ import annotations

import asyncio
import re

import pytest

from events.lifecycle import Step
from request.kept.leases import Lease
from tests.component.events.painting import entered, planned


@pytest.fixture
async def gallery(bot, plug):
    """Hold an event up to its vote; return a function that lets its posts settle."""
    parts, lease = bot.core.events, Lease(plug.name, "one", 1)
    parts.outbox._pause = lambda: 0
    event = await parts.events.drafted(planned(plug.name, plug.wall()), "op")
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
