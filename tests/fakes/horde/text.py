"""The fake's text generation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.horde.answers import invalid, not_found
from tests.fakes.horde.requests import WORKER_ID, WORKER_NAME, FakeRequest, Fate
from tests.fakes.journal import json_of

if TYPE_CHECKING:
    from tests.fakes.horde.server import FakeHorde

MODEL = "koboldcpp/fake-7B"
NOBODY = "Warning: No available workers can fulfill this request."


class TextRoutes:
    def __init__(self, horde: FakeHorde) -> None:
        self._horde = horde

    def all(self, v2: str) -> Iterable[web.RouteDef]:
        path = f"{v2}/generate/text/status/{{id}}"
        return [
            web.post(f"{v2}/generate/text/async", self._submit, name="text"),
            web.get(path, self._status, name="text_status"),
            web.delete(path, self._cancel, name="text_cancel"),
        ]

    async def _submit(self, request: web.Request) -> web.Response:
        body = await json_of(request)
        problem = self._horde.routes.refusal(request, body)
        if problem is not None:
            return problem
        if not body.get("prompt"):
            return invalid({"prompt": "'' should be non-empty"})
        made = FakeRequest(body, self._horde.now(), self._horde.seconds, self._horde.fate)
        self._horde.texts[made.id] = made
        answer: dict[str, Any] = {"id": made.id, "kudos": 3.0}
        if made.fate is Fate.IMPOSSIBLE:
            answer["message"] = NOBODY
        return web.json_response(answer, status=202)

    async def _status(self, request: web.Request) -> web.Response:
        return web.json_response(self._body(self._find(request)))

    async def _cancel(self, request: web.Request) -> web.Response:
        made = self._find(request)
        answer = self._body(made)
        made.cancel(self._horde.now())
        return web.json_response(answer)

    def _find(self, request: web.Request) -> FakeRequest:
        horde_id = request.match_info["id"]
        if horde_id in self._horde.texts:
            return self._horde.texts[horde_id]
        raise not_found("RequestNotFound", f"Text Waiting Prompt with ID '{horde_id}' not found.")

    def _body(self, made: FakeRequest) -> dict[str, Any]:
        generation = {
            "text": self._horde.text,
            "seed": 0,
            "gen_metadata": [],
            "worker_id": WORKER_ID,
            "worker_name": WORKER_NAME,
            "model": (made.body.get("models") or [MODEL])[0],
            "state": "ok",
        }
        check = made.check(self._horde.now())
        if made.cancelled and check["finished"] < made.n:
            check["done"] = False  # the server forgets that fewer are wanted
        return {"generations": [generation] * check["finished"], **check}
