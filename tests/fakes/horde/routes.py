"""The fake's answers, one method per route of the AI Horde API v2."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.faults import Fault
from tests.fakes.horde.accounts import AccountRoutes
from tests.fakes.horde.alchemy import AlchemyRoutes
from tests.fakes.horde.answers import error, invalid, mistyped, not_found
from tests.fakes.horde.pictures import paint
from tests.fakes.horde.requests import FakeRequest, Fate
from tests.fakes.horde.status import StatusRoutes
from tests.fakes.horde.styles import StyleRoutes
from tests.fakes.horde.text import TextRoutes
from tests.fakes.journal import json_of

if TYPE_CHECKING:
    from tests.fakes.horde.server import FakeHorde

NO_WORKER = "Warning: No available workers can fulfill this request."


class Routes:
    """Answers requests out of what a `FakeHorde` holds."""

    def __init__(self, horde: FakeHorde) -> None:
        self._horde = horde
        self._accounts = AccountRoutes(horde)
        self._window = float("-inf"), 0
        """When the rate limiter's window began, and how many came in it."""
        self._subjects = (
            StatusRoutes(horde),
            StyleRoutes(horde),
            self._accounts,
            AlchemyRoutes(horde),
            TextRoutes(horde),
        )

    def all(self) -> Iterable[web.RouteDef]:
        v2 = "/api/v2"
        return [
            web.post(f"{v2}/generate/async", self._submit, name="submit"),
            web.get(f"{v2}/generate/check/{{id}}", self._check, name="check"),
            web.get(f"{v2}/generate/status/{{id}}", self._status, name="status"),
            web.delete(f"{v2}/generate/status/{{id}}", self._cancel, name="cancel"),
            *(route for subject in self._subjects for route in subject.all(v2)),
            web.get("/pictures/{name}", self._picture, name="picture"),
            web.get("/_fake/journal", self._show_journal, name="control"),
            web.post("/_fake/{verb}", self._control, name="steering"),
        ]

    # --- the client's side ------------------------------------------------------------------

    async def _submit(self, request: web.Request) -> web.Response:
        body = await json_of(request)
        problem = self._limit()
        if problem is None:
            problem = self._problem(request, body)
        if problem is not None:
            return problem
        params = body.get("params") or {}
        n = params.get("n", 1)
        if body.get("dry_run"):
            return web.json_response({"kudos": 2.0 + 6.0 * n})
        made = FakeRequest(
            body,
            self._horde.now(),
            self._horde.seconds,
            self._next_fate(body),
            waits=list(self._horde.waits),
            guess=self._horde.guess,
            gen_metadata=list(self._horde.gen_metadata),
            setbacks=self._horde.setbacks,
        )
        self._horde.requests[made.id] = made
        self._accounts.note_payer(request, made.id)
        for number in range(made.n):
            self._horde.pictures[made.generation_id(number)] = made, number
        self._horde.webhooks.accepted(made)
        answer: dict[str, Any] = {"id": made.id, "kudos": 6.0}
        if made.fate is Fate.IMPOSSIBLE:
            answer["message"] = NO_WORKER
            answer["warnings"] = [{"code": "NoAvailableWorker", "message": NO_WORKER}]
        return web.json_response(answer, status=202)

    def _limit(self) -> web.Response | None:
        """Return the rate limiter's refusal, or None and count one more."""
        now, (began, count) = self._horde.now(), self._window
        if now - began >= 1.0:
            began, count = now, 0
        self._window = began, count + 1
        if self._horde.per_second is None or count < self._horde.per_second:
            return None
        said = {"message": f"{self._horde.per_second} per 1 second"}
        return web.json_response(said, status=429, headers={"Retry-After": "1"})

    def _problem(self, request: web.Request, body: Any) -> web.Response | None:
        """Return the server's refusal of a submission, or None."""
        problem = self.refusal(request, body)
        if problem is not None:
            return problem
        if not body.get("prompt"):
            return invalid({"prompt": "'' should be non-empty"})
        if body.get("proxied_account") and not self._horde.service:
            return error(400, "OnlyServiceAccountProxy", "Only service accounts can proxy.")
        params = body.get("params") or {}
        problem = self._problem_with_numbers(params)
        if problem is None and not body.get("dry_run"):
            problem = self._accounts.refuse_payer(request, 6.0 * params.get("n", 1))
        return problem

    def refusal(self, request: web.Request, body: Any) -> web.Response | None:
        """Return what images, alchemy and text are refused for alike, or None."""
        if "apikey" not in request.headers:
            return invalid({"apikey": "Missing required parameter in the HTTP headers"})
        if self._horde.maintenance:
            return error(400, "MaintenanceMode", "The Horde has entered maintenance mode.")
        if not self._accounts.knows_key(request):
            return error(401, "InvalidAPIKey", "No user matching sent API Key.")
        return mistyped(body)

    def _problem_with_numbers(self, params: Mapping[str, Any]) -> web.Response | None:
        for side in ("width", "height"):
            if params.get(side, 512) % 64:
                return invalid({f"params.{side}": f"{params[side]} is not a multiple of 64"})
        if self._horde.concurrency is not None:
            wanted = params.get("n", 1) + sum(
                made.check(self._horde.now())["waiting"] for made in self._horde.requests.values()
            )
            if wanted > self._horde.concurrency:
                return error(429, "TooManyPrompts", "Parallel requests exceeded user limit.")
        return None

    def _next_fate(self, body: Mapping[str, Any]) -> Fate:
        if self._horde.plan:
            return self._horde.plan.popleft()
        models = body.get("models") or ["stable_diffusion"]
        if not any(self._horde.models.get(model) for model in models):
            return Fate.IMPOSSIBLE
        return self._horde.fate

    async def _check(self, request: web.Request) -> web.Response:
        made, now = self._find(request, "Check"), self._horde.now()
        if now - made.checked[0] >= self._horde.kept:
            made.checked = now, made.check(now)
        return web.json_response(made.checked[1])

    async def _status(self, request: web.Request) -> web.Response:
        made = self._find(request, "Status")
        return web.json_response(made.status(self._horde.now(), self.images(made)))

    async def _cancel(self, request: web.Request) -> web.Response:
        made = self._find(request, "Status")
        answer = made.status(self._horde.now(), self.images(made))
        made.cancel(self._horde.now())
        return web.json_response(answer)

    async def _picture(self, request: web.Request) -> web.Response:
        name, _, _ = request.match_info["name"].partition(".")
        made, number = self._horde.pictures.get(name, (None, 0))
        if made is None or number >= made.finished(self._horde.now()):
            raise web.HTTPNotFound
        return web.Response(body=self._paint(made, number), content_type="image/webp")

    # --- steered from another process -------------------------------------------------------

    async def _show_journal(self, _: web.Request) -> web.Response:
        shown = [[e.route, e.path, e.status] for e in self._horde.journal.exchanges]
        return web.json_response(shown)

    async def _control(self, request: web.Request) -> web.Response:
        """`set` attributes, `fail` a route, `heal`, `finish`, `fault`, `strand` or `expire` a request."""
        verb, fields = request.match_info["verb"], await json_of(request) or {}
        match verb:
            case "set":
                for name, value in fields.items():
                    setattr(self._horde, name, Fate(value) if name == "fate" else value)
            case "fail":
                route, times = fields.pop("route"), fields.pop("times", 1)
                self._horde.fail(route, Fault.from_json(fields), times)
            case "heal" | "finish" | "fault" | "strand" | "expire":
                getattr(self._horde, verb)(**fields)
            case _:
                raise web.HTTPNotFound
        return web.json_response({})

    # --- inside -----------------------------------------------------------------------------

    def _find(self, request: web.Request, what: str) -> FakeRequest:
        horde_id = request.match_info["id"]
        if horde_id in self._horde.requests:
            return self._horde.requests[horde_id]
        message = f"Image Waiting Prompt ({what}) with ID '{horde_id}' not found."
        raise not_found("RequestNotFound", message)

    def images(self, made: FakeRequest) -> list[str]:
        """Return a link or base64 for each finished picture."""
        return [self.image(made, number) for number in range(made.finished(self._horde.now()))]

    def image(self, made: FakeRequest, number: int) -> str:
        if made.body.get("r2", True):
            return (
                f"{self._horde.origin}/pictures/{made.generation_id(number)}.webp?Signature=a%2Fb"
            )
        return base64.b64encode(self._paint(made, number)).decode()

    def _paint(self, made: FakeRequest, number: int) -> bytes:
        return paint(made.seed(number), side=self._horde.side, censored=made.fate is Fate.CENSORED)
