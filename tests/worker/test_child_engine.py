"""The diffusers engine in the process of its own that it has in the worker."""

import json
from contextlib import closing

import pytest

torch = pytest.importorskip("torch")

from common.config import WorkerConfig
from common.errors import WorkerError
from worker.demo_model.runtime import WEIGHTS
from worker.engines import build_engine
from worker.engines.child import ChildEngine
from worker.engines.protocol import Task

TASK = Task(
    model="demo",
    prompt="a red apple",
    negative="",
    width=128,
    height=128,
    steps=3,
    cfg_scale=3.0,
    sampler="k_euler",
    karras=False,
    seeds=(7,),
)


def test_the_child_is_killed_in_the_middle_of_a_job_and_the_next_picture_is_the_same(tmp_path):
    (tmp_path / "models.json").write_text(json.dumps({"demo": str(WEIGHTS)}))
    engine = build_engine(WorkerConfig(engine="diffusers", models=tmp_path, device="cpu"))
    assert isinstance(engine, ChildEngine)
    with closing(engine):
        engine.load()
        assert engine.info().models == ("demo",)
        [before] = engine.generate(TASK, lambda _: None, lambda: False)
        with pytest.raises(WorkerError, match="ended in the middle"):
            engine.generate(TASK, lambda _: engine._process.kill(), lambda: False)
        [after] = engine.generate(TASK, lambda _: None, lambda: False)
        assert after.image.tobytes() == before.image.tobytes()
