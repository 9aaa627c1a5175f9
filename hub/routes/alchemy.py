"""Endpoints for alchemy: ask what a picture shows or have it worked upon, and do that work."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from aiohttp import web

from common import texts
from hub.alchemy import popping, store, terms
from hub.callers.users import User
from hub.context import HUB, Hub
from hub.errors import Declined
from hub.pictures.folder import picture_name, source_names
from hub.pictures.receiving import read_source
from hub.routes.exchange import limiter_key, read_body, worker_owner
from hub.tables import FormState, Row
from hub.views.online import online_alchemists
from hub.wire import rules
from hub.wire.alchemy import AlchemyPop, AlchemyRequest, AlchemySubmit

UPLOADED = "R2"
FORMS_PER_PICTURE = 10
"""How many forms of one key may wait, for each picture that may."""
routes = web.RouteTableDef()


@routes.post("/api/v2/interrogate/async")
async def submit(http: web.Request) -> web.Response:
    """Take a picture and what is to be done with it into the queue: 202 with its id."""
    hub = http.app[HUB]
    headers = hub.limiter.count(limiter_key(hub, http))
    request = await read_body(http, AlchemyRequest)
    user = hub.user(http)
    if request.webhook:
        rules.check_webhook(request.webhook)
    alchemy_id = str(uuid.uuid4())
    answer = {"id": alchemy_id} | await _accept(hub, alchemy_id, request, user)
    return web.json_response(answer, status=202, headers=headers)


async def _accept(
    hub: Hub, alchemy_id: str, request: AlchemyRequest, user: User
) -> dict[str, object]:
    """Keep the picture, queue the forms; return a message if nobody can do them now."""
    now = hub.clock()
    source = await asyncio.to_thread(read_source, request.source_image)
    tiles = terms.tiles(source.width, source.height)
    name, _ = source_names(alchemy_id)
    await hub.keep(name, source.webp)
    await store.alchemy_submitted(
        hub.database,
        alchemy_id,
        request,
        user,
        tiles=tiles,
        prices=[terms.price(form.name, tiles) for form in request.forms],
        concurrency=hub.config.concurrency * FORMS_PER_PICTURE,
        now=now,
    )
    async with hub.database.read() as connection:
        online = await online_alchemists(connection, now)
    offered = {form for offer in online for form in offer.forms}
    if all(form.name in offered for form in request.forms):
        return {}
    return {"message": texts.say("hub.no_alchemist")}


@routes.get("/api/v2/interrogate/status/{id}")
async def status(http: web.Request) -> web.Response:
    """Say how far each form is, and what came of those that are done."""
    return web.json_response(await _status(http))


@routes.delete("/api/v2/interrogate/status/{id}")
async def cancel(http: web.Request) -> web.Response:
    """Want no more of a request; answer how it stands now. Whoever knows the id may."""
    await store.alchemy_cancelled(http.app[HUB].database, http.match_info["id"])
    return web.json_response(await _status(http))


async def _status(http: web.Request) -> dict[str, Any]:
    hub = http.app[HUB]
    async with hub.database.read() as connection:
        rows = await store.forms_of(connection, http.match_info["id"])
    base = hub.base(http)
    return {
        "state": terms.whole(row.state for row in rows),
        "forms": [_form(hub, base, row) for row in rows],
    }


def _form(hub: Hub, base: str, row: Row) -> dict[str, Any]:
    told = {"form": row.name, "state": row.state}
    if row.state == FormState.DONE:
        told["result"] = _result(hub, base, row, row.result)
    return told


def _result(hub: Hub, base: str, row: Row, result: dict[str, Any]) -> dict[str, Any]:
    """Return what came of a form; a picture as an address that is new each time."""
    if not terms.makes_picture(row.name):
        return result
    name = picture_name(row.id)
    return {row.name: hub.signer.link(base, "GET", name, hub.clock())}


@routes.post("/api/v2/interrogate/pop")
async def pop(http: web.Request) -> web.Response:
    """Give an alchemist forms it can do. The first pop registers it."""
    hub = http.app[HUB]
    offer = await read_body(http, AlchemyPop)
    user = worker_owner(hub, http)
    taken = await popping.pop(
        hub.database,
        offer,
        user,
        priority=hub.users.numbers(offer.priority_usernames),
        now=hub.clock(),
    )
    if not taken.forms and taken.resting is not None:
        raise taken.resting.refusal()
    base = hub.base(http)
    skipped = {"worker_id": 0, "untrusted": taken.untrusted, "bridge_version": 0}
    return web.json_response(
        {
            "forms": [_job(hub, base, row) for row in taken.forms],
            "skipped": {} if taken.forms else skipped,
        }
    )


def _job(hub: Hub, base: str, row: Row) -> dict[str, Any]:
    now = hub.clock()
    source, _ = source_names(row.alchemy)
    job = {
        "id": row.id,
        "form": row.name,
        "payload": row.payload or {},
        "source_image": hub.signer.link(base, "GET", source, now),
    }
    if terms.makes_picture(row.name):
        job["r2_upload"] = hub.signer.link(base, "PUT", picture_name(row.id), now)
    return job


@routes.post("/api/v2/interrogate/submit")
async def hand_in(http: web.Request) -> web.Response:
    """Take what came of a form, or the news that nothing will."""
    hub = http.app[HUB]
    done = await read_body(http, AlchemySubmit)
    user = hub.user(http)
    if done.faulted:
        await store.form_faulted(hub.database, done.id, user)
        return web.json_response({"reward": 0.0})
    row = await store.form_held(hub.database, done.id, user)
    result = _checked(hub, row, done)
    delivered = await store.form_delivered(hub.database, done, result, user, hub.clock())
    if delivered.webhook:
        hub.webhooks.announce(delivered.webhook, _webhook_body(hub, delivered.row, result))
    return web.json_response({"reward": row.price})


def _checked(hub: Hub, row: Row, done: AlchemySubmit) -> dict[str, Any]:
    """Return the result of a form, which is about that form and whose picture is there."""
    if terms.makes_picture(row.name):
        if not hub.pictures.has(picture_name(row.id)):
            raise Declined("BadRequest", code="hub.not_uploaded")
        return {row.name: UPLOADED}
    if not isinstance(done.result, dict) or done.result.get(row.name) is None:
        raise Declined("BadRequest", code="hub.result_missing", form=row.name)
    return {row.name: done.result[row.name]}


def _webhook_body(hub: Hub, row: Row, result: dict[str, Any]) -> dict[str, Any]:
    return {
        "form": row.name,
        "state": FormState.DONE,
        "result": _result(hub, hub.base(), row, result),
        "worker_id": row.worker,
        "worker_name": row.worker_name,
        "request": row.alchemy,
        "id": row.id,
        "kudos": row.price,
    }
