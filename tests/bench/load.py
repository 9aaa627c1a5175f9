"""What one process carries: requests a second on one core, requests at work, memory at rest."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench.figures import Figure, figure
from tests.bench.loaded import A_SECOND, GENERATION, IN_FLIGHT, LIBRARIES, SECONDS
from tests.component.bots.programs import ENVIRONMENT, ROOT

LONGEST = 900
"""Seconds a measurement may take."""
FOR_EVER = 10**6


def measure(_runs: int) -> Iterator[Figure]:
    """Once each: they take a while."""
    libraries = ", ".join(LIBRARIES)
    found = _case("idle", GENERATION)
    yield figure(
        f"memory at rest, all adapters loaded ({libraries})", [found["memory"]], "MB", "< 140 MB"
    )
    found = _case("sustained", GENERATION)
    end = f"{A_SECOND} a second asked for {SECONDS} s"
    what = f"requests answered, {end}, on one core"
    yield figure(what, [found["a_second"]], "a second", "the same")
    spent = [1000 * found["processor"]]
    yield figure(f"processor time a request, {end}", spent, "ms", f"< {1000 / A_SECOND:.0f} ms")
    beyond = [1000 * seconds for seconds in found["beyond"]]
    yield figure(f"from message to reply beyond the generation, {end}", beyond, "ms")
    found = _case("in_flight", FOR_EVER)
    what = f"memory with {IN_FLIGHT:,} requests at work"
    yield figure(what, [found["memory"]], f"MB ({found['before']:.0f} before)", "< 250 MB")


def _case(name: str, seconds: float) -> dict[str, Any]:
    """Measure one case in a process of its own, at a Horde in another."""
    with _horde(seconds) as url:
        run = [sys.executable, "-m", "tests.bench.loaded", name, url]
        out = subprocess.run(
            run, cwd=ROOT, env=ENVIRONMENT, check=True, stdout=subprocess.PIPE, timeout=LONGEST
        ).stdout
    return json.loads(out)


@contextmanager
def _horde(seconds: float) -> Iterator[str]:
    """Run a fake Horde without limits; yields its address."""
    run = [sys.executable, "-m", "tests.fakes.horde", "--seconds", str(seconds)]
    with subprocess.Popen(
        run, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
