"""Every recorded exchange with a real server, played back to our client and our wire models.

The recordings are no part of the repository: set CONTRACTS_DIR to a folder with
`aihorde-recordings/`, and these tests run.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from pathlib import Path
from urllib.parse import unquote

import aiohttp
import pytest
from aiohttp import web
from pydantic import BaseModel, SecretStr

from common.errors import (
    HordeBusy,
    HordeError,
    HordeForbidden,
    HordeGone,
    HordeRejected,
    HordeUnreachable,
)
from common.horde.client import HordeClient
from common.horde.outcomes import error_of, is_limiter
from common.horde.return_codes import OUTCOMES
from common.horde.transport import Patience
from common.horde.wire import WebhookCall, generation_body
from common.horde.wire_accounts import SharedKey
from common.horde.wire_alchemy import alchemy_body
from common.horde.wire_text import TextBody
from common.horde.work import Popped, Rewarded
from common.model import Job

FOLDER = os.environ.get("CONTRACTS_DIR")
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="CONTRACTS_DIR is not set: point it at the folder with the contracts"
)
RECORDINGS = (
    {
        path.stem: json.loads(path.read_text("utf-8"))
        for path in sorted((Path(FOLDER) / "aihorde-recordings").glob("*.json"))
    }
    if FOLDER
    else {}
)
WEBHOOKS = "2xx_webhook_received"
IMAGE = generation_body(Job(style="raw", prompt="a fox", model="stable_diffusion"))
ORDER = "order-1"

CALLS = {
    r"GET /status/heartbeat": lambda client: client.heartbeat(),
    r"GET /status/performance": lambda client: client.performance(),
    r"GET /status/modes": lambda client: client.modes(),
    r"GET /status/models": lambda client: client.models(),
    r"GET /workers": lambda client: client.workers(),
    r"GET /workers/name/(.+)": lambda client, name: client.worker_by_name(name),
    r"GET /find_user": lambda client: client.find_user(),
    r"GET /users/(\d+)": lambda client, number: client.user(int(number)),
    r"GET /sharedkeys/(.+)": lambda client, key: client.shared_key(SecretStr(key)),
    r"POST /kudos/transfer": lambda client: client.transfer_kudos("a#1", 5, idempotency_key=ORDER),
    r"GET /styles/image": lambda client: client.styles(),
    r"GET /styles/image_by_name/(.+)": lambda client, name: client.style_by_name(name),
    r"GET /collections": lambda client: client.collections(),
    r"GET /collection_by_name/(.+)": lambda client, name: client.collection_by_name(name),
    r"POST /generate/async": lambda client: client.submit(IMAGE),
    r"POST /generate/async dry": lambda client: client.dry_run(IMAGE),
    r"GET /generate/check/(.+)": lambda client, horde_id: client.check(horde_id),
    r"GET /generate/status/(.+)": lambda client, horde_id: client.status(horde_id),
    r"DELETE /generate/status/(.+)": lambda client, horde_id: client.cancel(horde_id),
    r"POST /interrogate/async": lambda client: client.submit_alchemy(
        alchemy_body(["caption"], "QUJD")
    ),
    r"GET /interrogate/status/(.+)": lambda client, horde_id: client.alchemy_status(horde_id),
    r"POST /generate/text/async": lambda client: client.submit_text(TextBody(prompt="Once")),
    r"GET /generate/text/status/(.+)": lambda client, horde_id: client.text_status(horde_id),
}
"""What the client calls where the recording asked the server."""
WORKERS_READ = {
    r"POST /generate/pop": Popped,
    r"POST /(generate|interrogate|generate/text)/submit": Rewarded,
}
"""What the worker reads."""
NOT_CALLED = [
    r"POST /dev/test-user",
    r"PUT (/users/\d+|/workers/.+|/status/modes|/filters)",
    r"(POST|PATCH) /styles/image.*",
    r"POST (/collections|/filters)",
    r"GET (/teams|/stats/.+|/documents/.+|/status/models/.+)",
    r"PUT /horde-transient/.*",
]
"""What nobody of us asks a server: administration, making styles, statistics, storage."""

ERRORS = {
    HordeRejected: """
        209 245 256 257 259 260 262 263 269 271 277 52 55 56 58 232 65 233
    """,
    HordeForbidden: "14 217 239 241 248 278 73",
    HordeGone: "61 62 64",
    HordeBusy: "244 268 412 413 415 416 70 79",
    HordeUnreachable: "229 238 266 404",
}
"""Which recorded errors mean what, by the recordings' numbers."""
PAUSING = {"278": 179.0, "241": 600.0, "79": 300.0}
"""Those that are about the whole endpoint, with the seconds to leave it alone."""


def asked(recording):
    """Return what a recording asked for, as the tables above have it."""
    request = recording["request"]
    path = re.sub(r"^https?://[^/]+(/api/v2)?", "", request["url"]).partition("?")[0]
    dry = isinstance(request["body"], dict) and request["body"].get("dry_run")
    return f"{request['method']} {unquote(path)}{' dry' if dry else ''}"


def matches(table, recording):
    """Return the entry of a table for a recording and the parts of its path, or None."""
    for pattern in table:
        found = re.fullmatch(pattern, asked(recording))
        if found:
            return pattern, found.groups()
    return None


def recorded(table, wanted):
    """Return the recordings in a table that `wanted` holds for, as parameters."""
    found = [
        pytest.param(recording, id=stem)
        for stem, recording in RECORDINGS.items()
        if stem != WEBHOOKS and matches(table, recording) and wanted(recording)
    ]
    return found or [pytest.param(None, marks=pytest.mark.skip(reason="no recordings"))]


def is_answer(recording):
    return recording["response"]["status"] < 400


def is_error(recording):
    return not is_answer(recording)


@contextlib.asynccontextmanager
async def playing(recording):
    """Run a server that answers everything as recorded; yield a client of it and what it heard."""
    heard = []
    response = recording["response"]
    kept = ("retry-after", "x-ratelimit-limit")

    async def answer(request):
        heard.append(request)
        headers = {k: v for k, v in response["headers"].items() if k.lower() in kept}
        return web.json_response(response["body"], status=response["status"], headers=headers)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/api"
    try:
        async with aiohttp.ClientSession() as session:
            patience = Patience(attempts=1, limiter_wait=0)
            client = HordeClient(url, SecretStr("k"), session, name="real", patience=patience)
            yield client, heard
    finally:
        await runner.cleanup()


async def play(client, recording):
    pattern, parts = matches(CALLS, recording)
    return await CALLS[pattern](client, *parts)


def assert_told(value, body, where="answer"):
    """Every field that value and answer both have says the same."""
    if isinstance(body, list):
        assert len(value) == len(body), where
        for one, told in zip(value, body, strict=True):
            assert_told(one, told, where)
    elif isinstance(body, dict) and isinstance(value, BaseModel):
        for name in set(type(value).model_fields) & set(body):
            if body[name] is not None:
                assert_told(getattr(value, name), body[name], f"{where}.{name}")
    elif isinstance(value, SecretStr):
        assert value.get_secret_value() == body, where
    elif type(value) is type(body) or isinstance(value, int | float):
        assert value == body, where


# --- answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("recording", recorded(CALLS, is_answer))
async def test_each_recorded_answer_is_understood(recording):
    async with playing(recording) as (client, heard):
        value = await play(client, recording)

    [request] = heard
    assert f"{request.method} {request.path.removeprefix('/api/v2')}" == asked(
        recording
    ).removesuffix(" dry")
    body = recording["response"]["body"]
    if isinstance(value, float):
        assert value in body.values()
    else:
        assert_told(value, body)


@pytest.mark.parametrize("recording", recorded(WORKERS_READ, is_answer))
def test_each_recorded_answer_to_a_worker_is_understood(recording):
    pattern, _ = matches(WORKERS_READ, recording)

    assert_told(
        WORKERS_READ[pattern].model_validate(recording["response"]["body"]),
        recording["response"]["body"],
    )


async def test_an_alchemists_results_are_found_by_form():
    recording = RECORDINGS["286_alchemy_status_done"]
    async with playing(recording) as (client, _):
        status = await play(client, recording)

    assert status.over
    assert (status.value("caption"), status.value("nsfw")) == ("a fox", False)
    assert "/horde-transient/" in status.value("RealESRGAN_x2plus")


def test_a_recorded_shared_key_has_an_end_with_a_zone():
    told = RECORDINGS["235_sharedkey_get"]["response"]["body"]

    assert SharedKey.model_validate(told).expiry.isoformat() == "2026-11-29T19:38:42+00:00"


def test_recorded_webhook_calls_are_understood():
    bodies = [call["body"] for call in RECORDINGS[WEBHOOKS]]

    assert any("img" in body for body in bodies)
    for body in bodies:
        assert_told(WebhookCall.model_validate(body), body)


# --- errors -----------------------------------------------------------------------------------


def kind_of(stem):
    number = stem.partition("_")[0]
    return next((kind for kind, numbers in ERRORS.items() if number in numbers.split()), None)


@pytest.mark.parametrize("recording", recorded(CALLS, is_error))
async def test_each_recorded_refusal_raises_what_it_means(recording, request):
    stem = request.node.callspec.id
    async with playing(recording) as (client, heard):
        with pytest.raises(HordeError) as raised:
            await play(client, recording)

    assert type(raised.value) is kind_of(stem)
    assert raised.value.rc == (recording["response"]["body"].get("rc") or "")
    assert raised.value.status == recording["response"]["status"]
    assert len(heard) == 1
    assert raised.value.pauses_endpoint == PAUSING.get(stem.partition("_")[0])


@pytest.mark.parametrize("recording", recorded([r".*"], is_error))
def test_each_recorded_error_gets_a_class_and_a_sentence(recording, request):
    response = recording["response"]
    body, status = response["body"], response["status"]

    error = error_of(status, body, response["headers"], horde="aihorde")

    assert type(error) is kind_of(request.node.callspec.id)
    assert str(error)
    if "rc" in body:
        assert body["rc"] in OUTCOMES, "a return code the table does not know"
    elif status == 429:
        assert is_limiter(error)
        assert error.retry_after > 0


# --- completeness -----------------------------------------------------------------------------


def test_every_recording_is_played_or_known_not_to_concern_us():
    left = [
        stem
        for stem, recording in RECORDINGS.items()
        if stem != WEBHOOKS
        and not any(matches(table, recording) for table in (CALLS, WORKERS_READ, NOT_CALLED))
    ]
    assert left == []


def test_every_call_of_the_table_has_a_recording():
    played = {
        found[0] for r in RECORDINGS.values() if isinstance(r, dict) if (found := matches(CALLS, r))
    }

    assert set(CALLS) - played == set()
