"""What the hub tells of itself, its users and its workers."""

from common.horde.wire import ANONYMOUS_KEY, Heartbeat, ModelStatus, User
from tests.component.hub.callers import MODEL, Caller


async def test_heartbeat(room):
    answer = await room.nobody.get("/status/heartbeat")
    assert answer.status == 200
    beat = Heartbeat.model_validate(answer.body)
    assert beat.message == "OK"
    assert beat.version
    assert answer.body["db_connection"] is True


async def test_an_empty_hub_has_no_models(room):
    assert (await room.nobody.get("/status/models?type=image")).body == []


async def test_models_by_worker_and_by_queue(room):
    await room.host.pop("one", models=[MODEL, "other"], threads=2)
    await room.host.pop("two")
    await room.bot.ask(params={"n": 3, "steps": 20})
    await room.bot.ask(models=["nobody has"])
    rows = {
        row.name: row
        for row in map(ModelStatus.model_validate, (await room.bot.get("/status/models")).body)
    }
    assert set(rows) == {MODEL, "other", "nobody has"}
    assert (rows[MODEL].count, rows["other"].count, rows["nobody has"].count) == (3, 2, 0)
    assert rows[MODEL].jobs == 3
    assert rows[MODEL].queued == 3 * 512 * 512 * 20
    assert rows[MODEL].eta == 7  # 15.7 megapixelsteps, two workers of one a second
    assert rows[MODEL].performance == 1_000_000
    assert rows["nobody has"].jobs == 1
    counted = await room.bot.get("/status/models?min_count=1&max_count=2")
    assert [row["name"] for row in counted.body] == ["other"]
    single = await room.bot.get("/status/models/other")
    assert [row["name"] for row in single.body] == ["other"]


async def test_workers_leave_the_list_after_five_minutes(room):
    await room.host.pop()
    room.clock.advance(301)
    assert (await room.bot.get("/status/models")).body == []
    assert (await room.bot.get("/workers")).body == []
    (worker,) = (await room.bot.get("/workers?name=worker%20one")).body
    assert worker["online"] is False


async def test_measured_speed_of_a_batch_and_of_prefetching(room):
    await room.bot.ask(params={"n": 4})
    first = await room.host.pop(amount=2)
    second = await room.host.pop(amount=2)
    for job in (first, second):
        room.clock.advance(4)  # 15.7 megapixelsteps each
        await room.host.deliver(job)
    (row,) = (await room.bot.get(f"/status/models/{MODEL}")).body
    assert 3.5e6 < row["performance"] < 4.5e6


async def test_types(room):
    await room.host.pop()
    assert (await room.bot.get("/status/models?type=text")).body == []
    assert (await room.bot.get("/workers?type=interrogation")).body == []
    answer = await room.bot.get("/status/models?type=video")
    assert (answer.status, answer.rc) == (400, "BadRequest")


async def test_performance(room):
    await room.bot.ask(params={"n": 3, "steps": 20})
    job = await room.host.pop(threads=2)
    await room.host.pop()
    body = (await room.bot.get("/status/performance")).body
    assert body["queued_requests"] == 3
    assert body["queued_megapixelsteps"] == 15.73
    assert (body["worker_count"], body["thread_count"]) == (1, 1)
    await room.host.deliver(job)
    assert (await room.bot.get("/status/performance")).body["past_minute_megapixelsteps"] == 5.24
    room.clock.advance(61)
    assert (await room.bot.get("/status/performance")).body["past_minute_megapixelsteps"] == 0


async def test_modes_are_all_off(room):
    body = (await room.nobody.get("/status/modes")).body
    assert body == {"maintenance_mode": False, "invite_only_mode": False, "raid_mode": False}


async def test_find_user(room):
    request = await room.bot.ask(params={"n": 2, "steps": 20})
    job = await room.host.pop()
    await room.host.deliver(job)
    bot = (await room.bot.get("/find_user")).body
    user = User.model_validate(bot)
    assert (user.username, user.id, user.trusted) == ("bot#1", 1, True)
    assert user.kudos < 0
    assert bot["active_generations"]["image"] == [request]
    assert bot["usage"] == {"megapixelsteps": 10.49, "requests": 2}
    host = (await room.host.get("/find_user")).body
    assert host["kudos"] == -bot["kudos"]
    assert host["contributions"]["fulfillments"] == 1
    assert (await room.bot.get(f"/workers/{host['worker_ids'][0]}")).body["name"] == "worker one"


async def test_find_user_without_or_with_a_wrong_key(room, session):
    assert set((await room.nobody.get("/find_user")).body["errors"]) == {"apikey"}
    wrong = await Caller(session, room.running.url, "wrong").get("/find_user")
    assert (wrong.status, wrong.rc) == (404, "UserNotFound")


async def test_find_user_anonymous(open_room, session):
    room = await open_room(anonymous=True)
    body = (await Caller(session, room.running.url, ANONYMOUS_KEY).get("/find_user")).body
    assert (body["username"], body["id"], body["trusted"]) == ("Anonymous#0", 0, False)


async def test_workers(room):
    await room.host.pop(threads=2, allow_lora=True)
    (worker,) = (await room.nobody.get("/workers?type=image")).body
    assert worker["name"] == "worker one"
    assert worker["models"] == [MODEL]
    assert (worker["lora"], worker["img2img"], worker["controlnet"]) == (True, True, False)
    assert (worker["threads"], worker["trusted"], worker["online"]) == (2, True, True)
    assert worker["performance"] == "1.0 megapixelsteps per second"
    by_name = await room.nobody.get("/workers/name/worker%20one")
    assert by_name.body == worker
    missing = await room.nobody.get("/workers/nothing")
    assert (missing.status, missing.rc) == (404, "WorkerNotFound")


async def test_uptime_is_counted_while_it_pops(room):
    for _ in range(10):
        await room.host.pop()
        room.clock.advance(60)
    room.clock.advance(1000)
    await room.host.pop()
    (worker,) = (await room.nobody.get("/workers")).body
    assert worker["uptime"] == 540


async def test_maintenance(room):
    await room.host.pop()
    worker = (await room.host.get("/workers/name/worker%20one")).body["id"]
    change = {"maintenance": True, "maintenance_msg": "upgrading"}
    answer = await room.host.call("PUT", f"/workers/{worker}", json=change)
    assert (answer.status, answer.body) == (200, {"maintenance": True})
    await room.bot.ask("for everyone")
    refused = await room.host.post("/generate/pop", {"name": "worker one", "models": [MODEL]})
    assert (refused.status, refused.body) == (
        403,
        {"message": "upgrading", "rc": "WorkerMaintenance"},
    )
    await room.host.ask("for its owner")
    assert (await room.host.pop())["payload"]["prompt"] == "for its owner"
    assert (await room.bot.get(f"/workers/{worker}")).body["maintenance_mode"] is True
    assert (await room.bot.get("/status/models")).body[0]["count"] == 0
    await room.host.call("PUT", f"/workers/{worker}", json={"maintenance": False})
    assert (await room.host.pop())["payload"]["prompt"] == "for everyone"


async def test_maintenance_without_a_message(room):
    await room.host.pop()
    worker = (await room.host.get("/workers/name/worker%20one")).body["id"]
    await room.host.call("PUT", f"/workers/{worker}", json={"maintenance": True})
    refused = await room.host.post("/generate/pop", {"name": "worker one", "models": [MODEL]})
    assert (refused.status, refused.rc) == (403, "WorkerMaintenance")
    assert refused.body["message"]


async def test_who_may_change_a_worker_and_what(room):
    await room.host.pop("worker one")
    await room.host.pop("worker two")
    worker = (await room.host.get("/workers/name/worker%20one")).body["id"]

    async def change(caller, body, target=worker):
        answer = await caller.call("PUT", f"/workers/{target}", json=body)
        return answer.status, answer.body.get("rc", answer.body)

    assert await change(room.stranger, {"maintenance": True}) == (403, "WrongCredentials")
    assert await change(room.host, {"maintenance": True}, "nothing") == (404, "WorkerNotFound")
    assert await change(room.host, {"name": "worker two"}) == (400, "WorkerNameAlreadyExists")
    assert await change(room.host, {"paused": True}) == (403, "NotModerator")
    assert await change(room.host, {}) == (400, "BadRequest")
    assert (await change(room.nobody, {"info": "x"}))[0] == 400
    new = {"name": "worker 1st", "info": "in the cellar"}
    assert await change(room.host, new) == (200, new)
    assert (await room.bot.get(f"/workers/{worker}")).body["info"] == "in the cellar"


async def test_a_browser_may_read_but_not_ask(room):
    answer = await room.nobody.get("/status/heartbeat")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    lost = await room.nobody.get("/generate/check/nothing")
    assert lost.headers["Access-Control-Allow-Origin"] == "*"
    asked = await room.bot.post("/generate/async", {"prompt": "x"})
    assert "Access-Control-Allow-Origin" not in asked.headers
    assert (await room.nobody.call("OPTIONS", "/generate/async")).status == 405


async def test_the_landing_page_says_what_this_is(room):
    answer = await room.nobody.get(room.running.url.removesuffix("/api") + "/")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert room.running.url.encode() in answer.body
    hostile = await room.nobody.get(
        room.running.url.removesuffix("/api") + "/", headers={"Host": "<script>"}
    )
    assert b"<script>" not in hostile.body
