"""What people say about links, against a real database and the fake Horde."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from common.config import PlaceConfig
from common.errors import Refusal
from common.model import Incoming, Person, Place
from events.linking.commands import COMMANDS, LinkCommands
from events.linking.links import Links
from request.calls import Call
from request.grammar import Command
from request.grammar.results import CommandName
from request.kept.marks import Marks
from request.kept.store import Store
from tests.component.kudos.conftest import (  # noqa: F401  (fixtures)
    EVENT,
    PRIZES,
    horde,
    house,
    people,
)
from tests.fakes.chat_adapter import ChatAdapter

pytestmark = pytest.mark.database
PAGE = "https://pictures.example/link"


@pytest.fixture
def links(database, clock):
    return Links(database, Marks(b"k" * 32), now=clock)


@pytest.fixture
async def say(database, links, house, clock):  # noqa: F811
    """Return what the bot answers to a text of somebody."""
    store = Store(database, Marks(b"k" * 32), now=clock)
    lease = await house.leases.take("discord")
    treasury = house.treasury
    commands = LinkCommands(
        links,
        look_up=treasury.look_up,
        named=treasury.ledger.named,
        waiting=treasury.ledger.waiting,
        forgotten=treasury.ledger.forget,
        page=lambda: PAGE,
    )
    adapter = ChatAdapter("discord", "http://127.0.0.1:9")
    number = 0

    async def answer(text, person="1", name="Ann", commands=commands, *, asked=False):
        nonlocal number
        number += 1
        incoming = Incoming(
            place=Place("discord"),
            event=str(number),
            person=Person(person, name),
            text=text,
            created=datetime.fromtimestamp(clock.now, UTC),
        )
        row = await store.request(await store.insert_once(lease, incoming, 7))
        word = next(word for word, pattern in COMMANDS.items() if pattern.fullmatch(text))

        async def withdraw(_lease, _request):
            raise AssertionError

        call = Call(
            Command(CommandName.OTHER, text, word, asked=asked),
            lease,
            row,
            adapter,
            PlaceConfig(),
            withdraw,
            lambda _: None,
        )
        return (await commands.answer(call)).text

    yield answer
    await adapter.close()


@pytest.mark.parametrize(
    "text",
    ["link", "Link KX7P-M3QT", "link kx7p m3qt", "link two words#7", "LINK `ab#1`", "unlink"],
)
def test_what_is_a_command(text):
    assert any(pattern.fullmatch(text) for pattern in COMMANDS.values())


@pytest.mark.parametrize(
    "text",
    ["link the red bridge to the moon", "a link", "linked", "unlink me"],
)
def test_what_is_none(text):
    assert not any(pattern.fullmatch(text) for pattern in COMMANDS.values())


async def nothing(_mark):
    """Nobody has won anything."""


async def test_how_it_works_is_told(say, links):
    assert PAGE in await say("link")
    bare = LinkCommands(
        links, look_up=None, named=None, waiting=nothing, forgotten=None, page=lambda: None
    )
    assert "link alias#123" in await say("link", commands=bare)


async def test_who_only_asks_about_it_stays_linked(say, links):
    browser = links.mark("web", "visitor")
    await say(f"link {await links.offer(browser)}")

    assert await say("unlink", asked=True) == await say("link")
    assert (await links.confirm(browser)).name == "Ann"


async def test_a_code_is_posted(say, links):
    browser = links.mark("web", "visitor")
    answer = await say(f"link {await links.offer(browser)}")

    assert "If you did not open that page yourself" in answer
    assert (await links.confirm(browser)).name == "Ann"


async def test_neither_code_nor_name_is_explained(say):
    with pytest.raises(Refusal, match="neither a code"):
        await say("link nonsense")


async def test_a_horde_account_is_looked_up_before_it_is_noted(say, links, horde):  # noqa: F811
    assert "go to ann#11" in await say("link Ann#11")
    assert await links.horde_names([links.mark("discord", "1")]) == {
        links.mark("discord", "1"): "ann#11"
    }
    for wrong in ("link bob#11", "link ann#99"):
        with pytest.raises(Refusal, match="has no account"):
            await say(wrong)


async def test_a_horde_that_is_silent_notes_nothing(say, links, horde):  # noqa: F811
    await horde.stop()
    with pytest.raises(Refusal, match="does not answer"):
        await say("link ann#11")
    assert await links.horde_names([links.mark("discord", "1")]) == {}


async def test_without_prizes_no_horde_account_is_kept(say, links):
    bare = LinkCommands(
        links, look_up=None, named=None, waiting=nothing, forgotten=None, page=lambda: PAGE
    )
    with pytest.raises(Refusal, match="none is named"):
        await say("link ann#11", commands=bare)


async def test_naming_an_account_sets_the_prizes_free_that_wait(say, links, house, horde):  # noqa: F811
    mark = links.mark("discord", "1")
    await house.treasury.secure(EVENT, PRIZES)
    await house.treasury.award(
        house.lease, EVENT, PRIZES, entrants=people(mark), winners=people(mark), names={}
    )

    assert "You have won 350 kudos. Name the account" in await say("link")
    assert "350 kudos are on their way to ann#11" in await say("link ann#11")
    await house.treasury.pay(house.lease)
    assert horde.users["ann#11"] == 350
    assert "on their way" not in await say("link ann#11")


async def test_who_is_forgotten_is_unlinked_and_their_account_is_not_kept(links, house):  # noqa: F811
    forgotten = house.ledger.forget
    commands = LinkCommands(
        links, look_up=None, named=None, waiting=nothing, forgotten=forgotten, page=lambda: None
    )
    mark = links.mark("discord", "1")
    await links.name_horde("discord", "1", "ann#11")
    assert await links.horde_names([mark]) == {mark: "ann#11"}

    await commands.forget("discord", "1")
    assert await links.horde_names([mark]) == {}


async def test_unlinking(say, links):
    await links.name_horde("discord", "1", "ann#11")

    assert "are deleted" in await say("unlink")
    assert "linked to nothing" in await say("unlink")
