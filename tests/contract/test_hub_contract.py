"""The hub against the public server's own words: its Swagger document and recorded exchanges.

A recorded request is sent to the hub in the same situation; status, `rc`, field errors and the
shape of the answer must be the same. What differs on purpose is listed in DIFFERENT, so that
this file and `docs/reference/hub.md` cannot drift apart unnoticed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from common.config import HubConfig
from hub.server import start
from tests.component.hub.callers import (
    USERS,
    b64,
    webp,
)
from tests.contract.hub_replay import (
    FOLDER,
    assert_same,
    compare,
    recording,
    replay,
)
from tests.fakes.server import Answering

pytestmark = pytest.mark.skipif(
    not FOLDER, reason="CONTRACTS_DIR is not set: point it at the folder with the contracts"
)
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "hub.md"

DIFFERENT = {
    "35_pop_unknown_r2true_gets_nothing": "any agent gets r2 jobs",
    "58_err_kudos_upfront_anon": "no upfront kudos",
    "65_err_pop_unknown_model": "any model may be served",
    "250_proxied_account_service": "no service accounts",
}
"""Recordings the hub answers otherwise on purpose, and how. The page on the hub says so too."""


# --- one request, one answer ---------------------------------------------------------------

PLAIN = [
    "02_heartbeat",
    "05_status_performance_empty",
    "07_status_models_empty",
    "08_async_anon_noworker",
    "11_dry_run",
    "13_pop_empty_unknown",
    "14_pop_anon_forbidden",
    "202_dryrun_sd15_1024x30",
    "203_dryrun_sdxl_1024x30",
    "205_dryrun_slow_false",
    "206_dryrun_pp",
    "209_async_webhook_http_rejected",
    "248_proxied_account_not_service",
    "257_too_many_loras",
    "259_cfg_decimals",
    "260_mask_without_source",
    "262_source_image_garbage",
    "263_controlnet_no_source",
    "265_warnings",
    "269_wrong_type_n",
    "52_err_missing_key",
    "53_err_unknown_model",
    "55_err_width_not_64",
    "56_err_bad_sampler",
    "61_err_invalid_request_id",
    "62_err_malformed_request_id",
    "64_err_submit_unknown_job",
]


@pytest.mark.parametrize("name", PLAIN)
async def test_same_request_same_answer(room, name):
    change = {}
    if name.startswith("209"):  # http to this machine is what the hub adds
        change = {"webhook": "http://example.org/hook"}
    assert_same(await replay(room, name, change=change), name)


async def test_prices_are_of_the_public_servers_order(room):
    for name in ("11_dry_run", "202_dryrun_sd15_1024x30", "203_dryrun_sdxl_1024x30"):
        ours = (await replay(room, name)).body["kudos"]
        theirs = recording(name)["response"]["body"]["kudos"]
        assert 0.5 < ours / theirs < 1.5


SERVED = [
    "34_async_r2true_for_unknown",
    "38_async_postproc",
    "41_async_lora",
    "44_async_img2img",
    "208_async_webhook_n4",
    "406_async_r2_default_nsfw_absent",
    "275_replacement_filter_on",
    "59_allow_downgrade_anon",
]


@pytest.mark.parametrize("name", SERVED)
async def test_requests_a_worker_is_there_for(room, name):
    await room.host.pop(allow_lora=True)
    assert_same(await replay(room, name), name)


async def test_not_json(room):
    answer = await room.bot.call("POST", "/generate/async", data=b"nope")
    assert_same(answer, "271_not_json")


async def test_disable_batching(room):
    name = "256_disable_batching_untrusted"
    assert_same(await replay(room, name, caller=room.stranger), name)


async def test_workers_blacklist(room):
    await room.host.pop()
    worker = (await room.host.get("/workers/name/worker%20one")).body["id"]
    name = "254_workers_blacklist"
    assert_same(await replay(room, name, change={"workers": [worker]}), name)


async def test_find_user(room):
    name = "04_find_user_anon"
    assert_same(await replay(room, name), name, may_add={"active_generations"})


async def test_both_kinds_of_429(tmp_path, room):
    await room.running.close()
    config = HubConfig(port=0, users=USERS, requests_per_second=2, concurrency=20)
    running = await start(config, tmp_path, clock=room.clock)
    try:
        room.bot.url = room.host.url = running.url
        await room.host.pop()
        for name in ("67_ratelimit_0", "68_ratelimit_1", "70_ratelimit_3"):
            answer = await replay(room, name)
            assert_same(answer, name)
            for header in ("X-RateLimit-Limit", "X-RateLimit-Remaining", "Retry-After"):
                recorded = {k.lower(): v for k, v in recording(name)["response"]["headers"].items()}
                if name != "67_ratelimit_0":
                    assert answer.headers[header] == recorded[header.lower()]
        assert answer.body == {"message": "2 per 1 second"}
        room.clock.advance(1)
        assert_same(await replay(room, "268_too_many_prompts_1"), "268_too_many_prompts_1")
    finally:
        await running.close()


# --- whole lives ---------------------------------------------------------------------------


async def test_life_of_a_picture(room):
    await replay(room, "17_pop_regen", caller=room.host)
    asked = await replay(room, "34_async_r2true_for_unknown")
    request = asked.body["id"]
    path = f"/generate/check/{request}"
    assert_same(await replay(room, "16_check_queued", path=path), "16_check_queued")
    job = await replay(room, "17_pop_regen", caller=room.host)
    assert_same(job, "17_pop_regen")
    put = await room.host.upload(job.body["r2_upload"])
    assert put.status == recording("19_r2_put")["response"]["status"]
    change = {"id": job.body["id"]}
    done = await replay(room, "211_submit_batch_0", caller=room.host, change=change)
    assert_same(done, "211_submit_batch_0")
    path = f"/generate/status/{request}"
    assert_same(await replay(room, "215_status_batch", path=path), "215_status_batch")
    assert_same(await room.nobody.get("/status/models"), "49_status_models")
    assert_same(await room.nobody.get("/status/performance"), "50_status_performance")


async def test_life_of_a_batch(room):
    asked = await replay(room, "208_async_webhook_n4")
    job = (await replay(room, "31_pop_third", caller=room.host)).body
    assert len(job["ids"]) == 4
    names = ["211_submit_batch_0", "212_submit_batch_1", "211_submit_batch_0", "214_submit_batch_3"]
    for name, generation, address in zip(names, job["ids"], job["r2_uploads"], strict=True):
        await room.host.upload(address)
        answer = await replay(room, name, caller=room.host, change={"id": generation})
        assert_same(answer, name)
    status = await replay(room, "215_status_batch", path=f"/generate/status/{asked.body['id']}")
    assert_same(status, "215_status_batch")


async def test_life_of_an_img2img(room):
    await replay(room, "44_async_img2img")
    job = await replay(room, "46_pop_regen_img2img", caller=room.host)
    assert_same(job, "46_pop_regen_img2img")
    assert job.body["source_image"].startswith("http")
    done = await replay(room, "47_submit_img2img", caller=room.host, change={"id": job.body["id"]})
    assert_same(done, "47_submit_img2img")


async def test_defaults_and_a_submit_after_delete(room):
    name = "406_async_r2_default_nsfw_absent"
    request = (await replay(room, name)).body["id"]
    job = await replay(room, "407_pop_defaults", caller=room.host)
    assert_same(job, "407_pop_defaults")
    for field in ("ddim_steps", "cfg_scale", "karras", "sampler_name", "width", "height"):
        theirs = recording("407_pop_defaults")["response"]["body"]["payload"][field]
        assert job.body["payload"][field] == theirs
    await room.nobody.call("DELETE", f"/generate/status/{request}")
    await room.host.upload(job.body["r2_upload"])
    change = {"id": job.body["id"]}
    done = await replay(room, "409_submit_after_delete", caller=room.host, change=change)
    assert_same(done, "409_submit_after_delete")
    path = f"/generate/status/{request}"
    assert_same(await replay(room, "410_status_after_delete", path=path), "410_status_after_delete")


async def test_delete_answers_how_it_stood(room):
    for name, pops in (("10_delete_noworker", False), ("37_delete_r2true", True)):
        request = (await replay(room, "34_async_r2true_for_unknown")).body["id"]
        if pops:
            await room.host.pop()
        answer = await replay(room, name, path=f"/generate/status/{request}")
        assert_same(answer, name)
        for count in ("waiting", "processing", "finished"):
            assert answer.body[count] == recording(name)["response"]["body"][count]


async def test_censored_submit(room):
    request = await room.bot.ask()
    job = await room.host.pop()
    name = "32_submit_censored"
    answer = await replay(room, name, caller=room.host, change={"id": job["id"]})
    assert_same(answer, name)
    (picture,) = (await room.bot.status(request))["generations"]
    metadata = recording(name)["request"]["body"].get("gen_metadata", [])
    assert picture["censored"] is any(entry["type"] == "censorship" for entry in metadata)


async def test_worker_and_its_maintenance(room):
    await replay(room, "17_pop_regen", caller=room.host)
    by_name = await replay(room, "71_worker_by_name")
    assert_same(by_name, "71_worker_by_name", may_add={"info"})
    assert_same(await replay(room, "299_get_workers_all"), "299_get_workers_all", may_add={"info"})
    path = f"/workers/{by_name.body['id']}"
    put = {"maintenance": True, "maintenance_msg": "upgrading"}
    await room.host.call("PUT", path, json=put)
    name = "73_pop_in_maintenance"
    answer = await replay(room, name, caller=room.host)
    assert_same(answer, name)
    assert answer.body == recording(name)["response"]["body"]
    off = await replay(room, "74_worker_maintenance_off", caller=room.host, path=path)
    assert_same(off, "74_worker_maintenance_off")


async def test_life_of_an_alchemy(room):
    forms = ["caption", "nsfw", "RealESRGAN_x2plus"]
    await room.host.pop_forms(*forms)
    hook = {"webhook": "https://127.0.0.1:9/alchemy"}  # nobody listens there
    asked = await replay(room, "280_alchemy_async", change=hook)
    assert_same(asked, "280_alchemy_async")
    path = f"/interrogate/status/{asked.body['id']}"
    waiting = await replay(room, "281_alchemy_status_waiting", path=path)
    assert waiting.body == recording("281_alchemy_status_waiting")["response"]["body"]
    jobs = {job["form"]: job for job in await room.host.pop_forms(*forms, amount=3)}
    for name, form in (
        ("283_alchemy_submit_caption", "caption"),
        ("284_alchemy_submit_nsfw", "nsfw"),
    ):
        change = {"id": jobs[form]["id"]}
        done = await replay(room, name, caller=room.host, change=change)
        assert_same(done, name)
        assert done.body == recording(name)["response"]["body"]
    larger = jobs["RealESRGAN_x2plus"]
    await room.host.upload(larger["r2_upload"])
    await room.host.submit_form(larger, result={"RealESRGAN_x2plus": "R2"})
    done = await replay(room, "286_alchemy_status_done", path=path)
    assert_same(done, "286_alchemy_status_done")


async def test_unknown_agents_get_what_they_got_without_r2(room):
    for name in (
        "451_unknown_agent_karras_k_euler_a",
        "467_unknown_agent_nsfw_true",
        "469_unknown_agent_trusted_workers",
    ):
        await room.bot.ask("cap4 fox", params={"steps": 10}, nsfw=True, r2=False)
        assert_same(await replay(room, name, caller=room.host), name)


async def test_webhook_body(room):
    async with Answering() as ear:
        await room.bot.ask(webhook=f"{ear.url}/hook")
        job = await room.host.pop()
        metadata = [{"type": "batch_index", "value": "see_ref", "ref": "0"}]
        await room.host.submit(job["id"], generation=b64(webp()), gen_metadata=metadata)
        await room.running.hub.webhooks.drained()
        [heard] = ear.journal.exchanges
    compare(heard.body, recording("2xx_webhook_received")[0]["body"], "webhook")


# --- differences on purpose ----------------------------------------------------------------


async def test_differences_are_as_written_down(room):
    page = PAGE.read_text("utf-8")
    for difference in DIFFERENT.values():
        assert difference in page.lower()
    await replay(room, "34_async_r2true_for_unknown")
    got = await replay(room, "35_pop_unknown_r2true_gets_nothing", caller=room.host)
    assert got.body["id"]
    assert (await replay(room, "58_err_kudos_upfront_anon")).status == 202
    assert (await replay(room, "65_err_pop_unknown_model", caller=room.host)).status == 200
    refused = await replay(room, "250_proxied_account_service")
    assert (refused.status, refused.rc) == (400, "OnlyServiceAccountProxy")
