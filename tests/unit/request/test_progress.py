"""How far a request is."""

from common.horde.wire import Check
from common.model import Phase
from request.making.progress import Tally


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


def test_nothing_is_forecast_while_nobody_makes_it():
    tally = Tally(1)
    tally.looked(1, Check(waiting=1, queue_position=1, wait_time=5, is_possible=False))
    tally.held_up("Nobody is there.")
    progress = tally.progress()
    assert (progress.position, progress.wait_seconds) == (None, None)
    assert progress.note == "Nobody is there."
