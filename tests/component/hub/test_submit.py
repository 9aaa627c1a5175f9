"""The worker's side: handing in pictures, giving up, taking too long."""

from tests.component.hub.callers import b64, webp


async def test_submit_of_a_job_there_is_not(room):
    answer = await room.host.submit("00000000-0000-0000-0000-000000000000")
    assert (answer.status, answer.rc) == (404, "InvalidJobID")


async def test_submit_by_another(room):
    await room.bot.ask()
    job = await room.host.pop()
    for state in ("ok", "faulted"):
        answer = await room.stranger.submit(job["id"], state=state)
        assert (answer.status, answer.rc) == (403, "WrongCredentials")


async def test_submit_twice(room):
    await room.bot.ask()
    job = await room.host.pop()
    await room.host.deliver(job)
    for state in ("ok", "faulted"):
        answer = await room.host.submit(job["id"], state=state)
        assert (answer.status, answer.rc) == (400, "DuplicateGen")


async def test_submit_without_the_upload(room):
    request = await room.bot.ask()
    job = await room.host.pop()
    answer = await room.host.submit(job["id"])
    assert (answer.status, answer.rc) == (400, "BadRequest")
    assert (await room.bot.check(request))["processing"] == 1
    await room.host.deliver(job)


async def test_submit_of_no_picture(room):
    await room.bot.ask()
    job = await room.host.pop()
    for junk in ("", "AAAA", "no base64"):
        answer = await room.host.submit(job["id"], generation=junk)
        assert (answer.status, answer.rc) == (400, "ImageValidationFailed")
    answer = await room.host.submit(job["id"], generation=b64(webp()))
    assert answer.status == 200


async def test_censorship_is_told_by_metadata_alone(room):
    request = await room.bot.ask(params={"n": 2})
    job = await room.host.pop(amount=2)
    metadata = [
        {"type": "censorship", "value": "nsfw"},
        {"type": "batch_index", "value": "see_ref", "ref": "1"},
    ]
    for generation, address in zip(job["ids"], job["r2_uploads"], strict=True):
        await room.host.upload(address)
        more = {"gen_metadata": metadata} if generation == job["id"] else {}
        await room.host.submit(generation, state="censored", **more)
    first, second = (await room.bot.status(request))["generations"]
    assert (first["censored"], first["state"]) == (True, "ok")
    assert first["gen_metadata"] == metadata
    assert (second["censored"], second["gen_metadata"]) == (False, [])


async def test_unknown_metadata_is_refused(room):
    answer = await room.host.submit("x", gen_metadata=[{"type": "rumour", "value": "nsfw"}])
    assert set(answer.body["errors"]) == {"gen_metadata.0.type"}


async def test_a_faulted_job_waits_again(room):
    request = await room.bot.ask()
    job = await room.host.pop()
    answer = await room.host.submit(job["id"], state="faulted", generation="faulted")
    assert (answer.status, answer.body) == (200, {"reward": 0.0})
    check = await room.bot.check(request)
    assert (check["waiting"], check["processing"], check["restarted"]) == (1, 0, 1)
    late = await room.host.submit(job["id"])
    assert (late.status, late.rc) == (400, "AbortedGen")
    again = await room.host.pop()
    assert again["id"] != job["id"]
    await room.host.deliver(again)
    assert (await room.bot.check(request))["done"]


async def test_three_faults_end_a_request(room):
    request = await room.bot.ask(params={"n": 2})
    for _ in range(3):
        job = await room.host.pop()
        await room.host.submit(job["id"], state="faulted")
    check = await room.bot.check(request)
    assert (check["faulted"], check["done"], check["waiting"]) == (True, True, 0)
    assert check["restarted"] == 3
    assert (await room.host.pop())["id"] is None


async def test_a_batch_that_faults_is_one_fault(room):
    request = await room.bot.ask(params={"n": 4})
    job = await room.host.pop(amount=4)
    for generation in job["ids"]:
        await room.host.submit(generation, state="faulted")
    check = await room.bot.check(request)
    assert (check["faulted"], check["waiting"], check["restarted"]) == (False, 4, 4)


async def test_a_job_past_its_ttl_is_given_to_another(room):
    request = await room.bot.ask()
    job = await room.host.pop()
    await room.pass_time(150)
    assert (await room.bot.check(request))["processing"] == 1
    await room.pass_time(1)
    check = await room.bot.check(request)
    assert (check["waiting"], check["processing"], check["restarted"]) == (1, 0, 1)
    await room.host.upload(job["r2_upload"])
    late = await room.host.submit(job["id"])
    assert (late.status, late.rc) == (400, "AbortedGen")
    other = await room.host.pop("worker two")
    await room.host.deliver(other)
    (picture,) = (await room.bot.status(request))["generations"]
    assert picture["worker_name"] == "worker two"
    (worker,) = (await room.bot.get("/workers?name=worker%20one")).body
    assert worker["uncompleted_jobs"] == 1


async def test_a_late_picture_nobody_took_back_is_welcome(room):
    request = await room.bot.ask()
    job = await room.host.pop()
    room.clock.advance(151)
    await room.host.deliver(job)
    assert (await room.bot.check(request))["finished"] == 1


async def test_three_times_past_the_ttl_end_a_request(room):
    request = await room.bot.ask()
    for _ in range(3):
        assert (await room.host.pop())["id"]
        await room.pass_time(151)
    check = await room.bot.check(request)
    assert (check["faulted"], check["done"], check["restarted"]) == (True, True, 3)
