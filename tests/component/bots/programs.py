"""The program as people start it: a process of its own, watched line by line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "NO_COLOR": "1"}
ENVIRONMENT.pop("HORDEBOTS_WORKER_KEY", None)
START = 90.0
"""Seconds anything gets to start: the machine may be busy."""
ENDING = 60.0
"""Seconds within which Ctrl-C must have ended everything; it takes one or two where nobody else is
at work."""


@dataclass(frozen=True, slots=True)
class Finished:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


def command(*arguments: object, module: str = "bots") -> list[str]:
    return [sys.executable, "-m", module, *map(str, arguments)]


def run(*arguments: object, cwd: Path, typed: str = "", seconds: float = 90) -> Finished:
    """Run a command to its end. Whatever goes wrong, nobody is shown a traceback."""
    done = subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=ENVIRONMENT,
        input=typed,
        capture_output=True,
        text=True,
        timeout=seconds,
        start_new_session=True,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return Finished(done.returncode, done.stdout, done.stderr)


class Program:
    """A program that keeps running. Leaving the context kills it if it has not ended."""

    def __init__(self, *arguments: object, cwd: Path, module: str = "bots") -> None:
        self.process = subprocess.Popen(
            command(*arguments, module=module),
            cwd=cwd,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: list[str] = []
        self.started = time.monotonic()
        self.ended: float | None = None
        """When its output ended, by the same clock."""
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join(30)
        self.process.stdout.close()
        if kind is None:
            assert "Traceback" not in self.output, self.output

    @property
    def output(self) -> str:
        return "".join(self._lines)

    def wait_for(self, pattern: str, seconds: float = START) -> re.Match[str]:
        """Wait for a line that the pattern is found in."""
        with self._news:
            found = self._news.wait_for(lambda: self._find(pattern) or self.ended, seconds)
        match = self._find(pattern)
        assert match, f"no {pattern!r}{' at its end' if found else ''} in:\n{self.output}"
        return match

    def end(self, number: signal.Signals = signal.SIGINT, seconds: float = ENDING) -> int:
        """Send a signal and return the exit code; the program must end in time."""
        self.process.send_signal(number)
        return self.wait(seconds)

    def wait(self, seconds: float = ENDING) -> int:
        """Wait until it has ended, and its children with it; return the exit code."""
        code = self.process.wait(seconds)
        self._reader.join(seconds)
        assert self.ended, "somebody still holds its standard error"
        return code

    def _find(self, pattern: str) -> re.Match[str] | None:
        return next((match for line in self._lines if (match := re.search(pattern, line))), None)

    def _read(self) -> None:
        for line in self.process.stdout:
            with self._news:
                self._lines.append(line)
                self._news.notify_all()
        with self._news:
            self.ended = time.monotonic()
            self._news.notify_all()


def children_of(pid: int) -> list[int]:
    """Return the living child processes of a process."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        state, parent = _state(entry)
        if parent == pid and state != "Z":
            found.append(int(entry.parent.name))
    return found


def lives(pid: int) -> bool:
    """Tell whether a process is there and not only waiting to be buried."""
    return _state(Path(f"/proc/{pid}/stat"))[0] not in {"", "Z", "X"}


def wait_until(condition: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still not so after {seconds} s"
        time.sleep(0.02)


def _state(stat: Path) -> tuple[str, int]:
    """Return state and parent of a process; "" if there is none."""
    try:
        fields = stat.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "", 0
    return fields[0], int(fields[1])
