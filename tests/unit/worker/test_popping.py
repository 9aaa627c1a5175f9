"""What is said of a server that does not answer: once, however it fails to."""

from __future__ import annotations

from common.errors import HordeUnclear, HordeUnreachable
from worker.events import Waiting
from worker.horde.offer import Offer
from worker.horde.popping import Popper
from worker.timing import Timing


class Falters:
    """A server that fails in one way after another."""

    name = "http://hub/api"

    def __init__(self, *errors):
        self._errors = list(errors)

    async def pop(self, _body):
        raise self._errors.pop(0)


async def test_a_server_that_is_away_is_told_of_once_whether_or_not_it_heard_the_question(
    info,
):
    told = []
    away = {"horde": Falters.name}
    errors = (HordeUnreachable(**away), HordeUnclear(**away), HordeUnreachable(**away))
    popper = Popper(Falters(*errors), report=told.append, timing=Timing())
    body = Offer("shop", info, 0.0).body(None)
    for _ in errors:
        assert await popper.pop(body) is None
    [waiting] = told
    assert isinstance(waiting, Waiting)
    assert waiting.reason.startswith(f"{Falters.name} does not answer")
