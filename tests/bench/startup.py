"""How long the program takes to begin: Python itself, `--help`, everything imported."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator

from tests.bench.figures import Figure, figure, repeat
from tests.component.bots.programs import ENVIRONMENT, command

STEPS = {
    "Python alone": [sys.executable, "-c", "pass"],
    "`hordebots --help`": command("--help"),
    "`hordebots --version`": command("--version"),
    **{
        f"import of `{module}`": [sys.executable, "-c", f"import {module}"]
        for module in (
            *(
                "common.config",
                "styles.lists.library",
                "request.service",
                "events.room",
                "web.chat.room",
            ),
            *("hub.server", "worker.process"),
        )
    },
    "import of all that `run` needs": [
        sys.executable,
        "-c",
        "import bots.program, bots.web.adapter",
    ],
    "import of all that `worker` needs": [
        sys.executable,
        "-c",
        "import worker.process, worker.engines.demo",
    ],
}


def measure(runs: int) -> Iterator[Figure]:
    for what, arguments in STEPS.items():

        def once(arguments: list[str] = arguments) -> None:
            subprocess.run(
                arguments,
                cwd=tempfile.gettempdir(),
                env=ENVIRONMENT,
                stdout=subprocess.DEVNULL,
                check=True,
                timeout=60,
            )

        once()  # reads the files into the system's cache
        yield figure(what, repeat(runs, once), "s")
