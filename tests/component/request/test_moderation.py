"""Moderators in the chat: pause, ban, log; and the report that anybody may make."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from common.config import PlaceConfig
from common.model import Audience, Ending, Place
from request.kept.marks import open_marks
from request.kept.people import People
from request.kept.tables import metadata, people, reports, requests
from request.talking.reports import Reports
from tests.fakes.platform import FakePlatform, OwnPlatform
from tests.waiting import wait_until

pytestmark = pytest.mark.database

FOX = "draw for me a fox style: raw --n 1"


class Discreet(OwnPlatform):
    """A platform that can answer so that only the asker sees it."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.capabilities = replace(self.capabilities, private_replies=True)


@pytest.fixture
def said(heard):
    """Say something in a place."""

    def make(text, event, person="ann", community="web", channel="room", **more):
        incoming = heard(text, event=str(event), person=person, **more)
        return replace(incoming, place=Place("web", community, channel))

    return make


@pytest.fixture
def ordered(said):
    """Say something as a moderator."""

    def make(text, event, **more):
        return said(text, event, "mod", moderator=True, **more)

    return make


@pytest.mark.parametrize("text", ["pause", "resume", "ban @bob", "unban bob", "log", "log 5"])
async def test_only_moderators_may(start, said, text, database):
    platform = Discreet()
    async with start(platform):
        platform.say(said(text, 1))
        refused = await platform.answer_to("1")
    assert refused.text == f"`{text.split()[0]}` is for the moderators of this place."
    async with database.read() as connection:
        assert (await connection.execute(sa.select(people))).all() == []


# --- pausing ------------------------------------------------------------------------------------


async def test_a_moderator_pauses_and_resumes_their_community_alone(start, said, ordered):
    platform = FakePlatform()
    async with start(platform):
        platform.say(ordered("pause", 1))
        paused = await platform.answer_to("1")
        for event, community in ((2, "web"), (3, "other")):
            platform.say(said(FOX, event, community=community))
        refused, drawn = await platform.answer_to("2"), await platform.answer_to("3")
        platform.say(ordered("resume", 4))
        resumed = await platform.answer_to("4")
        platform.say(said(FOX, 5))
        again = await platform.answer_to("5")
    assert "`resume` undoes it" in paused.text
    assert "Nothing is drawn here for now" in refused.text
    assert resumed.text == "I draw in this community again."
    assert (drawn.ending, again.ending) == (Ending.DONE, Ending.DONE)


async def test_a_channel_has_its_own_switch(start, said, ordered):
    platform = FakePlatform()
    async with start(platform):
        platform.say(ordered("pause here", 1))
        await platform.answer_to("1")
        for event, channel in ((2, "room"), (3, "garden")):
            platform.say(said(FOX, event, channel=channel))
        room, garden = await platform.answer_to("2"), await platform.answer_to("3")
        platform.say(ordered("pause", 4, channel="garden"))
        await platform.answer_to("4")
        platform.say(ordered("resume here", 5))
        await platform.answer_to("5")
        for event, channel in ((6, "room"), (7, "garden")):  # nobody is told the same twice
            platform.say(said(FOX, event, "bob", channel=channel))
        outcomes = [await platform.answer_to(str(event)) for event in (6, 7)]
    assert (room.ending, garden.ending) == (Ending.REFUSED, Ending.DONE)
    assert [outcome.ending for outcome in outcomes] == [Ending.DONE, Ending.REFUSED]


async def test_what_the_operator_pauses_no_moderator_resumes(start, ordered, said):
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(paused=True)):
        platform.say(ordered("resume", 1))
        told = await platform.answer_to("1")
        platform.say(said(FOX, 2))
        assert (await platform.answer_to("2")).ending is Ending.REFUSED
    assert "the bot's operator has paused this place too" in told.text


# --- bans ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["ban @Bob", "ban bob", "ban <@4711>", "please ban bob, thanks"])
async def test_a_moderator_bans_a_person_from_one_community_alone(start, said, ordered, text):
    person = "4711" if "4711" in text else "bob"
    platform = FakePlatform()
    async with start(platform):
        platform.say(said(FOX, 1, person))
        await platform.answer_to("1")
        platform.say(ordered(text, 2))
        banned = await platform.answer_to("2")
        platform.say(said(FOX, 3, person))
        refused = await platform.answer_to("3")
        platform.say(said(FOX, 4, person, community="other"))
        elsewhere = await platform.answer_to("4")
        platform.say(ordered(text.replace("ban", "unban"), 5))
        unbanned = await platform.answer_to("5")
        platform.say(said(FOX, 6, person))
        assert (await platform.answer_to("6")).ending is Ending.DONE
    assert f"{person} may not ask for pictures in this community" in banned.text
    assert "The moderators of this place have decided so." in refused.text
    assert elsewhere.ending is Ending.DONE
    assert "may ask for pictures here again" in unbanned.text


async def test_a_ban_in_reply_means_the_asker_and_ends_what_they_have_at_work(
    start, said, ordered, horde
):
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(said(FOX, 1, "bob"))
        await platform.answer_to("1")
        horde.seconds = None
        platform.say(said(FOX, 2, "bob"))
        await wait_until(lambda: horde.journal.count("submit") == 2)
        platform.say(ordered("ban", 3, parent="post-1-1"))
        assert "bob may not ask" in (await platform.answer_to("3")).text
        await wait_until(lambda: not core.service.at_work.running)
    assert horde.journal.count("cancel") == 1
    assert ("2", 1) not in platform.posts


async def test_a_community_ban_outlives_being_forgotten_and_is_lifted_by_the_id(
    start, said, ordered, database
):
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(said(FOX, 1, "bob-17"))
        await platform.answer_to("1")
        platform.say(ordered("ban bob-17", 2))
        await platform.answer_to("2")
        platform.say(said("forget me", 3, "bob-17"))
        await platform.answer_to("3")
        await wait_until(lambda: not core.service.at_work.running)
        async with database.read() as connection:
            kept = [str(row) for row in await connection.execute(sa.select(people))]
        platform.say(said(FOX, 4, "bob-17"))
        refused = await platform.answer_to("4")
        platform.say(said("forget me", 5, "bob-17"))
        await platform.answer_to("5")
        await wait_until(lambda: not core.service.at_work.running)
        platform.say(ordered("unban bob-17", 6))
        assert "may ask for pictures here again" in (await platform.answer_to("6")).text
    assert "moderators of this place" in refused.text
    assert len(kept) == 2  # the ban, and when they asked
    assert not any("bob" in row for row in kept)


@pytest.mark.parametrize("text", ["describe", FOX])
async def test_who_is_banned_or_where_it_is_paused_nothing_is_asked_of_a_horde(
    start, said, ordered, horde, text
):
    platform = FakePlatform()
    shown = {"pictures": ("https://example.org/fox.png",)} if text == "describe" else {}
    async with start(platform):
        platform.say(ordered("ban <@4711>", 1))
        await platform.answer_to("1")
        platform.say(said(text, 2, "4711", **shown))
        banned = await platform.answer_to("2")
        platform.say(ordered("pause", 3))
        await platform.answer_to("3")
        platform.say(said(text, 4, "bob", **shown))
        paused = await platform.answer_to("4")
    assert "The moderators of this place have decided so." in banned.text
    assert "Nothing is drawn here for now" in paused.text
    assert [one.route for one in horde.journal.exchanges if one.method == "POST"] == []


async def test_a_ban_of_nobody_says_how_to_name_somebody(start, said, ordered):
    platform = FakePlatform()
    async with start(platform):
        for event, person in ((1, "b1"), (2, "b2")):
            incoming = said(FOX, event, person)
            platform.say(replace(incoming, person=replace(incoming.person, name="Bob")))
            await platform.answer_to(str(event))
        texts = []
        for event, text in ((3, "ban"), (4, "ban nobody"), (5, "ban @bob"), (6, "unban b1")):
            platform.say(ordered(text, event))
            texts.append((await platform.answer_to(str(event))).text)
    assert texts[0].startswith("Whom?")
    assert texts[1].startswith("Nobody called nobody has asked")
    assert texts[2] == "Several people here are called bob. Use the id instead: b1, b2"
    assert texts[3] == "b1 was not banned here."


async def test_a_moderator_cannot_lift_the_operators_ban(start, said, ordered, database, tmp_path):
    platform = FakePlatform()
    async with start(platform):
        await People(database, open_marks(tmp_path)).ban("web", "bob")
        platform.say(said(FOX, 1, "bob"))
        await platform.answer_to("1")
        platform.say(ordered("unban bob", 2))
        told = await platform.answer_to("2")
        platform.say(said("draw for me a cat", 3, "bob"))
        platform.say(said("help", 4, "bob"))
        await platform.answer_to("4")
    assert "Only the operator can lift it" in told.text
    assert ("3", 1) not in platform.posts  # told once a day


# --- the log ------------------------------------------------------------------------------------


async def test_the_log_shows_a_moderator_what_was_asked_in_their_place(start, said, ordered):
    platform = Discreet()
    async with start(platform, place=PlaceConfig(blocked=("politician",))):
        for event, text, person, community in (
            (1, FOX, "bob", "web"),
            (2, "draw for me a secret garden style: raw --n 1 --private", "eve", "web"),
            (3, "draw for me a politician", "eve", "web"),
            (4, "draw for me an owl style: raw --n 1", "bob", "other"),
            (5, "help", "bob", "web"),
        ):
            platform.say(said(text, event, person, community))
            await platform.answer_to(str(event))
        platform.say(ordered("log", 6))
        shown = await platform.answer_to("6")
        platform.say(ordered("log 1", 7))
        one = await platform.answer_to("7")
    lines = shown.text.splitlines()
    assert [line.split(": ", 1)[1].split(" (")[0] for line in lines] == [
        "draw for me a politician",
        "asked in private",
        "a fox",
    ]
    assert "Bob: a fox" in lines[2]
    assert [line.rpartition(", ")[2] for line in lines] == ["declined)", "answered)", "answered)"]
    assert len(one.text.splitlines()) == 1
    assert shown.private
    assert one.private


async def test_the_log_is_told_in_private_and_in_the_places_language_or_not_at_all(
    start, ordered, said
):
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(language="de")):
        platform.say(said(FOX, 1))
        await platform.answer_to("1")
        platform.say(ordered("log", 2))
        refused = await platform.answer_to("2")
        platform.say(ordered("log", 3, audience=Audience.PRIVATE))
        shown = await platform.answer_to("3")
    assert refused.ending is Ending.REFUSED
    assert "fox" not in refused.text
    assert "Ann: a fox" in shown.text
    assert shown.text.endswith(", beantwortet)")


async def test_the_log_ends_after_its_days_and_with_being_forgotten(start, ordered, said):
    platform = Discreet()
    places = {"web/short": {"log_days": 0}}
    async with start(platform, communities=places) as core:
        for event, community in ((1, "web"), (2, "short")):
            platform.say(said(FOX, event, "bob", community))
            await platform.answer_to(str(event))
        platform.say(ordered("log", 3, community="short"))
        short = await platform.answer_to("3")
        platform.say(said("forget me", 4, "bob"))
        await platform.answer_to("4")
        await wait_until(lambda: not core.service.at_work.running)
        platform.say(ordered("log", 5))
        forgotten = await platform.answer_to("5")
    assert short.text == forgotten.text == "Nobody has asked for pictures here lately."


async def test_nothing_that_names_others_is_kept_of_a_moderator(start, said, ordered, database):
    platform = Discreet()
    async with start(platform) as core:
        for event, person in ((1, "bob-17"), (2, "bob-18")):
            incoming = said("draw for me a grove style: raw --n 1", event, person)
            platform.say(replace(incoming, person=replace(incoming.person, name="Bobby")))
            await platform.answer_to(str(event))
        for event, text in enumerate(
            ["log", "ban bob-17", "unban bob-17", "ban Bobby", "ban bob-19"], start=3
        ):
            platform.say(ordered(text, event))
            await platform.answer_to(str(event))
        for event, person in ((8, "bob-17"), (9, "bob-18")):
            platform.say(said("forget me", event, person))
            await platform.answer_to(str(event))
        await wait_until(lambda: not core.service.at_work.running)
        lease = await core.leases.take("web")
        assert await core.service.receive(lease, ordered("ban bob-17", 4)) is None
    async with database.read() as connection:
        for table in metadata.sorted_tables:
            for row in await connection.execute(sa.select(table)):
                assert "bob" not in str(row).casefold(), table.name
                assert "grove" not in str(row), table.name


async def test_people_are_told_what_moderators_see(start, said):
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(log_days=7)):
        for event, text in ((1, "help"), (2, "help moderators")):
            platform.say(said(text, event))
            await platform.answer_to(str(event))
    assert "`help moderators` tells what they can see" in platform.posts["1", 1][1].text
    assert "can read what is asked in it for 7 days" in platform.posts["2", 1][1].text


# --- reports ------------------------------------------------------------------------------------


async def test_a_report_is_kept_and_shown_to_moderators_and_hides_nothing(
    start, said, ordered, database, tmp_path
):
    platform = Discreet()
    async with start(platform):
        platform.say(said(FOX, 1, "bob"))
        await platform.answer_to("1")
        for event, text, person in (
            (2, "report", "eve"),
            (3, "report: looks like my aunt", "joe"),
            (4, "report too ugly", "eve"),
        ):
            platform.say(said(text, event, person, parent="post-1-1"))
            thanks = await platform.answer_to(str(event))
        platform.say(ordered("log", 5))
        shown = await platform.answer_to("5")
    assert thanks.private
    assert thanks.text.startswith("Thank you. The moderators")
    assert "[reported by 2: too ugly; looks like my aunt]" in shown.text
    assert platform.removed == []
    kept = await Reports(database, open_marks(tmp_path)).of("web")
    assert [report.reason for report in kept] == ["too ugly", "looks like my aunt"]
    async with database.read() as connection:
        rows = [str(row) for row in await connection.execute(sa.select(reports))]
    assert not any("eve" in row or "joe" in row for row in rows)


async def test_after_so_many_reports_an_answer_is_taken_back_where_the_operator_wants_it(
    start, said
):
    platform = Discreet()
    async with start(platform, place=PlaceConfig(take_back_after=2)):
        platform.say(said(FOX, 1, "bob"))
        await platform.answer_to("1")
        texts = []
        for event, person in ((2, "eve"), (3, "eve"), (4, "joe")):
            platform.say(said("report", event, person, parent="post-1-1"))
            texts.append((await platform.answer_to(str(event))).text)
            assert platform.removed == (["post-1-1"] if event == 4 else [])
    assert ["taken back" in text for text in texts] == [False, False, True]


async def test_a_report_of_nothing_says_how_to_report(start, said):
    platform = FakePlatform()
    async with start(platform):
        platform.say(said("report", 1))
        assert "Reply `report` to the answer" in (await platform.answer_to("1")).text


@pytest.mark.parametrize("who", ["bob", "eve"])
async def test_a_report_goes_with_its_answer_and_with_who_made_it(start, said, database, who):
    platform = Discreet()
    async with start(platform) as core:
        platform.say(said(FOX, 1, "bob"))
        await platform.answer_to("1")
        platform.say(said("report", 2, "eve", parent="post-1-1"))
        await platform.answer_to("2")
        platform.say(said("forget me", 3, who))
        await platform.answer_to("3")
        await wait_until(lambda: not core.service.at_work.running)
    async with database.read() as connection:
        assert (await connection.execute(sa.select(reports))).all() == []
        kept = {row.person for row in await connection.execute(sa.select(requests))}
    assert kept == {"bob", "eve"} - {who}
