"""What the bot on Mastodon hears, and what it passes over."""

from __future__ import annotations

import json

import pytest

from common.model import Audience, IncomingKind, Place
from request.adapter import Adapter, Removing
from tests.fakes import faults
from tests.fakes.mastodon import FLAVOURS

PNG = b"\x89PNG"


async def test_a_mention_is_heard_as_it_was_meant(server, listen):
    async with listen(owner="@Ann@Elsewhere.example") as ears:
        said = server.say(
            "ann@elsewhere.example",
            "draw for me a <b>fox</b> & a cat\nin the snow https://example.org/a?b=1&c=2",
            language="de",
        )
        heard = await ears.next()
    assert isinstance(ears.adapter, Adapter)
    assert isinstance(ears.adapter, Removing)
    assert heard.place == Place("art", "elsewhere.example")
    assert (heard.event, heard.kind) == (said, IncomingKind.MESSAGE)
    assert heard.person.id == "ann@elsewhere.example"
    assert heard.text == (
        "draw for me a <b>fox</b> & a cat\nin the snow https://example.org/a?b=1&c=2"
    )
    assert (heard.audience, heard.language, heard.moderator) == (Audience.PUBLIC, "de", True)
    assert heard.created.tzinfo is not None


@pytest.mark.parametrize(
    ("visibility", "audience"),
    [("unlisted", Audience.UNLISTED), ("private", Audience.PRIVATE), ("direct", Audience.PRIVATE)],
)
async def test_who_can_see_a_request_is_known(server, listen, visibility, audience):
    async with listen() as ears:
        server.say("ann", "help", visibility=visibility)
        heard = await ears.next()
    assert heard.audience is audience
    assert heard.place.community == "fake.example"


@pytest.mark.parametrize(
    "person",
    [
        {"bot": True},
        {"note": "<p>I like cats <a>#<span>NoBot</span></a></p>"},
        {"fields": [("pronouns", "it"), ("about", "#nobots please")]},
    ],
)
async def test_bots_and_who_wants_none_are_passed_over(server, listen, person):
    async with listen() as ears:
        server.person("beep@elsewhere.example", **person)
        server.say("beep@elsewhere.example", "draw for me a fox")
        server.say("ann", "help")
        assert (await ears.next()).person.id == "ann@fake.example"


@pytest.mark.parametrize(
    ("section", "heard"),
    [
        ({"deny": ["bad.example"]}, ["a@good.example", "c@fake.example"]),
        ({"allow": ["good.example"]}, ["a@good.example"]),
    ],
)
async def test_servers_the_operator_does_not_want_are_passed_over(server, listen, section, heard):
    async with listen(**section) as ears:
        for acct in ("a@good.example", "b@sub.bad.example", "c"):
            server.say(acct, "help")
        assert [(await ears.next()).person.id for _ in heard] == heard


@pytest.mark.parametrize(
    ("serves", "served"),
    [("everyone", "abc"), ("local", "c"), ("followers", "b")],
)
async def test_who_is_not_served_is_to_be_told_so(server, listen, serves, served):
    async with listen(serves=serves) as ears:
        server.person("b@other.example", follows_bot=True)
        for acct in ("a@good.example", "b@other.example", "c"):
            server.say(acct, "draw for me a fox")
        heard = [await ears.next() for _ in range(3)]
    assert "".join(one.person.name[0] for one in heard if not one.turned_away) == served


async def test_a_mention_that_makes_no_sense_stops_nothing(server, listen):
    async with listen() as ears:
        odd = server.community.notifications
        server.say("ann", "help")
        broken = {"id": "999", "type": "mention", "status": {"id": "1", "account": {"acct": "x"}}}
        server.community.tell("notification", json.dumps(broken))
        said = server.say("bob", "help")
        assert [(await ears.next()).event for _ in odd] == [odd[0].post.id, said]


async def test_ones_own_picture_replied_to_comes_along(server, listen):
    async with listen() as ears:
        photo = server.say("ann", "my cat", pictures=[PNG], mention=False)
        server.say("ann", "draw for me this --strength 0.5", reply_to=photo)
        assert len((await ears.next()).pictures) == 1
        server.say("bob", "draw for me this --strength 0.5", reply_to=photo)
        assert (await ears.next()).pictures == ()
        server.say("ann", "draw for me that", reply_to=photo, pictures=[PNG, PNG])
        assert len((await ears.next()).pictures) == 2


async def test_a_deleted_post_is_heard_of(server, listen):
    async with listen() as ears:
        said = server.say("ann", "help")
        await ears.next()
        server.delete(said)
        gone = await ears.next()
    assert (gone.kind, gone.event) == (IncomingKind.DELETION, said)


async def test_the_first_start_begins_with_what_comes_then(server, listen, services):
    server.say("ann", "long ago")
    async with listen() as ears:
        said = server.say("ann", "help")
        assert (await ears.next()).event == said
    assert await services.cursors.read("art") == server.community.notifications[0].id


@pytest.mark.parametrize("server", FLAVOURS, indirect=True)
async def test_what_was_missed_comes_oldest_first_from_every_server(server, listen, services):
    await services.cursors.begin("art", "0")
    missed = [server.say("ann", f"help {number}") for number in range(45)]
    async with listen() as ears:
        heard = [await ears.next() for _ in missed]
    assert [one.event for one in heard] == missed
    assert [one.cursor for one in heard] == [one.id for one in server.community.notifications]


@pytest.mark.parametrize("server", ["snac", "takahe", "pleroma", "gotosocial"], indirect=True)
async def test_servers_without_a_stream_are_asked_again_and_again(server, listen):
    async with listen() as ears:
        for _ in range(2):
            said = server.say("ann", "help")
            assert (await ears.next()).event == said


async def test_what_the_stream_missed_is_caught_up_on_when_it_is_back(server, listen):
    async with listen() as ears:
        server.say("ann", "first")
        assert (await ears.next()).cursor is None
        server.drop_streams()
        await server.until(lambda: not server.community.readers)
        missed = server.say("ann", "second", streamed=False)
        heard = [await ears.next() for _ in range(2)]  # the first comes again, with its position
    assert heard[-1].event == missed
    assert all(one.cursor for one in heard)


@pytest.mark.parametrize("payload", ["[]", '"mention"', "7"])
async def test_a_stream_that_brings_what_nobody_understands_is_opened_again(
    server, listen, payload
):
    async with listen() as ears:
        server.community.tell("notification", payload)
        await server.until(lambda: not server.community.readers)
        await server.streaming()
        said = server.say("ann", "help")
        assert (await ears.next()).event == said


async def test_a_server_that_fails_now_and_then_is_asked_again(server, listen):
    async with listen(poll_seconds=0.05) as ears:
        server.fail("notifications", faults.answer(500, "{}"), times=2)
        server.fail("notifications", faults.html(200))
        server.fail("notifications", faults.answer(429, "{}"))
        server.drop_streams()
        said = server.say("ann", "help", streamed=False)
        assert (await ears.next()).event == said


async def test_mentions_that_a_server_would_put_aside_are_let_through(server, listen):
    async with listen():
        assert set(server.community.policy.values()) == {"accept"}


async def test_other_notifications_are_of_no_interest(server, listen):
    async with listen() as ears:
        server.community.notify("follow", server.person("ann"), None, told=True)
        server.community.notify("moderation_warning", server.person("ann"), None, told=True)
        said = server.say("ann", "help")
        assert (await ears.next()).event == said
