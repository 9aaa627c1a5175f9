"""The fake's word on itself: models, workers, load, modes, news."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.horde.answers import error
from tests.fakes.horde.requests import WORKER_ID, WORKER_NAME, FakeRequest

if TYPE_CHECKING:
    from tests.fakes.horde.server import FakeHorde


class StatusRoutes:
    def __init__(self, horde: FakeHorde) -> None:
        self._horde = horde

    def all(self, v2: str) -> Iterable[web.RouteDef]:
        return [
            web.get(f"{v2}/status/models", self._models, name="models"),
            web.get(f"{v2}/status/heartbeat", self._heartbeat, name="heartbeat"),
            web.get(f"{v2}/status/performance", self._performance, name="performance"),
            web.get(f"{v2}/status/modes", self._modes, name="modes"),
            web.get(f"{v2}/status/news", self._news, name="news"),
            web.get(f"{v2}/workers", self._workers, name="workers"),
            web.get(f"{v2}/workers/name/{{name}}", self._worker_by_name, name="worker_name"),
            web.get(f"{v2}/workers/{{id}}", self._worker, name="worker"),
        ]

    async def _models(self, _: web.Request) -> web.Response:
        rows = [
            {
                "name": name,
                "count": count,
                "performance": 1.5e8,
                "queued": 0.0,
                "jobs": 0.0,
                "eta": self._horde.eta.get(name, 0),
                "type": "image",
            }
            for name, count in self._horde.models.items()
        ]
        return web.json_response(rows)

    async def _heartbeat(self, _: web.Request) -> web.Response:
        return web.json_response({"message": "OK", "version": "fake", "queue": 0})

    async def _performance(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "queued_requests": self._waiting(self._horde.requests),
                "queued_text_requests": self._waiting(self._horde.texts),
                "worker_count": 1,
                "text_worker_count": 0,
                "thread_count": 1,
                "text_thread_count": 0,
                "queued_megapixelsteps": 0.0,
                "past_minute_megapixelsteps": 31.46,
                "queued_forms": float(self._waiting(self._horde.alchemies)),
                "interrogator_count": 0,
                "interrogator_thread_count": 0,
                "queued_tokens": 0.0,
                "past_minute_tokens": 0.0,
            }
        )

    def _waiting(self, requests: dict[str, FakeRequest]) -> int:
        return sum(made.check(self._horde.now())["waiting"] for made in requests.values())

    async def _modes(self, request: web.Request) -> web.Response:
        if "apikey" in request.headers:
            return error(403, "NotModerator", "This is for moderators.")
        return web.json_response(
            {
                "maintenance_mode": self._horde.maintenance,
                "invite_only_mode": self._horde.invite_only,
            }
        )

    async def _news(self, _: web.Request) -> web.Response:
        return web.json_response(self._horde.news)

    async def _workers(self, request: web.Request) -> web.Response:
        if request.query.get("type") == "interrogation":
            return web.json_response([self._alchemist(one) for one in self._horde.alchemists])
        return web.json_response([self.worker()])

    def _alchemist(self, traits: dict[str, Any]) -> dict[str, Any]:
        same = ("online", "trusted", "maintenance_mode", "flagged", "bridge_agent", "threads")
        common = {name: value for name, value in self.worker().items() if name in same}
        return {"type": "interrogation", "name": "alchemist", "id": "a1", **common, **traits}

    async def _worker(self, request: web.Request) -> web.Response:
        return self._one(request.match_info["id"], WORKER_ID)

    async def _worker_by_name(self, request: web.Request) -> web.Response:
        return self._one(request.match_info["name"], WORKER_NAME)

    def _one(self, asked: str, known: str) -> web.Response:
        if asked != known:
            return error(404, "WorkerNotFound", f"Worker with ID '{asked}' not found.")
        return web.json_response(self.worker())

    def worker(self) -> dict[str, Any]:
        return {
            "type": "image",
            "name": WORKER_NAME,
            "id": WORKER_ID,
            "online": True,
            "trusted": self._horde.worker_trusted,
            "maintenance_mode": False,
            "flagged": False,
            "nsfw": True,
            "threads": sum(self._horde.models.values()),
            "models": list(self._horde.models),
            "max_pixels": 4194304,
            "bridge_agent": "AI Horde Worker reGen:13.0.0:https://example.org",
            "performance": "1.0 megapixelsteps per second",
            "requests_fulfilled": 3,
            "uncompleted_jobs": 0,
            "kudos_rewards": 15.0,
            "kudos_details": {"generated": 15.0, "uptime": 0},
            "uptime": 14,
            "megapixelsteps_generated": 15.0,
            "img2img": True,
            "painting": True,
            "post-processing": True,
            "lora": True,
            "controlnet": False,
            "sdxl_controlnet": False,
            **self._horde.worker_traits,
        }
