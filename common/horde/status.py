"""How a Horde is doing: the calls anybody may make, without a key."""

from __future__ import annotations

from pydantic import TypeAdapter

from common.horde.connection import LIST, Connection, segment
from common.horde.limits import Budget
from common.horde.wire_status import (
    Heartbeat,
    ModelStatus,
    Modes,
    News,
    Performance,
    WorkerStatus,
)

MODELS = TypeAdapter(list[ModelStatus])
WORKERS = TypeAdapter(list[WorkerStatus])


class StatusCalls(Connection):
    """Models, workers, load, modes, news, and whether the server lives."""

    async def models(self) -> list[ModelStatus]:
        """Return the image models somebody serves now."""
        answer = await self._ask(
            "GET", "/status/models?type=image", counted_by="models", limit_bytes=LIST
        )
        return self._read(MODELS.validate_python, answer)

    async def workers(self) -> list[WorkerStatus]:
        """Return the image workers. The list is up to a minute older than that of the models."""
        answer = await self._ask(
            "GET", "/workers?type=image", counted_by="workers", limit_bytes=LIST
        )
        return self._read(WORKERS.validate_python, answer)

    async def alchemists(self) -> list[WorkerStatus]:
        """Return the workers that do alchemy; `forms` says what."""
        answer = await self._ask(
            "GET", "/workers?type=interrogation", counted_by="workers", limit_bytes=LIST
        )
        return self._read(WORKERS.validate_python, answer)

    async def worker(self, worker_id: str) -> WorkerStatus:
        """Return one worker, even one that is away. Raises HordeGone if there is none."""
        answer = await self._ask(
            "GET",
            f"/workers/{segment(worker_id)}",
            budget=Budget.WORKER,
            counted_by=worker_id,
            missing="horde.worker_unknown",
        )
        return self._read(WorkerStatus.model_validate, answer)

    async def worker_by_name(self, name: str) -> WorkerStatus:
        """Return one worker, even one that is away. Raises HordeGone if there is none."""
        answer = await self._ask(
            "GET",
            f"/workers/name/{segment(name)}",
            counted_by="worker_by_name",
            missing="horde.worker_unknown",
        )
        return self._read(WorkerStatus.model_validate, answer)

    async def performance(self) -> Performance:
        """Return how much is waited for and who works, on the whole Horde."""
        answer = await self._ask("GET", "/status/performance", counted_by="performance")
        return self._read(Performance.model_validate, answer, needs="queued_requests")

    async def modes(self) -> Modes:
        """Return whether the Horde is closed for maintenance, or to new workers.

        Asked without a key: with one that is no moderator's the server refuses.
        """
        answer = await self._ask("GET", "/status/modes", counted_by="modes")
        return self._read(Modes.model_validate, answer, needs="maintenance_mode")

    async def news(self) -> list[News]:
        """Return what the Horde's people announced, newest first."""
        answer = await self._ask("GET", "/status/news", counted_by="news")
        return self._read_rows(News, answer)

    async def heartbeat(self) -> Heartbeat:
        """Tell whether the server lives: return its version, or raise HordeUnreachable."""
        answer = await self._ask("GET", "/status/heartbeat", counted_by="heartbeat")
        return self._read(Heartbeat.model_validate, answer, needs="message")
