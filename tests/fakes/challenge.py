"""A challenge as if people had taken part in it: entries with painted pictures, and voters."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

from common import pictures
from events.entries.candidate import Candidate
from events.entries.entry_store import Entrant
from events.lifecycle import Step
from events.model import Entry, Event, Plan, Shown
from events.room import Parts
from request.kept.leases import Lease, Leases

PROMPTS = ("a fox in the snow", "an owl at night", "a boat in fog", "a house by the sea")
PEOPLE = ("Ada", "Björn", "Chiyo", "Dov", "Élise", "Farid", "Grace", "Hiro")


def paint(seed: int, side: int = 256) -> bytes:
    """Return a WebP of a scene; each seed gives another one, unlike all others."""
    draw = random.Random(seed)
    tones = [tuple(draw.randint(20, 235) for _ in range(3)) for _ in range(9)]
    ground = Image.new("RGB", (3, 3))
    ground.putdata(tones)
    picture = ground.resize((side, side), Image.Resampling.BICUBIC)
    brush = ImageDraw.Draw(picture)
    for _ in range(7):
        x, y, r = draw.randint(0, side), draw.randint(0, side), draw.randint(12, side // 4)
        brush.ellipse((x - r, y - r, x + r, y + r), fill=draw.choice(tones))
    kept = io.BytesIO()
    picture.filter(ImageFilter.SMOOTH).save(kept, "WEBP", quality=85)
    return kept.getvalue()


def plan(name: str = "winter", **changes: object) -> Plan:
    """Return a plan that is open from an hour ago until tomorrow."""
    now = datetime.now(UTC)
    values: dict[str, object] = {
        "name": name,
        "title": "Winter light",
        "theme": "The shortest days have the longest shadows. Show us light in the cold.",
        "schedule": {"opens": now - timedelta(hours=1), "closes": now + timedelta(days=1)},
        "rules": {"required": ["light"], "entries": 2},
        "venues": [{"account": "room"}],
    }
    return Plan.model_validate(values | changes)


class Challenge:
    """An event that a test leads on."""

    def __init__(self, parts: Parts, folder: Path, lease: Lease) -> None:
        self.parts = parts
        self._folder = folder
        self._lease = lease

    async def open(self, wanted: Plan | None = None) -> Event:
        """Announce and open an event."""
        event = await self.parts.events.drafted(wanted or plan(), "test")
        return await self.to(event.name, Step.ANNOUNCE, Step.OPEN)

    async def to(self, name: str, *steps: Step, **how: object) -> Event:
        """Take steps, as a moderator does; the clock's own ones too."""
        event = await self.parts.events.event(name)
        for step in steps:
            who = "clock" if step in {Step.SETTLE, Step.PROMOTE} else "moderator"
            event = await self.parts.steps.take(event, step, who, **how)
        return event

    async def enter(
        self, event: Event, number: int, *, account: str = "room", person: str = "", **more: str
    ) -> Entry:
        """Enter a picture; the same number gives the same one."""
        data = paint(number)
        pictures.store(self._folder, data)
        facts, likeness = pictures.examine(data, max_bytes=len(data))
        prompt = more.get("prompt") or f"{PROMPTS[number % len(PROMPTS)]} in winter light {number}"
        one = Candidate(
            sha256=pictures.sha256(data),
            mime=facts.mime,
            likeness=likeness,
            width=facts.width,
            height=facts.height,
            prompt=prompt,
            model="demo",
            seed=str(number),
            recipe={"prompt": prompt, "model": "demo", "seed": str(number), "job": {}},
            request=f"req{number}",
        )
        name = more.get("name") or PEOPLE[number % len(PEOPLE)]
        mark = person or hashlib.sha256(f"{account} {number}".encode()).hexdigest()
        entrant = Entrant(account, mark, Shown.NAME, name)
        return await self.parts.entries.entered(
            self._lease, event, one, entrant, written=event.since
        )


@asynccontextmanager
async def holding(parts: Parts, leases: Leases, folder: Path) -> AsyncIterator[Challenge]:
    """Lend a challenge on parts; the room's lease is held meanwhile."""
    lease = await leases.take("test-events")
    assert lease is not None
    yield Challenge(parts, folder, lease)
