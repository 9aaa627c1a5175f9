"""A hub with the worker's side of the Horde API: hands out the jobs it was given, keeps what came.

async with FakeHub() as hub:
    [job] = hub.offer()
    hub.fail("upload", faults.answer(503, ""))
    …
    assert hub.submitted[job]["state"] == "ok"
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from typing import Any

from aiohttp import web

from tests.fakes.server import FakeServer

KEY = "worker-key"


class FakeHub(FakeServer):
    """`offer` it jobs, read `submitted` and `uploads`.

    Routes: pop, submit, upload, file; models, user, worker, change_worker.
    """

    def __init__(self, *, first: int = 1) -> None:
        super().__init__(clock=time.monotonic)
        self.jobs: deque[dict[str, Any]] = deque()
        self.refusals: dict[str, tuple[int, Any]] = {}
        """What is answered when these jobs are submitted."""
        self.uploads: dict[str, bytes] = {}
        self.submitted: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        """What it serves under /files/, for source pictures."""
        self.maintenance = False
        """Whether the worker is refused jobs; changed by its owner."""
        self.maintenance_msg = ""
        self.no_job: dict[str, Any] = {}
        """Fields added to an answer without a job."""
        self.waiting: list[dict[str, Any]] = []
        """What it tells of the models it waits for."""
        self._numbers = itertools.count(first)

    @property
    def url(self) -> str:
        return f"{self.origin}/api"

    def add_routes(self, app: web.Application) -> None:
        api = "/api/v2"
        app.add_routes(
            [
                web.post(f"{api}/generate/pop", self._pop, name="pop"),
                web.post(f"{api}/generate/submit", self._submit, name="submit"),
                web.get(f"{api}/status/models", self._models, name="models"),
                web.get(f"{api}/find_user", self._find_user, name="user"),
                web.get(f"{api}/workers/name/{{name}}", self._worker, name="worker"),
                web.put(f"{api}/workers/{{id}}", self._change, name="change_worker"),
                web.put("/upload/{id}", self._upload, name="upload"),
                web.get("/files/{name}", self._file, name="file"),
            ]
        )

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
                "r2_upload": f"{self.origin}/upload/{ids[0]}" if r2 else None,
                "r2_uploads": [f"{self.origin}/upload/{each}" for each in ids] if r2 else None,
                "skipped": {},
                "messages": [],
                **fields,
            }
        )
        return ids

    async def _pop(self, request: web.Request) -> web.Response:
        if request.headers.get("apikey") != KEY:
            return web.json_response({"message": "no such key", "rc": "InvalidAPIKey"}, status=401)
        if self.maintenance:
            refusal = {"message": self.maintenance_msg or "rest", "rc": "WorkerMaintenance"}
            return web.json_response(refusal, status=403)
        if self.jobs:
            return web.json_response(self.jobs.popleft())
        # without a job, the public server sends a payload all the same
        empty = {"id": None, "ids": [], "payload": {"ddim_steps": 30, "n_iter": 1}, "skipped": {}}
        return web.json_response({**empty, **self.no_job})

    async def _submit(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["id"] in self.refusals:
            status, answer = self.refusals[body["id"]]
        elif body["id"] in self.submitted:
            status, answer = 400, {"message": "already submitted", "rc": "DuplicateGen"}
        else:
            self.submitted[body["id"]] = body
            status, answer = 200, {"reward": 0.0 if body["state"] == "faulted" else 3.5}
        return web.json_response(answer, status=status)

    async def _upload(self, request: web.Request) -> web.Response:
        self.uploads[request.match_info["id"]] = await request.read()
        return web.Response()

    async def _file(self, request: web.Request) -> web.Response:
        data = self.files.get(request.match_info["name"])
        return web.Response(status=404) if data is None else web.Response(body=data)

    async def _models(self, _request: web.Request) -> web.Response:
        return web.json_response(self.waiting)

    async def _find_user(self, _request: web.Request) -> web.Response:
        return web.json_response({"username": "ada#1", "id": 1, "kudos": 7})

    async def _worker(self, request: web.Request) -> web.Response:
        worker = {"id": "w-1", "name": request.match_info["name"], "bridge_agent": "unknown:0:"}
        return web.json_response({**worker, "maintenance_mode": self.maintenance})

    async def _change(self, request: web.Request) -> web.Response:
        body = await request.json()
        if "maintenance" in body:
            self.maintenance = body["maintenance"]
            self.maintenance_msg = body.pop("maintenance_msg", "")  # it is not told again
        return web.json_response(body)
