"""Text generation through the client."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from common.errors import HordeForbidden, HordeGone, HordeUnclear
from common.horde.wire_text import TextBody, TextParams
from tests.component.horde.conftest import KEY
from tests.fakes.horde import Fate, faults

ONCE = TextBody(prompt="Once upon a time", params=TextParams(n=2, max_length=80))


async def test_a_request_from_submission_to_text(client, horde):
    submitted = await client.submit_text(ONCE)
    status = await client.text_status(submitted.id)

    assert status.done
    assert [generation.text for generation in status.generations] == [" there was a fox."] * 2
    assert horde.journal.of("text")[0].headers["apikey"] == KEY
    assert "apikey" not in horde.journal.of("text_status")[0].headers


async def test_what_is_left_out_is_not_sent(client, horde):
    await client.submit_text(ONCE)

    sent = horde.journal.of("text")[0].body
    assert sent["params"] == {"n": 2, "max_length": 80, "max_context_length": 2048}
    assert "webhook" not in sent


async def test_cancelling_returns_what_was_finished(client, horde):
    horde.seconds = None
    submitted = await client.submit_text(ONCE)
    horde.finish(submitted.id, 1)

    assert len((await client.cancel_text(submitted.id)).generations) == 1
    horde.finish(submitted.id)
    assert (await client.text_status(submitted.id)).done


async def test_nobody_may_be_there_to_write(client, horde):
    horde.fate = Fate.IMPOSSIBLE
    submitted = await client.submit_text(ONCE)

    assert "No available workers" in submitted.message
    assert not (await client.text_status(submitted.id)).is_possible


async def test_an_unknown_id_and_an_unknown_key(client, horde):
    for ask in (client.text_status, client.cancel_text):
        with pytest.raises(HordeGone):
            await ask("00000000-0000-0000-0000-000000000000")
    horde.keys = set()
    with pytest.raises(HordeForbidden):
        await client.submit_text(ONCE)


async def test_a_submission_whose_answer_is_lost_is_sent_once(client, horde):
    horde.fail("text", faults.reset())

    with pytest.raises(HordeUnclear):
        await client.submit_text(ONCE)
    assert len(horde.texts) == 1


@pytest.mark.parametrize("fault", [faults.refuse(), faults.lose(), faults.html(503)])
async def test_a_look_survives_a_fault_that_passes(client, horde, fault):
    submitted = await client.submit_text(ONCE)
    horde.fail("text_status", fault, 2)

    assert (await client.text_status(submitted.id)).done


@pytest.mark.parametrize(
    "traits", [{"max_length": 5}, {"n": 21}, {"stop_sequence": ["x"] * 129}, {"top_p": 0}]
)
def test_numbers_no_server_takes_are_not_sent(traits):
    with pytest.raises(ValidationError):
        TextParams(**traits)
