"""The fake's alchemists: they do one form after the other."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.horde.answers import error, invalid, not_found
from tests.fakes.horde.pictures import paint
from tests.fakes.horde.requests import FakeRequest, Fate
from tests.fakes.journal import json_of

if TYPE_CHECKING:
    from tests.fakes.horde.server import FakeHorde

RESULTS: dict[str, Any] = {
    "caption": "a fox",
    "interrogation": {"tags": [{"text": "fox", "confidence": 0.9}]},
    "nsfw": False,
    "vectorize": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "palette": ["#aa5500", "#ffffff"],
    "describe": "A fox in the snow.",
    "aesthetic": 6.5,
}
"""What alchemists find; every other form makes a picture."""


class AlchemyRoutes:
    def __init__(self, horde: FakeHorde) -> None:
        self._horde = horde

    def all(self, v2: str) -> Iterable[web.RouteDef]:
        path = f"{v2}/interrogate/status/{{id}}"
        return [
            web.post(f"{v2}/interrogate/async", self._submit, name="alchemy"),
            web.get(path, self._status, name="alchemy_status"),
            web.delete(path, self._cancel, name="alchemy_cancel"),
            web.get("/alchemy/{name}", self._picture, name="alchemy_picture"),
        ]

    async def _submit(self, request: web.Request) -> web.Response:
        body = await json_of(request)
        problem = self._horde.routes.refusal(request, body)
        if problem is not None:
            return problem
        if not body.get("source_image"):
            return invalid({"source_image": "Missing required parameter in the JSON body"})
        if not _readable(body["source_image"]):
            return error(400, "SourceImageUnreadable", "The picture cannot be read.")
        forms = [form["name"] for form in body["forms"]]
        made = FakeRequest(
            {**body, "forms": forms, "params": {"n": len(forms)}},
            self._horde.now(),
            self._horde.seconds if self._horde.alchemy_taken else None,
            self._horde.fate if self._horde.alchemy_fate is Fate.OK else self._horde.alchemy_fate,
        )
        self._horde.alchemies[made.id] = made
        return web.json_response({"id": made.id}, status=202)

    async def _status(self, request: web.Request) -> web.Response:
        return web.json_response(self._body(self._find(request)))

    async def _cancel(self, request: web.Request) -> web.Response:
        made = self._find(request)
        made.cancel(self._horde.now())
        return web.json_response(self._body(made))

    async def _picture(self, request: web.Request) -> web.Response:
        seed = zlib.crc32(request.match_info["name"].encode())
        picture = paint(seed, side=2 * self._horde.side)
        return web.Response(body=picture, content_type="image/webp")

    def _find(self, request: web.Request) -> FakeRequest:
        horde_id = request.match_info["id"]
        if horde_id in self._horde.alchemies:
            return self._horde.alchemies[horde_id]
        raise not_found("RequestNotFound", f"Interrogation with ID '{horde_id}' not found.")

    def _body(self, made: FakeRequest) -> dict[str, Any]:
        forms: list[str] = made.body["forms"]
        finished = made.finished(self._horde.now())
        rest = "waiting"
        if made.faulted(self._horde.now()):
            rest = "faulted"
        elif made.cancelled:
            rest = "cancelled"
        rows = [
            {"form": form, "state": "done", "result": {form: self._result(made, form)}}
            if number < finished
            else {"form": form, "state": rest}
            for number, form in enumerate(forms)
        ]
        return {"state": self._state(made, finished, len(forms)), "forms": rows}

    def _state(self, made: FakeRequest, finished: int, asked: int) -> str:
        if made.faulted(self._horde.now()):
            return "faulted"
        if finished == asked:
            return "done"
        return "partial" if made.cancelled else "waiting"

    def _result(self, made: FakeRequest, form: str) -> Any:
        results = {**RESULTS, **self._horde.alchemy_results}
        if form in results:
            return results[form]
        return f"{self._horde.origin}/alchemy/{made.id}-{form}.webp?Signature=a%2Fb"


def _readable(source: str) -> bool:
    if source.startswith("http"):
        return True
    try:
        return bool(base64.b64decode(source, validate=True))
    except ValueError:
        return False
