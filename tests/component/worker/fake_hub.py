"""A small server with the worker's side of the Horde API: scripted, with a journal.

It hands out the jobs it was given, keeps what was uploaded and submitted, and misbehaves as told.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.ports import Port

KEY = "worker-key"


@dataclass
class Call:
    """One request, as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    time: float = field(default_factory=time.monotonic)
    """When it came, on a clock of which only differences mean something."""


@dataclass
class FakeHub:
    """Start it, `offer` jobs, read `submitted`, `uploads` and `journal`."""

    journal: list[Call] = field(default_factory=list)
    jobs: deque[dict[str, Any]] = field(default_factory=deque)
    pop_answers: deque[tuple[int, Any]] = field(default_factory=deque)
    """Answers of the next pops instead of jobs: (status, JSON)."""
    upload_statuses: deque[int] = field(default_factory=deque)
    """Statuses of the next uploads instead of 200."""
    submit_answers: deque[tuple[int, Any]] = field(default_factory=deque)
    refusals: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """What is answered when these jobs are submitted."""
    uploads: dict[str, bytes] = field(default_factory=dict)
    submitted: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    """What it serves under /files/, for source pictures."""
    maintenance: bool = False
    """Whether the worker is refused jobs; changed by its owner."""
    maintenance_msg: str = ""
    no_job: dict[str, Any] = field(default_factory=dict)
    """Fields added to an answer without a job."""
    waiting: list[dict[str, Any]] = field(default_factory=list)
    """What it tells of the models it waits for."""
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _port: Port = field(default_factory=Port)
    _runner: web.AppRunner | None = None

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._port.number}"

    @property
    def url(self) -> str:
        return f"{self.root}/api"

    async def start(self) -> FakeHub:
        """Listen; again on the same port after `close`."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes(
            [
                web.post("/api/v2/generate/pop", self._pop),
                web.post("/api/v2/generate/submit", self._submit),
                web.get("/api/v2/status/models", self._models),
                web.get("/api/v2/find_user", self._find_user),
                web.get("/api/v2/workers/name/{name}", self._worker),
                web.put("/api/v2/workers/{id}", self._change),
                web.put("/upload/{id}", self._upload),
                web.get("/files/{name}", self._file),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await self._port.listen(self._runner)
        return self

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def offer(self, *, n: int = 1, r2: bool = True, **fields: Any) -> list[str]:
        """Put a job into the queue; return its ids. `payload` fields are merged, others replace."""
        ids = [f"job-{next(self._numbers)}" for _ in range(n)]
        payload = {
            "prompt": "a fox###blurry",
            "seed": "41",
            "ddim_steps": 8,
            "n_iter": n,
            "sampler_name": "k_euler_a",
            "cfg_scale": 7.5,
            "width": 128,
            "height": 64,
            "karras": True,
            **fields.pop("payload", {}),
        }
        self.jobs.append(
            {
                "id": ids[0],
                "ids": ids,
                "model": "paint",
                "payload": payload,
                "ttl": 150,
                "r2_upload": f"{self.root}/upload/{ids[0]}" if r2 else None,
                "r2_uploads": [f"{self.root}/upload/{each}" for each in ids] if r2 else None,
                "skipped": {},
                "messages": [],
                **fields,
            }
        )
        return ids

    async def until(self, happened: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until something is true, looked at after each call that arrives."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(happened)

    def calls(self, path: str) -> list[Call]:
        return [call for call in self.journal if call.path.endswith(path)]

    async def _note(self, request: web.Request) -> Any:
        is_json = request.content_type == "application/json"
        body = await request.json() if is_json else await request.read()
        self.journal.append(Call(request.method, request.path, dict(request.headers), body))
        return body

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _pop(self, request: web.Request) -> web.Response:
        await self._note(request)
        await self._tell()
        if request.headers.get("apikey") != KEY:
            return web.json_response({"message": "no such key", "rc": "InvalidAPIKey"}, status=401)
        if self.maintenance:
            refusal = {"message": self.maintenance_msg or "rest", "rc": "WorkerMaintenance"}
            return web.json_response(refusal, status=403)
        if self.pop_answers:
            status, answer = self.pop_answers.popleft()
            if isinstance(answer, str):
                return web.Response(text=answer, status=status, content_type="text/html")
            return web.json_response(answer, status=status)
        if self.jobs:
            return web.json_response(self.jobs.popleft())
        # without a job, the public server sends a payload all the same
        empty = {"id": None, "ids": [], "payload": {"ddim_steps": 30, "n_iter": 1}, "skipped": {}}
        return web.json_response({**empty, **self.no_job})

    async def _submit(self, request: web.Request) -> web.Response:
        body = await self._note(request)
        if body["id"] in self.refusals:
            status, answer = self.refusals[body["id"]]
        elif self.submit_answers:
            status, answer = self.submit_answers.popleft()
        elif body["id"] in self.submitted:
            status, answer = 400, {"message": "already submitted", "rc": "DuplicateGen"}
        else:
            self.submitted[body["id"]] = body
            status, answer = 200, {"reward": 0.0 if body["state"] == "faulted" else 3.5}
        await self._tell()
        return web.json_response(answer, status=status)

    async def _upload(self, request: web.Request) -> web.Response:
        body = await self._note(request)
        status = self.upload_statuses.popleft() if self.upload_statuses else 200
        if status == 200:
            self.uploads[request.match_info["id"]] = body
        await self._tell()
        return web.Response(status=status)

    async def _file(self, request: web.Request) -> web.Response:
        await self._note(request)
        data = self.files.get(request.match_info["name"])
        return web.Response(status=404) if data is None else web.Response(body=data)

    async def _models(self, request: web.Request) -> web.Response:
        await self._note(request)
        return web.json_response(self.waiting)

    async def _find_user(self, request: web.Request) -> web.Response:
        await self._note(request)
        return web.json_response({"username": "ada#1", "id": 1, "kudos": 7})

    async def _worker(self, request: web.Request) -> web.Response:
        await self._note(request)
        return web.json_response(
            {"id": "w-1", "name": request.match_info["name"], "maintenance_mode": self.maintenance}
        )

    async def _change(self, request: web.Request) -> web.Response:
        body = await self._note(request)
        if "maintenance" in body:
            self.maintenance = body["maintenance"]
            self.maintenance_msg = body.get("maintenance_msg", "")
        await self._tell()
        return web.json_response(body)
