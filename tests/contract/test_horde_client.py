"""Our client, its wire models and the fake Horde, held against the real server's own words.

The contracts are no part of the repository: set CONTRACTS_DIR to a folder with
`aihorde-swagger.json` and `aihorde-recordings/`, and these tests run.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import aiohttp
import jsonschema
import pytest
from pydantic import SecretStr

from common.errors import HordeBusy, HordeForbidden, HordeGone
from common.horde.client import HordeClient
from common.horde.native import NativeCollection, NativeStyle
from common.horde.return_codes import OUTCOMES
from common.horde.wire import (
    Check,
    GenerationBody,
    GenerationParams,
    User,
    WorkerStatus,
    generation_body,
)
from common.horde.wire_accounts import SharedKey, SharedKeyBody, TransferBody
from common.horde.wire_alchemy import AlchemyResult, AlchemyStatus, alchemy_body
from common.horde.wire_names import ALCHEMY_FORMS, CONTROL_TYPES, POST_PROCESSORS, SAMPLERS
from common.horde.wire_status import Modes, News, Performance
from common.horde.wire_text import TextBody, TextGeneration, TextParams
from common.model import Job, LoraUse, TiUse
from tests.fakes.horde import FakeHorde, Fate, faults
from tests.fakes.horde.requests import WORKER_ID, WORKER_NAME

FOLDER = os.environ.get("CONTRACTS_DIR")
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="CONTRACTS_DIR is not set: point it at the folder with the contracts"
)
HOOK = "https://example.org/horde/token"
TEXT = TextParams(
    n=2,
    max_length=100,
    max_context_length=1024,
    temperature=0.7,
    top_p=0.9,
    top_k=40,
    min_p=0.1,
    rep_pen=1.1,
    rep_pen_range=256,
    stop_sequence=["THE END"],
    singleline=True,
    frmttriminc=True,
)


def load(path):
    return json.loads(path.read_text("utf-8"))


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


def enum_of(swagger, field):
    """Return the values the document allows for a field, or for its items."""
    for schema in swagger["definitions"].values():
        for part in [schema, *schema.get("allOf", [])]:
            found = part.get("properties", {}).get(field, {})
            if "enum" in found or "enum" in found.get("items", {}):
                return found.get("enum") or found["items"]["enum"]
    raise LookupError(field)


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


def test_all_that_can_be_asked_for_has_a_typed_field(swagger):
    body, params = fields_of(swagger, "GenerationInputStable"), set(GenerationParams.model_fields)

    assert body - set(GenerationBody.model_fields) == {"shared", "validated_backends"}
    assert fields_of(swagger, "ModelGenerationInputStable") - params == {"special"}


@pytest.mark.parametrize(
    ("sent", "definition"),
    [
        (alchemy_body(ALCHEMY_FORMS, "QUJD", webhook=HOOK), "ModelInterrogationInputStable"),
        (TextBody(prompt="Once"), "GenerationInputKobold"),
        (TextBody(prompt="Once", params=TEXT, models=["m"], webhook=HOOK), "GenerationInputKobold"),
        (SharedKeyBody(), "SharedKeyInput"),
        (SharedKeyBody(name="a key", kudos=-1, expiry=-1, max_image_pixels=-1), "SharedKeyInput"),
        (
            SharedKeyBody(kudos=5, expiry=7, max_image_steps=30, max_text_tokens=80),
            "SharedKeyInput",
        ),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_each_other_body_is_what_the_server_asks_for(sent, definition, swagger, valid):
    body = sent.body()

    valid(body, definition)
    known = fields_of(swagger, definition)
    if definition == "ModelInterrogationInputStable":
        known |= {"trusted_workers"}  # the server reads it, its document does not say so
    assert set(body) <= known
    if "params" in body:
        assert set(body["params"]) <= fields_of(swagger, "ModelGenerationInputKobold")


def test_a_transfer_is_what_the_server_asks_for(swagger):
    operation = swagger["paths"]["/v2/kudos/transfer"]["post"]
    [payload] = [p for p in operation["parameters"] if p["name"] == "payload"]
    body = TransferBody(username="a#1", amount=5).body()

    jsonschema.Draft4Validator(payload["schema"]).validate(body)
    assert set(body) == set(payload["schema"]["properties"])
    assert "Idempotency-Key" in {p["name"] for p in operation["parameters"]}


def test_the_names_we_know_are_the_servers(swagger):
    form = swagger["definitions"]["ModelInterrogationFormStable"]["properties"]["name"]

    assert list(ALCHEMY_FORMS) == form["enum"]
    assert set(POST_PROCESSORS) == set(enum_of(swagger, "post_processing"))
    assert set(SAMPLERS) == set(enum_of(swagger, "sampler_name"))
    assert set(CONTROL_TYPES) == set(enum_of(swagger, "control_type"))


# --- the fake -----------------------------------------------------------------------------------

ANSWERS = {
    ("submit", 202): "RequestAsync",
    ("check", 200): "RequestStatusCheck",
    ("status", 200): "RequestStatusStable",
    ("cancel", 200): "RequestStatusStable",
    ("find_user", 200): "UserDetails",
    ("user", 200): "UserDetails",
    ("performance", 200): "HordePerformance",
    ("modes", 200): "HordeModes",
    ("worker", 200): "WorkerDetails",
    ("worker_name", 200): "WorkerDetails",
    ("style", 200): "StyleStable",
    ("style_name", 200): "StyleStable",
    ("collection", 200): "ResponseModelCollection",
    ("collection_id", 200): "ResponseModelCollection",
    ("shared_key_create", 200): "SharedKeyDetails",
    ("shared_key", 200): "SharedKeyDetails",
    ("shared_key_change", 200): "SharedKeyDetails",
    ("shared_key_delete", 200): "SimpleResponse",
    ("transfer", 200): "KudosTransferred",
    ("alchemy", 202): "RequestInterrogationResponse",
    ("alchemy_status", 200): "InterrogationStatus",
    ("alchemy_cancel", 200): "InterrogationStatus",
    ("text", 202): "RequestAsync",
    ("text_status", 200): "RequestStatusKobold",
    ("text_cancel", 200): "RequestStatusKobold",
}
LISTS = {
    "models": "ActiveModel",
    "workers": "WorkerDetails",
    "news": "Newspiece",
    "styles": "StyleStable",
    "collections": "ResponseModelCollection",
}
STYLE = {
    "id": "077454e7-4899-4976-872f-6fe3117ec64d",
    "name": "foxy",
    "prompt": "{p}, oil ### ugly{np}",
    "params": {"steps": 25},
    "models": ["Deliberate"],
    "tags": ["oil"],
}
COLLECTION = {"id": "c", "name": "foxes", "type": "image", "styles": [{"id": "s", "name": "foxy"}]}


async def make_pictures(client, horde):
    horde.plan.extend(Fate)
    for _ in Fate:
        submitted = await client.submit(generation_body(JOBS["plain"]))
        await client.check(submitted.id)
        await client.status(submitted.id)
        await client.cancel(submitted.id)


async def make_words(client, horde):
    for horde.fate in (Fate.OK, Fate.FAULTED, Fate.IMPOSSIBLE):
        alchemy = await client.submit_alchemy(alchemy_body(ALCHEMY_FORMS, "QUJD"))
        await client.alchemy_status(alchemy.id)
        await client.cancel_alchemy(alchemy.id)
        text = await client.submit_text(TextBody(prompt="Once"))
        await client.text_status(text.id)
        await client.cancel_text(text.id)


async def look_around(client, horde):
    for ask in ("models", "workers", "performance", "modes", "news", "find_user", "styles"):
        await getattr(client, ask)()
    await client.user(2)
    await client.worker(WORKER_ID)
    await client.worker_by_name(WORKER_NAME)
    await client.style(STYLE["id"])
    await client.style_by_name("foxy")
    await client.collections()
    await client.collection("c")
    await client.collection_by_name("foxes")


async def share_kudos(client, horde):
    key = await client.create_shared_key(SharedKeyBody(name="a key", expiry=7))
    await client.shared_key(key.id)
    await client.change_shared_key(key.id, SharedKeyBody(kudos=5))
    await client.transfer_kudos("friend#2", 5, idempotency_key="order-1")
    await client.delete_shared_key(key.id)


async def test_the_fake_answers_what_the_server_would(valid):
    async with FakeHorde(models={"Deliberate": 1}) as horde, aiohttp.ClientSession() as session:
        horde.styles, horde.collections = [STYLE], [COLLECTION]
        client = HordeClient(horde.url, SecretStr("k"), session, name="fake")
        for deeds in (make_pictures, make_words, look_around, share_kudos):
            await deeds(client, horde)
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
    real = load(Path(FOLDER) / "aihorde-recordings" / "70_ratelimit_3.json")["response"]
    made = faults.limiter("2 per 1 second")

    assert (made.status, json.loads(made.body)) == (real["status"], real["body"])
    assert made.headers["Retry-After"] == real["headers"]["Retry-After"]
    assert {name.lower() for name in made.headers} <= {name.lower() for name in real["headers"]}


@pytest.mark.parametrize(
    ("definition", "names"),
    [
        ("RequestStatusCheck", set(Check.model_fields)),
        ("RequestStatusStable", {"generations", "shared"}),
        (
            "WorkerDetails",
            {field.alias or name for name, field in WorkerStatus.model_fields.items()},
        ),
        ("UserDetails", set(User.model_fields)),
        ("HordePerformance", set(Performance.model_fields)),
        ("HordeModes", set(Modes.model_fields)),
        ("Newspiece", set(News.model_fields)),
        ("SharedKeyDetails", set(SharedKey.model_fields)),
        ("StyleStable", set(NativeStyle.model_fields)),
        ("ResponseModelCollection", set(NativeCollection.model_fields)),
        ("InterrogationFormStatus", set(AlchemyResult.model_fields)),
        ("InterrogationStatus", set(AlchemyStatus.model_fields)),
        ("GenerationKobold", set(TextGeneration.model_fields)),
    ],
)
def test_the_fields_we_read_exist(swagger, definition, names):
    assert names <= fields_of(swagger, definition)


def test_the_table_knows_every_return_code_of_the_document(swagger):
    listed = swagger["definitions"]["RequestError"]["properties"]["rc"]["enum"]

    assert [rc for rc in listed if rc not in OUTCOMES] == []
