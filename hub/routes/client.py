"""Endpoints for those who want pictures: submit, check, collect, cancel."""

from __future__ import annotations

import asyncio
import uuid

from aiohttp import web

from common import texts
from hub.callers import workers
from hub.callers.users import User
from hub.context import HUB, Hub
from hub.pictures.folder import picture_name, source_names
from hub.pictures.receiving import read_source
from hub.queue import store, terms
from hub.routes.exchange import limiter_key, read_body
from hub.tables import State
from hub.views import requests
from hub.views.online import able, online_workers
from hub.wire import rules
from hub.wire.bodies import GenerationRequest

routes = web.RouteTableDef()


@routes.post("/api/v2/generate/async")
async def submit(http: web.Request) -> web.Response:
    """Take a request into the queue: 202 with its id, or 200 with its price for a dry run."""
    hub = http.app[HUB]
    headers = hub.limiter.count(limiter_key(hub, http))
    request = await read_body(http, GenerationRequest)
    user = hub.user(http)
    rules.check(request, hub.reference, trusted=user.trusted)
    await _check_workers(hub, request)
    price = terms.price(request, hub.reference)
    if request.dry_run:
        total = round(price * request.params.n, 2)
        return web.json_response({"kudos": total}, headers=headers)
    request_id = str(uuid.uuid4())
    answer = {"id": request_id, "kudos": price}
    answer |= await _accept(hub, request_id, request, user, price)
    return web.json_response(answer, status=202, headers=headers)


async def _accept(
    hub: Hub, request_id: str, request: GenerationRequest, user: User, price: float
) -> dict[str, object]:
    """Keep the source pictures, queue the request; return warnings if nobody can serve it now."""
    now = hub.clock()
    request = await _keep_sources(hub, request_id, request)
    await store.request_submitted(
        hub.database,
        request_id,
        request,
        user,
        seed=terms.base_seed(request.params.seed, hub.rng),
        work=terms.megapixelsteps(request.params),
        price=price,
        concurrency=hub.config.concurrency,
        now=now,
    )
    async with hub.database.read() as connection:
        online = await online_workers(connection, hub.users, now)
    if able(request, online):
        return {}
    return no_worker_warning()


async def _keep_sources(hub: Hub, request_id: str, request: GenerationRequest) -> GenerationRequest:
    """Check and store source picture and mask; return the request with their names instead."""
    if not request.source_image:
        return request
    source, mask = source_names(request_id)
    paints = request.source_processing != "img2img"
    needs_alpha = paints and not request.source_mask
    found = {source: (request.source_image, needs_alpha)}
    if request.source_mask:
        found[mask] = (request.source_mask, False)
    read = {
        name: await asyncio.to_thread(read_source, text, needs_alpha=alpha)
        for name, (text, alpha) in found.items()
    }
    for name, one in read.items():
        await hub.keep(name, one.webp)
    names = {"source_image": source, "source_mask": mask if request.source_mask else None}
    return request.model_copy(update=names)


def no_worker_warning() -> dict[str, object]:
    """Return what a 202 says beside the id when nobody online can serve the request."""
    sentence = texts.say("hub.no_available_worker")
    return {
        "message": sentence,
        "warnings": [{"code": "NoAvailableWorker", "message": sentence}],
    }


@routes.get("/api/v2/generate/check/{id}")
async def check(http: web.Request) -> web.Response:
    """Say how far a request is."""
    hub = http.app[HUB]
    async with hub.database.read() as connection:
        answer, *_ = await requests.check(connection, http.match_info["id"], hub.users, hub.clock())
    return web.json_response(answer.model_dump(mode="json"))


@routes.get("/api/v2/generate/status/{id}")
async def status(http: web.Request) -> web.Response:
    """Say how far a request is, with the pictures that are finished."""
    return web.json_response(await _status(http, http.match_info["id"]))


@routes.delete("/api/v2/generate/status/{id}")
async def cancel(http: web.Request) -> web.Response:
    """Want no more of a request; answer how it stood. Whoever knows the id may."""
    answer = await _status(http, http.match_info["id"])
    await store.request_cancelled(http.app[HUB].database, http.match_info["id"])
    return web.json_response(answer)


async def _status(http: web.Request, request_id: str) -> dict[str, object]:
    hub = http.app[HUB]
    async with hub.database.read() as connection:
        standing, row, generations = await requests.check(
            connection, request_id, hub.users, hub.clock()
        )
    request = GenerationRequest.model_validate_json(row.body)
    base = hub.base(http)
    finished = [job for job in generations if job.state == State.DONE]
    shown = [
        requests.generation(job, await hub.shown(picture_name(job.id), base, r2=request.r2))
        for job in finished
    ]
    return standing.model_dump(mode="json") | {
        "shared": False,
        "generations": [entry.model_dump(mode="json", exclude_none=True) for entry in shown],
    }


async def _check_workers(hub: Hub, request: GenerationRequest) -> None:
    """Raise Declined if a worker is named that does not exist."""
    if request.workers:
        async with hub.database.read() as connection:
            await workers.workers_exist(connection, request.workers)
