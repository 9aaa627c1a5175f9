"""Pictures over HTTP: only those the room shows, whole or smaller."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from PIL import Image

from common.model import Audience, Incoming, Job, Person, Place
from request.kept import encoding
from request.kept.leases import Leases
from request.kept.records import JobState, PictureRow, RequestState
from request.kept.store import Store
from tests.component.web.house import answer, heard, outcome


async def show(adapter, browser, picture) -> None:
    await browser.say("draw a square")
    await answer(adapter, await heard(adapter), picture)


async def test_a_shown_picture_is_sent_as_it_is_and_kept_for_ever(adapter, browser, house):
    picture = house.picture()
    await show(adapter, browser, picture)
    async with browser.session.get(f"{browser.url}/pictures/{picture.sha256}") as response:
        assert response.status == 200
        assert response.content_type == "image/webp"
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert await response.read() == picture.path.read_bytes()


async def test_a_smaller_copy_is_made_once(adapter, browser, house):
    picture = house.picture()
    await show(adapter, browser, picture)
    for _ in range(2):
        async with browser.session.get(
            f"{browser.url}/pictures/{picture.sha256}?w=320"
        ) as response:
            assert response.content_type == "image/webp"
            copy = Image.open(io.BytesIO(await response.read()))
        assert copy.size == (320, 240)
    assert [path.name for path in (house.folder / "thumbnails").iterdir()] == [
        f"{picture.sha256}-320.webp"
    ]


async def test_a_picture_is_never_made_larger(adapter, browser, house):
    picture = house.picture()
    await show(adapter, browser, picture)
    async with browser.session.get(f"{browser.url}/pictures/{picture.sha256}?w=960") as response:
        assert await response.read() == picture.path.read_bytes()
    assert not (house.folder / "thumbnails").exists()


@pytest.mark.parametrize("width", ["321", "0", "-320", "x", "99999999999"])
async def test_other_widths_are_refused(adapter, browser, house, width):
    picture = house.picture()
    await show(adapter, browser, picture)
    status, page = await browser.get(f"/pictures/{picture.sha256}?w={width}")
    assert status == 400
    assert "320, 640, 960" in page


async def test_a_picture_the_room_does_not_show_is_not_sent(adapter, browser, house):
    secret = house.picture(colour="red")
    assert secret.path.exists()
    for name in (secret.sha256, "0" * 64, "../web.secret", "%2e%2e%2fweb.secret"):
        assert (await browser.get(f"/pictures/{name}"))[0] == 404


async def test_a_pruned_or_broken_picture_is_gone_in_a_sentence(adapter, browser, house):
    picture = house.picture()
    await show(adapter, browser, picture)
    picture.path.write_bytes(b"not a picture")
    assert (await browser.get(f"/pictures/{picture.sha256}?w=320"))[0] == 404
    picture.path.unlink()
    status, page = await browser.get(f"/pictures/{picture.sha256}")
    assert status == 404
    assert "not kept any more" in page


@pytest.fixture
def elsewhere(adapter, house):
    """Keep an answer of another account, with a picture, as the core does; return its request."""
    database = adapter.room._database
    store, leases = Store(database), Leases(database, "one")

    async def kept(*, audience=Audience.PUBLIC, private=False):
        picture = house.picture(colour="olive")
        lease = await leases.take("lemmy")
        asked = Incoming(
            place=Place("lemmy", "cats@example.org"),
            event="comment:1",
            person=Person("ann", "Ann"),
            text="draw",
            created=datetime.now(UTC),
            audience=audience,
        )
        request = await store.insert_once(lease, asked, 1, RequestState.RECEIVED)
        planned = [Job("raw", "a fox", "demo")]
        wanted = {"parsed": {"prompt": "a fox"}, "rng_seed": 1, "parent": None}
        await store.resolved(lease, request, **wanted, planned=planned, notes=())
        (job,) = await store.jobs_of(request)
        shown = {"sha256": picture.sha256, "mime": "image/webp", "width": 800, "height": 600}
        row = PictureRow(job.id, "g", "1", "demo", "w", censored=False, **shown)
        await store.job_ended(lease, request, job, JobState.DONE, made=[row])
        told = outcome(picture, private=private)
        await store.answer_decided(lease, request, encoding.outcome_to_json(told))
        await store.post_intended(lease, request, 1, [1])
        return lease, store, request, f"/pictures/{picture.sha256}"

    return kept


async def test_a_picture_posted_elsewhere_is_sent_until_it_is_taken_back(browser, elsewhere):
    lease, store, request, path = await elsewhere()
    async with browser.session.get(browser.url + path) as response:
        assert (response.status, response.content_type) == (200, "image/webp")
    await store.posted(lease, request, 1, "comment:2")
    await store.post_removed(lease, request, "comment:2")
    assert (await browser.get(path))[0] == 404


@pytest.mark.parametrize("kept", [{"audience": Audience.PRIVATE}, {"private": True}])
async def test_a_picture_only_its_asker_may_see_is_not_sent(browser, elsewhere, kept):
    *_, path = await elsewhere(**kept)
    assert (await browser.get(path))[0] == 404
