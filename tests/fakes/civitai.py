"""A CivitAI on 127.0.0.1: a real server with a small catalogue of invented things.

    async with FakeCivitai() as civitai:
        client = CivitaiClient(civitai.url, session)
        civitai.fail(429, times=2)        # the next two answers, then normal again
        civitai.journal                   # paths with queries, as asked

It answers searches (`query`: all words in the name; `types`, `limit`), models and versions, in the
site's own shapes: what its maker says no adult pictures may be made with is not among the hits of a
search with nsfw=true, and a number of more than 31 bits is a bad request.

`fail` takes a status (with `headers`, if a test sets them), or
- "hang": no answer while the server runs; "slow": the right answer, once `go_on()` is called;
- "html": a page with status 200; "guard": one with status 403, as in front of the site;
- "huge": 9 MB; "cut": the connection ends amid the answer;
- "redirect": to `elsewhere`, which is another model here unless a test sets it.

`add_file` gives a version its bytes, told with their size and checksum. A download is redirected to
another host (`localhost`), which knows ranges and marks; `fail_files` takes a status, or
- "hang": no answer; "stall": half of what was asked for and then nothing; "cut": half and the end;
- "html": a page; "forget": all from the beginning, whatever range was asked for.

Every kind of thing a bot must judge is in `MODELS`, under a name that says what it is. `models`, a
copy of it, may be changed by a test.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
from typing import Any, Self

from aiohttp import web

SHA = "AB" * 32
HIGHEST_ID = 2**31 - 1
PAGE = "<html>checking your browser</html>"


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
    own: dict[str, Any] = {
        "name": f"v{number}",
        "trainedWords": ["thick paint"],
        "availability": "Public",
        "usageControl": "Download",
        "earlyAccessEndsAt": None,
        "paidAccess": None,
    }
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
    model(
        19,
        "For Sale",
        version(1902, "SDXL 1.0", paidAccess={"permanent": True, "endsAt": None}),
        version(
            1901, "SDXL 1.0", paidAccess={"permanent": False, "endsAt": "2020-01-01T00:00:00Z"}
        ),
    ),
    model(20, "Archived", {**version(2001, "SDXL 1.0"), "files": []}, mode="Archived"),
    model(21, "Somebody Real", poi=True),
    model(22, "Young Hero", minor=True),
    model(23, "Family Friendly", sfwOnly=True),
    model(24, "For Adults", nsfw=True, nsfwLevel=29),
    model(26, "Racy Samples", nsfwLevel=24),
    model(25, "Nothing In It", modelVersions=[]),
    model(31, "Easy Negative", version(3101, "SD 1.5"), type="TextualInversion"),
    model(32, "A Checkpoint", type="Checkpoint"),
    model(33, "evil\u202e\n\x00name " + "x" * 500, trainedWords=None),
]


class FakeCivitai:
    """The server; the module says what it can."""

    def __init__(self) -> None:
        self.models = copy.deepcopy(MODELS)  # tests change them
        self.journal: list[str] = []
        self.keys: list[str | None] = []
        self.agents: list[str] = []
        self.elsewhere = "/api/v1/models/12"
        self.url = ""
        self._going_on = asyncio.Event()
        self._faults: list[int | str] = []
        self._done = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self.headers: dict[str, str] = {}
        self.files: dict[int, bytes] = {}
        self.downloads: list[tuple[str, str | None, str | None]] = []
        """Of each request for a file: the host asked, its key and its range."""
        self._file_faults: list[int | str] = []
        self.file_seconds = 0.0
        """How long a file takes to come."""

    def add_file(self, number: int, data: bytes, **own: Any) -> None:
        """Give a version its file; `own` replaces what is told of it."""
        self.files[number] = data
        self.models = copy.deepcopy(self.models)
        told = {"sizeKB": len(data) / 1024, "hashes": {"SHA256": hashlib.sha256(data).hexdigest()}}
        for entry in self.models:
            for one in entry["modelVersions"]:
                if one["id"] == number:
                    one["files"][1].update({**told, **own})

    def fail_files(self, how: int | str, *, times: int = 1) -> None:
        """Have the next downloads fail."""
        self._file_faults += [how] * times

    def fail(self, how: int | str, *, times: int = 1) -> None:
        """Have the next answers fail."""
        self._faults += [how] * times

    def go_on(self) -> None:
        """Let what is slow be answered."""
        self._going_on.set()

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_get("/api/v1/models", self._search)
        application.router.add_get("/api/v1/models/{id}", self._model)
        application.router.add_get("/api/v1/model-versions/{id}", self._version)
        application.router.add_get("/api/download/models/{id}", self._download)
        application.router.add_get("/files/{id}", self._file)
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
        self.go_on()
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
            and not (entry.get("sfwOnly") and request.query.get("nsfw") == "true")
        ]
        limit = int(request.query.get("limit", "100"))
        return web.json_response({"items": found[:limit], "metadata": {"nextCursor": None}})

    async def _model(self, request: web.Request) -> web.StreamResponse:
        if (fault := await self._heard(request)) is not None:
            return fault
        if int(request.match_info["id"]) > HIGHEST_ID:
            return web.json_response({"error": "Too big"}, status=400)
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

    async def _download(self, request: web.Request) -> web.StreamResponse:
        self._note_download(request)
        port = self.url.rpartition(":")[2]
        target = f"http://localhost:{port}/files/{request.match_info['id']}?signature=abc%2Fdef"
        return web.Response(status=307, headers={"Location": target})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        self._note_download(request)
        how = self._file_faults.pop(0) if self._file_faults else None
        if isinstance(how, int):
            return web.Response(status=how)
        if how == "html":
            return web.Response(text=PAGE, content_type="text/html")
        if how == "hang":
            await self._done.wait()
            return web.Response()
        await asyncio.sleep(self.file_seconds)
        data = self.files[int(request.match_info["id"])]
        mark = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        asked = request.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-")
        same = request.headers.get("If-Range", mark) == mark
        begin = int(asked) if how != "forget" and same else 0
        if begin >= len(data):
            return web.Response(status=416)
        rest = data[begin:]
        headers = {"ETag": mark, "Content-Length": str(len(rest))}
        stream = web.StreamResponse(status=206 if begin else 200, headers=headers)
        await stream.prepare(request)
        await stream.write(rest if how in {None, "forget"} else rest[: len(rest) // 2])
        if how == "stall":
            await self._done.wait()
        if how == "cut":
            assert request.transport is not None
            request.transport.close()
        return stream

    def _note_download(self, request: web.Request) -> None:
        headers = request.headers
        host = headers["Host"].partition(":")[0]
        self.downloads.append((host, headers.get("Authorization"), headers.get("Range")))

    async def _heard(self, request: web.Request) -> web.StreamResponse | None:
        """Write down what was asked, and return the fault that is due."""
        self.journal.append(request.path_qs.removeprefix("/api/v1"))
        self.keys.append(request.headers.get("Authorization"))
        self.agents.append(request.headers["User-Agent"])
        how = self._faults.pop(0) if self._faults else None
        if isinstance(how, int):
            return web.json_response({"error": "no"}, status=how, headers=self.headers)
        if how in {"hang", "slow"}:
            await (self._done if how == "hang" else self._going_on).wait()
            return web.Response() if how == "hang" else None
        return await _cut(request) if how == "cut" else self._wrong(how)

    def _wrong(self, how: str | None) -> web.Response | None:
        match how:
            case None:
                return None
            case "html" | "guard":
                status = 200 if how == "html" else 403
                return web.Response(text=PAGE, content_type="text/html", status=status)
            case "redirect":
                return web.Response(status=302, headers={"Location": self.elsewhere})
            case "huge":
                return web.Response(body=b'"' + b"x" * 9_000_000 + b'"')
            case other:
                raise AssertionError(other)


async def _cut(request: web.Request) -> web.StreamResponse:
    stream = web.StreamResponse(headers={"Content-Length": "500"})
    await stream.prepare(request)
    await stream.write(b"{")
    assert request.transport is not None
    request.transport.close()
    return stream
