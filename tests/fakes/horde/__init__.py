"""A fake AI Horde: a real server on 127.0.0.1 that answers as the public one does to clients.

    async with FakeHorde() as horde:
        client = HordeClient(horde.url, …)
        horde.fail("check", faults.html())
        …
        assert horde.journal.count("submit") == 1

`python -m tests.fakes.horde --port N --journal FILE` runs it as a process of its own.
"""

from tests.fakes import faults
from tests.fakes.faults import Fault
from tests.fakes.horde.requests import FakeRequest, Fate
from tests.fakes.horde.server import FakeHorde
from tests.fakes.journal import Exchange, Journal

__all__ = ["Exchange", "FakeHorde", "FakeRequest", "Fate", "Fault", "Journal", "faults"]
