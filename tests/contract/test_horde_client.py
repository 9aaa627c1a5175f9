"""Our client, its wire models and the fake Horde, held against the real server's own words.

The contracts are no part of the repository: set CONTRACTS_DIR to a folder with
`aihorde-swagger.json` and `aihorde-recordings/`, and these tests run.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import aiohttp
import jsonschema
import pytest
from pydantic import SecretStr

from common.errors import HordeBusy, HordeError, HordeForbidden, HordeGone, HordeRejected
from common.horde.client import MODELS, WORKERS, HordeClient
from common.horde.outcomes import OUTCOMES, error_of, is_limiter
from common.horde.wire import (
    Check,
    DryRun,
    Heartbeat,
    Status,
    Submitted,
    User,
    WebhookCall,
    generation_body,
)
from common.horde.work import Popped, Rewarded
from common.model import Job, LoraUse, TiUse
from tests.fakes.horde import FakeHorde, Fate, faults

FOLDER = os.environ.get("CONTRACTS_DIR")
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="CONTRACTS_DIR is not set: point it at the folder with the contracts"
)
RECORDINGS = sorted((Path(FOLDER) / "aihorde-recordings").glob("*.json")) if FOLDER else []

READERS = {
    ("POST", "/generate/async", 202): Submitted.model_validate,
    ("POST", "/generate/async", 200): DryRun.model_validate,
    ("GET", "/generate/check", 200): Check.model_validate,
    ("GET", "/generate/status", 200): Status.model_validate,
    ("DELETE", "/generate/status", 200): Status.model_validate,
    ("GET", "/status/models", 200): MODELS.validate_python,
    ("GET", "/status/heartbeat", 200): Heartbeat.model_validate,
    ("GET", "/find_user", 200): User.model_validate,
    ("GET", "/workers", 200): WORKERS.validate_python,
    ("POST", "/generate/pop", 200): Popped.model_validate,
    ("POST", "/generate/submit", 200): Rewarded.model_validate,
}
"""What reads the answer of which endpoint."""


def load(path):
    return json.loads(path.read_text("utf-8"))


def endpoint_of(recording):
    """Return the path of a recorded request without prefix, ids and query."""
    path = recording["request"]["url"].partition("/api/v2")[2].partition("?")[0]
    return re.sub(r"/[0-9a-f]{8}-[0-9a-f-]{27}$|/abc$", "", path)


@pytest.fixture(scope="module")
def swagger():
    return load(Path(FOLDER) / "aihorde-swagger.json")


@pytest.fixture(scope="module")
def valid(swagger):
    """Return a function that checks a value against a definition of the Swagger document."""

    def check(value, definition):
        schema = {"$ref": f"#/definitions/{definition}", "definitions": swagger["definitions"]}
        jsonschema.Draft4Validator(schema).validate(value)

    return check


def fields_of(swagger, definition):
    """Return the names of all fields of a definition, inherited ones too."""
    schema = swagger["definitions"][definition]
    names = set()
    for part in [schema, *schema.get("allOf", [])]:
        if "$ref" in part:
            names |= fields_of(swagger, part["$ref"].rpartition("/")[2])
        names |= set(part.get("properties", {}))
    return names


# --- recordings -----------------------------------------------------------------------------


def recorded(wanted):
    """Return the recordings whose answer `wanted` says we must understand, as parameters."""
    found = []
    for path in RECORDINGS:
        recording = load(path)
        if isinstance(recording, dict) and wanted(recording):
            found.append(pytest.param(recording, id=path.stem))
    return found or [pytest.param(None, marks=pytest.mark.skip(reason="no recordings"))]


def is_answer(recording):
    request, status = recording["request"], recording["response"]["status"]
    return (request["method"], endpoint_of(recording), status) in READERS


def is_error(recording):
    return recording["response"]["status"] >= 400


@pytest.mark.parametrize("recording", recorded(is_answer))
def test_each_recorded_answer_is_understood(recording):
    response = recording["response"]
    read = READERS[recording["request"]["method"], endpoint_of(recording), response["status"]]

    value = read(response["body"])

    for field in ("id", "done", "kudos", "waiting", "username", "version"):
        if isinstance(response["body"], dict) and response["body"].get(field) is not None:
            assert getattr(value, field, response["body"][field]) == response["body"][field]


def test_there_is_a_recording_for_every_endpoint_we_read():
    seen = {
        (load(path)["request"]["method"], endpoint_of(load(path)))
        for path in RECORDINGS
        if isinstance(load(path), dict)
    }
    assert {(method, path) for method, path, _ in READERS} <= seen


@pytest.mark.parametrize("recording", recorded(is_error))
def test_each_recorded_error_gets_a_class_and_a_sentence(recording):
    response = recording["response"]
    body, status = response["body"], response["status"]

    error = error_of(status, body, response["headers"], horde="aihorde")

    assert isinstance(error, HordeError)
    assert str(error)
    if "rc" in body:
        assert body["rc"] in OUTCOMES, "a return code the table does not know"
        assert error.rc == body["rc"]
    elif status == 429:
        assert is_limiter(error)
        assert error.retry_after > 0
    elif status < 500:
        assert isinstance(error, HordeRejected)


def test_recorded_webhook_calls_are_understood():
    calls = load(Path(FOLDER) / "aihorde-recordings/2xx_webhook_received.json")
    pictures = [call["body"] for call in calls if "img" in call["body"]]

    assert pictures
    for body in pictures:
        call = WebhookCall.model_validate(body)
        assert (call.request, call.seed) == (body["request"], body["seed"])


# --- what we send -----------------------------------------------------------------------------

JOBS = {
    "plain": Job(style="raw", prompt="a fox", model="Deliberate"),
    "everything": Job(
        style="rich",
        prompt="a fox ### blurry",
        model="AlbedoBase XL (SDXL)",
        n=4,
        width=1024,
        height=768,
        steps=25,
        cfg_scale=6.5,
        sampler="k_dpmpp_2m",
        clip_skip=2,
        hires_fix=True,
        tiling=True,
        seed="a word",
        seed_variation=3,
        loras=(LoraUse("76693", 0.8, 0.9, inject_trigger="any"), LoraUse("1", is_version=True)),
        tis=(TiUse("7808", inject_ti="negprompt", strength=0.5), TiUse("72437")),
        post_processing=("RealESRGAN_x4plus", "CodeFormers"),
        denoising_strength=0.6,
        source_processing="img2img",
        nsfw=True,
        censor_nsfw=False,
        trusted_workers=True,
        slow_workers=False,
    ),
}


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
async def test_each_body_we_send_is_what_the_server_asks_for(job, valid):
    source = "QUJD" if job.source_processing else None
    body = generation_body(
        job, source_images=[source] if source else [], webhook="https://example.org/horde/token"
    )
    async with FakeHorde() as horde, aiohttp.ClientSession() as session:
        client = HordeClient(horde.url, SecretStr("k"), session, name="fake")
        await client.submit(body)
        await client.dry_run(body)
        sent = [exchange.body for exchange in horde.journal.of("submit")]

    for document in sent:
        valid(document, "GenerationInputStable")
    assert [document.get("dry_run") for document in sent] == [None, True]


def test_our_bodies_use_no_field_the_server_does_not_know(swagger):
    body = generation_body(
        JOBS["everything"], source_images=["QUJD"], webhook="https://example.org/"
    ).body()

    assert set(body) <= fields_of(swagger, "GenerationInputStable")
    assert set(body["params"]) <= fields_of(swagger, "ModelGenerationInputStable")


# --- the fake -----------------------------------------------------------------------------------

ANSWERS = {
    ("submit", 202): "RequestAsync",
    ("check", 200): "RequestStatusCheck",
    ("status", 200): "RequestStatusStable",
    ("cancel", 200): "RequestStatusStable",
    ("find_user", 200): "UserDetails",
}
LISTS = {"models": "ActiveModel", "workers": "WorkerDetails"}


async def test_the_fake_answers_what_the_server_would(valid):
    body = generation_body(JOBS["plain"])
    async with FakeHorde(models={"Deliberate": 1}) as horde, aiohttp.ClientSession() as session:
        client = HordeClient(horde.url, SecretStr("k"), session, name="fake")
        horde.plan.extend(Fate)
        for _ in Fate:
            submitted = await client.submit(body)
            await client.check(submitted.id)
            await client.status(submitted.id)
            await client.cancel(submitted.id)
        await client.models()
        await client.workers()
        await client.find_user()
        exchanges = horde.journal.exchanges

    for exchange in exchanges:
        if exchange.route in LISTS:
            for row in exchange.answer:
                valid(row, LISTS[exchange.route])
        else:
            valid(exchange.answer, ANSWERS[exchange.route, exchange.status])
    assert {exchange.route for exchange in exchanges} == {route for route, _ in ANSWERS} | set(
        LISTS
    )


async def test_the_fake_refuses_in_the_servers_words(valid):
    async with FakeHorde() as horde, aiohttp.ClientSession() as session:
        client = HordeClient(horde.url, SecretStr("k"), session, name="fake")
        with pytest.raises(HordeGone):
            await client.check("00000000-0000-0000-0000-000000000000")
        horde.keys = set()
        with pytest.raises(HordeForbidden):
            await client.submit(generation_body(JOBS["plain"]))
        horde.keys, horde.concurrency = None, 0
        with pytest.raises(HordeBusy):
            await client.submit(generation_body(JOBS["plain"]))
        answers = [exchange.answer for exchange in horde.journal.exchanges]

    for answer in answers:
        valid(answer, "RequestError")


def test_the_fakes_limiter_speaks_like_the_recorded_one():
    [real] = [load(path)["response"] for path in RECORDINGS if path.stem == "70_ratelimit_3"]
    made = faults.limiter("2 per 1 second")

    assert (made.status, json.loads(made.body)) == (real["status"], real["body"])
    assert made.headers["Retry-After"] == real["headers"]["Retry-After"]
    assert {name.lower() for name in made.headers} <= {name.lower() for name in real["headers"]}


@pytest.mark.parametrize(
    ("definition", "names"),
    [
        ("RequestStatusCheck", set(Check.model_fields)),
        ("RequestStatusStable", {"generations", "shared"}),
        ("WorkerDetails", {"trusted", "maintenance_mode", "models", "threads", "nsfw", "flagged"}),
    ],
)
def test_the_fields_we_read_exist(swagger, definition, names):
    assert names <= fields_of(swagger, definition)


def test_the_table_knows_most_return_codes_of_the_document(swagger):
    listed = swagger["definitions"]["RequestError"]["properties"]["rc"]["enum"]
    unknown = [rc for rc in listed if rc not in OUTCOMES]

    # what is left concerns texts, teams, styles and administration, and falls back on its status
    assert len(unknown) <= len(listed) * 0.2, unknown
