"""Kill the whole demo (SIGKILL) while requests run, start it again: each is answered, once.

Beside `test_kills.py` this one kills the hub, the worker and the web room together with the bot, and
starts all of it from nothing; so a tenth of `KILLS` is enough. Every round starts the demo on the
same folder, asks for pictures over HTTP as a browser would, and kills the process group after a
random time. A last start is left to finish. Then the room is read: one answer for every message.
"""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

KILLS = max(5, int(os.environ.get("KILLS", "60")) // 10)
START_LIMIT = 120
ANSWER_LIMIT = 180
TEXTS = (
    "draw for me a fox in the snow --n 1",
    "draw for me a castle at sunset style: stylepunks --n 3",
    "draw for me two cats in space style: neon --n 2",
    "help",
    "draw for me a robot style: no such style at all",
)


class Demo:
    """The demo as a process group of its own, and a browser that has its cookie."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder = folder
        self.log = log
        self.process: subprocess.Popen[str] | None = None
        self.url = ""
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def start(self) -> None:
        command = [sys.executable, "-m", "bots", "demo", "--verbose", "--data", str(self.folder)]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
            )
        assert self.process.stdout is not None
        deadline = time.monotonic() + START_LIMIT
        for line in self.process.stdout:
            found = re.search(r"https?://[\w.:]+", line)
            if found:
                self.url = found.group()
                return
            assert time.monotonic() < deadline
        pytest.fail(f"the demo ended before it served:\n{self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def ask(self, text: str) -> None:
        page = self.browser.open(self.url, timeout=30).read().decode("utf-8")
        form = re.search(r'<form[^>]*action="/messages".*?</form>', page, re.DOTALL).group()
        fields = dict(re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', form))
        body = urllib.parse.urlencode({**fields, "text": text}).encode()
        request = urllib.request.Request(
            f"{self.url}/messages", body, {"Origin": self.url.rstrip("/")}
        )
        self.browser.open(request, timeout=30).read()


def read_room(folder: Path) -> tuple[list[tuple], list[tuple]]:
    """Return the people's messages and the bot's answers."""
    with sqlite3.connect(folder / "hordebots.sqlite") as database:
        rows = database.execute("SELECT id, author, reply_to, part FROM web_messages").fetchall()
    people = [row for row in rows if row[1] is not None]
    answers = [row for row in rows if row[1] is None]
    return people, answers


def wait_for_answers(folder: Path) -> None:
    deadline = time.monotonic() + ANSWER_LIMIT
    while time.monotonic() < deadline:
        with sqlite3.connect(folder / "hordebots.sqlite") as database:
            states = dict(database.execute("SELECT state, count(*) FROM requests GROUP BY state"))
        people, _ = read_room(folder)
        ended = sum(states.get(state, 0) for state in ("done", "refused", "failed"))
        if ended >= len(people):
            return
        time.sleep(0.2)
    pytest.fail(f"not all requests were answered: {states}")


@pytest.mark.timeout(0)
def test_every_request_is_answered_once_however_often_the_demo_dies(tmp_path):
    chance = random.Random(KILLS)
    demo = Demo(tmp_path / "data", tmp_path / "log")
    asked = 0
    for number in range(KILLS):
        print(f"round {number}", time.strftime("%X"), flush=True)
        demo.start()
        try:
            demo.ask(TEXTS[number % len(TEXTS)])
            asked += 1
        except (OSError, urllib.error.URLError) as error:
            pytest.fail(f"round {number}: the page did not take the message: {error}")
        time.sleep(chance.choice((0.0, 0.05, 0.2, 0.5, 1.0, 1.5, 2.0)) * chance.random())
        demo.kill()
    print("last start", time.strftime("%X"), flush=True)
    demo.start()
    try:
        wait_for_answers(demo.folder)
    finally:
        demo.kill()
    people, answers = read_room(demo.folder)
    assert len(people) == asked
    answered = [(reply_to, part) for _, _, reply_to, part in answers]
    assert len(answered) == len(set(answered))
    assert {reply_to for reply_to, _ in answered} == {row[0] for row in people}
    with sqlite3.connect(demo.folder / "hordebots.sqlite") as database:
        failed = database.execute("SELECT count(*) FROM requests WHERE state='failed'").fetchone()
        (wasted,) = database.execute("SELECT coalesce(sum(wasted), 0) FROM jobs").fetchone()
    assert failed == (0,)
    print(f"\n{KILLS} kills, {asked} requests, each answered once; {wasted} submissions wasted")
