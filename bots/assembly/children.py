"""The worker as a child process: started, watched, started again when it dies."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

import structlog

from common import texts
from common.config import CivitaiConfig, ReferenceConfig, WorkerConfig
from common.running.tasks import cancel

log = structlog.get_logger()

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
GRACE = 4.0
"""Seconds the worker gets to hand its work back when the program ends."""


class WorkerProcess:
    """Keeps `hordebots worker` running beside this process while the context is open.

    The worker's standard input is a pipe that nobody writes to: when this process dies, however
    it dies, the pipe ends and so does the worker.
    """

    def __init__(
        self,
        config: WorkerConfig,
        announce: Callable[[str, str], None],
        civitai: CivitaiConfig,
        reference: ReferenceConfig,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._config = config
        self._announce = announce
        self._civitai = civitai
        self._reference = reference
        self._sleep = sleep
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._keeping = asyncio.create_task(self._keep(), name="worker-process")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._keeping is not None
        await cancel(self._keeping)
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), GRACE)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                process = self._process = await self._start()
            except OSError as error:  # no memory, no processes: for now, as a rule
                log.warning("worker_not_started", error=str(error))
                problem = error.strerror or str(error)
                self._announce("note", texts.say("startup.worker_not_started", problem=problem))
            else:
                self._announce("worker", self._config.name)
                code = await process.wait()
                log.warning("worker_ended", code=code)
                self._announce("note", texts.say("startup.worker_ended", code=code))
            await self._sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _start(self) -> asyncio.subprocess.Process:
        command = [sys.executable, "-P", "-m", "bots", "worker", "--exit-with-parent"]
        settings = handed_on(self._config, self._civitai, self._reference)
        environment = {"HORDEBOTS_WORKER_SETTINGS": settings}
        # which would stand for the key of the settings
        inherited = {k: v for k, v in os.environ.items() if k != "HORDEBOTS_WORKER_KEY"}
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            process_group=0,  # Ctrl-C is for this process, which ends the worker in good order
            env={**inherited, **environment},
        )


def handed_on(worker: WorkerConfig, civitai: CivitaiConfig, reference: ReferenceConfig) -> str:
    """Return all settings of a worker as JSON, its secrets in clear: for its environment alone."""
    sections: dict[str, Any] = {
        "worker": worker.model_dump(mode="json"),
        "civitai": civitai.model_dump(mode="json"),
        "reference": reference.model_dump(mode="json"),
    }
    for told, endpoint in zip(sections["worker"]["endpoints"], worker.endpoints, strict=True):
        told["key"] = endpoint.key.get_secret_value()
    sections["worker"]["models"]["folder"] = str(worker.models.folder.absolute())
    if civitai.key is not None:
        sections["civitai"]["key"] = civitai.key.get_secret_value()
    return json.dumps(sections)
