"""Entering from the chat: what is said before, what is refused and why, and taking it out again."""

import asyncio
import io

import pytest
from PIL import ExifTags, Image

from common import pictures, texts
from common.model import Audience, Ending
from events.entries.style_entry import style_of
from events.lifecycle import Step
from events.model import EntryState, Shown, State
from request.kept.leases import Lease
from tests.component.events.chat import DRAW
from tests.component.events.conftest import brought_to
from tests.waiting import wait_until

pytestmark = pytest.mark.database

BOTS = Lease("web", "one", 1)
"""The bot's own lease: a fresh one would end its work."""


async def opened(chat, plan):
    return await brought_to(chat.core.events, plan, Step.ANNOUNCE, Step.OPEN)


async def test_who_enters_is_told_first_where_they_will_be_seen(chat, held):
    event = await opened(chat, held())
    said, outcome = await chat.say(DRAW.format(what="a fox"))
    assert "enter" in outcome.follow_ups
    post = f"post-{said}-1"
    _, told = await chat.say("enter", parent=post)
    assert "shown in public" in told.text
    assert "`enter autumn" in told.text
    assert await chat.core.events.entries.of(event) == []
    _, told = await chat.say("enter autumn as me", parent=post)
    assert told.text.startswith("Entry 1 of “Autumn”, shown as Ann.")
    [entry] = await chat.core.events.entries.of(event)
    assert (entry.number, entry.name, entry.shown, entry.ours) == (1, "Ann", Shown.NAME, True)
    assert entry.recipe["job"]["style"] == "raw"
    assert entry.recipe["prompt"] == "a fox"
    assert "ann" not in entry.entrant


async def test_a_picture_is_entered_from_anywhere_by_the_id_of_its_answer(chat, held):
    event = await opened(chat, held())
    _, outcome = await chat.say(DRAW.format(what="a fox"))
    await chat.say(f"enter autumn {outcome.request} as Robin Wood")
    [entry] = await chat.core.events.entries.of(event)
    assert (entry.name, entry.shown, entry.request) == (
        "Robin Wood",
        Shown.NICKNAME,
        outcome.request,
    )


async def test_nobody_enters_what_was_made_for_another(chat, held):
    await opened(chat, held())
    post = await chat.draw("a fox", "ann")
    _, told = await chat.say("enter autumn as me", "bob", parent=post)
    assert told.ending is Ending.REFUSED
    assert "made for somebody else" in told.text


async def test_what_breaks_a_rule_is_refused_with_the_rule(chat, held):
    await opened(chat, held(rules={"forbidden": ["Fox"], "account_days": 30}))
    _, told = await chat.say("enter autumn as me", parent=await chat.draw("a red fox"))
    assert told.ending is Ending.REFUSED
    assert "may not hold: Fox" in told.text
    _, told = await chat.say("enter autumn as me", parent=await chat.draw("a red bear"))
    assert "at least 30 days old" in told.text


async def test_the_rules_that_leave_no_choice_are_kept_for_who_draws_in_the_thread(chat, held):
    plan = held(rules={"seed": "42"})
    venue = plan.venues[0].model_copy(update={"to": "room"})
    event = await opened(chat, plan.model_copy(update={"venues": (venue,)}))
    post = await chat.draw("a fox")
    await chat.say("enter autumn as me", parent=post)
    [entry] = await chat.core.events.entries.of(event)
    assert entry.recipe["seed"] == "42"


async def test_the_same_picture_and_the_same_prompt_are_entered_once(chat, held):
    await opened(chat, held(rules={"entries": 3}))
    post = await chat.draw("a fox")
    await chat.say("enter autumn as me", parent=post)
    _, told = await chat.say("enter autumn as me", parent=post)
    assert "is entry 1 already" in told.text
    again = await chat.draw("A  Fox")
    _, told = await chat.say("enter autumn as me", parent=again)
    assert told.ending is Ending.REFUSED


async def test_more_than_a_person_may_enter_takes_the_place_of_another(chat, held):
    event = await opened(chat, held())
    await chat.say("enter autumn as me", parent=await chat.draw("a fox"))
    second = await chat.draw("a whale in the deep sea at night --seed 99")
    _, told = await chat.say("enter autumn as me", parent=second)
    assert "You have 1 entries in autumn already (1)" in told.text
    _, told = await chat.say("enter autumn as me replace 1", parent=second)
    assert told.text.startswith("Entry 2 of")
    first, replaced = await chat.core.events.entries.of(event)
    assert (first.state, replaced.state) == (EntryState.WITHDRAWN, EntryState.ENTERED)
    _, told = await chat.say("withdraw autumn?")
    assert "autumn" in told.text
    assert [one.number for one in await chat.core.events.entries.standing(event)] == [2]
    _, told = await chat.say("withdraw autumn")
    assert told.text == "Entry 2 is taken out of “Autumn”."
    assert await chat.core.events.entries.standing(event) == []
    _, told = await chat.say("withdraw autumn")
    assert told.text == "You have nothing in autumn."


async def test_nothing_is_entered_before_it_opens_and_after_it_closes(chat, held):
    event = await brought_to(chat.core.events, held(), Step.ANNOUNCE)
    post = await chat.draw("a fox")
    _, told = await chat.say("enter autumn as me", parent=post)
    assert "takes no entries now" in told.text
    event = await chat.core.events.steps.take(event, Step.OPEN, "ann")
    event = await chat.core.events.steps.take(event, Step.CLOSE, "ann")
    event = await chat.core.events.steps.take(event, Step.VOTE, "ann")
    _, told = await chat.say("enter autumn as me", parent=post)
    assert "takes no entries now" in told.text
    assert event.state is State.VOTING


async def test_what_was_asked_for_in_private_is_not_entered(chat, held):
    await opened(chat, held())
    _, outcome = await chat.say(DRAW.format(what="a fox"), audience=Audience.PRIVATE)
    assert "enter" not in outcome.follow_ups
    _, told = await chat.say(f"enter autumn {outcome.request} as me")
    assert "asked for in private" in told.text


async def test_a_style_contest_asks_for_cc0_a_name_and_a_subject(chat, held):
    event = await opened(chat, held(kind="contest"))
    post = await chat.draw("a fox, in thick fog, wet ropes")
    _, told = await chat.say("enter autumn as me", parent=post)
    assert "Say what the style is called" in told.text
    _, told = await chat.say("enter autumn as me cc0 called: fog subject: a bear", parent=post)
    assert "must stand in the prompt" in told.text
    _, told = await chat.say("enter autumn as me called: fog subject: a fox", parent=post)
    assert "CC0" in told.text
    assert "as me cc0 called: fog subject: a fox`" in told.text
    await chat.say("enter autumn as me cc0 called: fog subject: a fox", parent=post)
    [entry] = await chat.core.events.entries.of(event)
    assert entry.licence == "CC0-1.0"
    style = style_of(event, entry)
    assert style.name == "fog"
    assert style.values["prompt"] == "{p}, in thick fog, wet ropes###{np}"
    assert style.values["author"] == "Ann"
    assert style.faults == ()
    assert style.attribution == "* fog: by Ann for “Autumn”"


def picture_of(colour):
    """A picture with something in it, so that two colours look different."""
    image = Image.new("RGB", (512, 512), colour)
    for at in range(0, 512, 8):
        image.paste((at // 2, 255 - at // 2, at % 255), (at, 0, at + 4, (at * 7 + colour[0]) % 512))
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


async def test_a_picture_from_elsewhere_needs_a_word_on_how_it_was_made(chat, held, tmp_path):
    kept = pictures.store(tmp_path / "pictures", picture_of((200, 10, 10)))
    sent = {"pictures": (f"sha256:{kept.name}",)}
    await opened(chat, held("closed-shop"))
    _, told = await chat.say("enter closed-shop as me made: by hand", **sent)
    assert "only pictures made by this bot" in told.text
    event = await opened(chat, held(rules={"elsewhere": True}))
    _, told = await chat.say("enter autumn as me", **sent)
    assert "needs your word" in told.text
    _, told = await chat.say("enter autumn made: in Krita, by hand", **sent)
    assert "marked as made elsewhere" in told.text
    await chat.say("enter autumn anonymous made: in Krita, by hand", **sent)
    [entry] = await chat.core.events.entries.of(event)
    assert (entry.ours, entry.name) == (False, "")
    assert entry.recipe == {"statement": "in Krita, by hand"}


async def test_where_a_picture_from_elsewhere_was_taken_is_told_to_nobody(chat, held, tmp_path):
    photo, taken = io.BytesIO(), Image.Exif()
    taken[ExifTags.Base.Make] = "Camera of Ann"
    taken.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    image = Image.open(io.BytesIO(picture_of((200, 10, 10)))).convert("RGB")
    image.save(photo, "JPEG", exif=taken.tobytes())
    kept = pictures.store(tmp_path / "pictures", photo.getvalue())
    event = await opened(chat, held(rules={"elsewhere": True}))
    words = "enter autumn anonymous made: with my telephone"
    await chat.say(words, pictures=(f"sha256:{kept.name}",))
    [entry] = await chat.core.events.entries.of(event)
    shown = (tmp_path / "pictures" / entry.sha256).read_bytes()
    assert b"Camera of Ann" not in shown
    assert dict(Image.open(io.BytesIO(shown)).getexif()) == {}


async def test_who_is_banned_enters_nothing(chat, held):
    event = await opened(chat, held())
    post = await chat.draw("a fox", "bob")
    await chat.say("ban bob", "mod", moderator=True)
    _, told = await chat.say("enter autumn as me", "bob", parent=post)
    assert told.text == texts.say("refused.banned_here")
    assert await chat.core.events.entries.of(event) == []


async def test_nobody_passes_off_what_the_bot_made_for_another_as_their_own(chat, held, tmp_path):
    await opened(chat, held(rules={"elsewhere": True}))
    _, outcome = await chat.say(DRAW.format(what="a fox"), "ann")
    stolen = outcome.pictures[0].path.read_bytes()
    again = pictures.store(tmp_path / "pictures", pictures.fitted(stolen, max_bytes=10**6)[0])
    sent = {"pictures": (f"sha256:{again.name}",)}
    _, told = await chat.say("enter autumn as me made: all by myself", "bob", **sent)
    assert "made for somebody else" in told.text


async def test_a_number_that_no_entry_can_have_is_asked_for_again(chat, held):
    await opened(chat, held())
    _, told = await chat.say(f"event autumn hide {9**30} ugly", "mod", moderator=True)
    assert told.text == texts.say("events.hide_which", name="autumn", word="hide")


async def test_moderators_hide_an_entry_and_say_why(chat, held):
    event = await opened(chat, held())
    await chat.say("enter autumn as me", parent=await chat.draw("a fox"))
    _, told = await chat.say("event autumn hide 1 not a leaf", "mod")
    assert told.text == "Only the moderators of autumn can do that."
    _, told = await chat.say("event autumn hide 1 not a leaf", "mod", moderator=True)
    [entry] = await chat.core.events.entries.of(event)
    assert (entry.state, entry.reason) == (EntryState.HIDDEN, "not a leaf")
    assert (await chat.core.events.events.log(event.id))[-1].why == "1: not a leaf"
    await chat.say("event autumn unhide 1", "mod", moderator=True)
    assert len(await chat.core.events.entries.standing(event)) == 1


async def test_who_is_forgotten_leaves_a_number_and_nothing_else(chat, held, tmp_path):
    event = await opened(chat, held())
    post = await chat.draw("a fox")
    await chat.say("enter autumn as me", parent=post)
    [entry] = await chat.core.events.entries.of(event)
    await chat.say("forget me")
    async with asyncio.timeout(30):
        while (blank := (await chat.core.events.entries.of(event))[0]).entrant:
            await asyncio.sleep(0.02)
    assert (blank.number, blank.state) == (entry.number, EntryState.WITHDRAWN)
    assert (blank.name, blank.recipe, blank.sha256, blank.link) == ("", {}, "", "")


async def test_the_picture_of_an_entry_is_kept_when_its_request_is_pruned(chat, held, tmp_path):
    event = await opened(chat, held())
    await chat.say("enter autumn as me", parent=await chat.draw("a fox"))
    [entry] = await chat.core.events.entries.of(event)
    await wait_until(lambda: not chat.core.service.at_work.running)
    await chat.core.service.commands.prune(BOTS, chat.platform, keep_days=0)
    assert await chat.core.store.requests_of_person("web", "ann") == []
    assert (tmp_path / "pictures" / entry.sha256).exists()


async def test_the_picture_that_was_entered_from_elsewhere_goes_with_who_is_forgotten(
    chat, held, tmp_path
):
    kept = pictures.store(tmp_path / "pictures", picture_of((200, 10, 10)))
    event = await opened(chat, held(rules={"elsewhere": True}))
    words = "enter autumn anonymous made: in Krita, by hand"
    await chat.say(words, pictures=(f"sha256:{kept.name}",))
    [entry] = await chat.core.events.entries.of(event)
    file = tmp_path / "pictures" / entry.sha256
    assert file.exists()
    await chat.say("forget me")
    await wait_until(lambda: not chat.core.service.at_work.running)
    assert not file.exists()
