"""One's own defaults: set in words, taken where nothing is said, gone with the person."""

import asyncio

import pytest
import sqlalchemy as sa

from common.config import PlaceConfig
from common.model import Ending
from request.allowed.preferences import PreferenceStore
from request.kept.marks import Marks
from request.kept.tables import preferences
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until

pytestmark = pytest.mark.database


async def kept(database):
    async with database.read() as connection:
        return (await connection.execute(sa.select(preferences))).all()


class Talk:
    """What people say, one after another, and what is answered."""

    def __init__(self, platform, heard):
        self.platform, self._heard, self._said = platform, heard, 0

    async def __call__(self, text, person="ann", **more):
        self._said += 1
        event = str(self._said)
        self.platform.say(self._heard(text, event=event, person=person, **more))
        return await self.platform.answer_to(event)


@pytest.fixture
def talk(heard):
    return Talk(FakePlatform(), heard)


async def test_what_one_has_set_is_taken_where_nothing_is_said_and_what_is_said_wins(
    start, talk, horde
):
    async with start(talk.platform):
        told = await talk("my style: watercolour, size: landscape")
        assert "style watercolour · size 3:2" in told.text
        first = await talk("draw for me a fox --n 1")
        assert first.pictures[0].style == "watercolour"
        params = horde.submitted()[0]["params"]
        assert params["width"] / params["height"] == pytest.approx(1.5, rel=0.1)
        said = await talk("draw for me a fox style: raw --ar 1:1 --n 1")
        assert said.pictures[0].style == "raw"
        params = horde.submitted()[1]["params"]
        assert params["width"] == params["height"]
        await talk("draw for me a fox style: raw --n 1", person="bob")
        params = horde.submitted()[2]["params"]
        assert params["width"] == params["height"]


async def test_a_model_of_ones_own_gives_way_to_a_style_that_is_named(start, talk, horde):
    async with start(talk.platform):
        assert "model SDXL 1.0" in (await talk("my model SDXL 1.0")).text
        await talk("draw for me a fox --n 1")
        assert horde.submitted()[-1]["models"] == ["SDXL 1.0"]
        await talk("draw for me a fox style: watercolour --n 1")
        assert horde.submitted()[-1]["models"] != ["SDXL 1.0"]
        await talk("my model none")
        await talk("draw for me a fox style: raw --n 1")
        assert horde.submitted()[-1]["models"] != ["SDXL 1.0"]
        assert "model not set" in (await talk("my")).text


async def test_what_cannot_be_had_now_is_left_out_with_a_note(start, talk, horde):
    async with start(talk.platform, place=PlaceConfig(styles=("watercolour", "oil painting"))):
        await talk("my style: neonpunk, model: Deliberate")
        answer = await talk("draw for me a fox --n 1")
    assert answer.ending is Ending.DONE
    assert {note.code for note in answer.notes} >= {"own.style_left"}
    assert answer.pictures[0].style in {"watercolour", "oil painting"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("my style: oil paintin", "Near it: oil painting"),
        ("my model: Delibrate", "Deliberate"),
        ("my size: large", "cannot read “large” as a size"),
        ("my size: 0:2", "cannot read “0:2” as a size"),
        ("my sharing: perhaps", "always, ask, never"),
        ("my style: neon; cat", "cannot read “cat”"),
    ],
)
async def test_what_cannot_be_set_is_said_and_nothing_is_changed(
    start, talk, database, text, words
):
    async with start(talk.platform):
        told = await talk(text)
        assert told.ending is Ending.REFUSED
        assert words in told.text
    assert await kept(database) == []


async def test_what_one_sets_in_two_messages_at_once_is_all_set(database, lease):
    store = PreferenceStore(database, Marks(b"key"))
    await asyncio.gather(
        store.change(lease, "ann", style="neon"), store.change(lease, "ann", model="Deliberate")
    )
    kept = await store.of("web", "ann")
    assert (kept.style, kept.model) == ("neon", "Deliberate")


async def test_sharing_is_one_of_ones_defaults(start, talk):
    async with start(talk.platform):
        assert "mention it under each answer" in (await talk("my sharing ask")).text
        assert "mention it under each answer" in (await talk("share")).text
        assert "nothing but what you reply" in (await talk("my sharing: none")).text


async def test_a_follow_up_is_like_its_parent_and_not_like_ones_defaults(start, talk, horde):
    async with start(talk.platform):
        await talk("draw for me a fox style: raw --n 1")
        await talk("my style: watercolour, size: 3:2")
        again = await talk("again", parent="post-1-1")
        assert again.pictures[0].style == "raw"
        params = horde.submitted()[-1]["params"]
        assert params["width"] == params["height"]


async def test_who_is_forgotten_has_no_defaults_left(start, talk, database):
    async with start(talk.platform) as core:
        await talk("my style: neon")
        await talk("my style: oil painting", person="bob")
        assert len(await kept(database)) == 2
        await talk("forget me")
        await wait_until(lambda: not core.service.at_work.running)
        (left,) = await kept(database)
    assert left.preferences == {"style": "oil painting"}
