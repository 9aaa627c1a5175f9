"""`python -m tests.bench`: measure, and write docs/reference/performance.md."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from common.running import logs
from tests.bench import machine, page
from tests.bench.figures import Figure

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "performance.md"
GROUPS = {
    "demo": "The demo, from the command to the picture",
    "engine": "The demo model",
    "core": "The core",
    "discord": "Discord, while many ask at once",
    "adapters": "The platforms",
    "load": "What one process carries",
    "events": "A large challenge",
    "card": "The card never waits",
    "memory": "What the worker takes",
    "styles": "Requests read and resolved",
    "assets": "LoRAs while one types",
    "store": "The store (SQLite, every write on the disk)",
    "startup": "Starting",
    "weight": "What it weighs",
    "installation": "Installing",
}
"""Modules of this folder and their headings, in the order of the page."""
ONLY_IF_ASKED = ("installation", "memory")
"""The first with `--install`; the other needs what `make test-worker` installs."""
TAKES_A_SCALE = "card"


def main() -> None:
    options = _options()
    groups = options.only or [name for name in GROUPS if name not in ONLY_IF_ASKED]
    if options.install and ONLY_IF_ASKED[0] not in groups:
        groups.append(ONLY_IF_ASKED[0])
    # as the worker sets it for itself: numpy reads it when it is imported
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    logs.configure(level="error")
    note = f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine.describe()}."
    print(note)
    measured = {GROUPS[name]: list(_measure(name, options)) for name in groups}
    page.write(options.page, measured, order=list(GROUPS.values()), note=note)


def _measure(name: str, options: argparse.Namespace) -> Iterator[Figure]:
    measure: Callable[..., Iterator[Figure]] = import_module(f"tests.bench.{name}").measure
    scale = (options.scale,) if name == TAKES_A_SCALE else ()
    for figure in measure(options.runs, *scale):
        target = f", target {figure.target}" if figure.target else ""
        print(f"{figure.what}: {figure.value} ({figure.spread}){target}", flush=True)
        yield figure


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="of each measurement")
    parser.add_argument("--only", nargs="+", choices=GROUPS, help="measure these, keep the rest")
    parser.add_argument("--install", action="store_true", help="install into a new environment")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of the seconds in `card`: 0.1 is ten times faster"
    )
    parser.add_argument("--page", type=Path, default=PAGE, help="page to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
