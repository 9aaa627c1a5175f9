"""Alchemy through the client."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image
from pydantic import ValidationError

from common.errors import HordeBusy, HordeGone, HordeRejected, HordeUnclear
from common.horde.wire_alchemy import AlchemyStatus, alchemy_body
from common.horde.wire_names import ALCHEMY_FORMS, POST_PROCESSORS
from tests.component.horde.conftest import KEY
from tests.fakes.horde import Fate, faults
from tests.fakes.horde.pictures import paint

SOURCE = base64.b64encode(paint(1)).decode()
QUESTIONS = ["caption", "nsfw", "RealESRGAN_x2plus"]


async def test_a_picture_is_described_judged_and_enlarged(client, horde):
    submitted = await client.submit_alchemy(alchemy_body(QUESTIONS, SOURCE))
    status = await client.alchemy_status(submitted.id)
    data = await client.download(status.value("RealESRGAN_x2plus"), limit_bytes=10_000)

    assert status.over
    assert (status.state, status.value("caption"), status.value("nsfw")) == ("done", "a fox", False)
    assert Image.open(io.BytesIO(data)).size == (2 * horde.side, 2 * horde.side)
    assert horde.journal.of("alchemy")[0].headers["apikey"] == KEY
    assert "apikey" not in horde.journal.of("alchemy_status")[0].headers


async def test_every_form_can_be_asked_for(client, horde):
    submitted = await client.submit_alchemy(alchemy_body(ALCHEMY_FORMS, SOURCE))
    status = await client.alchemy_status(submitted.id)

    assert {form.form for form in status.forms} == set(ALCHEMY_FORMS)
    assert all(status.value(name).startswith("http://") for name in POST_PROCESSORS)


async def test_what_is_done_is_there_before_the_rest(client, horde):
    horde.seconds = None
    submitted = await client.submit_alchemy(alchemy_body(QUESTIONS, SOURCE))
    waiting = await client.alchemy_status(submitted.id)
    horde.finish(submitted.id, 1)
    partial = await client.alchemy_status(submitted.id)

    assert (waiting.state, waiting.over, waiting.value("caption")) == ("waiting", False, None)
    assert (partial.state, partial.over, partial.value("caption")) == ("waiting", False, "a fox")


async def test_cancelling_ends_what_is_not_done(client, horde):
    horde.seconds = None
    submitted = await client.submit_alchemy(alchemy_body(QUESTIONS, SOURCE))
    horde.finish(submitted.id, 1)

    status = await client.cancel_alchemy(submitted.id)

    assert (status.state, status.over) == ("partial", True)
    assert [form.state for form in status.forms] == ["done", "cancelled", "cancelled"]


async def test_alchemists_may_give_up(client, horde):
    horde.fate = Fate.FAULTED
    submitted = await client.submit_alchemy(alchemy_body(["caption"], SOURCE))

    assert (await client.alchemy_status(submitted.id)).state == "faulted"


async def test_the_same_form_is_sent_once():
    body = alchemy_body(["caption", "nsfw", "caption"], SOURCE)

    assert [form.name for form in body.forms] == ["caption", "nsfw"]


@pytest.mark.parametrize(("names", "source"), [([], SOURCE), (["paint"], SOURCE), (["nsfw"], "")])
def test_what_no_server_takes_is_not_sent(names, source):
    with pytest.raises(ValidationError):
        alchemy_body(names, source)


async def test_a_picture_nobody_can_read(client):
    with pytest.raises(HordeRejected, match="cannot read the source picture"):
        await client.submit_alchemy(alchemy_body(["caption"], "no base64!"))


async def test_an_unknown_id(client):
    for ask in (client.alchemy_status, client.cancel_alchemy):
        with pytest.raises(HordeGone):
            await ask("00000000-0000-0000-0000-000000000000")


async def test_a_submission_whose_answer_is_lost_is_sent_once(client, horde):
    horde.fail("alchemy", faults.lose())

    with pytest.raises(HordeUnclear):
        await client.submit_alchemy(alchemy_body(["caption"], SOURCE))
    assert len(horde.alchemies) == 1


async def test_a_look_survives_a_fault_that_passes(client, horde):
    submitted = await client.submit_alchemy(alchemy_body(["caption"], SOURCE))
    horde.fail("alchemy_status", faults.reset(), 2)

    assert (await client.alchemy_status(submitted.id)).over


async def test_maintenance_and_the_limiter(client_of, horde, clock):
    client = client_of(horde, sleep=clock.sleep, monotonic=clock)
    horde.fail("alchemy", faults.limiter("90 per 1 minute", retry_after=7))
    await client.submit_alchemy(alchemy_body(["caption"], SOURCE))
    assert clock.slept == [7]

    horde.maintenance = True
    with pytest.raises(HordeBusy):
        await client.submit_alchemy(alchemy_body(["caption"], SOURCE))


@pytest.mark.parametrize("states", [["done", "faulted"], ["cancelled"]])
def test_it_is_over_when_every_form_is(states):
    forms = [{"form": "caption", "state": state} for state in states]

    assert AlchemyStatus.model_validate({"state": "processing", "forms": forms}).over
    assert not AlchemyStatus.model_validate({"state": "processing", "forms": []}).over
