"""Entries with pictures of their own, for events that are posted on platforms."""

from __future__ import annotations

import io
import random
import time
from datetime import UTC, datetime

from PIL import Image

from common import pictures
from events.entries.candidate import Candidate
from events.entries.entry_store import Entrant
from events.model import Plan, Shown

DAY = 24 * 3600.0


def planned(account, to):
    """Return a plan for one event, open now, that is posted in one place."""
    now = time.time()
    schedule = {
        "opens": datetime.fromtimestamp(now - DAY, UTC),
        "closes": datetime.fromtimestamp(now + DAY, UTC),
    }
    venues = [{"account": account, "to": to}]
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
