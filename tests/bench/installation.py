"""What an installation weighs: `pip install .` into an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure, figure, timed
from tests.component.bots.programs import ROOT

OF_THE_ENVIRONMENT = {"pip", "setuptools"}
MEGA = 1e6


def measure(_runs: int) -> Iterator[Figure]:
    """Once: it takes a minute, and the figures do not vary."""
    with tempfile.TemporaryDirectory(prefix="hordebots-bench-") as folder:
        python = Path(folder) / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
        [packages] = Path(folder).glob("lib/python*/site-packages")
        before = _bytes_in(packages)
        seconds: list[float] = []
        with timed(seconds):
            _pip(python, "install", "--quiet", ROOT)
        installed = {
            package["name"] for package in json.loads(_pip(python, "list", "--format", "json"))
        }
        yield figure("`pip install .` with the packages in reach", seconds, "s")
        size = (_bytes_in(packages) - before) / MEGA
        yield figure("size of what is installed, compiled", [size], "MB")
        yield figure("packages", [len(installed - OF_THE_ENVIRONMENT)], "with our own")
        yield figure(
            "of it the demo model", [_bytes_in(packages / "worker" / "demo_model") / MEGA], "MB"
        )


def _pip(python: Path, *arguments: object) -> str:
    run = [str(python), "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    return subprocess.run(run, check=True, timeout=900, stdout=subprocess.PIPE, text=True).stdout


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
