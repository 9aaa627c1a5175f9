"""Endpoints for workers: ask for a job, hand in its pictures."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from hub.context import HUB, Hub
from hub.errors import Declined
from hub.pictures.folder import picture_name
from hub.pictures.receiving import read_result
from hub.queue import popping, store, terms
from hub.routes.exchange import read_body, worker_owner
from hub.wire.bodies import PopRequest, SubmitRequest

UPLOADED = "R2"
routes = web.RouteTableDef()


@routes.post("/api/v2/generate/pop")
async def pop(http: web.Request) -> web.Response:
    """Give a worker a job, or say why there is none for it. The first pop registers it."""
    hub = http.app[HUB]
    offer = await read_body(http, PopRequest)
    user = worker_owner(hub, http)
    found = await popping.pop(
        hub.database,
        offer,
        user,
        priority=hub.users.numbers(offer.priority_usernames),
        reference=hub.reference,
        now=hub.clock(),
    )
    if isinstance(found, popping.Job):
        return web.json_response(await _job(hub, http, found))
    if found.resting is not None:
        raise found.resting.refusal()
    return web.json_response(_no_job(terms.skipped(found.reasons)))


async def _job(hub: Hub, http: web.Request, job: popping.Job) -> dict[str, Any]:
    base, now = hub.base(http), hub.clock()
    uploads = [
        hub.signer.link(base, "PUT", picture_name(generation), now) for generation in job.ids
    ]
    request = job.request
    return {
        "payload": terms.payload(request, job.seed, len(job.ids)),
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
    return None if name is None else await hub.shown(name, base, r2=r2)


def _no_job(skipped: dict[str, int]) -> dict[str, Any]:
    return {
        "payload": terms.empty_payload(),
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
    name = picture_name(done.id)
    if done.generation == UPLOADED:
        if not hub.pictures.has(name):
            raise Declined("BadRequest", code="hub.not_uploaded")
        return
    data = await asyncio.to_thread(read_result, done.generation)
    await hub.keep(name, data)


async def _webhook_body(
    hub: Hub, done: SubmitRequest, delivered: store.Delivered
) -> dict[str, Any]:
    return {
        "img": await hub.shown(picture_name(delivered.id), hub.base(), r2=delivered.r2),
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
