"""Orders that are ready, until a device is free for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from worker.horde.employer import Employer
from worker.order import Order
from worker.timing import rest

PASSED_OVER = 2
"""How often an order waits for later ones whose model is loaded."""


@dataclass(slots=True, eq=False)
class Errand:
    """An order, and who it is for."""

    order: Order
    employer: Employer
    passed: int = 0


class Signal:
    """Wakes everybody who waits for it, each time it is given."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def give(self) -> None:
        """Wake those who wait now."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, seconds: float | None = None) -> None:
        """Wait for the next signal, at most some seconds."""
        await rest(self._event, seconds)


class Backlog:
    """A short queue. Who takes from it prefers orders for the model that is loaded already."""

    def __init__(self, signal: Signal) -> None:
        self._errands: list[Errand] = []
        self._signal = signal
        self._closed = False

    def __len__(self) -> int:
        return len(self._errands)

    def __iter__(self) -> Iterator[Errand]:
        return iter(self._errands)

    def put(self, errand: Errand) -> None:
        """Add an order that is ready."""
        self._errands.append(errand)
        self._signal.give()

    async def take(self, model: str) -> Errand | None:
        """Return the next order, one for `model` first; None when no more will come."""
        while not self._errands and not self._closed:
            await self._signal.wait()
        if not self._errands:
            return None
        oldest = chosen = self._errands[0]
        if oldest.passed < PASSED_OVER:
            same = (each for each in self._errands if each.order.task.model == model)
            chosen = next(same, oldest)
        if chosen is not oldest:
            oldest.passed += 1
        self._errands.remove(chosen)
        self._signal.give()
        return chosen

    @property
    def open(self) -> bool:
        """Whether orders are still wanted."""
        return not self._closed

    def close(self) -> None:
        """Say that no more will come; what is here may still be taken."""
        self._closed = True
        self._signal.give()

    def clear(self) -> list[Errand]:
        """Close it and return what nobody took."""
        left, self._errands = self._errands, []
        self.close()
        return left
