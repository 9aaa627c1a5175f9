"""From a popped job to a picture at the server."""

from __future__ import annotations

import base64
from io import BytesIO

from PIL import Image

from common import pictures
from common.horde.work import PopBody
from tests.component.worker.paint import paint
from worker import events
from worker.horde.offer import BRIDGE_AGENT


async def test_a_job_becomes_a_picture(shop):
    [job] = shop.hub.offer()
    shop.open()
    [submitted] = await shop.delivered(job)
    assert submitted == events.Submitted(job, 41, 3.5)
    assert shop.hub.submitted[job] == {
        "id": job,
        "generation": "R2",
        "state": "ok",
        "seed": 41,
        "gen_metadata": [],
    }
    image = Image.open(BytesIO(shop.hub.uploads[job]))
    assert (image.format, image.size) == ("WEBP", (128, 64))
    painted = paint(shop.engine.tasks[0], 41)
    differences = zip(image.convert("RGB").tobytes(), painted.tobytes(), strict=True)
    assert max(abs(one - other) for one, other in differences) < 12


async def test_the_picture_says_how_it_was_made(shop):
    [job] = shop.hub.offer()
    shop.open()
    await shop.delivered(job)
    recipe = pictures.read_parameters(shop.hub.uploads[job])
    assert recipe.startswith(
        "a fox\nNegative prompt: blurry\nSteps: 8, Sampler: k_euler_a karras, "
        "CFG scale: 7.5, Seed: 41, Size: 128x64, Model: paint, Version: hordebots "
    )
    exif = Image.open(BytesIO(shop.hub.uploads[job])).getexif()
    assert exif[0x0131] == "hordebots, paint shop"


async def test_the_upload_is_fit_for_a_presigned_address(shop):
    """No Content-Type, which would not match the signature, and never our key."""
    [job] = shop.hub.offer()
    shop.open()
    await shop.delivered(job)
    [upload] = shop.hub.journal.of("upload", job)
    names = {name.lower() for name in upload.headers}
    assert "content-type" not in names
    assert "apikey" not in names


async def test_a_pop_says_all_the_worker_can_do(shop):
    shop.open()
    await shop.hub.until(lambda: shop.hub.journal.of("pop"))
    body = shop.hub.journal.of("pop")[0].body
    assert set(body) == set(PopBody.model_fields)
    assert body["name"] == "paint shop"
    assert body["models"] == ["paint"]
    assert body["max_pixels"] == 512 * 512
    assert body["allow_img2img"] is True
    assert body["allow_lora"] is body["allow_painting"] is body["allow_post_processing"] is False
    assert body["bridge_agent"] == BRIDGE_AGENT
    assert body["started"] == 1_700_000_000.5


async def test_a_batch_has_a_seed_for_each_picture(shop):
    jobs = shop.hub.offer(n=3)
    shop.open()
    submitted = await shop.delivered(*jobs)
    assert {event.id: event.seed for event in submitted} == dict(
        zip(jobs, (41, 42, 43), strict=True)
    )
    assert shop.engine.tasks[0].seeds == (41, 42, 43)
    assert len({bytes(shop.hub.uploads[job]) for job in jobs}) == 3


async def test_batches_are_asked_for_when_the_pace_is_known(shop):
    [job] = shop.hub.offer()
    shop.open()
    await shop.delivered(job)
    asked = shop.hub.journal.count("pop")
    await shop.hub.until(lambda: shop.hub.journal.count("pop") > asked + 1)
    amounts = [call.body["amount"] for call in shop.hub.journal.of("pop")]
    assert amounts[0] == 1
    assert amounts[-1] == 4


async def test_a_source_picture_inside_the_job_is_used(shop):
    source = Image.linear_gradient("L").resize((64, 64)).convert("RGB")
    data = pictures.encode_webp(source)
    [job] = shop.hub.offer(
        source_image=base64.b64encode(data).decode(),
        source_processing="img2img",
        payload={"denoising_strength": 0.4},
    )
    shop.open()
    await shop.delivered(job)
    [task] = shop.engine.tasks
    assert task.source_image.size == (128, 64)
    assert task.denoise == 0.4


async def test_a_source_picture_behind_a_link_is_fetched(shop):
    source = Image.linear_gradient("L").convert("RGB")
    shop.hub.files["source.webp"] = pictures.encode_webp(source)
    [job] = shop.hub.offer(
        source_image=f"{shop.hub.origin}/files/source.webp", source_processing="img2img"
    )
    shop.open()
    await shop.delivered(job)
    assert shop.engine.tasks[0].source_image.size == (128, 64)
    assert shop.engine.tasks[0].denoise == 0.75


async def test_a_source_picture_that_does_not_come_faults_the_job(shop):
    [lost] = shop.hub.offer(source_image=f"{shop.hub.origin}/files/none.webp")
    [broken] = shop.hub.offer(source_image=base64.b64encode(b"no picture").decode())
    shop.open()
    await shop.hub.until(lambda: {lost, broken} <= set(shop.hub.submitted))
    assert shop.hub.submitted[lost]["gen_metadata"] == [
        {"type": "source_image", "value": "download_failed"}
    ]
    assert shop.hub.submitted[broken]["gen_metadata"] == [
        {"type": "source_image", "value": "parse_failed"}
    ]
    assert shop.engine.tasks == []


async def test_wishes_that_cannot_be_met_are_told_with_the_picture(shop):
    [job] = shop.hub.offer(
        payload={"loras": [{"name": "snow"}], "tis": [{"name": "7808"}], "hires_fix": True}
    )
    shop.open()
    await shop.delivered(job)
    assert shop.hub.submitted[job]["gen_metadata"] == [
        {"type": "ti", "value": "download_failed", "ref": "7808"},
        {"type": "lora", "value": "download_failed", "ref": "snow"},
        {"type": "information", "value": "see_ref", "ref": "made without hires fix"},
    ]


async def test_the_next_jobs_are_fetched_while_one_is_made(shop):
    [first] = shop.hub.offer()
    shop.open()
    await shop.delivered(first)  # now the pace is known
    shop.engine.hold()
    [second] = shop.hub.offer()
    [third] = shop.hub.offer()
    [fourth] = shop.hub.offer()
    [fifth] = shop.hub.offer()
    await shop.until(lambda: len(shop.said(events.Popped)) == 4)
    await shop.until(lambda: (second,) in [step.ids for step in shop.said(events.Step)])
    pops = shop.hub.journal.count("pop")
    assert len(shop.engine.tasks) == 2
    assert len(shop.hub.jobs) == 1  # two ahead, not three
    shop.engine.release()
    await shop.delivered(second, third, fourth, fifth)
    assert shop.hub.journal.count("pop") > pops


async def test_progress_is_told_and_only_grows(shop):
    jobs = shop.hub.offer(n=2)
    shop.open()
    await shop.delivered(*jobs)
    parts = [event.part for event in shop.said(events.Step)]
    assert parts == sorted(parts) == [0.1, 0.5, 1.0]


async def test_without_a_place_to_upload_the_picture_travels_along(shop):
    [job] = shop.hub.offer(r2=False)
    shop.open()
    await shop.delivered(job)
    data = base64.b64decode(shop.hub.submitted[job]["generation"])
    assert pictures.verify(data).mime == "image/webp"


async def test_messages_and_skip_reasons_reach_the_operator_once(shop):
    shop.hub.no_job = {
        "skipped": {"max_pixels": 3},
        "messages": [{"message": "update\nplease", "id": "1"}],
    }
    shop.open()
    await shop.hub.until(lambda: shop.hub.journal.count("pop") > 4)
    assert [event.text for event in shop.said(events.Notice)] == [
        "The server says: update please",
    ]
    assert shop.said(events.Skipped) == [events.Skipped("max_pixels (3)")]
