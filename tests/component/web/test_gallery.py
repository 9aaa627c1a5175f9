"""The gallery: what the room made for everybody's eyes, and what is shared from elsewhere."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from bots.program import open_core
from bots.web.adapter import WebAdapter
from common.config import parse
from common.model import Incoming, Person, Place
from request.adapter import Publication
from request.kept.leases import Lease
from tests.component.web.house import answer, heard
from tests.fakes.horde import FakeHorde
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until
from tests.words import words

DRAW = "draw for me a fox style: raw --n 1"
BOTS = Lease("art", "one", 1)
SHOWS = Lease("room", "one", 1)


class Elsewhere(FakePlatform):
    """A platform whose answers have addresses, and can be taken back."""

    async def address(self, incoming, post):
        return f"https://art.example/{post}"

    async def remove(self, incoming, post):
        pass


class World:
    """The program with a room and an account elsewhere."""

    def __init__(self, core, room, art):
        self.core, self.room, self.art = core, room, art
        self._said = 0

    def say(self, text, **more) -> str:
        self._said += 1
        place = Place("art", "art.example", "")
        created = datetime.now(UTC)
        self.art.say(Incoming(place, str(self._said), Person("ann", "Ann"), text, created, **more))
        return str(self._said)

    async def until_shown(self, browser, count):
        """Let the room look for what is to be shown until its gallery has so many pictures."""
        async with asyncio.timeout(30):
            while True:
                await self.core.service.showcase.serve(SHOWS, self.room)
                _, page = await browser.get("/gallery")
                if page.count("<figure") == count:
                    return page
                await asyncio.sleep(0.05)


@asynccontextmanager
async def open_world(folder, **more):
    async with FakeHorde() as horde:
        config = parse(
            {
                "data_dir": str(folder),
                "instance": "one",
                "horde": {"endpoints": [{"name": "fake", "url": horde.url}]},
                "reference": {"url": None},
                "civitai": {"url": None},
                "web": {"port": 0},
                "accounts": {"room": {"platform": "web"}, "art": {}},
                "showcase": [{"account": "room", "per_hour": 3600}],
                **more,
            }
        )
        async with open_core(config, lasting=False) as core:
            room = await WebAdapter.build("room", {"platform": "web"}, core.services)
            art = Elsewhere("art")
            stop = asyncio.Event()
            runners = [core.runner(one) for one in (room, art)]
            tasks = [asyncio.create_task(runner.run(stop)) for runner in runners]
            try:
                await wait_until(lambda: all(runner.listening for runner in runners))
                yield World(core, room, art)
            finally:
                stop.set()
                await asyncio.gather(*tasks)
                await room.close()


async def shared(world):
    """Let ann's answer be shown; return its id."""
    await world.art.answer_to(world.say("share always"))
    made = await world.art.answer_to(world.say(DRAW))
    await wait_until(lambda: not world.core.service.at_work.running)
    return made


async def status_of(browser, sha256):
    async with browser.session.get(f"{browser.url}/pictures/{sha256}") as response:
        return response.status


async def test_a_shared_answer_of_elsewhere_is_in_the_gallery_and_nowhere_else(tmp_path, visit):
    async with open_world(tmp_path) as world:
        browser = visit(world.room)
        made = await shared(world)
        page = await world.until_shown(browser, 1)
        sha256 = made.pictures[0].sha256
        assert f"/pictures/{sha256}?w=640" in page
        number = page.partition('href="/m/')[2].partition('"')[0]
        status, single = await browser.get(f"/m/{number}")
        assert status == 200
        assert "Made by AI" in single
        assert "https://art.example/post-2-1" in single
        assert "vary" not in single
        assert "ann" not in words(single)
        assert await status_of(browser, sha256) == 200
        assert "<figure" not in (await browser.get("/"))[1]
        assert await world.room.room.unanswered() == []
        bare = Publication(made.request, "", "", "", ())
        assert await world.room.find_published(bare) == number


async def test_answers_have_an_address_where_the_room_is_public(house):
    for public, address in ((None, None), ("https://room.example", "https://room.example/m/1")):
        async with house.open(**({"public_url": public} if public else {})) as adapter:
            asked = Incoming(Place("room"), "1", Person("ann", "Ann"), "draw", datetime.now(UTC))
            assert await adapter.address(asked, "2") == address


async def test_the_same_copy_is_there_once(tmp_path, visit, house):
    async with open_world(tmp_path) as world:
        shown = Publication("abc", "", "a fox", "a fox", (house.picture(),))
        first = await world.room.publish(shown)
        assert await world.room.publish(shown) == first
        await world.until_shown(visit(world.room), 1)
        await world.room.unpublish("", first)
        await world.room.unpublish("", first)
        await world.until_shown(visit(world.room), 0)


async def test_pruning_leaves_what_is_shared_until_it_is_taken_back(tmp_path, visit):
    async with open_world(tmp_path) as world:
        browser = visit(world.room)
        made = await shared(world)
        await world.until_shown(browser, 1)
        path = made.pictures[0].path
        live = world.core.live
        live.current = live.current.model_copy(update={"keep_days": 0})
        await world.core.service.prune(BOTS, world.art)
        with pytest.raises(KeyError):
            await world.core.store.request(made.request)
        assert path.exists()
        assert await status_of(browser, path.name) == 200
        world.say("unshare all")
        await world.until_shown(browser, 0)
        await wait_until(lambda: not path.exists())
        assert await status_of(browser, path.name) == 404


async def test_forget_me_takes_the_copy_and_its_files(tmp_path, visit):
    async with open_world(tmp_path) as world:
        browser = visit(world.room)
        made = await shared(world)
        await world.until_shown(browser, 1)
        world.say("forget me")
        await world.until_shown(browser, 0)
        await wait_until(lambda: not made.pictures[0].path.exists())


async def test_what_may_not_be_for_everybody_is_behind_a_veil_and_not_in_the_gallery(
    adapter, browser, house
):
    for number, spoiler in enumerate((True, False)):
        await browser.say("draw a square")
        picture = house.picture(colour="red" if number else "blue")
        await answer(adapter, await heard(adapter), picture, spoiler=spoiler)
    _, gallery = await browser.get("/gallery")
    _, room = await browser.get("/")
    assert gallery.count("<figure") == 1
    assert room.count("<figure") == 2
    assert room.count('<details class="veil"') == 1


async def test_a_room_for_adults_veils_all_its_pictures(house, visit):
    async with house.open(communities={"room/web": {"nsfw": True}}) as adapter:
        browser = visit(adapter)
        await browser.say("draw a square")
        await answer(adapter, await heard(adapter), house.picture())
        assert "<figure" not in (await browser.get("/gallery"))[1]
        assert '<details class="veil"' in (await browser.get("/"))[1]


@pytest.mark.parametrize("path", ["/", "/gallery", "/healthz", "/nowhere"])
async def test_no_search_engine_is_let_in(browser, path):
    async with browser.session.get(browser.url + path) as response:
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow"


async def test_the_share_button_is_for_the_one_who_asked(adapter, browser, visit, house):
    await browser.say("draw a square")
    made = {"follow_ups": ("again", "share")}
    await answer(adapter, await heard(adapter), house.picture(), **made)
    assert 'share">' in (await browser.get("/"))[1]
    stranger = visit(adapter)
    await stranger.get("/")
    assert 'share">' not in (await stranger.get("/"))[1]


async def test_the_share_button_is_offered_where_there_is_a_showcase_and_shares(tmp_path, visit):
    showcase = [{"account": "art", "per_hour": 3600}]
    async with open_world(tmp_path, showcase=showcase) as world:
        browser = visit(world.room)
        number = await browser.say(DRAW)
        async with asyncio.timeout(30):
            while 'share">' not in (page := (await browser.get(f"/m/{number}"))[1]):
                await asyncio.sleep(0.05)
        press = page.rpartition(' share">')[0].rpartition('"')[2]
        fields = await browser.fields("press") | {"press": f"{press} share"}
        assert (await browser.post("/again", fields))[0] == 303
        await wait_until(lambda: world.core.service.showcase._copies.due("art"))


async def test_smaller_copies_go_with_their_pictures(house, visit):
    async with house.open() as adapter:
        browser = visit(adapter)
        gone, kept = house.picture(), house.picture(2, colour="red")
        await browser.say("draw two squares")
        await answer(adapter, await heard(adapter), gone, kept)
        for picture in (gone, kept):
            await browser.session.get(f"{browser.url}/pictures/{picture.sha256}?w=320")
        gone.path.unlink()
        await adapter.tidy()
    left = [path.name for path in (house.folder / "thumbnails").iterdir()]
    assert left == [f"{kept.sha256}-320.webp"]
