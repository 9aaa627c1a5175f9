"""The fake Mastodon, as the real Mastodon.py sees it; held to Mastodon's own API document."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from mastodon import (
    Mastodon,
    MastodonAPIError,
    MastodonNotFoundError,
    MastodonRatelimitError,
    MastodonUnauthorizedError,
)

from tests.fakes.mastodon import FLAVOURS, FakeMastodon

FOLDER = os.environ.get("CONTRACTS_DIR")


@pytest.fixture
async def server():
    async with FakeMastodon() as running:
        yield running


def client(server, token=None):
    return Mastodon(
        access_token=token or server.token,
        api_base_url=server.url,
        mastodon_version="4.5.0",
        version_check_mode="created",
        ratelimit_method="throw",
        request_timeout=5,
    )


async def call(function, *args, **options):
    return await asyncio.to_thread(function, *args, **options)


async def ids_of(server, **query):
    page = await call(client(server).notifications, types=["mention"], **query)
    return [one.status.id for one in page]


async def test_min_id_is_the_page_right_above_and_since_id_the_newest(server):
    asked = [server.say("ann", f"draw for me {number}") for number in range(7)]
    first = server.community.notifications[0].id
    assert [str(i) for i in await ids_of(server, min_id=first, limit=3)] == asked[3:0:-1]
    assert [str(i) for i in await ids_of(server, since_id=first, limit=3)] == asked[:3:-1]
    assert [str(i) for i in await ids_of(server, limit=2)] == asked[:-3:-1]


async def test_snac_gives_one_notification_unless_told_how_many():
    async with FakeMastodon(FLAVOURS["snac"]) as server:
        for number in range(3):
            server.say("ann", f"draw for me {number}")
        assert len(await ids_of(server)) == 1
        assert len(await ids_of(server, limit=40)) == 3
        with pytest.raises(MastodonNotFoundError):
            await call(client(server).instance_v2)


@pytest.mark.parametrize(("flavour", "posts"), [("mastodon", 1), ("snac", 2), ("takahe", 2)])
async def test_an_idempotency_key_is_heeded_by_some(flavour, posts):
    async with FakeMastodon(FLAVOURS[flavour]) as server:
        asked = server.say("ann", "draw for me a fox")
        for _ in range(2):
            await call(
                client(server).status_post, "@ann yes", in_reply_to_id=asked, idempotency_key="1"
            )
        assert len(server.answers(asked)) == posts


@pytest.mark.parametrize("name", FLAVOURS)
async def test_ids_sort_by_length_then_as_text(name):
    make = FLAVOURS[name].number
    ids = [make(number) for number in range(1, 3000, 7)]
    assert ids == sorted(ids, key=lambda one: (len(one), one))


async def test_a_slow_picture_cannot_be_posted_until_it_is_processed(server):
    server.routes.uploads = ["slow", "broken"]
    api = client(server)
    media = await call(api.media_post, b"x", "image/webp", description="a fox")
    with pytest.raises(MastodonAPIError, match="422"):
        await call(api.status_post, "yes", media_ids=[media])
    assert media.url is None
    while (await call(api.media, media)).url is None:
        pass
    posted = await call(api.status_post, "yes", media_ids=[media])
    assert posted.media_attachments[0].description == "a fox"
    broken = await call(api.media_post, b"x", "image/webp")
    await call(api.media, broken)
    with pytest.raises(MastodonAPIError, match="422"):
        await call(api.media, broken)


async def test_limits_are_answered_429(server):
    server.limits["upload"] = (1, 60)
    api = client(server)
    await call(api.media_post, b"x", "image/webp")
    with pytest.raises(MastodonRatelimitError):
        await call(api.media_post, b"x", "image/webp")


async def test_what_servers_refuse(server):
    with pytest.raises(MastodonUnauthorizedError):
        await call(client(server, "wrong").account_verify_credentials)
    with pytest.raises(MastodonAPIError, match="limit of 500"):
        await call(client(server).status_post, "x" * 501)
    await call(client(server).status_post, "@ann@a.very.long.domain.example " + "x" * 490)
    with pytest.raises(MastodonNotFoundError):
        await call(client(server).status_post, "yes", in_reply_to_id="1")


async def test_every_answer_is_as_the_api_document_says(server):
    if not FOLDER:
        pytest.skip("CONTRACTS_DIR is not set: point it at the folder with the contracts")
    api = client(server)
    asked = server.say("ann@elsewhere.example", "draw for me a fox\n#art https://example.org/a?b=1")
    server.routes.uploads = ["ok", "slow"]
    media = await call(api.media_post, b"x", "image/webp", description="a fox")
    await call(api.media, await call(api.media_post, b"x", "image/webp"))
    posted = await call(
        api.status_post,
        "@ann@elsewhere.example yes",
        in_reply_to_id=asked,
        media_ids=[media],
        visibility="unlisted",
        spoiler_text="re: art",
        sensitive=True,
        language="en",
        idempotency_key="k",
    )
    choice = api.make_poll(["one", "two"], 600)
    poll = await call(api.status_post, "which?", in_reply_to_id=posted, poll=choice)
    await call(api.poll, poll.poll)
    await call(api.status_favourite, asked)
    await call(api.status_context, asked)
    await call(api.status, asked)
    await call(api.notifications, types=["mention"], limit=40)
    await call(api.account_verify_credentials)
    await call(api.account_update_credentials, bot=True, note="x", fields=[("Operator", "@ann")])
    await call(api.account_relationships, [server.person("ann@elsewhere.example").id])
    await call(api.account_statuses, server.bot.id)
    await call(api.app_verify_credentials)
    await call(api.update_notifications_policy, for_private_mentions="accept")
    await call(api.instance_v1)
    await call(api.instance_v2)
    await call(api.status_delete, posted)
    document = json.loads((Path(FOLDER) / "mastodon-openapi.json").read_text())
    checked = [_check(document, exchange) for exchange in server.journal.exchanges]
    assert sum(checked) >= 18


def _check(document: dict[str, Any], exchange: Any) -> bool:
    """Hold an exchange to the document; tell whether it says what the answer looks like."""
    path = exchange.path.partition("?")[0].rstrip("/")
    shapes = {re.sub(r"\{\w+\}", "[^/]+", shape): shape for shape in document["paths"]}
    found = [shape for pattern, shape in shapes.items() if re.fullmatch(pattern, path)]
    exact = path if path in document["paths"] else min(found, key=lambda s: s.count("{"))
    operation = document["paths"][exact][exchange.method.lower()]
    told = operation["responses"][str(exchange.status)].get("content", {})
    known = {parameter["name"] for parameter in operation.get("parameters", [])}
    query = re.findall(r"(?:^|&)([^=&]+)=", exchange.path.partition("?")[2])
    assert {name.replace("%5B%5D", "") for name in query} <= known, exchange.path
    if isinstance(exchange.body, dict) and "requestBody" in operation:
        sent = {name.partition("[")[0] for name in exchange.body}
        assert sent <= _fields(document, operation["requestBody"]["content"]), exchange.path
    if not told:
        return False
    schema = told["application/json"]["schema"] | {"components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(exchange.answer)
    return True


def _fields(document: dict[str, Any], content: dict[str, Any]) -> set[str]:
    """Return the names of the fields a request may have."""
    names: set[str] = set()
    waiting = [kind["schema"] for kind in content.values()]
    while waiting:
        schema = waiting.pop()
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        names |= set(schema.get("properties", {}))
        waiting += [*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())]
    return names
