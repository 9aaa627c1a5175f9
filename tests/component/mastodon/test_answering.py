"""How the bot on Mastodon answers: who sees it, what it says, and that it is said once."""

from __future__ import annotations

import asyncio

import pytest

from common import pictures
from common.errors import ConfigError, PlatformBusy, PlatformError, PlatformRefused, StartupError
from common.model import Phase, Progress
from tests.fakes import faults
from tests.fakes.mastodon import FLAVOURS


async def heard(server, ears, text="draw for me a fox", **more):
    said = server.say("ann@elsewhere.example", text, **more)
    while (incoming := await ears.next()).event != said:
        pass  # after a restart, what the stream brought comes again
    return incoming


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("public", "unlisted"),
        ("unlisted", "unlisted"),
        ("private", "direct"),
        ("direct", "direct"),
        ("local", "direct"),
    ],
)
async def test_an_answer_is_never_wider_than_the_request(server, listen, answer, asked, answered):
    async with listen() as ears:
        incoming = await heard(server, ears, visibility=asked)
        await answer(ears.adapter, incoming)
    (post,) = server.answers(incoming.event)
    assert post.visibility == answered


async def test_public_answers_have_a_cap_that_survives_a_restart(server, listen, answer):
    caps = {"public_per_hour": 2, "public_per_day": 3}
    seen = []
    for _ in range(2):
        async with listen(caps=caps) as ears:
            for _ in range(2):
                incoming = await heard(server, ears)
                await answer(ears.adapter, incoming)
                seen.append(server.answers(incoming.event)[0].visibility)
    assert seen == ["public", "public", "unlisted", "unlisted"]


async def test_beyond_what_others_may_see_answers_go_to_the_asker_alone(server, listen, answer):
    async with listen(caps={"visible_per_day": 1}) as ears:
        shown = []
        for _ in range(2):
            incoming = await heard(server, ears)
            await answer(ears.adapter, incoming)
            shown.append(server.answers(incoming.event)[0].visibility)
    assert shown == ["unlisted", "direct"]


async def test_what_was_asked_for_in_private_is_answered_so(server, listen, answer):
    async with listen() as ears:
        incoming = await heard(server, ears)
        await answer(ears.adapter, incoming, private=True)
    assert server.answers(incoming.event)[0].visibility == "direct"


async def test_nobody_but_the_asker_is_called(server, listen, answer):
    server.person("victim")
    async with listen() as ears:
        incoming = await heard(server, ears, "draw for me @victim as a clown @painter")
        await answer(ears.adapter, incoming, "Here you are: @victim@fake.example, @victim")
    assert server.community.notified == [
        ("ann@elsewhere.example", server.answers(incoming.event)[0].id)
    ]


async def test_pictures_carry_their_words_the_warning_and_the_language(
    server, listen, answer, picture
):
    async with listen(footer="#hachybots") as ears:
        incoming = await heard(
            server, ears, spoiler="food", sensitive=True, language="de", visibility="unlisted"
        )
        await answer(ears.adapter, incoming, "Bitte sehr.", picture(1), picture(2, "red"))
    (post,) = server.answers(incoming.event)
    assert [media.description for media in post.media] == ["a teal one", "a red one"]
    assert (post.spoiler, post.sensitive, post.language) == ("re: food", True, "de")
    assert post.text == "@ann@elsewhere.example Bitte sehr.\n#hachybots"


async def test_where_adult_pictures_are_allowed_all_are_marked(server, listen, answer, picture):
    async with listen() as ears:
        said = server.say("ann@adult.example", "draw for me a fox")
        incoming = await ears.next()
        await answer(ears.adapter, incoming, "here", picture())
    assert server.answers(said)[0].sensitive


async def test_the_operators_warning_stands_before_pictures_only(server, listen, answer, picture):
    async with listen(content_warning="AI picture") as ears:
        incoming = await heard(server, ears)
        await answer(ears.adapter, incoming, "words", part=(1, 2))
        await answer(ears.adapter, incoming, "", picture(), part=(2, 2), spoiler=True)
    words, pictures = server.answers(incoming.event)
    assert (words.spoiler, words.sensitive) == ("", False)
    assert (pictures.spoiler, pictures.sensitive) == ("AI picture", True)


async def test_a_warning_already_handed_on_is_cut_to_what_a_post_holds(server, listen, answer):
    async with listen() as ears:
        incoming = await heard(server, ears, spoiler="Re: " + "long " * 90)
        await answer(ears.adapter, incoming, "x" * ears.adapter.capabilities.text_length)
    spoiler = server.answers(incoming.event)[0].spoiler
    assert spoiler.startswith("Re: long")
    assert len(spoiler) < 120


async def test_a_slow_picture_is_waited_for(server, listen, answer, picture):
    server.routes.uploads = ["slow"]
    async with listen() as ears:
        incoming = await heard(server, ears)
        await answer(ears.adapter, incoming, "here", picture())
    assert len(server.answers(incoming.event)[0].media) == 1
    assert server.journal.count("media") == 2


@pytest.mark.parametrize("fate", ["refused", "broken"])
async def test_a_picture_that_is_not_taken_is_left_out_and_named(
    server, listen, answer, picture, fate
):
    server.routes.uploads = [fate, "ok"]
    async with listen() as ears:
        incoming = await heard(server, ears)
        await answer(ears.adapter, incoming, "here", picture(1), picture(2, "red"))
    (post,) = server.answers(incoming.event)
    assert [media.description for media in post.media] == ["a red one"]
    assert "did not take 1" in post.text


async def test_pictures_are_made_as_the_server_takes_them(server, listen, answer, picture):
    server.routes.image_types = ["image/jpeg", "image/png"]
    server.routes.image_pixels = 32 * 32
    async with listen() as ears:
        incoming = await heard(server, ears)
        await answer(ears.adapter, incoming, "here", picture())
    [post] = server.answers(incoming.event)
    [media] = post.media
    facts = pictures.verify(media.data)
    assert (media.mime, facts.mime) == ("image/jpeg", "image/jpeg")
    assert facts.width * facts.height <= 32 * 32


async def test_pictures_are_sent_once_however_often_the_post_is_tried(
    server, listen, answer, picture
):
    server.fail("post_status", faults.answer(503, "{}"), times=2)
    async with listen() as ears:
        incoming = await heard(server, ears)
        for _ in range(2):
            with pytest.raises(PlatformError):
                await answer(ears.adapter, incoming, "here", picture())
        await answer(ears.adapter, incoming, "here", picture())
    assert server.journal.count("upload") == 1
    assert len(server.answers(incoming.event)[0].media) == 1


@pytest.mark.parametrize("server", FLAVOURS, indirect=True)
async def test_a_post_whose_answer_was_lost_is_found(server, listen, answer):
    server.fail("post_status", faults.lose())
    async with listen() as ears:
        incoming = await heard(server, ears)
        assert await ears.adapter.find_own_reply(incoming, 1) is None
        with pytest.raises(PlatformError):
            await answer(ears.adapter, incoming, "here", part=(1, 2))
        found = await ears.adapter.find_own_reply(incoming, 1)
        second = await answer(ears.adapter, incoming, "more", part=(2, 2))
        assert await ears.adapter.find_own_reply(incoming, 2, {found}) == second
        assert await ears.adapter.find_own_reply(incoming, 3, {found, second}) is None
    assert [post.id for post in server.answers(incoming.event)] == [found, second]


async def test_a_limit_says_how_long_and_is_not_asked_again_meanwhile(server, listen, answer):
    server.limits["post_status"] = (0, 60.0)
    async with listen() as ears:
        incoming = await heard(server, ears)
        for _ in range(2):
            with pytest.raises(PlatformBusy) as caught:
                await answer(ears.adapter, incoming)
            assert 50 < caught.value.retry_after <= 61
    assert server.journal.count("post_status") == 1


async def test_a_request_that_is_gone_is_refused_for_good(server, listen, answer):
    async with listen() as ears:
        incoming = await heard(server, ears)
        server.delete(incoming.event)
        with pytest.raises(PlatformRefused):
            await ears.adapter.find_own_reply(incoming, 1)
        with pytest.raises(PlatformRefused):
            await answer(ears.adapter, incoming)


async def test_a_receipt_and_taking_back(server, listen, answer):
    async with listen() as ears:
        incoming = await heard(server, ears)
        await ears.adapter.acknowledge(incoming, Progress(Phase.WAITING, 1))
        post = await answer(ears.adapter, incoming)
        assert server.community.posts[incoming.event].favourited
        for _ in range(2):
            await ears.adapter.remove(incoming, post)
    assert server.answers(incoming.event) == []


@pytest.mark.parametrize("server", FLAVOURS, indirect=True)
async def test_limits_are_the_servers_own(server, listen):
    async with listen() as ears:
        carried = ears.adapter.capabilities
    assert carried.text_length == server.flavour.max_characters - 110
    assert (carried.pictures_per_reply, carried.picture_bytes) == (4, 16_777_216)


async def test_a_token_that_is_not_known_ends_the_start(listen):
    with pytest.raises(StartupError, match=r"accounts\.art\.token"):
        async with listen(token="wrong"):
            pass


async def test_a_server_that_is_down_at_the_start_is_met_later(server, listen):
    await server.stop()
    opened = listen(poll_seconds=0.05)
    entering = opened.__aenter__()
    task = asyncio.create_task(entering)
    await asyncio.sleep(0.3)
    await server.start()
    ears = await task
    said = server.say("ann", "help")
    assert (await ears.next()).event == said
    await opened.__aexit__(None, None, None)


async def test_a_mistake_in_the_section_is_named(listen):
    with pytest.raises(ConfigError, match=r"accounts\.art.*serves"):
        async with listen(serves="nobody"):
            pass


async def test_an_answer_without_end_is_not_read_to_it(server, listen):
    async with listen() as ears:
        incoming = await heard(server, ears)
        server.fail("context", faults.answer(200, f'{{"ancestors": ["{"x" * 9_000_000}"]}}'))
        with pytest.raises(PlatformError, match="does not end"):
            await ears.adapter.find_own_reply(incoming, 1)
