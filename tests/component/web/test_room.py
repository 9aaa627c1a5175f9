"""Writing and answering over real HTTP, as a browser without a script does it."""

from __future__ import annotations

import asyncio
import html

import pytest

from common.database import open_database
from common.errors import PlatformRefused
from common.model import Ending, Incoming, IncomingKind, Part, Phase, Place, Progress
from request.adapter import Adapter
from tests.component.web.house import answer, heard, outcome
from web.chat.room import Room
from web.chat.store import Visitor


async def test_it_is_an_adapter(adapter):
    assert isinstance(adapter, Adapter)


async def test_a_message_reaches_the_bot_and_its_answer_the_page(adapter, browser, house):
    number = await browser.say("draw for me a fox", nickname="Ada")
    incoming = await heard(adapter)
    assert incoming.place == Place("room", "web", "room")
    assert (incoming.text, incoming.person.name) == ("draw for me a fox", "Ada")
    assert (incoming.event, incoming.kind, incoming.parent) == (
        str(number),
        IncomingKind.MESSAGE,
        None,
    )
    assert incoming.addressed
    assert incoming.created.tzinfo is not None

    posted = await answer(adapter, incoming, house.picture(alt='a fox, "red"'))
    _, page = await browser.get("/")
    assert f'id="m{number}"' in page
    assert f'id="m{posted}"' in page
    assert 'alt="a fox, &#34;red&#34;"' in page
    assert "Drawn from stylepunks." in page
    assert "seed 42" in page
    assert f'value="{posted} again"' in page
    assert f'value="{posted} style: noir"' in page
    assert 'class="progress' not in page


async def test_new_messages_are_heard_while_listening(adapter, browser):
    first = await browser.say("one")
    texts = []
    listening = adapter.listen()
    async with asyncio.timeout(30):
        texts.append((await anext(listening)).text)
        second = await browser.say("two")
        texts.append((await anext(listening)).text)
    await listening.aclose()
    assert texts == ["one", "two"]
    assert second > first


async def test_what_another_process_wrote_is_heard_a_little_later(adapter, house):
    adapter._catch_up = 0.1
    hearing = asyncio.create_task(heard(adapter))
    await asyncio.sleep(0.3)
    database = await open_database(house.config().database_url)
    visitor = Visitor("elsewhere", "Eve")
    await Room(database, "room").write(visitor, "draw for me a fox", "token")
    await database.close()
    assert (await hearing).text == "draw for me a fox"


async def test_the_same_form_sent_twice_is_one_message(adapter, browser):
    fields = await browser.fields() | {"text": "once"}
    first = await browser.post("/messages", fields)
    again = await browser.post("/messages", fields | {"text": "twice"})
    assert first == again
    assert [m.text for m in await adapter.room.unanswered()] == ["once"]


async def test_a_token_of_somebody_else_is_no_claim(adapter, browser, visit):
    fields = await browser.fields() | {"text": "mine"}
    await browser.post("/messages", fields)
    other = visit(adapter)
    theirs = await other.fields() | {"text": "theirs", "token": fields["token"]}
    assert (await other.post("/messages", theirs))[0] == 303
    assert [m.text for m in await adapter.room.unanswered()] == ["mine", "theirs"]


async def test_progress_is_shown_until_the_answer_is_complete(adapter, browser, house):
    await browser.say("draw a fox")
    incoming = await heard(adapter)
    await adapter.acknowledge(incoming, Progress(Phase.WAITING, 4, position=2, wait_seconds=40))
    _, page = await browser.get("/")
    assert "Waiting, place 2" in page
    assert "About 40 seconds" in page
    await adapter.acknowledge(
        incoming, Progress(Phase.GENERATING, 4, finished=3, note="Slow today.")
    )
    _, page = await browser.get("/")
    assert 'max="4" value="3"' in page
    assert "Slow today." in page

    made = outcome(house.picture())
    await adapter.reply(incoming, made, Part(1, 2, "first", made.pictures))
    _, page = await browser.get("/")
    assert 'class="progress' in page
    assert "1 of 2" in page
    await adapter.reply(incoming, made, Part(2, 2, "second"))
    _, page = await browser.get("/")
    assert 'class="progress' not in page


async def test_a_part_is_posted_once_and_found_again(adapter, browser, house):
    await browser.say("draw a fox")
    incoming = await heard(adapter)
    made = outcome(house.picture())
    part = Part(1, 1, "done", made.pictures)
    assert await adapter.find_own_reply(incoming, 1) is None
    first = await adapter.reply(incoming, made, part)
    assert await adapter.reply(incoming, made, part) == first
    assert await adapter.find_own_reply(incoming, 1) == first
    assert len((await adapter.room.threads())[0].answers) == 1
    assert len(await adapter.room.gallery(before=None, limit=9)) == 1


async def test_an_answer_to_nothing_is_refused_for_good(adapter, browser):
    await browser.say("draw a fox")
    incoming = await heard(adapter)
    stray = Incoming(incoming.place, "4711", incoming.person, "", incoming.created)
    with pytest.raises(PlatformRefused, match="4711"):
        await adapter.reply(stray, outcome(), Part(1, 1, "done"))


async def test_a_button_is_heard_with_the_message_it_stands_under(adapter, browser, house):
    await browser.say("draw a fox")
    posted = await answer(adapter, await heard(adapter), house.picture())
    for words in ("again", "style: noir", "vary 1"):
        fields = await browser.fields("press") | {"press": f"{posted} {words}"}
        status, _ = await browser.post("/again", fields)
        assert status == 303
        pressed = await heard(adapter)
        assert (pressed.kind, pressed.text) == (IncomingKind.BUTTON, words)
        assert pressed.parent == str(posted)
        await answer(adapter, pressed)


@pytest.mark.parametrize(
    "press", ["", "again", "1 again", "999 again", "{posted} delete", "{posted} vary 2", "x y"]
)
async def test_a_button_that_is_not_there_cannot_be_pressed(adapter, browser, house, press):
    await browser.say("draw a fox")
    posted = await answer(adapter, await heard(adapter), house.picture())
    fields = await browser.fields("press") | {"press": press.format(posted=posted)}
    status, page = await browser.post("/again", fields)
    assert status == 400
    assert "not under that message" in page


async def test_a_typed_reply_names_its_parent(adapter, browser):
    await browser.say("draw a fox")
    posted = await answer(adapter, await heard(adapter))
    _, page = await browser.get(f"/?reply={posted}")
    assert f'name="parent" value="{posted}"' in page
    await browser.say("edit a wolf", parent=str(posted))
    reply = await heard(adapter)
    assert (reply.kind, reply.parent) == (IncomingKind.MESSAGE, str(posted))


async def test_one_cannot_reply_to_a_person_or_to_nothing(browser):
    number = await browser.say("draw a fox")
    for parent in (str(number), "999", "x"):
        fields = await browser.fields() | {"text": "edit a wolf", "parent": parent}
        status, page = await browser.post("/messages", fields)
        assert status == 400
        assert "The message you reply to is gone." in page
        assert ">edit a wolf</textarea>" in page


async def test_history_and_open_requests_survive_a_restart(house, visit):
    async with house.open() as adapter:
        browser = visit(adapter)
        await browser.say("answered")
        incoming = await heard(adapter)
        await browser.say("half answered")
        await browser.say("open")
        await answer(adapter, incoming, house.picture())
        half = (await adapter.room.unanswered())[0]
        made = outcome(ending=Ending.PARTIAL)
        await adapter.room.post(half.id, made, Part(1, 2, "first half"))
    async with house.open() as adapter:
        listening = adapter.listen()
        async with asyncio.timeout(30):
            texts = [(await anext(listening)).text, (await anext(listening)).text]
        await listening.aclose()
        assert texts == ["half answered", "open"]
        _, page = await visit(adapter).get("/")
        assert all(text in page for text in ("answered", "first half", "open", "Here you are."))


async def test_requests_of_yesterday_are_not_heard_again(house, visit):
    async with house.open() as adapter:
        await visit(adapter).say("old")
        now = adapter.room._clock()
        adapter.room._clock = lambda: now + 24 * 3600 + 1
        assert await adapter.room.unanswered() == []


async def test_a_visitor_keeps_their_name_and_may_change_it(adapter, browser):
    assert 'value="Guest ' in (await browser.get("/"))[1]
    await browser.say("one", nickname="  Ada \u202e\x07  Lovelace ")
    assert 'value="Ada Lovelace"' in (await browser.get("/"))[1]
    await browser.say("two", nickname="Countess")
    _, page = await browser.get("/")
    assert "Ada Lovelace" not in page
    assert page.count('<b dir="auto">Countess</b>') == 2


async def test_older_messages_are_a_page_away(adapter, browser):
    for number in range(52):
        await adapter.room.write(Visitor("v", "Ada"), f"message {number}.", f"token-{number:020}")
    _, page = await browser.get("/")
    assert "message 51." in page
    assert "message 1." not in page
    older = page.split('href="/?before=')[1].split('"')[0]
    _, page = await browser.get(f"/?before={html.unescape(older)}")
    assert "message 1." in page
    assert "message 2." not in page
    assert "data-live" not in page


async def test_a_message_has_an_address_of_its_own(adapter, browser, house):
    number = await browser.say("draw a fox")
    posted = await answer(adapter, await heard(adapter), house.picture())
    for address in (number, posted):
        status, page = await browser.get(f"/m/{address}")
        assert status == 200
        assert "draw a fox" in page
        assert "a teal square" in page
    assert (await browser.get("/m/999"))[0] == 404


async def test_the_gallery_shows_pictures_newest_first_in_pages(adapter, browser, house):
    assert "no pictures yet" in (await browser.get("/gallery"))[1]
    await browser.say("draw foxes")
    shown = [house.picture(n, alt=f"fox {n}.") for n in range(1, 31)]
    await answer(adapter, await heard(adapter), *shown)
    _, page = await browser.get("/gallery")
    assert page.index("fox 30.") < page.index("fox 29.")
    assert "fox 6." not in page
    older = page.split('href="/gallery?before=')[1].split('"')[0]
    _, page = await browser.get(f"/gallery?before={older}")
    assert "fox 6." in page
    assert "fox 7." not in page


async def test_what_the_horde_knows_is_said(house, visit):
    async with house.open(about=lambda: "It knows foxes & boats.") as adapter:
        _, page = await visit(adapter).get("/")
    assert "Every picture here is made by AI. It knows foxes &amp; boats." in page


async def test_a_closed_room_ends_listening(adapter):
    listening = asyncio.create_task(heard(adapter))
    await asyncio.sleep(0)
    adapter.room.close()
    with pytest.raises(AssertionError, match="the room closed"):
        await listening


async def test_a_visitor_is_forgotten_with_all_answers_and_nobody_else(
    adapter, browser, visit, house
):
    await browser.say("draw a fox")
    mine = await heard(adapter)
    posted = await answer(adapter, mine, house.picture())
    other = visit(adapter)
    await other.say("draw a cat", parent=str(posted))
    theirs = await heard(adapter)
    await answer(adapter, theirs, house.picture())
    await adapter.forget(mine.person)
    await adapter.forget(mine.person)
    _, page = await other.get("/")
    assert "draw a fox" not in page
    assert "draw a cat" in page
    assert await adapter.room.nickname(mine.person.id) is None
    assert await adapter.find_own_reply(mine, 1) is None
    assert await adapter.find_own_reply(theirs, 1) is not None


async def test_what_pages_still_show_is_kept_and_what_is_hidden_is_not(adapter, browser, house):
    await browser.say("draw a fox")
    mine = await heard(adapter)
    picture = house.picture()
    await answer(adapter, mine, picture)
    assert await adapter.keeps([picture.sha256, "0" * 64]) == {picture.sha256}
    await adapter.remove(mine, "")
    assert await adapter.keeps([picture.sha256]) == set()
    _, page = await browser.get("/")
    assert "draw a fox" not in page
