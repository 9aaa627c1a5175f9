"""What the host sees: the panel, the status pages, the figures."""

from __future__ import annotations

from io import StringIO

import aiohttp
import pytest
from rich.console import Console

from common.errors import WorkerError
from tests.fakes.clock import Clock
from worker import events
from worker.status.console import Teller
from worker.status.pages import serving
from worker.status.standing import Standing
from worker.system.cards import Memory, memory_of_cards

CARD = Memory(3 * 1024**3, 8 * 1024**3)
STORY = [
    events.Started("attic card", "http://hub/api", "paint", ("paint", "clay")),
    events.Popped(("1",), "paint", 512, 512, 20),
    events.Popped(("2", "3"), "clay", 512, 512, 20),
    events.Step(("1",), 0.4, "cuda:0"),
]


def test_jobs_go_from_the_queue_to_a_device_and_on():
    standing = Standing(Clock(0.0))
    for event in STORY:
        standing.note(event)
    [job] = standing.jobs
    assert (job.model, job.part, job.device, standing.queue) == ("paint", 0.4, "cuda:0", 1)
    standing.note(events.Step(("1",), 1.0, "cuda:0"))
    standing.note(events.Submitted("1", 7, 3.5))
    standing.note(events.Failed("2", "It is broken."))
    standing.note(events.Failed("3", "It is broken."))
    assert (standing.jobs, standing.queue) == ((), 0)
    assert (standing.pictures, standing.failures, standing.kudos) == (1, 2, 3.5)
    assert list(standing.faults) == ["It is broken."] * 2


def test_the_last_hour_counts_and_a_short_time_is_not_blown_up():
    clock = Clock(0.0)
    standing = Standing(clock)
    for _ in range(10):
        standing.note(events.Submitted("1", 7, 2.0))
    assert standing.lately() == (120.0, 240.0)  # as if in five minutes
    clock.now = 1800.0
    assert standing.lately() == (20.0, 40.0)
    clock.now = 3601.0
    assert standing.lately() == (0.0, 0.0)


@pytest.mark.parametrize("plain", [False, True])
def test_the_panel_shows_it_all_unless_lines_are_wanted(plain):
    output = StringIO()
    console = Console(file=output, force_terminal=True, width=120, height=40)
    teller = Teller(console, lambda: "12:00:00", plain=plain, cards=lambda: (CARD,))
    with teller:
        for event in [*STORY, events.Failed("9", "bad [weights]"), events.Waiting("It is noon.")]:
            teller.tell(event)
    shown = output.getvalue()
    assert "12:00:00 waiting. It is noon." in shown
    for words in ("40%", "1 waiting", "3.0 of 8.0 GB", "fault: bad [weights]", "attic card"):
        assert (words in shown) is not plain or words == "attic card"


async def test_the_workers_own_pages_say_the_same():
    standing = Standing(Clock(0.0))
    for event in [*STORY, events.Measured("paint", 0.05, 1024 * 1024, 4, 2)]:
        standing.note(event)
    serve = serving("0", standing, lambda: (CARD,))
    async with serve as port, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        async with session.get("/status") as answer:
            told = await answer.json()
        async with session.get("/metrics") as answer:
            figures = await answer.text()
        async with session.get("/healthz") as answer:
            assert (await answer.json())["status"] == "ok"
    assert told["jobs"] == [{"model": "paint", "part": 0.4, "device": "cuda:0"}]
    assert told["measured"]["paint"]["amount"] == 4
    assert told["cards"] == [{"used": CARD.used, "total": CARD.total}]
    assert "hordebots_worker_queue 1.0" in figures
    assert 'hordebots_worker_seconds_per_effort{model="paint"} 0.05' in figures
    assert f'hordebots_worker_card_memory_bytes{{card="0",kind="used"}} {float(CARD.used)}' in (
        figures.replace("3.221225472e+09", "3221225472.0")
    )


@pytest.mark.parametrize("address", ["here", "127.0.0.1:99999999", "::::1"])
async def test_an_address_that_is_none_is_a_sentence(address):
    with pytest.raises(WorkerError, match="cannot answer at"):
        async with serving(address, Standing(Clock(0.0)), tuple):
            pass


def test_the_memory_of_cards_is_what_their_tool_says():
    assert memory_of_cards(lambda _: "2048, 8192\n[N/A], [N/A]\n0, 24576\n") == (
        Memory(2048 * 1024**2, 8192 * 1024**2),
        Memory(0, 24576 * 1024**2),
    )
    assert memory_of_cards(lambda _: "") == ()
