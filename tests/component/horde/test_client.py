"""The client against a Horde that works."""

from __future__ import annotations

import io
import json
import time

import pytest
from PIL import Image

from common.errors import (
    HordeBusy,
    HordeForbidden,
    HordeGone,
    HordeRejected,
    HordeUnreachable,
)
from common.horde.limits import Limits, Rate
from tests.component.horde.conftest import KEY, body
from tests.fakes.horde import Fate, faults


async def test_a_request_from_submission_to_picture(client, horde):
    submitted = await client.submit(body(n=2, seed="7"))
    check = await client.check(submitted.id)
    status = await client.status(submitted.id)
    data = [await client.download(g.img, limit_bytes=10_000) for g in status.generations]

    assert check.done
    assert not check.faulted
    assert [g.seed for g in status.generations] == ["7", "8"]
    assert [Image.open(io.BytesIO(d)).format for d in data] == ["WEBP", "WEBP"]
    assert data[0] != data[1]


async def test_pictures_inside_the_answer(client, horde):
    submitted = await client.submit(body().model_copy(update={"r2": False}))
    [generation] = (await client.status(submitted.id)).generations

    data = await client.download(generation.img, limit_bytes=10_000)

    assert Image.open(io.BytesIO(data)).format == "WEBP"
    assert horde.journal.count("picture") == 0


async def test_a_dry_run_costs_and_makes_nothing(client, horde):
    assert await client.dry_run(body(n=2)) == 14
    assert horde.requests == {}


async def test_cancelling_returns_what_was_finished(client, horde):
    horde.seconds = None
    submitted = await client.submit(body(n=3))
    horde.finish(submitted.id, 1)

    status = await client.cancel(submitted.id)

    assert len(status.generations) == 1
    assert horde.requests[submitted.id].cancelled


async def test_what_is_in_the_making_is_finished_though_it_was_cancelled(client, horde):
    horde.seconds = None
    submitted = await client.submit(body(n=3))
    horde.finish(submitted.id, 1)
    await client.cancel(submitted.id)

    assert (await client.check(submitted.id)).processing == 1
    horde.finish(submitted.id)
    status = await client.status(submitted.id)

    assert status.done
    assert len(status.generations) == 2


async def test_what_the_horde_offers(client, horde):
    horde.models = {"Deliberate": 3}

    [model] = await client.models()
    [worker] = await client.workers()

    assert (model.name, model.count) == ("Deliberate", 3)
    assert (worker.trusted, worker.models) == (True, ["Deliberate"])


async def test_who_we_are_and_whether_it_lives(client):
    assert (await client.heartbeat()).version == "fake"
    assert (await client.find_user()).username == "member#1"


async def test_warnings_reach_the_caller(client, horde):
    horde.models = {}
    submitted = await client.submit(body())

    assert [warning.code for warning in submitted.warnings] == ["NoAvailableWorker"]
    assert not (await client.check(submitted.id)).is_possible


async def test_we_name_ourselves_and_show_the_key_only_where_it_is_needed(client, horde):
    submitted = await client.submit(body())
    [generation] = (await client.status(submitted.id)).generations
    await client.check(submitted.id)
    await client.models()
    await client.find_user()
    await client.download(generation.img, limit_bytes=10_000)
    await client.cancel(submitted.id)

    for exchange in horde.journal.exchanges:
        kind = exchange.headers.get("content-type")
        assert kind == ("application/json" if exchange.route == "submit" else None)
        shown = exchange.headers.get("apikey")
        assert shown == (KEY if exchange.route in {"submit", "find_user"} else None), exchange.route
        if exchange.route == "picture":
            assert "client-agent" not in exchange.headers
        else:
            name, version, contact = exchange.headers["client-agent"].split(":", 2)
            assert (name, contact[:8]) == ("hordebots", "https://")
            assert version[0].isdigit()


async def test_what_is_left_out_is_not_sent(client, horde):
    await client.submit(body())

    sent = horde.journal.of("submit")[0].body
    assert "source_image" not in sent
    assert "seed" not in sent["params"]
    assert (sent["nsfw"], sent["censor_nsfw"], sent["r2"]) == (False, True, True)


async def test_a_large_source_picture_is_sent_whole(client, horde):
    await client.submit(body().model_copy(update={"source_image": "QUJD" * 700_000}))

    assert len(horde.journal.of("submit")[0].body["source_image"]) == 2_800_000


async def test_an_unknown_key(client, horde):
    horde.keys = {"another"}

    with pytest.raises(HordeForbidden) as refused:
        await client.submit(body())
    assert refused.value.rc == "InvalidAPIKey"
    assert KEY not in f"{refused.value!s}{refused.value.values}"
    with pytest.raises(HordeForbidden):
        await client.find_user()


async def test_an_unknown_id(client):
    for ask in (client.check, client.status, client.cancel):
        with pytest.raises(HordeGone):
            await ask("00000000-0000-0000-0000-000000000000")


async def test_an_id_cannot_reach_another_path(client, horde):
    with pytest.raises(HordeGone):
        await client.check("../../status/models?x=")

    assert horde.journal.count("models") == 0


async def test_too_many_at_once_is_for_the_caller_to_wait_out(client, horde):
    horde.concurrency = 2

    with pytest.raises(HordeBusy) as busy:
        await client.submit(body(n=3))
    assert busy.value.rc == "TooManyPrompts"
    assert busy.value.retry_after == 10
    assert horde.journal.count("submit") == 1


async def test_a_body_the_schema_check_refuses(client, horde):
    crooked = body().params.model_construct(n=1, width=500)

    with pytest.raises(HordeRejected, match=r"params\.width"):
        await client.submit(body().model_copy(update={"params": crooked}))


async def test_maintenance_is_a_busy_horde(client, horde):
    horde.fail("submit", faults.rc("MaintenanceMode", 400))

    with pytest.raises(HordeBusy) as busy:
        await client.submit(body())
    assert busy.value.retry_after == 300


async def test_faulted_and_censored_can_be_told_apart(client, horde):
    horde.plan.extend([Fate.FAULTED, Fate.CENSORED])
    faulted = await client.status((await client.submit(body())).id)
    censored = await client.status((await client.submit(body())).id)

    assert (faulted.faulted, faulted.done, faulted.generations) == (True, True, [])
    assert censored.generations[0].censored
    assert censored.generations[0].gen_metadata[0].value == "nsfw"


async def test_json_of_somebody_else_is_not_taken_for_an_answer(client, horde):
    for answer in ({}, [], {"status": "fine"}, {"done": "maybe"}, None):
        horde.fail("check", faults.answer(200, json.dumps(answer)), 3)
        with pytest.raises(HordeUnreachable):
            await client.check("x")
        horde.heal()


async def test_our_own_limiter_keeps_submissions_apart(client_of, horde):
    client = client_of(horde, limits=Limits(submit=(Rate(10, 0.1),)))

    began = time.monotonic()
    for _ in range(20):
        await client.submit(body())
    took = time.monotonic() - began

    times = [exchange.time for exchange in horde.journal.of("submit")]
    busiest = max(sum(1 for t in times if start <= t < start + 0.1) for start in times)
    assert busiest <= 12  # 10, and what a crowded machine delivers late
    assert took >= 0.18


async def test_other_limits_can_be_set_later(client_of, horde):
    client = client_of(horde, limits=Limits(submit=(Rate(1, 3600.0),)))
    await client.submit(body())

    client.use_limits(Limits.whitelisted())

    await client.submit(body())
    assert horde.journal.count("submit") == 2
