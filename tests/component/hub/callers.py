"""Those who call a hub in the tests (clients and workers), and the clock they live by."""

from __future__ import annotations

import base64
import io
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

import aiohttp
from PIL import Image
from pydantic import SecretStr

from common.config import HubConfig, HubUser
from hub.server import start
from tests.fakes.clock import Clock

BOT_KEY = "bot-key-0123456789abcdef"
HOST_KEY = "host-key-0123456789abcdef"
STRANGER_KEY = "stranger-key-0123456789"
MODERATOR_KEY = "moderator-key-0123456789"
MODEL = "stable_diffusion"
USERS = (
    HubUser(name="bot", key=SecretStr(BOT_KEY)),
    HubUser(name="host", key=SecretStr(HOST_KEY)),
    HubUser(name="stranger", key=SecretStr(STRANGER_KEY), trusted=False),
)
MODERATOR = HubUser(name="moderator", key=SecretStr(MODERATOR_KEY), moderator=True)


@dataclass
class Reply:
    status: int
    body: object
    headers: dict = field(default_factory=dict)

    @property
    def rc(self):
        return self.body.get("rc")


class Caller:
    """Somebody with a key."""

    def __init__(self, session, url, key):
        self.session = session
        self.url = url
        self.headers = {"apikey": key} if key else {}

    async def call(self, method, path, **more):
        headers = self.headers | more.pop("headers", {})
        url = path if path.startswith("http") else f"{self.url}/v2{path}"
        async with self.session.request(method, url, headers=headers, **more) as answer:
            kind = answer.content_type
            body = await answer.json() if kind == "application/json" else await answer.read()
            return Reply(answer.status, body, answer.headers)

    async def get(self, path, **more):
        return await self.call("GET", path, **more)

    async def put(self, path, **more):
        return await self.call("PUT", path, **more)

    async def post(self, path, body):
        data = io.BytesIO(json.dumps(body).encode())  # bytes of a megabyte would make aiohttp warn
        return await self.call(
            "POST", path, data=data, headers={"Content-Type": "application/json"}
        )

    # --- a client ---

    async def ask(self, prompt="a fox", *, params=None, **fields):
        """Submit, expect 202, return the id."""
        answer = await self.post("/generate/async", request_body(prompt, params, **fields))
        assert answer.status == 202, answer.body
        return answer.body["id"]

    async def check(self, request):
        answer = await self.get(f"/generate/check/{request}")
        assert answer.status == 200, answer.body
        return answer.body

    async def status(self, request):
        answer = await self.get(f"/generate/status/{request}")
        assert answer.status == 200, answer.body
        return answer.body

    async def ask_alchemy(self, *forms, **fields):
        """Submit a picture, expect 202, return the id."""
        answer = await self.post("/interrogate/async", alchemy_body(*forms, **fields))
        assert answer.status == 202, answer.body
        return answer.body["id"]

    async def alchemy(self, request):
        answer = await self.get(f"/interrogate/status/{request}")
        assert answer.status == 200, answer.body
        return answer.body

    # --- an alchemist ---

    async def pop_forms(self, *forms, name="alchemist", **fields):
        """Ask for forms, expect 200."""
        body = {"name": name, "forms": list(forms)} | fields
        answer = await self.post("/interrogate/pop", body)
        assert answer.status == 200, answer.body
        return answer.body["forms"]

    async def submit_form(self, form, **fields):
        return await self.post("/interrogate/submit", {"id": form["id"], "state": "ok"} | fields)

    # --- a worker ---

    async def pop(self, name="worker one", **fields):
        """Ask for a job, expect 200."""
        answer = await self.post("/generate/pop", pop_body(name, **fields))
        assert answer.status == 200, answer.body
        return answer.body

    async def upload(self, address, data=None):
        return await self.put(address, data=webp() if data is None else data)

    async def submit(self, job, **fields):
        body = {"id": job, "generation": "R2", "seed": 1, "state": "ok"} | fields
        return await self.post("/generate/submit", body)

    async def deliver(self, job, **fields):
        """Upload and hand in all pictures of a popped job."""
        for generation, address in zip(job["ids"], job["r2_uploads"], strict=True):
            assert (await self.upload(address)).status == 200
            answer = await self.submit(generation, **fields)
            assert answer.status == 200, answer.body


def alchemy_body(*forms, picture=None, **fields):
    source = b64(webp() if picture is None else picture)
    return {"forms": [{"name": form} for form in forms], "source_image": source} | fields


def request_body(prompt="a fox", params=None, **fields):
    body = {"prompt": prompt, "params": params or {}, "models": [MODEL], "nsfw": False, "r2": True}
    return body | fields


def pop_body(name="worker one", **fields):
    return {
        "name": name,
        "models": [MODEL],
        "bridge_agent": "hordebots:0.1.0:https://example.org",
        "max_pixels": 4 * 1024 * 1024,
    } | fields


def webp(size=(64, 64), colour="orange", form="WEBP"):
    target = io.BytesIO()
    Image.new("RGB", size, colour).save(target, form)
    return target.getvalue()


def b64(data):
    return base64.b64encode(data).decode()


@dataclass
class Room:
    """A running hub with its callers."""

    running: object
    clock: Clock
    bot: Caller
    host: Caller
    stranger: Caller
    nobody: Caller

    @classmethod
    def of(cls, running, clock, session):
        keys = (BOT_KEY, HOST_KEY, STRANGER_KEY, None)
        return cls(running, clock, *(Caller(session, running.url, key) for key in keys))

    async def pass_time(self, seconds):
        self.clock.advance(seconds)
        await self.running.sweep()


@asynccontextmanager
async def opened(folder, **settings):
    """Run a hub with a clock and callers of its own for as long as the block."""
    clock, config = Clock(), HubConfig(port=0, users=USERS, **settings)
    running = await start(config, folder, clock=clock, rng=Random(1))
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        yield Room.of(running, clock, session)
    await running.close()
