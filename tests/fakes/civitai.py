"""A CivitAI on 127.0.0.1: a real server with a small catalogue of invented things.

    async with FakeCivitai() as civitai:
        client = CivitaiClient(civitai.url, session)
        civitai.fail("catalogue", faults.says(429, {}), 2)   # the next two answers, then normal again
        civitai.asked                                        # paths with queries, as asked

It answers searches (`query`: all words in the name; `types`, `limit`), models and versions, in the
site's own shapes: what its maker says no adult pictures may be made with is not among the hits of a
search with nsfw=true, and a number of more than 31 bits is a bad request.

`add_file` gives a version its bytes, told with their size and checksum. A download is redirected to
another host (`localhost`), which knows ranges and marks.

Routes: catalogue (searches, models, versions), download, file.

Every kind of thing a bot must judge is in `MODELS`, under a name that says what it is. `models`, a
copy of it, may be changed by a test.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
from typing import Any

from aiohttp import web

from tests.fakes.server import FakeServer

SHA = "AB" * 32
HIGHEST_ID = 2**31 - 1


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


class FakeCivitai(FakeServer):
    """The server; the module says what it can."""

    def __init__(self) -> None:
        super().__init__()
        self.models = copy.deepcopy(MODELS)  # tests change them
        self.files: dict[int, bytes] = {}
        self.file_seconds = 0.0
        """How long a file takes to come."""
        self.ranges = True
        """Whether a file may be asked for from somewhere amid it."""

    def add_routes(self, app: web.Application) -> None:
        app.add_routes(
            [
                web.get("/api/v1/models", self._search),
                web.get("/api/v1/models/{id}", self._model),
                web.get("/api/v1/model-versions/{id}", self._version),
                web.get("/api/download/models/{id}", self._download, name="download"),
                web.get("/files/{id}", self._file, name="file"),
            ]
        )

    def name_of(self, request: web.Request) -> str:
        return request.match_info.route.name or "catalogue"

    @property
    def asked(self) -> list[str]:
        """What the catalogue was asked, in order."""
        return [one.path.removeprefix("/api/v1") for one in self.journal.of("catalogue")]

    @property
    def downloads(self) -> list[tuple[str, str | None, str | None]]:
        """Of each request for a file: the host asked, its key and its range."""
        return [
            (
                one.headers["host"].partition(":")[0],
                one.headers.get("authorization"),
                one.headers.get("range"),
            )
            for one in self.journal.exchanges
            if one.route in {"download", "file"}
        ]

    def add_file(self, number: int, data: bytes, **own: Any) -> None:
        """Give a version its file; `own` replaces what is told of it."""
        self.files[number] = data
        self.models = copy.deepcopy(self.models)
        told = {"sizeKB": len(data) / 1024, "hashes": {"SHA256": hashlib.sha256(data).hexdigest()}}
        for entry in self.models:
            for one in entry["modelVersions"]:
                if one["id"] == number:
                    one["files"][1].update({**told, **own})

    async def _search(self, request: web.Request) -> web.StreamResponse:
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
        if int(request.match_info["id"]) > HIGHEST_ID:
            return web.json_response({"error": "Too big"}, status=400)
        for entry in self.models:
            if str(entry["id"]) == request.match_info["id"]:
                return web.json_response(entry)
        return web.json_response({"error": "No model with this id"}, status=404)

    async def _version(self, request: web.Request) -> web.StreamResponse:
        for entry in self.models:
            for one in entry["modelVersions"]:
                if str(one["id"]) == request.match_info["id"]:
                    owner = {"name": entry["name"], "type": entry["type"], "poi": entry["poi"]}
                    return web.json_response({**one, "modelId": entry["id"], "model": owner})
        return web.json_response({"error": "No version with this id"}, status=404)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        port = self.url.rpartition(":")[2]
        target = f"http://localhost:{port}/files/{request.match_info['id']}?signature=abc%2Fdef"
        return web.Response(status=307, headers={"Location": target})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(self.file_seconds)
        data = self.files[int(request.match_info["id"])]
        mark = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        asked = request.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-")
        same = request.headers.get("If-Range", mark) == mark
        begin = int(asked) if self.ranges and same else 0
        if begin >= len(data):
            return web.Response(status=416)
        return web.Response(body=data[begin:], headers={"ETag": mark}, status=206 if begin else 200)
