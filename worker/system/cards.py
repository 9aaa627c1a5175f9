"""How much of the cards' memory is taken, as NVIDIA's own tool tells it; others tell nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from worker.system.neighbours import Run, run_tool
from worker.system.thread import in_thread

MEGABYTE = 1024**2
QUERY = ("nvidia-smi", "--query-gpu=memory.used,memory.total", "--format=csv,noheader,nounits")
LOOK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one card, in bytes."""

    used: int
    total: int


def memory_of_cards(run: Run = run_tool) -> tuple[Memory, ...]:
    """Return the memory of each NVIDIA card; nothing where there is none."""
    found = []
    for line in run(QUERY).splitlines():
        used, _, total = line.partition(",")
        if used.strip().isdigit() and total.strip().isdigit():
            found.append(Memory(int(used) * MEGABYTE, int(total) * MEGABYTE))
    return tuple(found)


class CardWatch:
    """Knows the cards' memory without asking each time."""

    def __init__(self, run: Run = run_tool) -> None:
        self.cards: Sequence[Memory] = ()
        self._run = run

    async def watch(self) -> None:
        """Look now and then; not at all where the first look finds nothing."""
        while cards := await in_thread(lambda: memory_of_cards(self._run)):
            self.cards = cards
            await asyncio.sleep(LOOK_SECONDS)
