"""Who hears what happens to requests, for figures. This one does not listen."""

from __future__ import annotations

from common.errors import HordeError
from request.kept.records import RequestState


class Observer:
    """Hears what happens; methods do nothing unless somebody replaces them."""

    def answered(
        self, account: str, state: RequestState, *, seconds: float, generation: float | None
    ) -> None:
        """Hear that an answer is out, `seconds` after the request was written down.

        `generation` is how long it was at a Horde; None where nothing was, or nobody knows.
        """

    def reply_failed(self, account: str) -> None:
        """Hear that a platform did not take a post."""

    def finished(self, endpoint: str, kudos: float) -> None:
        """Hear that a Horde has finished a job, for so many kudos."""

    def wasted(self, endpoint: str) -> None:
        """Hear that a job is sent again of which nobody knows whether it had arrived."""

    def called(self, endpoint: str, budget: str, error: HordeError | None) -> None:
        """Hear of a call that a Horde counts under `budget`; without an error it was done."""
