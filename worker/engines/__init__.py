"""The engines, by the name an operator writes in `worker.engine`."""

from __future__ import annotations

from importlib.metadata import entry_points

from common.config import WorkerConfig
from common.errors import WorkerError
from worker.engines.building import build_here, kind_of
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
ELSEWHERE = "hordebots.engines"
"""Entry point group of engines in packages of their own."""


def build_engines(config: WorkerConfig) -> tuple[Engine, ...]:
    """Return one engine for each device an operator has named, not loaded yet.

    An engine outside of a child process has no device of its own, so there is one of it. Raises
    WorkerError.
    """
    if kind_of(config.engine) not in IN_A_CHILD:
        return (build_engine(config),)
    return tuple(
        build_engine(config.model_copy(update={"device": device})) for device in devices_of(config)
    )


def devices_of(config: WorkerConfig) -> tuple[str, ...]:
    """Return the names of the devices an operator has named: `cuda:0, cuda:1` are two."""
    names = (name.strip() for name in config.device.split(","))
    return tuple(dict.fromkeys(name for name in names if name)) or ("auto",)


def build_engine(config: WorkerConfig) -> Engine:
    """Return the engine an operator has chosen, not loaded yet.

    Raises WorkerError that names the others, or what has to be installed; for one in a child
    process that comes with `load`.
    """
    name = kind_of(config.engine)
    known = ENGINES if name in ENGINES else _all_engines()
    if name not in known:
        raise WorkerError("worker.unknown_engine", name=name, known=", ".join(sorted(known)))
    if name in IN_A_CHILD:
        return ChildEngine(known[name], config)
    return build_here(known[name], config)


def _all_engines() -> dict[str, str]:
    return {entry.name: entry.value for entry in entry_points(group=ELSEWHERE)} | ENGINES
