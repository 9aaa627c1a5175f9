"""Endpoints for workers: ask for a job, hand in its pictures."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from aiohttp import web

from hub import pictures, popping, queue, shelf, store
from hub.context import HUB, Hub
from hub.errors import Declined
from hub.routes.exchange import read_body
from hub.wire import PopRequest, SubmitRequest

UPLOADED = "R2"
routes = web.RouteTableDef()


@routes.post("/api/v2/generate/pop")
async def pop(http: web.Request) -> web.Response:
    """Give a worker a job, or say why there is none for it. The first pop registers it."""
    hub = http.app[HUB]
    offer = await read_body(http, PopRequest)
    user = hub.user(http)
    if user.anonymous:
        raise Declined("AnonForbiddenWorker")
    friends = [hub.users.by_username(name) for name in offer.priority_usernames]
    found = await popping.pop(
        hub.database,
        offer,
        user,
        priority={friend.id for friend in friends if friend is not None},
        reference=hub.reference,
        now=hub.clock(),
    )
    if isinstance(found, popping.Job):
        return web.json_response(await _job(hub, http, found))
    if found.resting is not None:
        raise found.resting.refusal()
    return web.json_response(_no_job(queue.skipped(found.reasons)))


async def _job(hub: Hub, http: web.Request, job: popping.Job) -> dict[str, Any]:
    base, now = hub.base(http), hub.clock()
    uploads = [
        hub.signer.link(base, "PUT", pictures.picture_name(generation), now)
        for generation in job.ids
    ]
    request = job.request
    return {
        "payload": queue.payload(request, job.seed, len(job.ids)),
        "id": job.ids[0],
        "ids": list(job.ids),
        "messages": [],
        "ttl": job.ttl,
        "skipped": {},
        "model": job.model,
        "source_image": await _source(hub, base, request.source_image, r2=request.r2),
        "source_processing": request.source_processing,
        "source_mask": await _source(hub, base, request.source_mask, r2=request.r2),
        "extra_source_images": None,
        "r2_upload": uploads[0],
        "r2_uploads": uploads,
    }


async def _source(hub: Hub, base: str, name: str | None, *, r2: bool) -> str | None:
    """Return a source picture as an address, or in base64 for requests without object store."""
    if name is None:
        return None
    if r2:
        return hub.signer.link(base, "GET", name, hub.clock())
    data = await hub.pictures.read(name)
    return base64.b64encode(data or b"").decode()


def _no_job(skipped: dict[str, int]) -> dict[str, Any]:
    return {
        "payload": queue.empty_payload(),
        "id": None,
        "ids": [],
        "messages": [],
        "ttl": None,
        "skipped": skipped,
        "model": None,
        "source_image": None,
        "source_processing": "img2img",
        "source_mask": None,
        "extra_source_images": None,
        "r2_upload": None,
        "r2_uploads": None,
    }


@routes.post("/api/v2/generate/submit")
async def submit(http: web.Request) -> web.Response:
    """Take one finished picture, or the news that there will be none."""
    hub = http.app[HUB]
    done = await read_body(http, SubmitRequest)
    user = hub.user(http)
    if done.state == "faulted":
        await store.generation_faulted(hub.database, done.id, user)
        return web.json_response({"reward": 0.0})
    await store.job_held(hub.database, done.id, user)
    await _keep_picture(hub, done)
    delivered = await store.generation_delivered(hub.database, done, user, hub.clock())
    if delivered.webhook:
        hub.webhooks.announce(delivered.webhook, await _webhook_body(hub, done, delivered))
    return web.json_response({"reward": delivered.reward})


async def _keep_picture(hub: Hub, done: SubmitRequest) -> None:
    """Make sure that the picture lies in the folder before its job counts as done."""
    name = pictures.picture_name(done.id)
    if done.generation == UPLOADED:
        if not hub.pictures.has(name):
            raise Declined("BadRequest", code="hub.not_uploaded")
        return
    data = await asyncio.to_thread(pictures.read_result, done.generation)
    await hub.pictures.write(name, data)
    await shelf.picture_stored(hub.database, name, hub.clock())


async def _webhook_body(
    hub: Hub, done: SubmitRequest, delivered: store.Delivered
) -> dict[str, Any]:
    name = pictures.picture_name(delivered.id)
    if delivered.r2:
        img = hub.signer.link(hub.base(), "GET", name, hub.clock())
    else:
        img = base64.b64encode(await hub.pictures.read(name) or b"").decode()
    return {
        "img": img,
        "seed": done.seed,
        "worker_id": delivered.worker,
        "worker_name": delivered.worker_name,
        "model": delivered.model,
        "id": delivered.id,
        "censored": done.censored,
        "gen_metadata": [entry.model_dump(exclude_none=True) for entry in done.gen_metadata],
        "request": delivered.request,
        "kudos": delivered.reward,
    }
