"""Copies in a showcase: two yeses, each posted once, and taken down with what they show."""

import asyncio
from collections import deque
from dataclasses import replace

import pytest
import sqlalchemy as sa

from common.config import PlaceConfig, ShowcaseConfig, parse
from common.errors import ConfigError, PlatformError, PlatformRefused
from common.model import Audience, Ending, IncomingKind
from request.kept.copies import Copies
from request.kept.leases import Lease
from request.kept.marks import Marks
from request.kept.tables import copies
from tests.fakes.horde import Fate
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until
from tests.words import words

pytestmark = pytest.mark.database

DRAW = "draw for me a fox style: raw --n 1"


class Gallery(FakePlatform):
    """A platform that shows copies, and whose answers have addresses."""

    def __init__(self, name="web"):
        super().__init__(name)
        self.shown = {}
        self.published = 0
        self.trouble = deque()
        """Raised by the next publications; `lost` says that they are there all the same."""
        self.lost = False

    async def publish(self, publication):
        fault = self.trouble.popleft() if self.trouble else None
        if fault is not None and not self.lost:
            raise fault
        self.published += 1
        post = f"copy-{self.published}"
        self.shown[post] = publication
        if fault is not None:
            raise fault
        return post

    async def find_published(self, publication):
        found = (post for post, one in self.shown.items() if one.request == publication.request)
        return next(found, None)

    async def unpublish(self, to, post):
        self.shown.pop(post)

    async def remove(self, incoming, post):
        pass

    async def address(self, incoming, post):
        return f"https://web.example/{post}"


@pytest.fixture
def gallery():
    return Gallery("show")


@pytest.fixture
def room(start, gallery):
    """Start a room whose pictures are shown from another account."""

    def started(platform=None, *, to="wall", place=None, **more):
        first = platform or FakePlatform()
        shown = () if to is None else (ShowcaseConfig(account="show", to=to, per_hour=3600),)
        settings = {} if place is None else {"place": place}
        return start(first, gallery, pace=0.1, showcase=shown, **settings, **more)

    return started


async def rows(database):
    async with database.read() as connection:
        return (await connection.execute(sa.select(copies))).all()


async def drawn_by_who_shares(platform, heard, text=DRAW):
    """Let somebody say that all of theirs is to be shown, and then draw; return the answer."""
    platform.say(heard("share always", event="1"))
    await platform.answer_to("1")
    platform.say(heard(text, event="2"))
    return await platform.answer_to("2")


async def settled(database, platform, *events):
    """Wait for answers and until nothing waits to be shown or taken down."""
    for event in events:
        await platform.answer_to(event)
    async with asyncio.timeout(30):
        while any(row.state != "posted" for row in await rows(database)):
            await asyncio.sleep(0.02)


async def test_who_says_always_is_shown_without_their_name(room, heard, gallery, database):
    web = Gallery()
    async with room(web):
        web.say(heard("share always", event="1"))
        said = await web.answer_to("1")
        web.say(heard(DRAW, event="2"))
        outcome = await web.answer_to("2")
        await wait_until(lambda: gallery.shown)
        await settled(database, web)
    [shown] = gallery.shown.values()
    assert "share never" in said.text
    assert (shown.to, shown.request) == ("wall", outcome.request)
    assert shown.text.startswith("a fox\nStyle raw, model ")
    assert f"Made by AI ({outcome.request})." in shown.text
    assert "https://web.example/post-2-1" in shown.text
    assert "ann" not in words(f"{shown.text} {shown.title}")
    assert [one.sha256 for one in shown.pictures] == [one.sha256 for one in outcome.pictures]
    assert all(one.alt for one in shown.pictures)
    [row] = await rows(database)
    assert (row.source, row.account, row.target, row.post) == ("web", "show", "wall", "copy-1")


async def test_a_copy_is_in_the_language_of_where_it_is_shown(room, heard, gallery, database):
    web = Gallery()
    async with room(web, communities={"show/wall": {"language": "de"}}):
        web.say(heard("share always", event="1", language="fr"))
        await web.answer_to("1")
        web.say(heard(DRAW, event="2", language="fr"))
        await web.answer_to("2")
        await wait_until(lambda: gallery.shown)
        await settled(database, web)
    [shown] = gallery.shown.values()
    assert shown.text.startswith("a fox\nStil raw, Modell ")


async def test_nothing_is_shown_unless_both_say_yes(room, heard, gallery, database):
    platform = FakePlatform()
    async with room(platform):
        platform.say(heard(DRAW, event="1"))  # the asker has said nothing
        await settled(database, platform, "1")
        platform.say(heard("share", event="2"))
        standing = await platform.answer_to("2")
    assert "nothing but what you reply" in standing.text
    assert await rows(database) == []
    platform = FakePlatform()
    async with room(platform, to=None):  # the operator has not
        platform.say(heard("share always", event="3"))
        said = await platform.answer_to("3")
        platform.say(heard(DRAW, event="4"))
        await settled(database, platform, "4")
        platform.say(heard("share", event="5", parent="post-4-1"))
        refused = await platform.answer_to("5")
    assert "There is no showcase here yet" in said.text
    assert refused.ending is Ending.REFUSED
    assert (gallery.published, await rows(database)) == (0, [])


@pytest.mark.parametrize(
    ("text", "more", "place", "why"),
    [
        (DRAW, {"audience": Audience.UNLISTED}, None, "asked for in public"),
        (DRAW, {"audience": Audience.PRIVATE}, None, "asked for in public"),
        (f"{DRAW} --spoiler", {}, None, "safe for work"),
        (DRAW, {"adult": True}, None, "safe for work"),
        (DRAW, {}, PlaceConfig(nsfw=True), "safe for work"),
    ],
)
async def test_only_what_is_public_and_safe_is_shown(
    room, heard, gallery, database, text, more, place, why
):
    platform = FakePlatform()
    platform.capabilities = replace(platform.capabilities, private_replies=True)
    async with room(platform, place=place):
        platform.say(heard("share always", event="1"))
        await platform.answer_to("1")
        platform.say(heard(text, event="2", **more))
        assert (await platform.answer_to("2")).ending is Ending.DONE
        platform.say(heard("share", event="3", parent="post-2-1"))
        refused = await platform.answer_to("3")
    assert why in refused.text
    assert (gallery.published, await rows(database)) == (0, [])


async def test_private_pictures_and_those_with_a_source_are_not_shown(
    room, heard, gallery, database
):
    platform = FakePlatform()
    platform.capabilities = replace(platform.capabilities, private_replies=True)
    async with room(platform):
        platform.say(heard(DRAW, event="1"))
        await platform.answer_to("1")
        platform.say(heard("share always", event="2"))
        await platform.answer_to("2")
        platform.say(heard(f"{DRAW} --private", event="3"))
        platform.say(heard("vary 1", event="4", parent="post-1-1"))
        for event in ("3", "4"):
            assert (await platform.answer_to(event)).pictures
        await wait_until(lambda: not gallery.shown)
    assert await rows(database) == []


async def test_censored_answers_are_not_shown(room, heard, gallery, horde, database):
    horde.plan.append(Fate.CENSORED)
    platform = FakePlatform()
    async with room(platform):
        await drawn_by_who_shares(platform, heard, "draw for me a fox style: raw --n 2")
    assert await rows(database) == []


async def test_who_wants_to_be_asked_shows_what_they_reply_share_to(room, heard, gallery, database):
    platform = FakePlatform()
    async with room(platform):
        platform.say(heard("share ask", event="1"))
        await platform.answer_to("1")
        platform.say(heard(DRAW, event="2"))
        outcome = await platform.answer_to("2")
        assert "share" in outcome.follow_ups
        assert "Reply `share` to this" in platform.posts["2", 1][2].text
        assert await rows(database) == []
        platform.say(heard("share", event="3", parent="post-2-1", person="bob"))
        strangers = await platform.answer_to("3")
        platform.say(heard("share", event="4", parent="post-2-1"))
        await settled(database, platform, "4")
        await wait_until(lambda: gallery.shown)
        platform.say(heard("unshare", event="5", parent="post-2-1"))
        await platform.answer_to("5")
        await wait_until(lambda: not gallery.shown)
        await settled(database, platform)
    assert strangers.ending is Ending.REFUSED
    assert await rows(database) == []


@pytest.mark.parametrize("word", ["forget me", "stop", "unshare all", "delete", "deletion"])
async def test_a_copy_goes_when_its_original_or_its_asker_does(
    room, heard, gallery, database, word
):
    web = Gallery()
    async with room(web) as core:
        web.say(heard("share always", event="1"))
        web.say(heard("share always", event="b1", person="bob"))
        await settled(database, web, "1", "b1")
        web.say(heard(DRAW, event="2"))
        web.say(heard(DRAW, event="b2", person="bob"))
        bobs = await web.answer_to("b2")
        await wait_until(lambda: len(gallery.shown) == 2)
        if word == "deletion":
            web.say(replace(heard("", event="2"), kind=IncomingKind.DELETION))
        else:
            web.say(heard(word, event="3", parent="post-2-1"))
        await wait_until(lambda: len(gallery.shown) == 1)
        await settled(database, web)
        [left] = gallery.shown.values()
        if word == "forget me":
            await wait_until(lambda: not core.service.at_work.running)
            web.say(heard(DRAW, event="4"))  # the yes is forgotten too
            await settled(database, web, "4")
    assert left.request == bobs.request
    assert [row.request for row in await rows(database)] == [bobs.request]


async def test_a_copy_whose_posting_was_cut_off_is_found_and_not_posted_again(
    room, heard, gallery, database
):
    gallery.lost = True
    gallery.trouble.append(PlatformError(platform="show", problem="lost"))
    platform = FakePlatform()
    async with room(platform):
        outcome = await drawn_by_who_shares(platform, heard)
        await wait_until(lambda: gallery.published == 1)
        await due_now(database)
        await settled(database, platform)
    assert outcome.ending is Ending.DONE
    assert gallery.published == 1
    [row] = await rows(database)
    assert (row.post, row.state, row.tries) == ("copy-1", "posted", 2)


async def due_now(database):
    """Wait until a copy is put off, and make it due."""
    async with asyncio.timeout(30):
        while True:
            async with database.write() as connection:
                change = copies.update().where(copies.c.due > copies.c.changed).values(due=0.0)
                if (await connection.execute(change)).rowcount:
                    return
            await asyncio.sleep(0.02)


async def test_a_cut_off_copy_that_is_taken_back_is_found_and_taken_down(
    room, heard, gallery, database
):
    gallery.lost = True
    gallery.trouble.append(PlatformError(platform="show", problem="lost"))
    platform = FakePlatform()
    async with room(platform):
        await drawn_by_who_shares(platform, heard)
        await wait_until(lambda: gallery.shown)
        platform.say(heard("share never", event="3"))  # it is not known to be posted yet
        await platform.answer_to("3")
        await wait_until(lambda: not gallery.shown)
        await settled(database, platform)
    assert await rows(database) == []


async def test_a_showcase_that_refuses_harms_no_request(room, heard, gallery, database):
    gallery.trouble.append(PlatformRefused(platform="show", problem="banned"))
    platform = FakePlatform()
    async with room(platform) as core:
        outcome = await drawn_by_who_shares(platform, heard)
        await wait_until(lambda: not gallery.trouble)
        await settled(database, platform)
        await wait_until(lambda: not core.service.at_work.running)
        request = await core.store.request(outcome.request)
    assert (request.state, gallery.published) == ("done", 0)
    assert await rows(database) == []


async def test_an_account_that_comes_later_shows_what_was_left_for_it(
    start, heard, gallery, database
):
    platform = FakePlatform()
    showcase = (ShowcaseConfig(account="show"),)
    async with start(platform, pace=0.1, showcase=showcase):
        await drawn_by_who_shares(platform, heard)
    [row] = await rows(database)
    assert row.state == "intended"
    async with start(gallery, pace=0.1, showcase=showcase):
        await wait_until(lambda: gallery.shown)


async def test_what_is_left_for_an_account_nobody_serves_is_dropped_after_a_week(
    start, heard, database, clock
):
    platform = FakePlatform()
    async with start(platform, pace=0.1, showcase=(ShowcaseConfig(account="gone"),)) as core:
        await drawn_by_who_shares(platform, heard)
        await wait_until(lambda: not core.service.at_work.running)
        [row] = await rows(database)
        for days, left in ((6, 1), (8, 0)):
            late = Copies(database, Marks(b""), now=lambda: row.changed + days * 24 * 3600)  # noqa: B023
            await late.tidied(Lease("web", "one", 1))
            assert len(await rows(database)) == left


async def test_no_more_is_shown_in_an_hour_than_the_operator_says(start, heard, gallery, database):
    platform = FakePlatform()
    showcase = (ShowcaseConfig(account="show", per_hour=1),)
    async with start(platform, gallery, pace=0.1, showcase=showcase):
        platform.say(heard("share always", event="1"))
        await platform.answer_to("1")
        for event in ("2", "3"):
            platform.say(heard(DRAW, event=event))
            await platform.answer_to(event)
        async with asyncio.timeout(30):
            while not any(row.due > row.changed + 3000 for row in await rows(database)):
                await asyncio.sleep(0.02)
    assert gallery.published == 1


async def test_moderators_choose_a_showcase_in_the_chat(start, heard, database):
    web = Gallery()
    async with start(web, pace=0.1) as core:
        await core.services.settings.change("web", "web", showcase="wall")
        await drawn_by_who_shares(web, heard)
        await wait_until(lambda: web.shown)
    [shown] = web.shown.values()
    assert shown.to == "wall"


def test_a_showcase_of_an_account_that_does_not_exist_is_named():
    with pytest.raises(ConfigError, match="nobody"):
        parse({"showcase": [{"account": "nobody"}]})
