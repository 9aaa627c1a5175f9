"""`/my`: one's own defaults, as options of the command and as a form."""

from __future__ import annotations

from tests.fakes.discord.payloads import EPHEMERAL
from tests.fakes.discord.people import text_of
from tests.fakes.discord.writing import walk


async def test_ones_own_defaults_are_set_and_hold_for_what_one_asks(
    fake, horde, channel, ann, start
):
    async with start(enabled=[channel]):
        setting = fake.people.slash(ann, channel, "my", style="watercolour", size="3:2")
        told = await setting.shows("style watercolour · size 3:2")
        assert told["flags"] & EPHEMERAL
        asked = fake.people.slash(ann, channel, "imagine", prompt="a fox", n=1)
        await asked.shows("Here you are", "Style watercolour")
    params = horde.journal.of("submit")[-1].body["params"]
    assert params["width"] > params["height"]


async def test_ones_defaults_are_changed_in_a_form_that_knows_them_even_after_a_restart(
    fake, channel, ann, start
):
    async with start(enabled=[channel]):
        setting = fake.people.slash(ann, channel, "my", style="watercolour", sharing="ask")
        await setting.shows("style watercolour")
        mine = fake.people.slash(ann, channel, "my")
        await mine.shows("watercolour", "no pictures of yours")
        page = mine.original
    async with start(enabled=[channel]):
        form = fake.people.press(ann, page, "My defaults")
        shown = list(walk((await form.answered())["data"]["components"]))
        values = {one["custom_id"]: one.get("value") for one in shown if one["type"] == 4}
        assert values == {"style": "watercolour", "size": None, "model": None}
        chosen = next(one for one in shown if one["type"] == 3)
        assert [one["value"] for one in chosen["options"] if one.get("default")] == ["ask"]
        sent = fake.people.submit(form, style="", size="768x512", sharing=["always"])
        told = await sent.shows("style not set · size 768x512", "everything that may be shown")
        assert told["flags"] & EPHEMERAL


async def test_the_defaults_stand_beside_ones_pictures(fake, channel, ann, start):
    async with start(enabled=[channel]):
        await fake.people.slash(ann, channel, "my", style="raw").shows("style raw")
        await fake.people.slash(ann, channel, "imagine", prompt="a fox", n=1).shows("Here you are")
        mine = fake.people.slash(ann, channel, "my")
        await mine.shows("Where you say nothing I take: style raw")
        assert "a fox" in text_of(mine.original)
