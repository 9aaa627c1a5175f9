"""Memory over jobs with changing models and LoRAs: the short form of what `tests.bench` measures."""

import pytest

torch = pytest.importorskip("torch")

from tests.bench.memory import growth, many_jobs, off_duty

JOBS, EACH, WARM = 32, 8, 1


@pytest.mark.timeout(900)  # a busy machine is no fault
async def test_changing_models_and_loras_leave_nothing_behind(tmp_path):
    """A model left behind at each change would be 6 × 16 MB, a sixth of all there is."""
    samples = await many_jobs(tmp_path, JOBS, EACH)
    assert len(samples) == JOBS // EACH
    assert growth(samples, WARM) < 0.1


@pytest.mark.timeout(900)
async def test_a_worker_without_its_engine_takes_little_memory(tmp_path):
    assert await off_duty(tmp_path) < 120
