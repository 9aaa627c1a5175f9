"""The demo model alone: seconds a picture, without hub, core or network."""

from __future__ import annotations

from collections.abc import Iterator

from common.config import WorkerConfig
from tests.bench.figures import Figure, figure, repeat
from worker.engines import build_engine
from worker.engines.protocol import EngineLora, Task

NEON = (EngineLora("neon"),)


def task(*, side: int = 512, loras: tuple[EngineLora, ...] = ()) -> Task:
    """Return one picture as the bundled styles ask for it."""
    return Task(
        model="hordebots demo",
        prompt="a fox in the snow",
        negative="",
        width=side,
        height=side,
        steps=16,
        cfg_scale=8,
        sampler="k_euler_a",
        karras=False,
        seeds=(1,),
        loras=loras,
    )


def measure(runs: int) -> Iterator[Figure]:
    engine = build_engine(WorkerConfig())
    yield figure("reading the weights", repeat(runs, engine.load), "s")
    for what, wanted in (
        ("a picture, 512 × 512, 16 steps", task()),
        ("the same with a LoRA", task(loras=NEON)),
        ("a picture, 1024 × 1024, 16 steps", task(side=1024)),
    ):

        def once(wanted: Task = wanted) -> None:
            [made] = engine.generate(wanted, lambda _part: None, lambda: False)
            assert made.image.width == wanted.width

        once()
        yield figure(what, repeat(runs, once), "s")
