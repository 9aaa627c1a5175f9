"""`/styles`: looking through styles, with pictures where there are some, and using one."""

from __future__ import annotations

import json

import pytest

from styles.lists.previews import keep
from tests.fakes.discord.payloads import EPHEMERAL
from tests.fakes.discord.people import labels_of, text_of
from tests.fakes.discord.writing import walk
from tests.fakes.horde.pictures import paint

KINDS = ("person", "place", "animal")


@pytest.fixture
def kept(tmp_path):
    """Pictures of two styles, as `hordebots styles preview --keep` leaves them."""
    folder = tmp_path / "previews"
    keep(
        folder,
        {
            style: {kind: paint(seed + at, side=64) for at, kind in enumerate(KINDS)}
            for style, seed in (("watercolour", 10), ("oil painting", 20))
        },
    )
    return folder


def gallery(message):
    return [
        (item["description"], item["media"]["url"])
        for one in walk(message["components"])
        if one["type"] == 12
        for item in one["items"]
    ]


def uses(message):
    return [
        one["custom_id"].removeprefix("hu:")
        for one in walk(message["components"])
        if one["type"] == 2 and one["custom_id"].startswith("hu:")
    ]


async def opened(fake, ann, channel, **options):
    pressed = fake.people.slash(ann, channel, "styles", **options)
    await pressed.answered()
    return pressed.original


async def turned(pressed):
    await pressed.answered()
    return pressed.original


async def test_styles_are_looked_at_page_by_page_those_with_pictures_first(
    fake, channel, ann, start, kept
):
    async with start(enabled=[channel]):
        page = await opened(fake, ann, channel)  # the same message, whatever is shown on it
        assert page["flags"] & EPHEMERAL
        first, shown = uses(page), gallery(page)
        assert set(first[:2]) == {"watercolour", "oil painting"}
        assert [alt for alt, _url in shown] == [f"The style {name}: person" for name in first[:2]]
        files = {path.name for path in kept.glob("*-1-*.webp")}
        assert {url.rpartition("/")[2] for _alt, url in shown} == files
        await turned(fake.people.press(ann, page, "Another subject"))
        assert [alt for alt, _url in gallery(page)] == [
            f"The style {name}: place" for name in first[:2]
        ]
        await turned(fake.people.press(ann, page, "More"))
        assert "Page 2 of" in text_of(page)
        assert not set(uses(page)) & set(first)
        assert gallery(page) == []
        await turned(fake.people.press(ann, page, "Back"))
        assert uses(page) == first
        assert all(alt.endswith(": place") for alt, _url in gallery(page))


async def test_a_style_is_used_from_its_page_even_after_a_restart(
    fake, horde, channel, ann, start, kept
):
    async with start(enabled=[channel]):
        page = await opened(fake, ann, channel, search="watercolour")
    async with start(enabled=[channel]):
        label = next(one for one in labels_of(page) if one.endswith("watercolour"))
        form = fake.people.press(ann, page, label)
        assert (await form.answered())["data"]["title"] == "Draw in watercolour"
        sent = fake.people.submit(form, prompt="a fox style: raw", options="--n 2")
        answer = await sent.shows("Here you are", "a fox")
    assert not answer["flags"] & EPHEMERAL
    body = horde.journal.of("submit")[-1].body
    assert "watercolo" in body["prompt"]
    assert body["params"]["n"] == 2


async def test_a_category_and_a_search_narrow_the_pages(fake, channel, ann, start):
    async with start(enabled=[channel]) as bot:
        known = bot.core.knowledge.library.current
        name, members = "stylepunks", set(known.expand("stylepunks"))
        page = await opened(fake, ann, channel)
        first = uses(page)
        chosen = await turned(fake.people.choose(ann, page, name))
        seen = []
        while True:
            seen += uses(chosen)
            if "More" not in labels_of(chosen):
                break
            chosen = await turned(fake.people.press(ann, chosen, "More"))
        assert sorted(seen) == sorted(members)
        every = await turned(fake.people.choose(ann, chosen, "*"))
        assert uses(every) == first
        near = await opened(fake, ann, channel, search="watercolur")
        assert "watercolour" in uses(near)
        nothing = await opened(fake, ann, channel, search="zzzzzzzzqq")
        assert "no style like zzzzzzzzqq" in text_of(nothing)
        assert uses(nothing) == []


async def test_pictures_at_addresses_are_named_and_not_sent(fake, channel, ann, start, tmp_path):
    folder = tmp_path / "previews"
    folder.mkdir()
    address = "https://pictures.example/watercolour.webp"
    (folder / "previews.json").write_text(json.dumps({"Watercolour": {"person": address}}))
    async with start(enabled=[channel]):
        page = await opened(fake, ann, channel)
    assert [url for _alt, url in gallery(page)] == [address]
    assert page["attachments"] == []


async def test_only_what_may_be_used_in_the_place_is_shown(fake, guild, channel, ann, start, kept):
    async with start(enabled=[channel]) as bot:
        settings = bot.core.services.settings
        await settings.change("discord", guild["id"], channel["id"], styles=("watercolour",))
        page = await opened(fake, ann, channel)
        assert uses(page) == ["watercolour"]
        await settings.change("discord", guild["id"], channel["id"], enabled=False)
        refused = fake.people.slash(ann, channel, "styles")
        await refused.answered()
        assert uses(refused.original) == []
