"""What the hub answers is valid by the public server's Swagger document, and what that allows is taken."""

from __future__ import annotations

import pytest

from tests.component.hub.callers import (
    alchemy_body,
    b64,
    webp,
)
from tests.contract.hub_replay import (
    FOLDER,
    assert_valid,
    example,
    fields,
    read_definitions,
)

pytestmark = pytest.mark.skipif(
    not FOLDER, reason="CONTRACTS_DIR is not set: point it at the folder with the contracts"
)


@pytest.fixture(scope="module")
def definitions():
    return read_definitions()


async def test_answers_are_valid_by_the_swagger_document(room, definitions):
    warned = await room.bot.post("/generate/async", {"prompt": "a fox", "params": {"n": 2}})
    assert_valid(definitions, warned.body, "RequestAsync")
    request = warned.body["id"]
    assert_valid(definitions, await room.bot.check(request), "RequestStatusCheck")
    assert_valid(definitions, await room.host.pop(nsfw=False), "GenerationPayloadStable")
    job = await room.host.pop(allow_lora=True)
    assert_valid(definitions, job, "GenerationPayloadStable")
    await room.host.upload(job["r2_upload"])
    metadata = [{"type": "lora", "value": "download_failed", "ref": "12"}]
    done = await room.host.submit(job["id"], gen_metadata=metadata)
    assert_valid(definitions, done.body, "GenerationSubmitted")
    status = await room.bot.status(request)
    assert len(status["generations"]) == 1
    assert_valid(definitions, status, "RequestStatusStable")
    for row in (await room.bot.get("/status/models")).body:
        assert_valid(definitions, row, "ActiveModel")
    assert_valid(definitions, (await room.bot.get("/status/performance")).body, "HordePerformance")
    assert_valid(definitions, (await room.bot.get("/status/modes")).body, "HordeModes")
    user = (await room.host.get("/find_user")).body
    # the real server sends `vpn` and `special`; the document knows both
    assert_valid(definitions, user, "UserDetails")
    worker = (await room.bot.get(f"/workers/{user['worker_ids'][0]}")).body
    assert_valid(definitions, worker, "WorkerDetails")
    change = {"maintenance": True, "info": "x", "name": "renamed"}
    changed = await room.host.call("PUT", f"/workers/{worker['id']}", json=change)
    assert_valid(definitions, changed.body, "ModifyWorker")


async def test_alchemy_is_valid_by_the_swagger_document(room, definitions):
    asked = await room.bot.post("/interrogate/async", alchemy_body("caption", "NMKD_Siax"))
    assert_valid(definitions, asked.body, "RequestInterrogationResponse")
    offer = {"name": "alchemist", "forms": []}
    offer |= {
        name: example(definitions, "InterrogationPopInput", name)
        for name in fields(definitions, "InterrogationPopInput") - {"name", "forms"}
        if example(definitions, "InterrogationPopInput", name) is not None
    }
    assert len(offer) > 4
    nothing = await room.host.post("/interrogate/pop", offer)
    assert_valid(definitions, nothing.body, "InterrogationPopPayload")
    assert_valid(definitions, nothing.body["skipped"], "NoValidInterrogationsFound")
    offer |= {"forms": ["caption", "NMKD_Siax"], "amount": 2}
    jobs = await room.host.post("/interrogate/pop", offer)
    assert_valid(definitions, jobs.body, "InterrogationPopPayload")
    for job in jobs.body["forms"]:
        assert_valid(definitions, job, "InterrogationPopFormPayload")
    done = await room.host.submit_form(jobs.body["forms"][0], result={"caption": "a fox"})
    assert_valid(definitions, done.body, "GenerationSubmitted")
    status = await room.bot.alchemy(asked.body["id"])
    assert_valid(definitions, status, "InterrogationStatus")
    for form in status["forms"]:
        assert_valid(definitions, form, "InterrogationFormStatus")
    (alchemist,) = (await room.host.get("/workers?type=interrogation")).body
    assert_valid(definitions, alchemist, "WorkerDetails")


async def test_refusals_are_valid_by_the_swagger_document(room, definitions):
    from hub.errors import ANSWERS, Declined

    known = definitions["RequestError"]["properties"]["rc"]["enum"]
    # the real server sends these two as well, though its document does not list them
    assert set(ANSWERS) - {"StyleNotFound", "TooManyWorkers"} <= set(known)
    values = {"id": 1, "limit": 1, "wanted": 2, "name": "x"}
    for rc in ANSWERS:
        if rc in known:
            assert_valid(definitions, Declined(rc, **values).body(), "RequestError")
    malformed = await room.bot.post("/generate/async", {"params": {"n": 0}})
    assert set(malformed.body) == {"errors", "message"}
    assert all(isinstance(text, str) for text in malformed.body["errors"].values())


async def test_every_field_the_document_allows_is_accepted(room, definitions):
    """What the Swagger document calls a valid request is never called malformed here."""
    examples = {"workers": [], "source_image": b64(webp()), "style": None, "proxied_account": None}
    body = {"prompt": "a fox", "params": {}}
    for name in fields(definitions, "GenerationInputStable") - {"prompt", "params"}:
        value = examples.get(name, example(definitions, "GenerationInputStable", name))
        if value is not None:
            body[name] = value
    for name in fields(definitions, "ModelGenerationInputStable"):
        value = example(definitions, "ModelGenerationInputStable", name)
        if value is not None:
            body["params"][name] = value
    assert len(body) > 12
    assert len(body["params"]) > 12
    answer = await room.bot.post("/generate/async", body)
    assert "errors" not in answer.body
