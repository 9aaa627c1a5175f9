"""Memory over jobs with changing models and LoRAs: the short form of what `tests.bench` measures."""

import pytest

torch = pytest.importorskip("torch")

from tests.bench.memory import growth, many_jobs

JOBS, EACH, WARM = 48, 12, 1


async def test_changing_models_and_loras_leave_nothing_behind(tmp_path):
    """A model left behind at each change would be 12 × 16 MB, a third of all there is."""
    samples = await many_jobs(tmp_path, JOBS, EACH)
    assert len(samples) == JOBS // EACH
    assert growth(samples, WARM) < 0.1
