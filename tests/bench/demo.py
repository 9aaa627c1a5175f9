"""The demo as a newcomer meets it, from the command to the picture; and what it weighs."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure, Watch, figure, repeat
from tests.component.bots.programs import Program, children_of, run
from tests.component.bots.visitor import Visitor

ONE = "draw for me a fox in the snow style: raw --n 1"
FOUR = "draw for me two cats in space style: raw --n 4"
MEGA = 1e6


def measure(runs: int) -> Iterator[Figure]:
    """Start it, ask at once for one picture, ask for four when it is warm, and weigh it."""
    found: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="hordebots-bench-") as folder:
        for number in range(runs):
            for what, value in _one_start(Path(folder) / str(number)):
                found[what].append(value)
        for what, values in found.items():
            yield figure(what, values, "MB" if "memory" in what else "s")
        for what, text in (("one picture", ONE), ("four pictures", FOUR)):

            def once(text: str = text) -> None:
                done = run("demo", "--once", text, cwd=Path(folder))
                assert done.code == 0, done.err

            yield figure(f"`demo --once`, {what}, from command to prompt", repeat(runs, once), "s")


def _one_start(folder: Path) -> Iterator[tuple[str, float]]:
    folder.mkdir()
    watch = Watch()
    with Program("demo", "--data", folder / "data", "--port", 0, cwd=folder) as demo:
        visitor = Visitor(demo.wait_for(r"http://\S+")[0])
        yield "`hordebots demo`, from command to address", watch.seconds()
        _look_at(visitor, ONE)
        yield "from command to the first picture, asked for at once", watch.seconds()
        for what, text in (("one picture", ONE), ("four pictures", FOUR)):
            watch = Watch()
            _look_at(visitor, text)
            yield f"{what}, from message to page, warm", watch.seconds()
        [worker] = children_of(demo.process.pid)
        yield "memory of hub, core and room, at rest", resident_bytes(demo.process.pid) / MEGA
        yield "memory of the worker with the model, at rest", resident_bytes(worker) / MEGA
        assert demo.end() == 0


def _look_at(visitor: Visitor, text: str) -> None:
    """Ask, wait for the answer, and load its pictures as a browser does."""
    page = visitor.answer(visitor.ask(text))
    addresses = re.findall(r'<img src="(/pictures/[^"]+)"', page)
    assert addresses
    for address in addresses:
        visitor.read(address)


def resident_bytes(pid: int) -> int:
    """Return what a process keeps in memory (VmRSS); shared libraries count in each."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024
