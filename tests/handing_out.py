"""Which process of pytest-xdist gets which tests."""

from __future__ import annotations

from xdist.scheduler import LoadGroupScheduling


class Groups(LoadGroupScheduling):
    """Hands out group by group, as `--dist loadgroup` does, and counts only what is open.

    After each test the original counts all that its process was ever given: with thousands of
    tests that takes longer than many of them.
    """

    def _pending_of(self, workload: dict[str, dict[str, bool]]) -> int:
        """Return how many tests are open of those given to a process; they are done in order."""
        pending = 0
        for unit in reversed(workload.values()):
            still = list(unit.values()).count(False)
            if not still:
                break
            pending += still
        return pending
