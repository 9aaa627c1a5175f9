"""An engine from its name in the code, in whichever process it is to run."""

from __future__ import annotations

import os
from importlib import import_module
from typing import cast

from common.config import WorkerConfig
from common.errors import WorkerError
from worker.engines.finished import FinishingEngine
from worker.engines.protocol import Engine
from worker.finishing.tools import find_tools, has

EXTRAS = {"diffusers": "worker"}
"""Name → extra of the package that brings what it needs."""


def kind_of(engine: str) -> str:
    """Return the name of an engine, without the address behind it."""
    return engine.partition(":")[0]


def build_here(target: str, config: WorkerConfig) -> Engine:
    """Return the engine `module:Class` with what finishes its pictures, not loaded yet.

    Raises WorkerError that says what has to be installed.
    """
    name = kind_of(config.engine)
    if name == "demo":
        # its matrices are small: two threads of BLAS mostly wait for each other. Read at import.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    module, _, builder = target.partition(":")
    try:
        engine = getattr(import_module(module), builder)
    except ModuleNotFoundError as error:
        if name not in EXTRAS:
            raise
        raise WorkerError(
            "worker.not_installed", engine=name, extra=EXTRAS[name], missing=error.name
        ) from error
    return _with_finishers(cast("Engine", engine.build(config)), config)


def _with_finishers(engine: Engine, config: WorkerConfig) -> Engine:
    tools = find_tools(config.models.folder, config.device, has)
    return FinishingEngine(engine, tools) if tools else engine
