"""Where the bot may work: its arrival, the moderators' panel, age-restricted channels."""

from __future__ import annotations

import pytest

from common.config import PlaceConfig
from tests.fakes.discord.payloads import EPHEMERAL, MANAGE_GUILD
from tests.fakes.discord.people import pictures_of, text_of
from tests.waiting import wait_until


@pytest.fixture
def warden(fake, guild):
    made = fake.world.person("Wanda")
    fake.world.join(guild, made, fake.world.role(guild, "wardens", MANAGE_GUILD))
    return made


async def opened(fake, warden, channel):
    pressed = fake.people.slash(warden, channel, "settings")
    await pressed.answered()
    return pressed.original


async def test_a_bot_that_joins_says_one_word_to_the_owner_and_none_in_the_server(fake, start):
    async with start() as bot:
        await wait_until(
            lambda: bot.adapter._following is not None
        )  # until a new guild is one that was joined
        guild = fake.world.guild("Newcomers")
        fake.world.channel(guild, "hall")
        direct = fake.world.direct(fake.world.owner)
        await fake.until(lambda: fake.world.in_channel(direct))
        told = text_of(fake.world.in_channel(direct)[0])
        assert "/settings" in told
        assert "Newcomers" in told
    assert [c for c in fake.world.channels.values() if fake.world.in_channel(c)] == [direct]


async def test_moderators_choose_where_it_works_and_may_change_their_mind(
    fake, guild, channel, ann, warden, start
):
    other = fake.world.channel(guild, "talk", denied=1 << 15)
    async with start() as bot:
        panel = await opened(fake, warden, channel)
        assert panel["flags"] & EPHEMERAL
        assert "nowhere yet" in text_of(panel)
        chosen = fake.people.choose(warden, panel, channel["id"], other["id"], kind=8)
        assert (await chosen.answered())["type"] == 7
        assert f"<#{channel['id']}>" in text_of(chosen.original)
        assert "Attach Files" in text_of(chosen.original)
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", n=1)
        await pressed.shows("Here you are")
        fewer = fake.people.choose(warden, chosen.original, other["id"], kind=8)
        await fewer.answered()
        assert await bot.core.services.settings.enabled_in("discord", guild["id"]) == [other["id"]]
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", n=1)
        await pressed.shows("I do not work here")


async def test_limits_and_styles_are_set_in_forms_and_hold_at_once(
    fake, horde, channel, ann, warden, start
):
    async with start(enabled=[channel]):
        panel = await opened(fake, warden, channel)
        limits = fake.people.press(warden, panel, "Limits")
        shown = (await limits.answered())["data"]
        assert [one["component"]["custom_id"] for one in shown["components"]] == [
            "pictures",
            "max_pictures",
            "requests_per_hour",
            "running_per_person",
        ]
        done = fake.people.submit(limits, pictures="1", max_pictures="2", requests_per_hour="9")
        await done.answered()
        assert "1, at most 2" in text_of(done.original)
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", style="raw")
        await pressed.shows("Here you are")
    assert horde.journal.of("submit")[0].body["params"].get("n", 1) == 1


async def test_a_role_has_limits_of_its_own_set_by_moderators(
    fake, horde, guild, channel, ann, warden, start
):
    patrons = fake.world.role(guild, "patrons")
    paula = fake.world.person("Paula")
    fake.world.join(guild, paula, patrons)
    asked = {"prompt": "a fox", "n": 3, "style": "raw"}
    async with start(enabled=[channel]):
        panel = await opened(fake, warden, channel)
        limits = fake.people.press(warden, panel, "Limits")
        await limits.answered()
        await fake.people.submit(limits, max_pictures="1").answered()
        role = fake.people.choose(warden, panel, patrons["id"], kind=6)
        await role.answered()
        await fake.people.submit(role, max_pictures="3", requests_per_hour="2").answered()
        assert f"<@&{patrons['id']}> at most 3 pictures, 2 an hour" in text_of(panel)
        await fake.people.slash(ann, channel, "imagine", **asked).shows("Here you are")
        await fake.people.slash(paula, channel, "imagine", **asked).shows("Here you are")
        counts = [one.body["params"].get("n", 1) for one in horde.journal.of("submit")]
        assert counts == [1, 3]
    async with start(enabled=[channel]):  # it is written down
        await fake.people.slash(paula, channel, "imagine", **asked).shows("Here you are")
        await fake.people.slash(paula, channel, "imagine", **asked).shows("2 requests an hour")
        again = fake.people.choose(warden, panel, patrons["id"], kind=6)
        fields = (await again.answered())["data"]["components"]
        assert [one["component"].get("value") for one in fields] == [None, "3", "2", None]
        emptied = fake.people.submit(again, max_pictures="", requests_per_hour="")
        await emptied.answered()
        assert "Roles with limits of their own:** none" in text_of(emptied.original)


async def test_everybody_is_no_role_and_only_moderators_choose(
    fake, guild, channel, ann, warden, start
):
    async with start(enabled=[channel]):
        panel = await opened(fake, warden, channel)
        everybody = fake.people.choose(warden, panel, guild["id"], kind=6)
        assert (await everybody.answered())["data"]["title"] == "Limits"
        denied = fake.people.choose(ann, panel, guild["id"], kind=6)
        await denied.answered()
        assert "Only moderators" in text_of(denied.original)


async def test_what_cannot_be_used_is_said_and_changes_nothing(fake, channel, warden, start):
    async with start(enabled=[channel]):
        panel = await opened(fake, warden, channel)
        form = fake.people.press(warden, panel, "Limits")
        await form.answered()
        wrong = fake.people.submit(form, pictures="many")
        await wrong.answered()
        assert "That cannot be used" in text_of(wrong.original)


async def test_a_channel_has_settings_of_its_own(fake, guild, channel, warden, start):
    async with start(enabled=[channel]) as bot:
        panel = await opened(fake, warden, channel)
        inner = fake.people.press(warden, panel, "Only this channel")
        await inner.answered()
        assert f"Settings of <#{channel['id']}>" in text_of(inner.original)
        paused = fake.people.press(warden, inner.original, "Pause or go on")
        await paused.answered()
        assert "Paused:** yes" in text_of(paused.original)
        settings = bot.core.services.settings
        assert (await settings.of("discord", guild["id"], channel["id"])).paused is True
        assert (await settings.of("discord", guild["id"])).paused is None


async def test_a_panel_left_open_works_after_a_restart_but_only_for_moderators(
    fake, channel, ann, warden, start
):
    async with start(enabled=[channel]):
        panel = await opened(fake, warden, channel)
    async with start(enabled=[channel]):
        pressed = fake.people.press(ann, panel, "Pause or go on")
        await pressed.answered()
        assert "Only moderators" in text_of(pressed.original)
        done = fake.people.press(warden, panel, "Pause or go on")
        await done.answered()
        assert "Paused:** yes" in text_of(done.original)


async def test_what_is_made_with_a_model_for_adults_hides_behind_a_warning(fake, guild, ann, start):
    adult = fake.world.channel(guild, "grown-ups", nsfw=True)
    async with start(enabled=[adult], place=PlaceConfig(nsfw=True)):
        for model, hidden in (("Deliberate", True), ("SDXL 1.0", False)):
            asked = {"prompt": "a fox", "n": 1, "model": model}
            answer = await fake.people.slash(ann, adult, "imagine", **asked).shows("Here you are")
            assert [one["spoiler"] for one in pictures_of(answer)] == [hidden]


async def test_adult_pictures_need_the_operators_word_and_an_age_restricted_channel(
    fake, horde, guild, channel, ann, start
):
    adult = fake.world.channel(guild, "grown-ups", nsfw=True)
    async with start(enabled=[channel, adult], place=PlaceConfig(nsfw=True)):
        for place, allowed in ((channel, False), (adult, True)):
            pressed = fake.people.slash(ann, place, "imagine", prompt="a fox", n=1, style="raw")
            await pressed.shows("Here you are")
            assert horde.journal.of("submit")[-1].body["nsfw"] is allowed
