"""Many at once: no job is given twice, none is lost, limits hold."""

import asyncio
from collections import Counter

from tests.component.hub.callers import request_body


async def test_workers_in_a_race_never_get_the_same_job(room):
    requests = [await room.bot.ask(params={"n": 2, "seed": "1"}) for _ in range(15)]

    async def work(name):
        got = []
        while (job := await room.host.pop(name))["id"]:
            got.append(job)
            await room.host.deliver(job)
        return got

    shares = await asyncio.gather(*(work(f"worker {number}") for number in range(5)))
    jobs = [job for share in shares for job in share]
    assert len(jobs) == 30
    assert max(Counter(job["id"] for job in jobs).values()) == 1
    assert Counter(job["payload"]["seed"] for job in jobs) == {"1": 15, "2": 15}
    for request in requests:
        status = await room.bot.status(request)
        assert (status["done"], status["finished"], status["restarted"]) == (True, 2, 0)


async def test_one_picture_handed_in_many_times_at_once_counts_once(room):
    request = await room.bot.ask()
    job = await room.host.pop()
    await room.host.upload(job["r2_upload"])
    answers = await asyncio.gather(*(room.host.submit(job["id"]) for _ in range(8)))
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 7}
    assert {answer.rc for answer in answers if answer.status == 400} == {"DuplicateGen"}
    status = await room.bot.status(request)
    assert status["finished"] == 1
    assert status["kudos"] == next(a.body["reward"] for a in answers if a.status == 200)


async def test_deliver_and_abort_at_once_leave_one_truth(room):
    request = await room.bot.ask(params={"n": 10})
    jobs = [await room.host.pop() for _ in range(10)]
    for job in jobs:
        await room.host.upload(job["r2_upload"])
    room.clock.advance(151)
    *answers, _ = await asyncio.gather(
        *(room.host.submit(job["id"]) for job in jobs), room.running.sweep()
    )
    delivered = sum(answer.status == 200 for answer in answers)
    check = await room.bot.check(request)
    assert check["finished"] == delivered
    assert check["processing"] == 0
    assert check["waiting"] == (0 if check["faulted"] else 10 - delivered)
    assert check["restarted"] == 10 - delivered


async def test_the_concurrency_limit_holds_in_a_rush(open_room):
    room = await open_room(concurrency=7)
    answers = await asyncio.gather(
        *(room.bot.post("/generate/async", request_body()) for _ in range(15))
    )
    assert Counter(answer.status for answer in answers) == {202: 7, 429: 8}
