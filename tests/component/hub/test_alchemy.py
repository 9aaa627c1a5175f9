"""Alchemy: pictures looked at and worked upon, by alchemists that pop forms."""

import pytest

from tests.component.hub.callers import (
    MODERATOR,
    MODERATOR_KEY,
    USERS,
    Caller,
    alchemy_body,
    webp,
)
from tests.fakes.server import Answering

CAPTION = {"caption": "a fox in the snow"}


async def test_a_picture_is_looked_at_and_enlarged(room):
    picture = webp((600, 300))
    request = await room.bot.ask_alchemy("caption", "RealESRGAN_x2plus", picture=picture)
    waiting = await room.bot.alchemy(request)
    assert waiting == {
        "state": "waiting",
        "forms": [
            {"form": "caption", "state": "waiting"},
            {"form": "RealESRGAN_x2plus", "state": "waiting"},
        ],
    }

    (caption,) = await room.host.pop_forms("caption")
    assert (caption["form"], "r2_upload" in caption) == ("caption", False)
    assert (await room.host.get(caption["source_image"])).body == picture
    assert (await room.bot.alchemy(request))["state"] == "processing"
    paid = await room.host.submit_form(caption, result=CAPTION)
    assert (paid.status, paid.body) == (200, {"reward": 1.0})
    partial = await room.bot.alchemy(request)
    assert partial["state"] == "waiting"
    assert partial["forms"][0] == {"form": "caption", "state": "done", "result": CAPTION}

    (larger,) = await room.host.pop_forms("caption", "RealESRGAN_x2plus")
    early = await room.host.submit_form(larger, result={"RealESRGAN_x2plus": "R2"})
    assert (early.status, early.rc) == (400, "BadRequest")
    await room.host.upload(larger["r2_upload"], webp((1200, 600)))
    paid = await room.host.submit_form(larger, result={"RealESRGAN_x2plus": "R2"})
    assert paid.body == {"reward": 6.0}  # two tiles
    done = await room.bot.alchemy(request)
    assert done["state"] == "done"
    link = done["forms"][1]["result"]["RealESRGAN_x2plus"]
    assert (await room.nobody.get(link)).body == webp((1200, 600))


async def test_kudos_are_counted_and_alchemists_listed(room):
    request = await room.bot.ask_alchemy("caption", "interrogation")
    assert (await room.bot.get("/find_user")).body["active_generations"]["alchemy"] == [request]
    forms = await room.host.pop_forms("caption", "interrogation", amount=5, threads=2)
    told = (await room.bot.get("/status/performance")).body
    assert (told["queued_forms"], told["interrogator_count"]) == (2.0, 1)
    assert told["interrogator_thread_count"] == 2
    room.clock.advance(4)
    for form in forms:
        await room.host.submit_form(form, result={form["form"]: "x"})
    host = (await room.host.get("/find_user")).body
    assert (host["kudos"], host["records"]["fulfillment"]["interrogation"]) == (4.0, 2)
    bot = (await room.bot.get("/find_user")).body
    assert (bot["kudos"], bot["records"]["request"]["interrogation"]) == (-4.0, 2)
    (alchemist,) = (await room.bot.get("/workers?type=interrogation")).body
    assert (alchemist["type"], alchemist["name"]) == ("interrogation", "alchemist")
    assert alchemist["forms"] == ["caption", "interrogation"]
    assert alchemist["performance"] == "1.9 seconds per form"
    assert (await room.bot.get("/workers?type=image")).body == []
    assert (await room.bot.get("/workers")).body == [alchemist]


async def test_friends_come_first_then_the_oldest(room):
    callers = (room.bot, room.bot, room.stranger, room.host)
    asked = [await caller.ask_alchemy("caption") for caller in callers]
    friends = {"priority_usernames": ["stranger#3"]}
    forms = await room.host.pop_forms("caption", amount=4, **friends)
    order = [asked.index(form["source_image"].split("/")[-1][:36]) for form in forms]
    assert order == [2, 3, 0, 1]


async def test_only_what_is_offered_and_not_too_large(room):
    await room.bot.ask_alchemy("nsfw", "NMKD_Siax", picture=webp((1024, 1024)))
    assert await room.host.pop_forms("caption", "NMKD_Siax", max_tiles=3) == []
    (form,) = await room.host.pop_forms("caption", "NMKD_Siax", max_tiles=4)
    assert form["form"] == "NMKD_Siax"


async def test_the_untrusted_do_not_get_what_is_for_the_trusted(room):
    await room.bot.ask_alchemy("caption", trusted_workers=True)
    body = {"name": "alchemist", "forms": ["caption"]}
    nothing = (await room.stranger.post("/interrogate/pop", body)).body
    assert (nothing["forms"], nothing["skipped"]["untrusted"]) == ([], 1)
    assert len(await room.host.pop_forms("caption", name="another")) == 1


async def test_a_form_that_is_given_up_goes_to_another_three_times(room):
    request = await room.bot.ask_alchemy("caption")
    for number in range(3):
        assert (await room.bot.alchemy(request))["state"] == "waiting"
        (form,) = await room.host.pop_forms("caption", name=f"alchemist {number}")
        answer = await room.host.submit_form(form, state="faulted")
        assert (answer.status, answer.body) == (200, {"reward": 0.0})
    assert (await room.bot.alchemy(request))["state"] == "faulted"
    late = await room.host.submit_form(form, result=CAPTION)
    assert (late.status, late.rc) == (400, "AbortedGen")


async def test_a_form_that_takes_too_long_goes_to_another(room):
    request = await room.bot.ask_alchemy("caption")
    (form,) = await room.host.pop_forms("caption")
    await room.pass_time(179)
    assert (await room.bot.alchemy(request))["state"] == "processing"
    await room.pass_time(2)
    assert (await room.bot.alchemy(request))["state"] == "waiting"
    (again,) = await room.stranger.pop_forms("caption", name="another")
    assert again["id"] == form["id"]
    taken = await room.host.submit_form(form, result=CAPTION)
    assert (taken.status, taken.rc) == (403, "WrongCredentials")
    (alchemist,) = (await room.bot.get("/workers?name=alchemist")).body
    assert alchemist["uncompleted_jobs"] == 1


async def test_a_new_process_of_an_alchemist_has_lost_what_the_old_one_had(room):
    request = await room.bot.ask_alchemy("caption")
    await room.host.pop_forms("caption", started=100.0)
    (form,) = await room.host.pop_forms("caption", started=200.0)
    assert (await room.host.submit_form(form, result=CAPTION)).status == 200
    assert (await room.bot.alchemy(request))["state"] == "done"


async def test_cancelling_ends_what_is_not_done(room):
    request = await room.bot.ask_alchemy("caption", "nsfw")
    (form,) = await room.host.pop_forms("caption")
    await room.host.submit_form(form, result=CAPTION)
    (running,) = await room.host.pop_forms("nsfw")
    answer = await room.nobody.call("DELETE", f"/interrogate/status/{request}")
    assert answer.status == 200
    assert answer.body["state"] == "partial"
    assert [form["state"] for form in answer.body["forms"]] == ["done", "cancelled"]
    assert (await room.host.submit_form(running, result={"nsfw": False})).rc == "AbortedGen"
    assert await room.host.pop_forms("nsfw") == []


async def test_it_is_forgotten_after_twenty_minutes_with_its_picture(room):
    request = await room.bot.ask_alchemy("caption")
    assert len(list(room.running.hub.pictures.path.iterdir())) == 1
    await room.pass_time(20 * 60 + 1)
    answer = await room.bot.get(f"/interrogate/status/{request}")
    assert (answer.status, answer.rc) == (404, "RequestNotFound")
    assert list(room.running.hub.pictures.path.iterdir()) == []


async def test_what_is_handed_in_twice_by_others_or_unasked(room):
    await room.bot.ask_alchemy("caption")
    (form,) = await room.host.pop_forms("caption")
    assert (await room.stranger.submit_form(form, result=CAPTION)).rc == "WrongCredentials"
    wrong = await room.host.submit_form(form, result={"nsfw": True})
    assert (wrong.status, wrong.rc) == (400, "BadRequest")
    assert (await room.host.submit_form(form, result=CAPTION)).status == 200
    assert (await room.host.submit_form(form, result=CAPTION)).rc == "DuplicateGen"
    assert (await room.host.submit_form({"id": "nothing"}, result=CAPTION)).rc == "InvalidJobID"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (alchemy_body("caption") | {"forms": []}, "forms"),
        (alchemy_body("paint"), "forms.0.name"),
        ({"forms": [{"name": "caption"}]}, "source_image"),
        (alchemy_body(*["caption"] * 101), "forms"),
    ],
)
async def test_what_is_malformed(room, body, field):
    answer = await room.bot.post("/interrogate/async", body)
    assert (answer.status, list(answer.body["errors"])) == (400, [field])


async def test_what_is_no_picture(room):
    for source, rc in (
        ("bm9uZQ==", "ImageValidationFailed"),
        ("https://x", "SourceImageUrlInvalid"),
    ):
        body = alchemy_body("caption") | {"source_image": source}
        answer = await room.bot.post("/interrogate/async", body)
        assert (answer.status, answer.rc) == (400, rc)


async def test_who_may_do_what(room, session):
    without = await room.nobody.post("/interrogate/async", alchemy_body("caption"))
    assert set(without.body["errors"]) == {"apikey"}
    await room.host.pop_forms("caption")
    taken = await room.stranger.post("/interrogate/pop", {"name": "alchemist", "forms": []})
    assert (taken.status, taken.rc) == (403, "WrongCredentials")
    same = await room.host.post("/generate/pop", {"name": "alchemist"})
    assert (same.status, same.rc) == (403, "WrongCredentials")
    assert "Choose another name" in same.body["message"]


async def test_anonymous_may_ask_and_not_work(open_room, session):
    room = await open_room(anonymous=True)
    anonymous = Caller(session, room.running.url, "0000000000")
    await anonymous.ask_alchemy("caption")
    answer = await anonymous.post("/interrogate/pop", {"name": "alchemist", "forms": ["caption"]})
    assert (answer.status, answer.rc) == (403, "AnonForbiddenWorker")


async def test_too_many_wait(open_room):
    room = await open_room(concurrency=1)
    await room.bot.ask_alchemy(*["caption"] * 10)
    answer = await room.bot.post("/interrogate/async", alchemy_body("caption"))
    assert (answer.status, answer.rc) == (429, "TooManyPrompts")


async def test_it_says_when_nobody_can_do_it(room):
    answer = await room.bot.post("/interrogate/async", alchemy_body("caption"))
    assert answer.body["message"]
    await room.host.pop_forms("nsfw")
    answer = await room.bot.post("/interrogate/async", alchemy_body("nsfw"))
    assert "message" not in answer.body


async def test_an_alchemist_in_maintenance_works_for_its_owner_alone(room):
    await room.bot.ask_alchemy("caption")
    await room.host.ask_alchemy("nsfw")
    await room.host.pop_forms()
    (alchemist,) = (await room.host.get("/workers")).body
    await room.host.call("PUT", f"/workers/{alchemist['id']}", json={"maintenance": True})
    body = {"name": "alchemist", "forms": ["caption"]}
    refused = await room.host.post("/interrogate/pop", body)
    assert (refused.status, refused.rc) == (403, "WorkerMaintenance")
    assert len(await room.host.pop_forms("caption", "nsfw")) == 1


async def test_a_moderator_pauses_workers(open_room, session):
    room = await open_room(users=(*USERS, MODERATOR))
    moderator = Caller(session, room.running.url, MODERATOR_KEY)
    await room.bot.ask()
    await room.bot.ask_alchemy("caption")
    await room.host.post("/generate/pop", {"name": "worker one", "models": ["none of it"]})
    await room.host.pop_forms()
    for worker in (await room.nobody.get("/workers")).body:
        assert "paused" not in worker
        answer = await moderator.call("PUT", f"/workers/{worker['id']}", json={"paused": True})
        assert (answer.status, answer.body) == (200, {"paused": True})
        assert (await moderator.get(f"/workers/{worker['id']}")).body["paused"] is True
        assert (await room.host.get(f"/workers/{worker['id']}")).body["owner"] == "host#2"
    for path, body in (
        ("/generate/pop", {"name": "worker one", "models": ["stable_diffusion"]}),
        ("/interrogate/pop", {"name": "alchemist", "forms": ["caption"]}),
    ):
        refused = await room.host.post(path, body)
        assert (refused.status, refused.rc) == (403, "WorkerMaintenance")
        assert "moderator" in refused.body["message"]
    told = (await room.bot.get("/status/performance")).body
    assert (told["worker_count"], told["interrogator_count"]) == (0, 0)
    for worker in (await room.nobody.get("/workers")).body:
        await moderator.call("PUT", f"/workers/{worker['id']}", json={"paused": False})
    assert (await room.host.pop())["id"]
    assert len(await room.host.pop_forms("caption")) == 1


async def test_webhooks_tell_what_came_of_each_form(room):
    async with Answering() as ear:
        request = await room.bot.ask_alchemy("caption", webhook=f"{ear.url}/hook")
        (form,) = await room.host.pop_forms("caption")
        await room.host.submit_form(form, result=CAPTION)
        await room.running.hub.webhooks.drained()
        (told,) = [exchange.body for exchange in ear.journal.exchanges]
    assert (told["form"], told["state"], told["result"]) == ("caption", "done", CAPTION)
    assert (told["request"], told["id"], told["kudos"]) == (request, form["id"], 1.0)
    assert told["worker_name"] == "alchemist"
