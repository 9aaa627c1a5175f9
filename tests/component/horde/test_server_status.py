"""What a Horde tells about itself, its workers and its styles."""

from __future__ import annotations

import json
from datetime import date

import pytest

from common.errors import HordeBusy, HordeGone, HordeUnreachable
from common.horde.limits import Limits, Rate
from common.horde.transport import Patience
from common.horde.wire_text import TextBody
from tests.component.horde.conftest import body
from tests.fakes import faults
from tests.fakes.horde.requests import WORKER_ID, WORKER_NAME


async def test_the_load_counts_what_waits(client, horde):
    horde.seconds = None
    await client.submit(body(n=3))

    performance = await client.performance()

    assert (performance.queued_requests, performance.worker_count) == (2, 1)
    assert performance.past_minute_megapixelsteps == 31.46


async def test_maintenance_is_seen_before_anything_is_sent(client, horde):
    assert not (await client.modes()).maintenance_mode
    horde.maintenance = True

    assert (await client.modes()).maintenance_mode
    with pytest.raises(HordeBusy):
        await client.submit(body())


async def test_the_modes_are_asked_for_without_our_key(client, horde):
    await client.modes()

    assert "apikey" not in horde.journal.of("modes")[0].headers


async def test_news_come_newest_first_with_a_date(client):
    first, second = await client.news()

    assert (first.title, first.date_published) == ("New styles", date(2026, 5, 2))
    assert first.more_info_urls == ["https://example.org/styles"]
    assert second.date_published < first.date_published


@pytest.mark.parametrize("spelling", ["soon", "", 5, "2026-13-01"])
async def test_a_date_nobody_understands_is_left_out(client, horde, spelling):
    horde.news = [{"newspiece": "words", "date_published": spelling}]

    assert (await client.news())[0].date_published is None


async def test_news_that_cannot_be_read_do_not_hide_the_others(client, horde):
    horde.news = [{"title": "no words"}, "nonsense", {"newspiece": "words"}]

    assert [piece.newspiece for piece in await client.news()] == ["words"]


@pytest.mark.parametrize("answer", [{}, "news", [1, 2]])
async def test_a_list_that_is_none_did_not_come_from_a_horde(client, horde, answer):
    horde.fail("news", faults.answer(200, json.dumps(answer)))

    with pytest.raises(HordeUnreachable):
        await client.news()


async def test_a_worker_by_id_and_by_name(client, horde):
    horde.models = {"Deliberate": 1}

    by_id = await client.worker(WORKER_ID)
    by_name = await client.worker_by_name(WORKER_NAME)

    assert by_id == by_name
    assert (by_id.name, by_id.models, by_id.online) == (WORKER_NAME, ["Deliberate"], True)
    assert (by_id.requests_fulfilled, by_id.post_processing) == (3, True)
    assert by_id.performance == "1.0 megapixelsteps per second"


async def test_a_worker_that_is_not_there(client):
    for asking in (client.worker("nobody"), client.worker_by_name("nobody / ?")):
        with pytest.raises(HordeGone, match="does not know this worker") as gone:
            await asking
        assert gone.value.rc == "WorkerNotFound"


# --- styles ------------------------------------------------------------------------------------


def styles(count):
    return [
        {
            "id": f"style-{number}",
            "name": f"s{number}",
            "prompt": "{p}###{np}",
            "tags": ["even" if number % 2 == 0 else "odd"],
            "models": ["Deliberate"],
        }
        for number in range(count)
    ]


async def test_styles_come_by_the_page(client, horde):
    horde.styles = styles(30)

    first, next_one = await client.styles(), await client.styles(page=2)

    assert [style.id for style in first] == [f"style-{n}" for n in range(25)]
    assert [style.id for style in next_one] == [f"style-{n}" for n in range(1, 26)]
    assert await client.styles(page=31) == []


async def test_styles_of_a_tag_and_a_model(client, horde):
    horde.styles = styles(4)

    found = await client.styles(tag="odd", model="Deliberate", order="age")

    assert [style.name for style in found] == ["s1", "s3"]
    assert "sort=age&page=1&tag=odd&model=Deliberate" in horde.journal.of("styles")[0].path


async def test_a_page_of_collections_is_asked_for_by_its_number_and_order(client, horde):
    assert await client.collections(page=2, order="age") == []
    assert horde.journal.of("collections")[0].path.endswith("?sort=age&page=2&type=image")


async def test_one_bad_style_does_not_spoil_the_page(client, horde):
    horde.styles = [*styles(1), {"id": "bad"}]

    assert [style.id for style in await client.styles()] == ["style-0"]


async def test_collections_by_list_and_by_id(client, horde):
    horde.collections = [
        {"id": "c", "name": "foxes", "type": "image", "styles": [{"id": "style-0", "name": "s0"}]}
    ]

    [listed] = await client.collections()

    assert listed == await client.collection("c") == await client.collection_by_name("foxes")
    with pytest.raises(HordeGone):
        await client.collection("another")


async def test_a_style_that_is_not_there_is_called_one(client):
    for asked in (client.style("x"), client.style_by_name("x"), client.collection_by_name("x")):
        with pytest.raises(HordeGone, match="does not know this style"):
            await asked


# --- limits -----------------------------------------------------------------------------------


async def test_a_turn_that_is_too_far_away_is_the_callers_to_wait_for(client_of, horde):
    limits = Limits(style=(Rate(1, 3600.0),))
    client = client_of(horde, limits=limits, patience=Patience(limiter_wait=0.01))
    horde.styles = styles(1)
    await client.style("style-0")

    with pytest.raises(HordeBusy) as busy:
        await client.style("style-0")
    assert busy.value.retry_after == 0.01
    assert horde.journal.count("style") == 1


async def test_the_ids_of_one_endpoint_are_counted_together_where_the_server_does(client_of, horde):
    limits = Limits(other=(Rate(1, 3600.0),))
    client = client_of(horde, limits=limits, patience=Patience(limiter_wait=0.01))
    horde.styles = styles(2)
    await client.style_by_name("s0")

    with pytest.raises(HordeBusy):
        await client.style_by_name("s1")


async def test_images_and_text_are_counted_apart(client_of, horde):
    limits = Limits(submit=(Rate(1, 3600.0),))
    client = client_of(horde, limits=limits, patience=Patience(limiter_wait=0.01))
    await client.submit(body())

    assert (await client.submit_text(TextBody(prompt="Once"))).id in horde.texts
    with pytest.raises(HordeBusy):
        await client.submit(body())
