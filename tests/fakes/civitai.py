"""A CivitAI on 127.0.0.1: a real server with a small catalogue of invented things.

    async with FakeCivitai() as civitai:
        client = CivitaiClient(civitai.url, session)
        civitai.fail(429, times=2)        # the next two answers, then normal again
        civitai.journal                   # paths with queries, as asked

`fail` takes a status, or "hang", "html", "huge", "cut". Every kind of thing a bot must judge is in
`MODELS`, under a name that says what it is.
"""

from __future__ import annotations

import asyncio
from typing import Any, Self

from aiohttp import web

SHA = "AB" * 32


def version(number: int, base: str, **more: Any) -> dict[str, Any]:
    """Return a version as the API writes it; `more` replaces fields of its main file or its own."""
    file = {
        "id": number * 10,
        "name": more.pop("file", f"{number}.safetensors"),
        "type": "Model",
        "sizeKB": 36_000.5,
        "primary": True,
        "metadata": {"fp": "fp16", "format": "SafeTensor"},
        "hashes": {"AutoV2": "ABCDEF0123", "SHA256": SHA},
    }
    own = {"trainedWords": ["thick paint"], "availability": "Public", "name": f"v{number}"}
    for name, value in more.items():
        (own if name in own else file)[name] = value
    training = {"name": "data.zip", "type": "Training Data", "sizeKB": 9e6, "hashes": {}}
    return {"id": number, "baseModel": base, "files": [training, file], **own}


def model(number: int, name: str, *versions: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a model as the API writes it."""
    return {
        "id": number,
        "name": name,
        "type": "LORA",
        "description": "<p>words</p>",
        "nsfw": False,
        "nsfwLevel": 1,
        "poi": False,
        "minor": False,
        "sfwOnly": False,
        "creator": {"username": f"maker{number}", "image": None},
        "tags": ["style"],
        "modelVersions": list(versions or [version(number * 100, "SDXL 1.0")]),
        **more,
    }


MODELS = [
    model(11, "Thick Paint", version(1102, "SDXL 1.0"), version(1101, "SD 1.5")),
    model(12, "Thick Paint for Flux", version(1201, "Flux.1 D")),
    model(13, "Pony Glitter", version(1301, "Pony")),
    model(14, "Unknown Base", version(1401, "Other")),
    model(15, "Very Large", version(1501, "SDXL 1.0", sizeKB=800_000)),
    model(
        16,
        "Old Pickle",
        version(1601, "SD 1.5", file="old.pt", metadata={"format": "PickleTensor"}),
    ),
    model(17, "No Checksum", version(1701, "SD 1.5", hashes={})),
    model(18, "Early Bird", version(1801, "SDXL 1.0", availability="EarlyAccess")),
    model(21, "Somebody Real", poi=True),
    model(22, "Young Hero", minor=True),
    model(23, "Family Friendly", sfwOnly=True),
    model(24, "For Adults", nsfw=True),
    model(25, "Nothing In It", modelVersions=[]),
    model(31, "Easy Negative", version(3101, "SD 1.5"), type="TextualInversion"),
    model(32, "A Checkpoint", type="Checkpoint"),
    model(33, "evil\u202e\n\x00name " + "x" * 500, trainedWords=None),
]


class FakeCivitai:
    """The server. `models` may be changed by a test."""

    def __init__(self) -> None:
        self.models = [dict(entry) for entry in MODELS]
        self.journal: list[str] = []
        self.keys: list[str | None] = []
        self.url = ""
        self._faults: list[int | str] = []
        self._done = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self.headers: dict[str, str] = {}

    def fail(self, how: int | str, *, times: int = 1) -> None:
        """Have the next answers fail."""
        self._faults += [how] * times

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_get("/api/v1/models", self._search)
        application.router.add_get("/api/v1/models/{id}", self._model)
        application.router.add_get("/api/v1/model-versions/{id}", self._version)
        self._runner = web.AppRunner(application, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._done.set()
        assert self._runner is not None
        await self._runner.cleanup()

    async def _search(self, request: web.Request) -> web.StreamResponse:
        if (fault := await self._heard(request)) is not None:
            return fault
        wanted = request.query.get("query", "").casefold().split()
        types = request.query.getall("types", [])
        found = [
            entry
            for entry in self.models
            if all(word in entry["name"].casefold() for word in wanted)
            and (not types or entry["type"] in types)
        ]
        limit = int(request.query.get("limit", "100"))
        return web.json_response({"items": found[:limit], "metadata": {"nextCursor": None}})

    async def _model(self, request: web.Request) -> web.StreamResponse:
        if (fault := await self._heard(request)) is not None:
            return fault
        for entry in self.models:
            if str(entry["id"]) == request.match_info["id"]:
                return web.json_response(entry)
        return web.json_response({"error": "No model with this id"}, status=404)

    async def _version(self, request: web.Request) -> web.StreamResponse:
        if (fault := await self._heard(request)) is not None:
            return fault
        for entry in self.models:
            for one in entry["modelVersions"]:
                if str(one["id"]) == request.match_info["id"]:
                    owner = {"name": entry["name"], "type": entry["type"], "poi": entry["poi"]}
                    return web.json_response({**one, "modelId": entry["id"], "model": owner})
        return web.json_response({"error": "No version with this id"}, status=404)

    async def _heard(self, request: web.Request) -> web.StreamResponse | None:
        """Write down what was asked, and return the fault that is due."""
        self.journal.append(request.path_qs.removeprefix("/api/v1"))
        self.keys.append(request.headers.get("Authorization"))
        if not self._faults:
            return None
        match self._faults.pop(0):
            case int() as status:
                return web.json_response({"error": "no"}, status=status, headers=self.headers)
            case "hang":
                await self._done.wait()
                return web.Response()
            case "html":
                return web.Response(text="<html>checking your browser</html>")
            case "huge":
                return web.Response(body=b'"' + b"x" * 9_000_000 + b'"')
            case "cut":
                stream = web.StreamResponse(headers={"Content-Length": "500"})
                await stream.prepare(request)
                await stream.write(b"{")
                assert request.transport is not None
                request.transport.close()
                return stream
            case other:
                raise AssertionError(other)
