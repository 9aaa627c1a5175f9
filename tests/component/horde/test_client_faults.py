"""The client against a Horde, and a line, that fail."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from common.errors import HordeBusy, HordeUnclear, HordeUnreachable
from common.horde.connection import REFUSALS
from common.horde.limits import Limits, Rate
from common.horde.outcomes import LIMITER_PAUSE
from common.horde.transport import Patience
from tests.component.horde.conftest import ONCE, QUICK, SleptClock, body
from tests.fakes import faults

PASSING = {
    "refuse": faults.refuse(),
    "lose": faults.lose(),
    "reset": faults.reset(),
    "truncate": faults.truncate(),
    "html": faults.html(),
    "html 503": faults.html(503),
    "500": faults.answer(500, '{"message": "Internal Server Error"}'),
    "502": faults.answer(502, ""),
    "redirect": faults.answer(301, "", {"Location": "http://127.0.0.1:1/"}),
}
READS = ["check", "status", "cancel", "models", "workers", "heartbeat", "find_user"]


async def ask(client, route, horde_id):
    if route in {"check", "status", "cancel"}:
        return await getattr(client, route)(horde_id)
    return await getattr(client, route)()


@pytest.fixture
async def horde_id(client):
    return (await client.submit(body())).id


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
@pytest.mark.parametrize("route", READS)
async def test_a_read_survives_a_fault_that_passes(client, horde, horde_id, route, fault):
    horde.fail(route, fault, 2)

    assert await ask(client, route, horde_id)


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
@pytest.mark.parametrize("route", ["check", "models"])
async def test_a_read_gives_up_in_the_end(client, horde, horde_id, route, fault):
    horde.fail(route, fault, 100)

    with pytest.raises(HordeUnreachable) as lost:
        await ask(client, route, horde_id)
    assert not isinstance(lost.value, HordeUnclear)  # asking again would change nothing
    assert QUICK.attempts <= horde.journal.count(route) <= 2 * QUICK.attempts


@pytest.mark.parametrize("route", ["check", "submit"])
async def test_nothing_hangs_longer_than_its_timeout(client_of, horde, route):
    client = client_of(horde, patience=Patience(total=0.1, attempts=1))
    horde.fail(route, faults.hang())

    async with asyncio.timeout(30):
        with pytest.raises(HordeUnreachable):
            await (client.check("x") if route == "check" else client.submit(body()))


async def test_where_nobody_answers_it_is_said_who_does_not(client_of, horde):
    client = client_of(horde, patience=ONCE)
    horde.fail("check", faults.reset())

    with pytest.raises(HordeUnreachable) as lost:
        await client.check("x")
    assert (lost.value.code, lost.value.values["horde"]) == ("horde.no_answer", "fake")


async def test_a_late_answer_is_waited_for(client, horde, horde_id):
    horde.fail("check", faults.delay(0.05))

    assert (await client.check(horde_id)).done
    assert horde.journal.count("check") == 1


async def test_an_endless_answer_is_cut_off(client_of, horde):
    client = client_of(horde, patience=ONCE)
    horde.fail("check", faults.answer(200, '{"done": "' + "x" * 1_100_000 + '"}'))

    with pytest.raises(HordeUnreachable, match="far too large"):
        await client.check("x")


# --- a submission must not be sent twice ---------------------------------------------------


@pytest.mark.parametrize("name", ["refuse", "lose", "reset", "truncate", "html", "502"])
async def test_a_submission_whose_answer_is_lost_is_unclear_and_sent_once(client, horde, name):
    horde.fail("submit", PASSING[name], 100)

    with pytest.raises(HordeUnclear) as unclear:
        await client.submit(body())
    assert unclear.value.code == "horde.unclear"
    assert horde.journal.count("submit") == 1


async def test_a_submission_that_timed_out_is_unclear(client_of, horde):
    client = client_of(horde, patience=Patience(total=1.0))  # it is on its way long before
    horde.fail("submit", faults.hang())

    with pytest.raises(HordeUnclear):
        await client.submit(body())


async def test_a_submission_the_server_broke_on_was_not_accepted(client, horde):
    horde.fail("submit", PASSING["500"], 100)

    with pytest.raises(HordeUnreachable) as broken:
        await client.submit(body())
    assert not isinstance(broken.value, HordeUnclear)
    assert "Internal Server Error" in str(broken.value)
    assert horde.journal.count("submit") == 1


async def test_a_submission_that_never_left_is_sent_again(client_of, horde):
    client = client_of(horde, patience=Patience(attempts=200, first_pause=0.01, longest_pause=0.02))
    await horde.stop()
    submitting = asyncio.create_task(client.submit(body()))
    await asyncio.sleep(0.05)
    assert not submitting.done()
    await horde.start()

    assert (await submitting).id in horde.requests
    assert horde.journal.count("submit") == 1


async def test_nobody_listening_is_not_unclear(client, horde):
    await horde.stop()

    with pytest.raises(HordeUnreachable) as unreachable:
        await client.submit(body())
    assert not isinstance(unreachable.value, HordeUnclear)


async def test_a_dry_run_may_be_sent_again(client, horde):
    horde.fail("submit", PASSING["reset"], 2)

    assert await client.dry_run(body()) == 8


# --- the server's limiter -------------------------------------------------------------------


@pytest.fixture
def patient(client_of, horde, clock: SleptClock):
    return client_of(horde, sleep=clock.sleep, monotonic=clock)


async def test_the_limiter_is_waited_out(patient, horde, clock):
    horde.fail("submit", faults.limiter(retry_after=3), 2)

    assert (await patient.submit(body())).id in horde.requests
    assert clock.slept == [3, 3]
    assert len(horde.requests) == 1


async def test_a_limit_a_server_speaks_of_again_and_again_is_kept_from_then_on(patient, horde):
    horde.fail("submit", faults.limiter("50 per 1 second"), REFUSALS)
    await patient.submit(body())
    assert patient.limits.submit == (Rate(50, 1.0),)
    assert patient.submit_pace() == 0.02

    horde.fail("submit", faults.limiter("600 per 1 minute"), REFUSALS)
    await patient.submit(body())
    assert patient.limits.submit == (Rate(50, 1.0), Rate(600, 60.0, burst=200))
    assert patient.limits.check == ()

    horde.fail("submit", faults.limiter("70 per 1 second"), REFUSALS)
    await patient.submit(body())
    assert Rate(50, 1.0) in patient.limits.submit


@pytest.mark.parametrize(
    ("said", "pause"), [("2 per 1 second", 3), ("0 per 1 second", 1), ("slow down", 1)]
)
async def test_now_and_then_a_refusal_or_other_words_teach_nothing(patient, horde, said, pause):
    horde.fail("submit", faults.limiter(said, retry_after=pause), 2 * REFUSALS)

    await patient.submit(body())
    assert patient.limits == Limits.unlimited()


async def test_many_at_once_are_refused_a_few_times_and_then_take_turns(client, horde):
    horde.per_second = 40
    await asyncio.gather(*(client.submit(body()) for _ in range(100)))

    assert len(horde.requests) == 100
    refused = [one for one in horde.journal.of("submit") if one.status == 429]
    assert len(refused) <= 60 + REFUSALS
    assert client.limits.submit == (Rate(40, 1.0),)


async def test_the_limiter_is_waited_out_to_the_last_second_of_patience(client_of, horde, clock):
    patience = replace(ONCE, limiter_wait=6.0)
    patient = client_of(horde, patience=patience, sleep=clock.sleep, monotonic=clock)
    horde.fail("models", faults.limiter(retry_after=3), 2)

    assert await patient.models()
    assert clock.slept == [3, 3]


async def test_a_limiter_that_does_not_say_how_long_is_waited_out_too(patient, horde, clock):
    horde.fail("check", faults.limiter(retry_after=None))
    submitted = await patient.submit(body())

    assert (await patient.check(submitted.id)).done
    assert clock.slept == [LIMITER_PAUSE]


async def test_the_limiter_is_not_waited_out_for_ever(patient, horde, clock):
    horde.fail("submit", faults.limiter(retry_after=20), 100)

    with pytest.raises(HordeBusy) as busy:
        await patient.submit(body())
    assert busy.value.retry_after == 20
    assert sum(clock.slept) <= QUICK.limiter_wait


async def test_a_limiter_that_asks_for_too_much_is_the_callers_affair(patient, horde, clock):
    horde.fail("status", faults.limiter("10 per 1 minute", retry_after=3600))

    with pytest.raises(HordeBusy) as busy:
        await patient.status("x")
    assert busy.value.retry_after == 3600
    assert clock.slept == []


async def test_too_many_prompts_is_not_slept_upon(patient, horde, clock):
    horde.fail("submit", faults.rc("TooManyPrompts", 429))

    with pytest.raises(HordeBusy):
        await patient.submit(body())
    assert clock.slept == []
