"""How far a request is."""

import asyncio

from common.horde.wire import Check
from common.model import Phase
from request.progress import Tally


def test_nothing_known_yet():
    progress = Tally(4).progress()
    assert (progress.phase, progress.asked, progress.finished, progress.position) == (
        Phase.WAITING,
        4,
        0,
        None,
    )


def test_jobs_are_put_together():
    tally = Tally(4)
    tally.looked(1, Check(finished=1, processing=1, wait_time=5))
    tally.looked(2, Check(waiting=2, queue_position=7, wait_time=30))
    progress = tally.progress()
    assert (progress.phase, progress.finished, progress.wait_seconds) == (Phase.GENERATING, 1, 30)
    tally.finished(1, 2)
    progress = tally.progress()
    assert (progress.finished, progress.position) == (2, 7)


def test_note_goes_when_the_horde_answers_again():
    tally = Tally(1)
    tally.held_up("Busy.")
    assert tally.progress().note == "Busy."
    tally.looked(1, Check(waiting=1, queue_position=1))
    assert tally.progress().note == ""


async def test_changes_are_shown_once_and_not_faster_than_allowed():
    tally, shown, pauses = Tally(1), [], []
    more = asyncio.Event()

    async def show(progress):
        shown.append(progress)

    async def sleep(seconds):
        pauses.append(seconds)
        more.set()
        await asyncio.sleep(0)

    task = asyncio.create_task(tally.tell(show, sleep=sleep))
    check = Check(waiting=1, queue_position=3)
    for _ in range(3):
        tally.looked(1, check)
        await more.wait()
        more.clear()
    task.cancel()
    assert [progress.position for progress in shown] == [3]
    assert len(pauses) == 3
