"""Endpoints that tell how the hub, its users and its workers are, and the landing page."""

from __future__ import annotations

from html import escape
from importlib.metadata import version

from aiohttp import web

from common import texts
from hub.callers.users import User
from hub.callers.workers import worker_changed
from hub.context import HUB, Hub
from hub.errors import Declined
from hub.routes.exchange import read_body
from hub.tables import Kind
from hub.views import performance as sums
from hub.views.users import user_details
from hub.views.workers import worker_details, worker_list
from hub.wire.bodies import WorkerChange

TYPES = ("image", "text", "interrogation")
routes = web.RouteTableDef()


@routes.get("/api/v2/status/heartbeat")
async def heartbeat(http: web.Request) -> web.Response:
    """Say that the hub and its database answer."""
    hub = http.app[HUB]
    async with hub.database.read() as connection:
        now = await sums.performance(connection, hub.users, hub.clock())
    return web.json_response(
        {
            "message": "OK",
            "version": version("hordebots"),
            "queue": now["queued_requests"],
            "threads": now["thread_count"],
            "active_count": now["worker_count"],
            "db_connection": True,
        }
    )


@routes.get("/api/v2/status/performance")
async def performance(http: web.Request) -> web.Response:
    """Say how much is queued and how fast it goes."""
    hub = http.app[HUB]
    async with hub.database.read() as connection:
        return web.json_response(await sums.performance(connection, hub.users, hub.clock()))


@routes.get("/api/v2/status/models")
async def models(http: web.Request) -> web.Response:
    """List models with workers or with requests waiting; `min_count`, `max_count` filter."""
    hub = http.app[HUB]
    if _type(http) != "image":
        return web.json_response([])
    async with hub.database.read() as connection:
        rows = await sums.models(connection, hub.users, hub.clock())
    fewest, most = _number(http, "min_count", 0), _number(http, "max_count", 1_000_000)
    return web.json_response([row for row in rows if fewest <= row["count"] <= most])


@routes.get("/api/v2/status/models/{name}")
async def model(http: web.Request) -> web.Response:
    """List one model, as a list of none or one."""
    hub = http.app[HUB]
    async with hub.database.read() as connection:
        rows = await sums.models(connection, hub.users, hub.clock())
    return web.json_response([row for row in rows if row["name"] == http.match_info["name"]])


@routes.get("/api/v2/status/modes")
async def modes(_http: web.Request) -> web.Response:
    """List the modes of the whole server: a hub has none of them on."""
    off = dict.fromkeys(("maintenance_mode", "invite_only_mode", "raid_mode"), False)
    return web.json_response(off)


@routes.get("/api/v2/find_user")
async def find_user(http: web.Request) -> web.Response:
    """Tell whose key this is: 404 for one that is nobody's."""
    hub = http.app[HUB]
    try:
        user = hub.user(http)
    except Declined as refusal:
        raise Declined("UserNotFound") from refusal
    async with hub.database.read() as connection:
        return web.json_response(
            await user_details(
                connection, user, concurrency=hub.config.concurrency, now=hub.clock()
            )
        )


@routes.get("/api/v2/workers")
async def workers(http: web.Request) -> web.Response:
    """List the workers that are online (of a `type`), or the one called `name`."""
    hub = http.app[HUB]
    wanted = _type(http) if "type" in http.query else None
    if wanted == "text":
        return web.json_response([])
    async with hub.database.read() as connection:
        found = await worker_list(
            connection,
            hub.users,
            kind=Kind(wanted) if wanted else None,
            name=http.query.get("name"),
            reader=_reader(hub, http),
            now=hub.clock(),
        )
    return web.json_response(found)


@routes.get("/api/v2/workers/name/{name}")
async def worker_by_name(http: web.Request) -> web.Response:
    """Describe a worker."""
    return await _describe(http, "name")


@routes.get("/api/v2/workers/{id}")
async def worker(http: web.Request) -> web.Response:
    """Describe a worker."""
    return await _describe(http, "id")


async def _describe(http: web.Request, column: str) -> web.Response:
    hub = http.app[HUB]
    async with hub.database.read() as connection:
        found = await worker_details(
            connection,
            hub.users,
            column=column,
            value=http.match_info[column],
            reader=_reader(hub, http),
            now=hub.clock(),
        )
    return web.json_response(found)


def _reader(hub: Hub, http: web.Request) -> User | None:
    """Return who asks, if it is somebody; a key nobody has is no reason to tell them nothing."""
    return hub.users.find(http.headers.get("apikey", ""))


@routes.put("/api/v2/workers/{id}")
async def change_worker(http: web.Request) -> web.Response:
    """Let the owner put a worker into maintenance, rename or describe it; a moderator pause it."""
    hub = http.app[HUB]
    change = await read_body(http, WorkerChange)
    user = hub.user(http)
    changed = await worker_changed(hub.database, http.match_info["id"], change, user)
    return web.json_response(changed)


@routes.get("/")
async def landing(http: web.Request) -> web.Response:
    """Say what this is to whoever opens the address in a browser."""
    address = escape(f"{http.app[HUB].base(http)}/api")
    title = escape(texts.say("hub.title"))
    lines = [texts.say("hub.about"), texts.say("hub.how_to_ask"), texts.say("hub.how_to_work")]
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in lines)
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1>{paragraphs}<p><code>{address}</code></p></html>"
    )
    policy = {"Content-Security-Policy": "default-src 'none'"}
    return web.Response(text=page, content_type="text/html", headers=policy)


def _type(http: web.Request) -> str:
    """Return which kind of thing is asked for. Raises Declined for one that does not exist."""
    wanted = http.query.get("type", "image")
    if wanted not in TYPES:
        raise Declined("BadRequest", code="hub.no_such_type", known=", ".join(TYPES))
    return wanted


def _number(http: web.Request, name: str, default: int) -> int:
    text = http.query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else default
