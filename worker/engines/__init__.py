"""The engines, by the name an operator writes in `worker.engine`."""

from __future__ import annotations

from common.config import WorkerConfig
from common.errors import WorkerError
from worker.engines.building import build_here
from worker.engines.child import ChildEngine
from worker.engines.protocol import Engine

ENGINES = {
    "demo": "worker.engines.demo:DemoEngine",
    "comfyui": "worker.engines.comfyui.engine:ComfyUiEngine",
    "diffusers": "worker.engines.diffusers.engine:DiffusersEngine",
}
"""Name → module and class. Imported only when chosen: some of them bring gigabytes along."""
IN_A_CHILD = frozenset({"diffusers"})
"""What runs in a process of its own: it can hang or fall in ways no thread survives."""


def build_engine(config: WorkerConfig) -> Engine:
    """Return the engine an operator has chosen, not loaded yet.

    Raises WorkerError that names the others, or what has to be installed; for one in a child
    process that comes with `load`.
    """
    name = config.engine
    if name not in ENGINES:
        raise WorkerError("worker.unknown_engine", name=name, known=", ".join(sorted(ENGINES)))
    if name in IN_A_CHILD:
        return ChildEngine(ENGINES[name], config)
    return build_here(ENGINES[name], config)
