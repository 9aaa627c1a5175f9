"""The program under test: written configurations, starts, kills, and what it says of itself."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.crash.board import Board
from tests.crash.nursery import DIED
from tests.crash.pace import REAL_MONOTONIC, Pace

ROOT = Path(__file__).parents[2]
SHOWN = 4000
ENDING = 60.0
"""Real seconds a program gets to end in good order, on a busy machine too."""


def write_entry_point(folder: Path) -> Path:
    """Make the test's adapter known as an installed package would; returns the folder to import."""
    package = folder / "hordebots_fake_chat-1.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: hordebots-fake-chat\nVersion: 1\n"
    )
    entry = "chat = tests.fakes.chat_adapter:ChatAdapter"
    (package / "entry_points.txt").write_text(f"[hordebots.adapters]\n{entry}\n")
    return folder


class Nursery:
    """The process that starts programs (see `tests/crash/nursery.py`)."""

    def __init__(self, folder: Path, pace: Pace, *also: str) -> None:
        path = [str(write_entry_point(folder / "installed")), str(ROOT)]
        command = [sys.executable, "-m", "tests.crash.nursery", str(pace.speed), str(pace.epoch)]
        command += also
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
        environment["OPENBLAS_NUM_THREADS"] = "1"
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=folder,
        )
        assert self._process.stdout.readline() == "ready\n", "the nursery did not start"

    def start(self, order: dict) -> int:
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def watch(pid: int, gone: Callable[[], None]) -> None:
    """Call `gone` when a process has ended."""
    handle, loop = os.pidfd_open(pid), asyncio.get_running_loop()

    def told() -> None:
        loop.remove_reader(handle)
        os.close(handle)
        gone()

    loop.add_reader(handle, told)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a process holds."""

    memory: int
    """Resident bytes."""
    threads: int
    files: int
    """Open files and sockets."""

    def __str__(self) -> str:
        return f"{self.memory / 1e6:.0f} MB {self.threads} threads {self.files} files"


@dataclass
class Bot:
    """One instance of the program, alive or not."""

    nursery: Nursery
    folder: Path
    name: str
    config: dict
    pid: int | None = None
    starts: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.board = Board(self.folder / f"{self.name}.board")
        self.log = self.folder / f"{self.name}.log"

    def start(self) -> None:
        """Start the program; `ended` is set when it is gone, however that comes."""
        file = self.folder / f"{self.name}.yaml"
        file.write_text(yaml.safe_dump({**self.config, "instance": self.name}))
        self.board.disarm()
        self.ended = asyncio.Event()
        argv = ["run", "--config", str(file), "--log-format", "json"]
        order = {
            "argv": argv,
            "board": str(self.folder / f"{self.name}.board"),
            "log": str(self.log),
        }
        self.pid = self.nursery.start(order)
        self.starts += 1

        def gone() -> None:
            self.pid = None
            self.ended.set()

        watch(self.pid, gone)

    def send(self, number: int) -> None:
        if self.pid is not None:
            os.kill(self.pid, number)

    async def kill(self) -> None:
        self.send(signal.SIGKILL)
        await self.ended.wait()

    async def stop(self) -> None:
        """End it as an operator does."""
        self.send(signal.SIGTERM)
        end = REAL_MONOTONIC() + ENDING
        while not self.ended.is_set():
            assert REAL_MONOTONIC() < end, f"{self.name} does not end\n{self.last_words()}"
            await asyncio.sleep(0.1)

    def holds(self) -> Holdings:
        """Return what it holds just now."""
        process = Path(f"/proc/{self.pid}")
        pages = int((process / "statm").read_text().split()[1])
        return Holdings(
            pages * os.sysconf("SC_PAGE_SIZE"),
            len(list((process / "task").iterdir())),
            len(list((process / "fd").iterdir())),
        )

    def last_commit(self) -> str:
        """Return what was written by the commit at which it was struck down."""
        return self.last_words().rpartition(f"{DIED} ")[2].strip()

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-SHOWN:] if self.log.exists() else ""
