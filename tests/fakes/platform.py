"""A chat platform in this process: what people write goes in, what is posted is in the journal."""

from __future__ import annotations

import asyncio
from collections import deque

from common.model import Incoming, Outcome, Part, Progress
from request.adapter import Capabilities


class FakePlatform:
    """An adapter whose platform is a list. Posts survive the adapter, as they do elsewhere."""

    def __init__(self, name="web", *, posts=None, pictures_per_reply=20):
        self.name = name
        self.capabilities = Capabilities(
            text_length=5000,
            pictures_per_reply=pictures_per_reply,
            picture_bytes=10**7,
            live_progress=True,
            reply_timeout=20.0,
        )
        self.posts: dict[tuple[str, int], tuple[str, Outcome, Part]] = (
            {} if posts is None else posts
        )
        self.progress: list[Progress] = []
        self.faults: deque[Exception] = deque()
        """Raised by the next replies, one each; `after_posting` says on which side of it."""
        self.after_posting = False
        self.attempts = 0
        self._queue: asyncio.Queue[Incoming] = asyncio.Queue()
        self._posted = asyncio.Event()

    def say(self, incoming: Incoming) -> None:
        self._queue.put_nowait(incoming)

    async def listen(self):
        while True:
            yield await self._queue.get()

    async def acknowledge(self, incoming, progress):
        self.progress.append(progress)

    async def reply(self, incoming, outcome, part):
        self.attempts += 1
        fault = self.faults.popleft() if self.faults else None
        if fault is not None and not self.after_posting:
            raise fault
        key = (incoming.event, part.number)
        assert key not in self.posts, f"posted twice: {key}"
        self.posts[key] = (f"post-{incoming.event}-{part.number}", outcome, part)
        self._posted.set()
        if fault is not None:
            raise fault
        return self.posts[key][0]

    async def find_own_reply(self, incoming, part, known=()):
        found = self.posts.get((incoming.event, part))
        return found[0] if found else None

    async def answer_to(self, event: str, part: int = 1) -> Outcome:
        """Wait for an answer (at most 30 s)."""
        async with asyncio.timeout(30):
            while (event, part) not in self.posts:
                self._posted.clear()
                await self._posted.wait()
        return self.posts[event, part][1]

    async def close(self):
        pass


class OwnPlatform(FakePlatform):
    """A platform that takes posts back and keeps what people wrote."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.removed = []
        self.forgotten = []
        self.kept = set()

    async def remove(self, incoming, post):
        self.removed.append(post)

    async def forget(self, person):
        self.forgotten.append(person.id)

    async def keeps(self, names):
        return self.kept & set(names)
