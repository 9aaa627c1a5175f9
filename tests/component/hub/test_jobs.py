"""The worker's side: what it is offered, in which order, with which payload."""

import pytest

from common.horde.work import PopBody, Popped
from tests.component.hub.callers import MODEL, b64, pop_body, request_body, webp

FLAGS = [
    ("models", {"models": ["other model"]}, {}, {}),
    ("max_pixels", {"max_pixels": 256 * 256}, {}, {}),
    ("nsfw", {"nsfw": False}, {}, {"nsfw": True}),
    ("untrusted", {}, {}, {"trusted_workers": True}),
    ("lora", {}, {"loras": [{"name": "1"}]}, {}),
    ("lora", {}, {"tis": [{"name": "1"}]}, {}),
    (
        "post-processing",
        {"allow_post_processing": False},
        {"post_processing": ["GFPGAN"]},
        {},
    ),
    ("img2img", {"allow_img2img": False}, {}, {"source_image": b64(webp())}),
    (
        "painting",
        {"allow_painting": False},
        {},
        {
            "source_image": b64(webp()),
            "source_mask": b64(webp()),
            "source_processing": "inpainting",
        },
    ),
    ("controlnet", {}, {"control_type": "canny"}, {"source_image": b64(webp())}),
    ("performance", {"extra_slow_worker": True}, {}, {}),
    ("blacklist", {"blacklist": ["FOX"]}, {}, {}),
    ("step_count", {"limit_max_steps": True}, {"steps": 41}, {}),
]


@pytest.mark.parametrize(("reason", "offer", "params", "fields"), FLAGS)
async def test_a_worker_is_not_given_what_it_cannot_take(room, reason, offer, params, fields):
    request = await room.bot.ask(params=params, **fields)
    answer = await room.stranger.pop(**offer)
    assert answer["id"] is None
    assert answer["skipped"][reason] == 1
    assert sum(answer["skipped"].values()) == 1
    assert not (await room.bot.check(request))["is_possible"]
    able = await room.host.pop("able worker", allow_lora=True, allow_controlnet=True)
    assert able["id"]


async def test_no_job_has_a_whole_default_payload(room):
    answer = await room.host.pop()
    assert Popped.model_validate(answer).id is None
    assert answer["ids"] == []
    assert (answer["ttl"], answer["model"], answer["r2_upload"]) == (None, None, None)
    assert answer["payload"]["ddim_steps"] == 30
    assert answer["payload"]["cfg_scale"] == 7.5
    assert "prompt" not in answer["payload"]
    assert set(answer["skipped"].values()) == {0}


async def test_the_payload_says_all_that_was_asked(room):
    params = {
        "sampler_name": "k_dpmpp_2m",
        "cfg_scale": 6.5,
        "steps": 12,
        "width": 448,
        "height": 640,
        "seed": "7",
        "karras": False,
        "tiling": True,
        "hires_fix": True,
        "clip_skip": 2,
        "loras": [{"name": "8", "model": 0.5}],
        "tis": [{"name": "9", "inject_ti": "negprompt"}],
        "post_processing": ["GFPGAN"],
    }
    await room.bot.ask("a fox###a dog", params=params, censor_nsfw=True)
    job = await room.host.pop(allow_lora=True)
    expected = params | {
        "prompt": "a fox###a dog",
        "ddim_steps": 12,
        "n_iter": 1,
        "use_nsfw_censor": True,
        "image_is_control": False,
        "return_control_map": False,
        "transparent": False,
        "loras": [{"name": "8", "model": 0.5, "clip": 1.0, "is_version": False}],
        "tis": [{"name": "9", "inject_ti": "negprompt", "strength": 1.0}],
    }
    expected.pop("steps")
    assert job["payload"] == expected
    assert (job["model"], job["ttl"], job["skipped"]) == (MODEL, 150, {})
    assert Popped.model_validate(job).r2_uploads == job["r2_uploads"]


async def test_defaults_are_those_of_the_servers_code(room):
    answer = await room.bot.post("/generate/async", {"prompt": "fox only"})
    assert answer.status == 202
    payload = (await room.host.pop())["payload"]
    assert (payload["ddim_steps"], payload["cfg_scale"], payload["karras"]) == (30, 5.0, True)
    assert "use_nsfw_censor" not in payload


async def test_steps_with_a_control_type(room):
    source = b64(webp())
    for steps, given in ((None, 20), (60, 40)):
        params = {"control_type": "canny"} | ({"steps": steps} if steps else {})
        await room.bot.ask(params=params, source_image=source)
        assert (await room.host.pop(allow_controlnet=True))["payload"]["ddim_steps"] == given


async def test_ttl_grows_with_the_work(room):
    cases = [
        ({"width": 1024, "height": 1024, "steps": 30}, 270),
        ({"width": 1024, "height": 1024, "steps": 30, "sampler_name": "k_heun"}, 510),
        ({"width": 1024, "height": 1024, "sampler_name": "k_dpm_adaptive"}, 350),
        ({}, 150),
    ]
    for params, ttl in cases:
        await room.bot.ask(params=params)
        assert (await room.host.pop())["ttl"] == ttl


async def test_the_bundled_workers_body_is_understood(room):
    await room.bot.ask()
    body = PopBody(name="bundled", models=[MODEL], bridge_agent="hordebots:0.1.0:x", started=5.0)
    answer = await room.host.post("/generate/pop", body.body())
    assert answer.status == 200
    assert answer.body["id"]


async def test_a_batch_shares_model_and_payload(room):
    request = await room.bot.ask(params={"n": 5, "seed": "100"})
    job = await room.host.pop(amount=4)
    assert len(set(job["ids"])) == 4
    assert job["id"] == job["ids"][0]
    assert job["r2_upload"] == job["r2_uploads"][0]
    assert len(set(job["r2_uploads"])) == 4
    assert (job["payload"]["n_iter"], job["payload"]["seed"]) == (4, "100")
    rest = await room.host.pop(amount=4)
    assert (len(rest["ids"]), rest["payload"]["seed"]) == (1, "104")
    await room.host.deliver(rest)
    await room.host.deliver(job)
    status = await room.bot.status(request)
    assert status["done"]
    assert [entry["id"] for entry in status["generations"]] == job["ids"] + rest["ids"]


async def test_a_batch_is_no_larger_than_the_worker_can_hold(room):
    await room.bot.ask(params={"n": 8})
    job = await room.host.pop(amount=8, max_pixels=512 * 512)
    assert len(job["ids"]) == 2


async def test_seed_variation_sets_the_pictures_apart(room):
    await room.bot.ask(params={"n": 3, "seed": "10", "seed_variation": 100})
    seeds = [(await room.host.pop(amount=3))["payload"]["seed"] for _ in range(3)]
    assert seeds == ["10", "110", "210"]


async def test_a_text_as_seed_is_always_the_same_number(room):
    await room.bot.ask(params={"seed": "the little seed"})
    await room.bot.ask(params={"seed": "the little seed"})
    await room.bot.ask()
    seeds = [(await room.host.pop())["payload"]["seed"] for _ in range(3)]
    assert seeds[0] == seeds[1] != seeds[2]
    assert all(0 <= int(seed) < 2**32 for seed in seeds)


async def test_a_picture_made_again_keeps_its_seed(room):
    await room.bot.ask(params={"n": 3, "seed": "50"})
    await room.host.pop()
    second = await room.host.pop()
    await room.host.submit(second["id"], state="faulted")
    again = await room.host.pop(amount=3)
    assert again["payload"]["seed"] == second["payload"]["seed"] == "51"
    assert len(again["ids"]) == 2


async def test_own_and_priority_users_come_first(room):
    first = await room.bot.ask("first")
    await room.stranger.ask("second")
    await room.host.ask("third")
    names = {}
    for caller in (room.bot, room.stranger, room.host):
        names[caller] = (await caller.get("/find_user")).body["username"]
    assert (await room.host.pop())["payload"]["prompt"] == "third"
    chosen = await room.host.pop(priority_usernames=[names[room.stranger]])
    assert chosen["payload"]["prompt"] == "second"
    assert (await room.host.pop(priority_usernames=["gone#99"]))["payload"]["prompt"] == "first"
    assert (await room.bot.check(first))["processing"] == 1


async def test_priority_users_have_a_number(room):
    answer = await room.host.post("/generate/pop", pop_body(priority_usernames=["bot"]))
    assert (answer.status, answer.rc) == (400, "InvalidPriorityUsername")


async def test_a_worker_finds_its_job_behind_many_others(open_room):
    room = await open_room(requests_per_second=100)
    for _ in range(52):
        await room.bot.ask(models=["nobody has this"])
    await room.bot.ask("the one")
    assert (await room.host.pop())["payload"]["prompt"] == "the one"
    assert (await room.host.pop())["skipped"]["models"] == 52


async def test_named_workers(room):
    worker = (await room.host.get("/workers/name/nobody")).body
    assert worker["rc"] == "WorkerNotFound"
    await room.host.pop("one worker")
    await room.host.pop("two worker")
    one = (await room.host.get("/workers/name/one%20worker")).body["id"]
    await room.bot.ask("only one", workers=[one])
    await room.bot.ask("all but one", workers=[one], worker_blacklist=True)
    assert (await room.host.pop("two worker"))["payload"]["prompt"] == "all but one"
    skipped = (await room.host.pop("two worker"))["skipped"]
    assert skipped["worker_id"] == 1
    assert (await room.host.pop("one worker"))["payload"]["prompt"] == "only one"


async def test_slow_workers_are_kept_from_those_in_a_hurry(room):
    await room.bot.ask()
    job = await room.host.pop()
    room.clock.advance(100)  # 7.9 megapixelsteps in 100 s
    await room.host.deliver(job)
    await room.bot.ask(slow_workers=False)
    assert (await room.host.pop())["skipped"]["performance"] == 1
    assert (await room.host.pop("unmeasured"))["id"]


async def test_a_trusted_owner_serves_who_wants_trust(room):
    await room.bot.ask(trusted_workers=True)
    assert (await room.host.pop())["id"]


async def test_a_request_without_models_takes_any(room):
    await room.bot.ask(models=[])
    assert (await room.host.pop(models=["some model"]))["model"] == "some model"


async def test_the_requests_order_of_models_counts(room):
    await room.bot.ask(models=["gone", "second", "third"])
    assert (await room.host.pop(models=["third", "second"]))["model"] == "second"


async def test_reward_is_the_price_of_the_picture(room):
    price = (await room.bot.post("/generate/async", request_body())).body["kudos"]
    job = await room.host.pop()
    await room.host.upload(job["r2_upload"])
    assert (await room.host.submit(job["id"])).body == {"reward": price}


async def test_a_worker_name_belongs_to_its_owner(room):
    await room.host.pop("taken name")
    answer = await room.stranger.post("/generate/pop", pop_body("taken name"))
    assert (answer.status, answer.rc) == (403, "WrongCredentials")


async def test_a_user_has_so_many_workers(room):
    for number in range(4):
        await room.stranger.pop(f"worker {number}")
    answer = await room.stranger.post("/generate/pop", pop_body("one more"))
    assert (answer.status, answer.rc) == (403, "TooManyWorkers")
    await room.stranger.pop("worker 0")
