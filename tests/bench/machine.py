"""What it was measured on, and whether something else was running."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

BUSY = 0.5
"""Load a core above which the page says that the machine was busy."""


def describe() -> str:
    """Return a line on the machine; call it before anything is measured."""
    cores = os.cpu_count() or 1
    load = os.getloadavg()[0] / cores
    parts = [
        f"{cores} cores ({_processor()})",
        platform.system(),
        f"Python {platform.python_version()}",
    ]
    if load > BUSY:
        parts.append(f"busy with something else (load {load:.1f} a core)")
    return ", ".join(parts)


def _processor() -> str:
    try:
        cpuinfo = Path("/proc/cpuinfo").read_text()
        found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.machine()
