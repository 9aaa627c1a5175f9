"""What it was measured on, and whether something else was running."""

from __future__ import annotations

import os
import platform
import re
import time
from pathlib import Path

BUSY = 0.2
"""Share of the processors above which the page says that the machine was busy."""


def describe() -> str:
    """Return a line on the machine; call it before anything is measured."""
    cores, busy = os.cpu_count() or 1, _busy_share()
    parts = [
        f"{cores} cores ({_processor()})",
        platform.system(),
        f"Python {platform.python_version()}",
    ]
    if busy > BUSY:
        parts.append(f"{busy:.0%} busy with something else")
    return ", ".join(parts)


def _busy_share() -> float:
    """Return the share of the processors' time that others take, over two seconds."""
    try:
        before = _ticks()
        time.sleep(2)
        after = _ticks()
    except OSError:  # no /proc: a guess from the last minute
        return min(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    spent = [late - early for early, late in zip(before, after, strict=True)]
    idle = spent[3] + spent[4]  # and waiting for a disk
    return 1 - idle / max(1, sum(spent))


def _ticks() -> list[int]:
    return [int(number) for number in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]


def _processor() -> str:
    try:
        cpuinfo = Path("/proc/cpuinfo").read_text()
        found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.machine()
