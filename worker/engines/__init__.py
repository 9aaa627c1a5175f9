"""The engines, by the name an operator writes in `worker.engine`."""

from __future__ import annotations

import os
from importlib import import_module
from typing import cast

from common.errors import WorkerError
from worker.engines.protocol import Engine

ENGINES = {"demo": "worker.engines.demo:DemoEngine"}
"""Name → module and class. Imported only when chosen: some of them bring gigabytes along."""


def build_engine(name: str) -> Engine:
    """Return the engine of this name, not loaded yet. Raises WorkerError that names the others."""
    if name not in ENGINES:
        raise WorkerError("worker.unknown_engine", name=name, known=", ".join(sorted(ENGINES)))
    if name == "demo":
        # its matrices are small: two threads of BLAS mostly wait for each other. Read at import.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    module, _, builder = ENGINES[name].partition(":")
    return cast("Engine", getattr(import_module(module), builder)())
