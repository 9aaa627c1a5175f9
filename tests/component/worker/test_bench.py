"""What is measured of the card can be measured: the same, with few jobs and no verdict."""

from __future__ import annotations

from tests.bench.card import both


async def test_all_jobs_come_back_from_the_worker_and_from_the_loop_beside_it():
    worker, loop = await both(0.02, jobs=4)
    assert 0 < worker <= 1
    assert 0 < loop <= 1
