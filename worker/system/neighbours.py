"""Which other programs run on this machine, and which of them compute with the card."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path, PurePath

SECONDS = 10.0
ANY = "any"
Run = Callable[[Sequence[str]], str]


def run_tool(command: Sequence[str]) -> str:
    """Return what a tool of the system prints; nothing if it is not there or fails."""
    path = shutil.which(command[0])
    if path is None:
        return ""
    try:
        return subprocess.run(  # noqa: S603  (fixed options)
            [path, *command[1:]], capture_output=True, text=True, timeout=SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def neighbour(wanted: Sequence[str], run: Run = run_tool) -> str | None:
    """Return the name of a running program among those; None if none runs.

    `any` stands for every program that computes with an NVIDIA card and is not ours.
    """
    names = {_plain(name) for name in wanted}
    if ANY in names:
        found = next(iter(on_the_card(run)), None)
        if found is not None:
            return found
        names.remove(ANY)
    return next((name for name in programs(run) if _plain(name) in names), None) if names else None


def programs(run: Run = run_tool) -> Iterable[str]:
    """Return the names of all programs that run."""
    if sys.platform == "win32":
        rows = csv.reader(run(["tasklist", "/fo", "csv", "/nh"]).splitlines())
        return [row[0] for row in rows if row]
    if sys.platform == "linux":
        return _linux_programs(Path("/proc"))
    lines = run(["ps", "-A", "-o", "comm="]).splitlines()
    return [PurePath(line.strip()).name for line in lines]


def _linux_programs(folder: Path) -> Iterable[str]:
    """Return the names programs were started by; what ends meanwhile is left out."""
    found = []
    for process in folder.iterdir():
        if process.name.isdigit():
            with suppress(OSError):
                command = (process / "cmdline").read_bytes().partition(b"\0")[0]
                found.append(PurePath(command.decode("utf-8", "replace")).name)
    return [name for name in found if name]


def on_the_card(run: Run = run_tool) -> Iterable[str]:
    """Return the programs that compute with an NVIDIA card, without us and our children."""
    query = ["nvidia-smi", "--query-compute-apps=pid,process_name", "--format=csv,noheader"]
    found = []
    for line in run(query).splitlines():
        pid, _, name = line.partition(",")
        if pid.strip().isdigit() and not _ours(int(pid)):
            found.append(PurePath(name.strip().replace("\\", "/")).name or pid.strip())
    return found


def _ours(pid: int) -> bool:
    """Tell whether a process is this one or a child of it."""
    if pid == os.getpid():
        return True
    from multiprocessing import active_children  # noqa: PLC0415

    return pid in {child.pid for child in active_children()}


def _plain(name: str) -> str:
    return Path(name).name.casefold().removesuffix(".exe")
