"""What holds in a place: the file's word, what moderators set in the chat, roles, adult marks."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from pydantic import ValidationError

from common.config import PlaceConfig, StylesConfig, parse
from common.model import Ending, Place
from request.allowed.chat_settings import (
    FRESH,
    MOST_ROLES,
    ChatSettings,
    RoleLimits,
    SettingsStore,
    tighten,
)
from request.allowed.places import Places
from request.allowed.policy import limits_of
from request.kept.cursors import Cursors
from tests.fakes.platform import FakePlatform

pytestmark = pytest.mark.database
ROOM = Place("web", "web", "room")


@pytest.fixture
def settings(database, clock):
    return SettingsStore(database, now=clock, monotonic=clock)


@pytest.fixture
def places(settings):
    def of(document):
        config = parse(document)
        return Places(lambda: config, settings)

    return of


# --- the chat tightens and never widens ---------------------------------------------------------


def test_the_chat_may_lower_a_limit_and_not_raise_it():
    place = PlaceConfig(max_pictures=6, requests_per_hour=10, pictures=4)
    lowered = tighten(place, ChatSettings(max_pictures=2, requests_per_hour=5))
    raised = tighten(place, ChatSettings(max_pictures=20, requests_per_hour=500))
    assert (lowered.max_pictures, lowered.requests_per_hour, lowered.pictures) == (2, 5, 2)
    assert (raised.max_pictures, raised.requests_per_hour, raised.pictures) == (6, 10, 4)


@pytest.mark.parametrize("asked", [True, False, None])
def test_the_chat_cannot_turn_adult_pictures_on(asked):
    assert tighten(PlaceConfig(nsfw=False), ChatSettings(nsfw=asked)).nsfw is False
    assert tighten(PlaceConfig(nsfw=True), ChatSettings(nsfw=asked)).nsfw is (asked is not False)


def test_the_chat_cannot_start_what_the_file_has_stopped():
    assert tighten(PlaceConfig(paused=True), ChatSettings(paused=False)).paused
    assert tighten(PlaceConfig(enabled=False), ChatSettings(enabled=True)).enabled is False


def test_the_chat_chooses_among_the_styles_of_the_file():
    place = PlaceConfig(styles=("anime", "realism"))
    assert tighten(place, ChatSettings(styles=("anime", "neon"))).styles == ("anime",)
    assert tighten(place, ChatSettings(styles=("neon",))).styles == ("anime", "realism")
    assert tighten(PlaceConfig(), ChatSettings(styles=("neon",))).styles == ("neon",)


def test_what_the_chat_says_nothing_of_stays_as_the_file_has_it():
    place = PlaceConfig(styles=("anime",), default_style="anime", running_per_person=3, pictures=2)
    assert tighten(place, ChatSettings()) is place
    changed = tighten(
        place, ChatSettings(running_per_person=2, enabled=False, default_style="neon")
    )
    assert changed == place.model_copy(
        update={"running_per_person": 2, "enabled": False, "default_style": "neon"}
    )
    assert tighten(place, ChatSettings(pictures=1)).pictures == 1
    assert tighten(PlaceConfig(), ChatSettings(enabled=True)).enabled is True


def test_a_channel_wins_over_its_community_setting_by_setting():
    community = ChatSettings(nsfw=False, pictures=2, roles={"a": RoleLimits(pictures=3)})
    channel = ChatSettings(pictures=1, roles={"b": RoleLimits(pictures=4)})
    both = channel.over(community)
    assert both == ChatSettings(
        nsfw=False, pictures=1, roles={"a": RoleLimits(pictures=3), "b": RoleLimits(pictures=4)}
    )
    assert ChatSettings().over(ChatSettings(paused=True)) == ChatSettings(paused=True)


def test_of_several_roles_the_best_counts_limit_by_limit():
    roles = {
        "a": RoleLimits(max_pictures=9, requests_per_hour=5),
        "b": RoleLimits(max_pictures=4, running_per_person=7),
    }
    settings = ChatSettings(max_pictures=2, pictures=1, roles=roles)
    held = settings.for_roles(("a", "b", "x"))
    limits = (held.max_pictures, held.requests_per_hour, held.running_per_person, held.pictures)
    assert limits == (9, 5, 7, 1)
    assert settings.for_roles(("x",)) == settings
    assert ChatSettings(pictures=1).for_roles(("a",)).pictures == 1


# --- kept in the database -----------------------------------------------------------------------


async def test_a_channel_says_more_than_its_community(settings):
    await settings.change("web", "web", enabled=True, max_pictures=4)
    await settings.change("web", "web", "room", max_pictures=2)
    held = await settings.holding(ROOM)
    assert (held.enabled, held.max_pictures) == (True, 2)
    assert (await settings.holding(Place("web", "web", "other"))).max_pictures == 4


async def test_what_was_set_can_be_unset_and_outlives_a_restart(settings, database):
    await settings.change("web", "web", "room", styles=("anime",), paused=True)
    await settings.change("web", "web", "room", paused=None)
    assert (await SettingsStore(database).holding(ROOM)).set_here() == {"styles": ["anime"]}


async def test_another_process_is_heard_after_some_seconds(settings, database, clock):
    assert (await settings.holding(ROOM)).paused is None
    await SettingsStore(database).change("web", "web", "room", paused=True)
    assert (await settings.holding(ROOM)).paused is None
    clock.now += 11
    assert (await settings.holding(ROOM)).paused is True


async def test_of_two_who_change_something_at_once_both_are_heard(settings):
    await asyncio.gather(
        settings.change("web", "web", paused=True),
        settings.change("web", "web", max_pictures=2),
        settings.change_role("web", "web", "", "patrons", {"pictures": 3}),
    )
    held = await settings.of("web", "web")
    assert (held.paused, held.max_pictures, set(held.roles)) == (True, 2, {"patrons"})


class Slow:
    """A database whose answers take a while to arrive."""

    def __init__(self, database):
        self.write = database.write
        self._read = database.read
        self.asked, self.arrives = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def read(self):
        async with self._read() as connection:
            yield connection
        self.asked.set()
        await self.arrives.wait()


async def test_what_is_changed_while_it_is_read_holds_at_once(database, clock):
    slow = Slow(database)
    settings = SettingsStore(slow, now=clock, monotonic=clock)
    reading = asyncio.create_task(settings.of("web", "web"))
    await slow.asked.wait()
    await settings.change("web", "web", paused=True)
    slow.arrives.set()
    assert (await reading).paused
    assert (await settings.of("web", "web")).paused


async def test_the_channels_where_the_bot_was_let_in_are_listed_in_order(settings):
    for channel, enabled in (("b", True), ("a", True), ("c", False), ("", True)):
        await settings.change("web", "club", channel, enabled=enabled)
    await settings.change("web", "other", "d", enabled=True)
    await settings.change("elsewhere", "club", "e", enabled=True)
    await settings.change("web", "club", "f", paused=True)
    assert await settings.enabled_in("web", "club") == ["a", "b"]


async def test_what_was_just_read_is_not_read_again_and_later_it_is(settings, database, clock):
    await settings.change("web", "web", pictures=2)
    await SettingsStore(database).change("web", "web", pictures=3)
    clock.now += FRESH - 1
    assert (await settings.of("web", "web")).pictures == 2
    assert (await settings.of("other", "web")).pictures is None
    clock.now += 1
    assert (await settings.of("web", "web")).pictures == 3


async def test_settings_of_ids_longer_than_their_columns_are_found_again(settings, database):
    long = "x" * 300
    await settings.change("web", long, long, paused=True)
    assert (await SettingsStore(database).of("web", long, long)).paused is True
    assert (await SettingsStore(database).of("web", long)).paused is None
    await settings.change("web", long, long, enabled=True)
    assert len(await settings.enabled_in("web", long)) == 1


async def test_nonsense_is_not_kept(settings):
    with pytest.raises(ValidationError):
        await settings.change("web", "web", "room", max_pictures=0)
    assert (await settings.holding(ROOM)).set_here() == {}


# --- all things considered ----------------------------------------------------------------------


async def test_a_role_of_the_file_counts_for_those_who_have_it(places, heard):
    found = places({"defaults": {"roles": {"patrons": {"max_pictures": 12}}}})
    assert (await found.of(heard(roles=("x", "patrons")))).max_pictures == 12
    assert (await found.of(heard(roles=("x",)))).max_pictures == 8


async def test_adult_pictures_only_where_the_platform_says_it_is_for_adults(places, heard):
    found = places({"defaults": {"nsfw": True}})
    assert [(await found.of(heard(adult=mark))).nsfw for mark in (True, None, False)] == [
        True,
        True,
        False,
    ]


async def test_where_a_place_must_be_chosen_nothing_is_done_before(places, heard, settings):
    found = places({})
    assert (await found.of(heard(), opt_in=True)).enabled is False
    assert (await found.of(heard())).enabled is True
    assert (await found.holding(Place("web"), opt_in=True)).enabled is True  # a direct message
    await settings.change("web", "web", "room", enabled=True)
    assert (await found.of(heard(), opt_in=True)).enabled is True


async def test_the_place_says_which_style_is_taken_when_none_is_named(places, heard, settings):
    document = {"styles": {"default": "neon"}, "defaults": {"default_style": "anime"}}
    everywhere = StylesConfig(default="neon")
    await settings.change("web", "web", "room", default_style="pixel")
    own = await places(document).of(heard())
    assert limits_of(own, everywhere).default_style == "pixel"
    assert limits_of(PlaceConfig(), everywhere).default_style == "neon"


# --- in the way of a request --------------------------------------------------------------------


async def test_a_place_that_is_off_is_told_once_a_day_and_draws_nothing(start, heard, horde):
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(enabled=False)):
        platform.say(heard(event="1"))
        outcome = await platform.answer_to("1")
        platform.say(heard(event="2"))
        platform.say(heard("forget me", event="3"))
        await platform.answer_to("3")
    assert outcome.ending is Ending.REFUSED
    assert "moderator" in outcome.text
    assert {event for event, _ in platform.posts} == {"1", "3"}
    assert horde.journal.count("submit") == 0


async def test_a_platform_that_waits_to_be_let_in_draws_nothing_before(start, heard, horde):
    platform = FakePlatform()
    platform.capabilities = replace(platform.capabilities, opt_in=True)
    async with start(platform, place=PlaceConfig(pictures=1)) as core:
        platform.say(heard(event="1"))
        outcome = await platform.answer_to("1")
        await core.services.settings.change("web", "web", "room", enabled=True)
        platform.say(heard(event="2"))
        assert (await platform.answer_to("2")).ending is Ending.DONE
    assert outcome.ending is Ending.REFUSED
    assert horde.journal.count("submit") == 1


async def test_only_styles_of_the_place_are_used(start, heard, horde):
    platform = FakePlatform()
    place = PlaceConfig(styles=("anime",), pictures=1)
    async with start(platform, place=place) as core:
        platform.say(heard("draw for me a fox", event="1", person="ann"))
        platform.say(heard("draw for me a fox style: oil painting", event="2", person="bob"))
        platform.say(heard("styles", event="3", person="cleo"))
        drawn, refused, listed = [await platform.answer_to(str(n)) for n in (1, 2, 3)]
        allowed = core.services.enquiries.styles("", place)
    assert "anime" in allowed
    assert drawn.pictures[0].style in allowed
    assert "oil painting" not in allowed
    assert refused.ending is Ending.REFUSED
    assert "oil painting" not in listed.text


async def test_a_moderator_takes_back_what_another_asked_for(start, heard):
    platform = Removable()
    async with start(platform, place=PlaceConfig(pictures=1)):
        platform.say(heard("draw for me a fox", event="1"))
        await platform.answer_to("1")
        post = platform.posts["1", 1][0]
        platform.say(heard("delete", event="2", person="bob", parent=post))
        assert (await platform.answer_to("2")).ending is Ending.REFUSED
        platform.say(heard("delete", event="3", person="cleo", parent=post, moderator=True))
        await platform.answer_to("3")
    assert platform.removed == [post]


class Removable(FakePlatform):
    """A platform that takes posts back."""

    def __init__(self):
        super().__init__()
        self.removed = []

    async def remove(self, _incoming, post):
        self.removed.append(post)


# --- cursors ------------------------------------------------------------------------------------


async def test_a_cursor_moves_with_the_event_and_with_a_known_one(store, lease, heard, database):
    cursors = Cursors(database)
    assert await cursors.read("web") is None
    await store.insert_once(lease, heard(event="1", cursor="10"), 7)
    await store.insert_once(lease, heard(event="2"), 7)  # streamed: the cursor stays
    assert await cursors.read("web") == "10"
    assert await store.insert_once(lease, heard(event="1", cursor="11"), 7) is None
    assert await cursors.read("web") == "11"


async def test_a_cursor_begins_once(database):
    cursors = Cursors(database)
    await cursors.begin("web", "5")
    await cursors.begin("web", "9")
    assert await cursors.read("web") == "5"


@pytest.mark.parametrize("text", ["draw for me a fox", "draw for me a fox style: no such one"])
async def test_a_quiet_platform_says_nothing_where_it_is_off(start, heard, text):
    platform = FakePlatform()
    platform.capabilities = replace(platform.capabilities, quiet=True)
    async with start(platform, place=PlaceConfig(enabled=False)):
        platform.say(heard(text, event="1"))
        platform.say(heard("forget me", event="2"))
        await platform.answer_to("2")
    assert {event for event, _ in platform.posts} == {"2"}


async def test_a_role_of_the_chat_gives_more_than_all_have_but_never_more_than_the_file(
    places, heard, settings
):
    found = places({"defaults": {"max_pictures": 8, "requests_per_hour": 50}})
    await settings.change("web", "web", max_pictures=2, requests_per_hour=5)
    await settings.change_role("web", "web", "", "patrons", {"max_pictures": 20})
    await settings.change_role("web", "web", "", "helpers", {"requests_per_hour": 30})
    await settings.change_role("web", "web", "room", "helpers", {"requests_per_hour": 20})
    everybody = await found.of(heard())
    assert (everybody.max_pictures, everybody.requests_per_hour) == (2, 5)
    both = await found.of(heard(roles=("helpers", "patrons")))
    assert (both.max_pictures, both.requests_per_hour) == (8, 20)
    await settings.change_role("web", "web", "", "patrons", {})
    assert (await found.of(heard(roles=("patrons",)))).max_pictures == 2


async def test_only_so_many_roles_have_limits(settings):
    for number in range(MOST_ROLES):
        await settings.change_role("web", "web", "", str(number), {"pictures": 1})
    with pytest.raises(ValidationError):
        await settings.change_role("web", "web", "", "one more", {"pictures": 1})
    assert len((await settings.of("web", "web")).roles) == MOST_ROLES
