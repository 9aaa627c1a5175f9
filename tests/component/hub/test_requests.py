"""The client's side: submit, check, collect, cancel, limits."""

import base64

import pytest

from common.horde.wire import ANONYMOUS_KEY, Check, Status, Submitted
from hub.callers.limits import Limiter
from hub.errors import Throttled
from tests.component.hub.callers import MODEL, Caller, request_body, webp
from tests.fakes.clock import Clock


async def test_accepts_a_request_and_warns_that_nobody_can_make_it(room):
    answer = await room.bot.post("/generate/async", request_body())
    assert answer.status == 202
    submitted = Submitted.model_validate(answer.body)
    assert len(submitted.id) == 36
    assert submitted.warnings[0].code == "NoAvailableWorker"
    assert submitted.message == submitted.warnings[0].message


async def test_no_warning_when_a_worker_is_there(room):
    await room.host.pop()
    answer = await room.bot.post("/generate/async", request_body())
    assert set(answer.body) == {"id", "kudos"}


async def test_warns_again_when_the_worker_has_gone(room):
    await room.host.pop()
    room.clock.advance(301)
    answer = await room.bot.post("/generate/async", request_body())
    assert answer.body["warnings"][0]["code"] == "NoAvailableWorker"


async def test_check_of_a_waiting_request(room):
    await room.bot.ask()
    second = await room.bot.ask(params={"n": 3, "steps": 20})
    check = Check.model_validate(await room.bot.check(second))
    assert (check.waiting, check.processing, check.finished) == (3, 0, 0)
    assert not check.done
    assert not check.is_possible
    assert check.queue_position == 2
    # 7.9 megapixelsteps of the first and three times 5.2, at one a second
    assert check.wait_time == 24


async def test_whole_life_of_a_picture(room):
    request = await room.bot.ask(params={"seed": "42"})
    job = await room.host.pop()
    check = await room.nobody.check(request)
    assert (check["waiting"], check["processing"], check["queue_position"]) == (0, 1, 0)
    assert check["is_possible"]
    assert check["wait_time"] == 8
    await room.host.deliver(job, seed=42)
    status = Status.model_validate(await room.nobody.status(request))
    assert status.done
    assert not status.faulted
    assert status.finished == 1
    assert status.kudos > 1
    (picture,) = status.generations
    assert picture.id == job["id"]
    assert (picture.seed, picture.state, picture.censored) == ("42", "ok", False)
    assert (picture.worker_name, picture.model) == ("worker one", MODEL)
    fetched = await room.nobody.get(picture.img)
    assert fetched.status == 200
    assert fetched.headers["Content-Type"] == "image/webp"
    assert fetched.body == webp()


async def test_partial_results_are_listed_while_others_run(room):
    request = await room.bot.ask(params={"n": 2})
    first = await room.host.pop()
    await room.host.pop()
    await room.host.deliver(first)
    status = await room.bot.status(request)
    assert len(status["generations"]) == 1
    assert (status["finished"], status["processing"], status["done"]) == (1, 1, False)


async def test_without_r2_the_picture_comes_in_base64_however_it_was_handed_in(room):
    request = await room.bot.ask(params={"n": 2}, r2=False)
    job = await room.host.pop()
    picture = base64.b64encode(webp()).decode()
    assert (await room.host.submit(job["id"], generation=picture)).status == 200
    await room.host.deliver(await room.host.pop())
    status = await room.bot.status(request)
    images = [entry["img"] for entry in status["generations"]]
    assert [base64.b64decode(image) for image in images] == [webp(), webp()]


async def test_with_r2_a_picture_handed_in_as_base64_has_an_address(room):
    request = await room.bot.ask()
    job = await room.host.pop()
    await room.host.submit(job["id"], generation=base64.b64encode(webp()).decode())
    (picture,) = (await room.bot.status(request))["generations"]
    assert (await room.nobody.get(picture["img"])).body == webp()


async def test_cancel_leaves_what_is_being_made(room):
    request = await room.bot.ask(params={"n": 3})
    job = await room.host.pop()
    answer = await room.nobody.call("DELETE", f"/generate/status/{request}")
    assert answer.status == 200
    assert (answer.body["waiting"], answer.body["processing"]) == (2, 1)
    check = await room.bot.check(request)
    assert (check["waiting"], check["processing"], check["done"]) == (0, 1, False)
    assert (await room.host.pop())["id"] is None
    await room.host.deliver(job)
    status = await room.bot.status(request)
    assert status["done"]
    assert status["finished"] == 1


async def test_a_job_of_a_cancelled_request_that_faults_stays_cancelled(room):
    request = await room.bot.ask()
    job = await room.host.pop()
    await room.nobody.call("DELETE", f"/generate/status/{request}")
    await room.host.submit(job["id"], state="faulted")
    check = await room.bot.check(request)
    assert (check["waiting"], check["done"], check["faulted"]) == (0, True, False)


@pytest.mark.parametrize("request_id", ["00000000-0000-0000-0000-000000000000", "abc", "a" * 5000])
@pytest.mark.parametrize("kind", ["check", "status"])
async def test_unknown_ids(room, request_id, kind):
    answer = await room.bot.get(f"/generate/{kind}/{request_id}")
    assert (answer.status, answer.rc) == (404, "RequestNotFound")


async def test_cancel_of_an_unknown_id(room):
    answer = await room.bot.call("DELETE", "/generate/status/nothing")
    assert (answer.status, answer.rc) == (404, "RequestNotFound")


async def test_dry_run_costs_what_the_request_would_and_queues_nothing(room):
    body = request_body(params={"n": 4, "width": 1024, "height": 1024, "steps": 30})
    dry = await room.bot.post("/generate/async", body | {"dry_run": True})
    assert dry.status == 200
    assert set(dry.body) == {"kudos"}
    assert dry.body["kudos"] == pytest.approx(4 * (1 + 0.7 * 31.457), abs=0.05)
    assert (await room.host.pop())["id"] is None
    wet = await room.bot.post("/generate/async", body)
    job = await room.host.pop(amount=4)
    await room.host.deliver(job)
    assert (await room.bot.check(wet.body["id"]))["kudos"] == dry.body["kudos"]


async def test_dry_run_knows_what_makes_a_picture_dearer(room):
    async def price(params=None, **fields):
        body = request_body(params=params, dry_run=True, **fields)
        return (await room.bot.post("/generate/async", body)).body["kudos"]

    plain = await price()
    assert await price(models=["SDXL 1.0"]) > plain
    assert await price({"loras": [{"name": "1"}]}) == pytest.approx(plain + 3)
    assert await price({"post_processing": ["RealESRGAN_x4plus"]}) > plain
    assert await price({"post_processing": ["GFPGAN"]}) == plain
    assert await price(source_image="AAAA") > plain
    assert await price({"sampler_name": "k_heun", "steps": 15}) == plain


async def test_anonymous_only_where_the_operator_allows_it(open_room, session):
    closed = await open_room()
    answer = await Caller(session, closed.running.url, ANONYMOUS_KEY).post(
        "/generate/async", request_body()
    )
    assert (answer.status, answer.rc) == (401, "InvalidAPIKey")
    await closed.running.close()
    room = await open_room(anonymous=True)
    anonymous = Caller(session, room.running.url, ANONYMOUS_KEY)
    await anonymous.ask()
    refused = await anonymous.post("/generate/pop", {"name": "worker"})
    assert (refused.status, refused.rc) == (403, "AnonForbiddenWorker")


async def test_keys(room, session):
    missing = await room.nobody.post("/generate/async", request_body())
    assert missing.status == 400
    assert set(missing.body["errors"]) == {"apikey"}
    assert "rc" not in missing.body
    wrong = await Caller(session, room.running.url, "wrong").post("/generate/async", request_body())
    assert (wrong.status, wrong.rc) == (401, "InvalidAPIKey")


async def test_too_many_waiting_pictures(open_room):
    room = await open_room(concurrency=5)
    await room.bot.ask(params={"n": 4})
    over = await room.bot.post("/generate/async", request_body(params={"n": 2}))
    assert (over.status, over.rc) == (429, "TooManyPrompts")
    await room.stranger.ask(params={"n": 5})
    await room.bot.ask()
    # what is being made does not count
    assert (await room.host.pop(amount=4))["id"]
    await room.bot.ask(params={"n": 2})


async def test_limiter_answers_without_rc(open_room):
    room = await open_room(requests_per_second=2)
    first = await room.bot.post("/generate/async", request_body())
    assert first.headers["X-RateLimit-Limit"] == "2"
    assert first.headers["X-RateLimit-Remaining"] == "1"
    await room.bot.ask()
    over = await room.bot.post("/generate/async", request_body())
    assert over.status == 429
    assert over.body == {"message": "2 per 1 second"}
    assert over.headers["Retry-After"] == "1"
    assert over.headers["X-RateLimit-Remaining"] == "0"
    assert int(over.headers["X-RateLimit-Reset"]) == room.clock.now + 1
    await room.stranger.ask()
    room.clock.advance(1)
    await room.bot.ask()


async def test_limiter_by_minute(open_room):
    room = await open_room(requests_per_minute=2)
    await room.bot.ask()
    room.clock.advance(30)
    await room.bot.ask()
    over = await room.bot.post("/generate/async", request_body())
    assert (over.status, over.body) == (429, {"message": "2 per 1 minute"})
    assert over.headers["Retry-After"] == "30"
    room.clock.advance(30)
    await room.bot.ask()


async def test_strangers_are_limited_by_address(open_room, session):
    room = await open_room(requests_per_second=1)
    for key, status in (("one", 401), ("two", 429)):
        answer = await Caller(session, room.running.url, key).post(
            "/generate/async", request_body()
        )
        assert answer.status == status


async def test_a_request_expires_twenty_minutes_after_its_last_sign_of_life(room):
    request = await room.bot.ask(params={"n": 2, "width": 1024, "height": 1024})
    await room.pass_time(20 * 60 - 1)
    job = await room.host.pop()
    await room.pass_time(200)
    await room.host.deliver(job)
    await room.pass_time(20 * 60 - 1)
    assert (await room.bot.check(request))["finished"] == 1
    await room.pass_time(2)
    answer = await room.bot.get(f"/generate/check/{request}")
    assert (answer.status, answer.rc) == (404, "RequestNotFound")
    assert (await room.host.pop())["id"] is None


async def test_an_extra_slow_worker_has_an_hour(room):
    request = await room.bot.ask(extra_slow_workers=True)
    job = await room.host.pop(extra_slow_worker=True)
    assert job["ttl"] == 450
    await room.pass_time(440)
    await room.host.deliver(job)
    await room.pass_time(3100)
    assert (await room.bot.check(request))["finished"] == 1


async def test_the_wait_shrinks_with_measured_speed(room):
    first = await room.bot.ask(params={"n": 2})
    job = await room.host.pop()
    before = (await room.bot.check(first))["wait_time"]
    room.clock.advance(2)
    await room.host.deliver(job)
    after = (await room.bot.check(first))["wait_time"]
    assert before == 16
    assert after == 2


async def test_a_running_job_counts_down(room):
    request = await room.bot.ask()
    await room.host.pop()
    room.clock.advance(5)
    assert (await room.bot.check(request))["wait_time"] == 3
    room.clock.advance(50)
    assert (await room.bot.check(request))["wait_time"] == 0


async def test_is_possible_knows_what_workers_offer(room):
    await room.host.pop(max_pixels=512 * 512)
    small = await room.bot.ask()
    large = await room.bot.ask(params={"width": 1024})
    assert (await room.bot.check(small))["is_possible"]
    assert not (await room.bot.check(large))["is_possible"]


def test_a_clock_that_is_put_back_locks_no_caller_out():
    clock = Clock(9000.0)
    limiter = Limiter(((2, 60, "minute"),), clock)
    for _ in range(2):
        limiter.count("somebody")
    with pytest.raises(Throttled):
        limiter.count("somebody")
    clock.now -= 3600
    assert limiter.count("somebody")["X-RateLimit-Remaining"] == "1"
