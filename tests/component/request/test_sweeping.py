"""Picture files that nothing names any more are deleted, and no others."""

import os
import time
from pathlib import Path

import pytest

from bots.assembly.sweeping import DAY, NEW
from common import pictures
from events.lifecycle import Step
from tests.component.events.chat import DRAW, Chat
from tests.component.events.conftest import brought_to, held
from tests.fakes.pictures import plain
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until

__all__ = ["held"]

pytestmark = pytest.mark.database


def aged(file, seconds):
    """Have a file been kept that long ago."""
    at = time.time() - seconds
    os.utime(file, (at, at))
    return file


async def test_what_a_refused_request_has_kept_is_deleted_and_nothing_that_is_needed(
    start, heard, held, tmp_path
):
    folder = tmp_path / "pictures"
    left, fresh, ancient = [
        aged(pictures.store(folder, plain(colour)), seconds)
        for colour, seconds in (("red", NEW + 60), ("blue", 60), ("green", 99 * DAY))
    ]
    platform = FakePlatform()
    async with start(platform) as core:
        chat = Chat(platform, heard)
        await brought_to(core.events, held(), Step.ANNOUNCE, Step.OPEN)
        post = await chat.draw("a fox")
        await chat.say("enter autumn as me", parent=post)
        source = pictures.store(folder, plain("white", (128, 128)))
        _, outcome = await chat.say(
            DRAW.format(what="a fox in snow"), pictures=(f"sha256:{source.name}",)
        )
        await wait_until(lambda: not core.service.at_work.running)
        needed = [file for file in folder.iterdir() if file not in {left, fresh, ancient, source}]
        for file in (*needed, source):
            aged(file, NEW + 60)
        sweep = core.sweeping()
        await sweep(await core.leases.take("clock"))
    assert outcome.pictures
    assert [file.exists() for file in (left, source, fresh, ancient)] == [False, False, True, False]
    assert len(needed) >= 3
    assert all(file.exists() for file in needed)


async def test_it_is_looked_once_a_day(start, tmp_path):
    folder = tmp_path / "pictures"
    async with start(FakePlatform()) as core:
        sweep, lease = core.sweeping(), await core.leases.take("clock")
        await sweep(lease)
        left = aged(pictures.store(folder, plain("red")), NEW + 60)
        await sweep(lease)
        assert left.exists()
        sweep.swept -= DAY
        await sweep(lease)
        assert not left.exists()


def test_a_picture_that_is_kept_again_is_young_again(tmp_path):
    file = aged(pictures.store(tmp_path, plain("red")), 5 * DAY)
    pictures.store(tmp_path, plain("red"))
    assert time.time() - file.stat().st_mtime < DAY


def test_pictures_are_kept_where_folders_cannot_be_opened(tmp_path, monkeypatch):
    opened = os.open

    def as_on_windows(path, *more, **options):
        if Path(path).is_dir():
            raise PermissionError(13, "Permission denied")
        return opened(path, *more, **options)

    monkeypatch.setattr(os, "open", as_on_windows)
    assert pictures.store(tmp_path, plain("red")).exists()
