"""What the tests of events share: a platform that shows news, clocks that differ, entries."""

import random
from itertools import count

from events.entries.candidate import Candidate
from events.entries.entry_store import Entrant
from events.model import Shown
from request.kept.marks import Marks
from tests.fakes.platform import FakePlatform

MARKS = Marks(b"k" * 32)
ON_THE_WALL = [{"account": "web", "to": "wall"}]
"""Venues of an event whose news is posted in one place."""


class Wall(FakePlatform):
    """A platform on which news is posted."""

    def __init__(self, name="web"):
        super().__init__(name)
        self.wall = {}
        self.numbers = count(1)
        self.trouble = []

    async def publish(self, publication):
        if self.trouble:
            raise self.trouble.pop()
        post = f"news-{next(self.numbers)}"
        assert publication.request not in [one.request for one in self.wall.values()]
        self.wall[post] = publication
        return post

    async def find_published(self, publication):
        found = (post for post, one in self.wall.items() if one.request == publication.request)
        return next(found, None)

    async def unpublish(self, to, post):
        self.wall.pop(post)


class Clocked:
    """The clock of a process that is wrong by so many seconds."""

    def __init__(self, clock, skew):
        self.clock = clock
        self.skew = skew

    def __call__(self):
        return self.clock() + self.skew


async def entered(parts, lease, event, person, number, clock):
    """Enter a made-up picture."""
    likeness = f"{random.Random(number).getrandbits(256):064x}"
    one = Candidate(f"{number:064x}", "image/webp", likeness, 512, 512, f"leaf {number}")
    entrant = Entrant(lease.name, MARKS.person(lease.name, person), Shown.NAME, person)
    return await parts.entries.entered(lease, event, one, entrant, written=clock.now)
