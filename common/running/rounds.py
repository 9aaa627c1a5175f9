"""A queue in which people take turns: one thing of the first, then one of the next, and so on."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Rounds(Generic[T]):
    """What waits, by person; nobody's many things hold others up for longer than one each."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[T]] = OrderedDict()
        """By person, in the order of their turns."""

    def __bool__(self) -> bool:
        """Tell whether something waits."""
        return bool(self._waiting)

    def __len__(self) -> int:
        """Return how many things wait."""
        return sum(map(len, self._waiting.values()))

    def __iter__(self) -> Iterator[T]:
        """Yield all in the order of their turns."""
        rest = [list(things) for things in self._waiting.values()]
        for number in range(max(map(len, rest), default=0)):
            yield from (things[number] for things in rest if number < len(things))

    def add(self, whose: str, thing: T) -> None:
        """Put something of somebody at the end of what is theirs."""
        self._waiting.setdefault(whose, deque()).append(thing)

    def remove(self, whose: str, thing: T) -> None:
        """Take something of somebody out, if it still waits."""
        things = self._waiting.get(whose, deque())
        if thing in things:
            things.remove(thing)
        if not things:
            self._waiting.pop(whose, None)

    def next(self) -> T:
        """Take out what is next; its owner goes to the end. Raises KeyError if nothing waits."""
        whose, things = self._waiting.popitem(last=False)
        thing = things.popleft()
        if things:
            self._waiting[whose] = things
        return thing

    def place(self, whose: str) -> int:
        """Return the place of somebody's last thing; 1 is the next. They must have one."""
        mine = len(self._waiting[whose])
        place, others = mine, mine
        for person, things in self._waiting.items():
            if person == whose:
                others -= 1  # who comes after them has one turn fewer before theirs
            else:
                place += min(len(things), others)
        return place
