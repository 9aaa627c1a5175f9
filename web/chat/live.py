"""What happens in the room right now, handed to everyone who watches.

Nothing here is kept: whoever falls behind is cut off, and reads the store again from the last
message they have. So a slow browser costs a bounded amount of memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from common.model import Progress
from web.chat.store import Message

BOUND = 256
"""Events one watcher may lie behind."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A message was written."""

    message: Message


@dataclass(frozen=True, slots=True)
class Advanced:
    """A request came further."""

    request: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class Removed:
    """The asker took a request back, and what was answered to it went with it."""

    request: Message


Event = Posted | Advanced | Removed


class Subscription:
    """The events one watcher has not taken yet."""

    def __init__(self, bound: int = BOUND) -> None:
        self._bound = bound
        self._events: dict[tuple[str, int], Event] = {}
        self._wake = asyncio.Event()
        self._ended = False

    def offer(self, event: Event) -> None:
        """Add an event; newer progress takes the place of older progress of the same request."""
        match event:
            case Posted(message):
                key = ("posted", message.id)
            case Advanced(request):
                key = ("advanced", request)
            case Removed(message):
                key = ("removed", message.id)
        if key not in self._events and len(self._events) >= self._bound:
            self.end()
            return
        self._events[key] = event
        self._wake.set()

    def end(self) -> None:
        """Let the watcher go: they fell behind, or the room closes."""
        self._ended = True
        self._wake.set()

    async def take(self) -> Event | None:
        """Wait for the next event. None when there will be no more."""
        while not self._events and not self._ended:
            self._wake.clear()
            await self._wake.wait()
        if self._ended:
            return None
        return self._events.pop(next(iter(self._events)))


class Broadcast:
    """Everyone who watches."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self.closed = False

    def __len__(self) -> int:
        return len(self._subscriptions)

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """Lend a subscription that hears everything from now on."""
        subscription = Subscription()
        if self.closed:
            subscription.end()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def send(self, event: Event) -> None:
        """Offer an event to all."""
        for subscription in self._subscriptions:
            subscription.offer(event)

    def close(self) -> None:
        """Let all watchers go, and whoever comes later."""
        self.closed = True
        for subscription in self._subscriptions:
            subscription.end()
