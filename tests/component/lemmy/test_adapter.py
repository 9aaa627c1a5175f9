"""The bot on Lemmy, in both versions, as a whole: what is asked there is answered there."""

import re
import stat
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from common import texts
from common.errors import PlatformBusy
from tests.fakes import faults
from tests.waiting import wait_until

FOX = "draw for me a fox style: raw --n 1"
one_version = pytest.mark.parametrize("lemmy", ["1.0"], indirect=True)
"""For what the versions do alike."""


def uploaded(lemmy):
    return list(lemmy.world.images.values())


async def test_mention_is_answered_with_a_picture_below_it(start):
    async with start() as bot:
        asked = bot.ask(FOX, language=37)
        (text,) = await bot.answer_to(asked)
        (answer,) = bot.lemmy.world.answers_to(asked)
    (address,) = re.findall(r"!\[[^\]]*\]\((\S+)\)", text)
    assert address.startswith(bot.lemmy.origin)
    assert address.rsplit("/", 1)[1] in bot.lemmy.world.images
    assert "a fox" in text
    assert "Made by AI" in text
    assert ":::" not in text
    assert answer.language == 37


async def test_private_message_is_answered_privately(start):
    async with start() as bot:
        asked = bot.lemmy.world.message(bot.ann, FOX)
        (text,) = await bot.answer_to(asked)
        assert not [
            c for c in bot.lemmy.world.comments.values() if c.creator is bot.lemmy.world.bot
        ]
    assert "![" in text


@one_version
async def test_several_pictures_are_one_upload_with_numbers(start):
    async with start() as bot:
        (text,) = await bot.answer_to(bot.ask("draw for me a fox style: raw --n 4"))
    (grid,) = uploaded(bot.lemmy)
    assert Image.open(BytesIO(grid)).size == (132, 132)  # two by two of 64, with seams
    assert text.count("![") == 1
    assert "4: AI picture" in text


@one_version
async def test_pictures_are_linked_from_the_gallery_where_it_is_public(start):
    public = {"public_url": "https://pictures.example.org"}
    async with start(web=public) as bot:
        (text,) = await bot.answer_to(bot.ask("draw for me a fox style: raw --n 3"))
    assert len(re.findall(r"\(https://pictures\.example\.org/pictures/[0-9a-f]{64}\)", text)) == 3
    assert uploaded(bot.lemmy) == []


@one_version
async def test_pictures_of_a_private_message_are_not_linked_from_the_public_gallery(start):
    public = {"public_url": "https://pictures.example.org"}
    async with start(web=public) as bot:
        (text,) = await bot.answer_to(bot.lemmy.world.message(bot.ann, FOX))
    assert f"({bot.lemmy.origin}/" in text
    assert len(uploaded(bot.lemmy)) == 1


@pytest.mark.parametrize("marked", ["post", "community"])
async def test_where_adults_are_among_themselves_pictures_are_behind_a_spoiler(start, marked):
    async with start() as bot:
        world = bot.lemmy.world
        community = world.community("late", nsfw=marked == "community")
        post = world.post(community, nsfw=marked == "post")
        (text,) = await bot.answer_to(bot.ask(FOX, post=post))
    before, _, hidden = text.partition("::: spoiler")
    assert "![" in hidden
    assert "![" not in before


@one_version
async def test_comments_are_no_more_than_the_server_lets_us_write(start, lemmy):
    lemmy.limits.rates["comment"] = (2, 3600)
    async with start() as bot:
        asked = [bot.ask("help", person=bot.lemmy.world.person(f"p{n}")) for n in range(3)]
        await wait_until(lambda: sum(len(bot.lemmy.world.answers_to(one)) for one in asked) == 2)
        await wait_until(lambda: bot.core.service._posting.resting)
    assert bot.lemmy.journal.count("comment") == 2


@one_version
async def test_only_communities_that_are_enabled_are_answered(start):
    listed = {"lemmy/dogs@kennel.example": {"enabled": True}}
    async with start(settings={"opt_in": True}, communities=listed) as bot:
        world = bot.lemmy.world
        dogs = world.post(world.community("dogs", host="kennel.example"))
        silent = bot.ask(FOX)
        asked = bot.ask(FOX, post=dogs)
        await bot.answer_to(asked)
        await bot.quiet()
        assert world.answers_to(silent) == []
        assert await bot.answer_to(world.message(bot.ann, "help"))


async def test_answer_whose_receipt_was_lost_is_not_posted_twice(start):
    async with start() as bot:
        for route in ("comment", "message"):
            bot.lemmy.fail(route, faults.lose())
        asked = [bot.ask("help"), bot.lemmy.world.message(bot.ann, "styles")]
        await bot.quiet()
        assert [len(await bot.answer_to(one)) for one in asked] == [1, 1]
    assert bot.lemmy.journal.count("comment") == bot.lemmy.journal.count("message") == 1


@one_version
@pytest.mark.parametrize("trouble", ["locked", "banned"])
async def test_answer_that_can_never_be_posted_is_given_up(start, horde, trouble):
    horde.seconds = None
    async with start() as bot:
        asked = bot.ask(FOX)
        await wait_until(lambda: horde.requests)
        if trouble == "banned":
            bot.community.banned.add(bot.lemmy.world.bot.id)
        else:
            setattr(bot.post, trouble, True)
        horde.finish(next(iter(horde.requests)))
        await bot.quiet()
        assert bot.lemmy.world.answers_to(asked) == []
    assert bot.lemmy.journal.count("comment") <= 1


async def test_language_a_community_does_not_take_is_left_out(start):
    async with start() as bot:
        bot.community.languages = frozenset({0})
        asked = bot.ask("help", language=32)
        await bot.answer_to(asked)
        (answer,) = bot.lemmy.world.answers_to(asked)
    assert answer.language == 0


async def test_picture_that_is_too_large_is_made_smaller(start):
    async with start() as bot:
        limit = bot.lemmy.image_bytes = 1500
        if bot.lemmy.flavour == "1.0":
            await bot.adapter._client.look()
        else:
            bot.adapter._client.site = bot.adapter._client.site.model_copy(
                update={"picture_bytes": limit}
            )
        await bot.answer_to(bot.ask("draw for me a fox style: raw --n 4"))
    assert len(uploaded(bot.lemmy)[0]) <= limit


@one_version
async def test_token_is_kept_for_its_owner_alone_and_used_again(start, lemmy, tmp_path):
    for _ in range(4):
        async with start():
            pass
    assert lemmy.journal.count("login") == 1
    path = tmp_path / "lemmy-lemmy.token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert lemmy.password not in path.read_text("utf-8")


async def test_login_that_ended_is_renewed_once(start):
    async with start() as bot:
        bot.lemmy.forget_logins()
        asked = bot.ask("help")
        await bot.answer_to(asked)
    assert bot.lemmy.journal.count("login") == 2


@one_version
@pytest.mark.parametrize(("ours", "theirs"), [(2, 100), (100, 2)])
async def test_uploads_are_no_more_than_the_budget(start, lemmy, ours, theirs):
    lemmy.limits.rates["image"] = (theirs, 3600)
    async with start(settings={"uploads_per_hour": ours}) as bot:
        asked = [bot.ask(FOX) for _ in "123"]
        world = bot.lemmy.world
        await wait_until(lambda: sum(bool(world.answers_to(one)) for one in asked) == 2)
        await wait_until(lambda: bot.core.service._posting.resting)
        assert len(uploaded(bot.lemmy)) == 2
        with pytest.raises(PlatformBusy) as caught:
            bot.adapter._uploads.budget.spend("x")
    assert 3000 < caught.value.retry_after <= 3600


@one_version
async def test_server_that_is_down_for_a_while_is_asked_again(start):
    async with start() as bot:
        for route in ("notifications", "mentions"):
            bot.lemmy.fail(route, faults.html(502), times=2)
        assert await bot.answer_to(bot.ask("help"))


async def test_deleted_answer_takes_its_pictures_from_the_server(start):
    async with start() as bot:
        kept = bot.ask(FOX)
        await bot.answer_to(kept)
        asked = bot.ask(FOX)
        await bot.answer_to(asked)
        (answer,) = bot.lemmy.world.answers_to(asked)
        assert len(bot.lemmy.world.images) == 2
        await bot.answer_to(bot.lemmy.world.comment(bot.ann, "delete", parent=answer))
        assert answer.deleted
        assert len(bot.lemmy.world.images) == 1
        (text,) = await bot.answer_to(kept)
    assert next(iter(bot.lemmy.world.images)) in text


@one_version
async def test_who_waits_long_is_told_once_and_then_answered(start, horde):
    horde.seconds = None
    async with start() as bot:
        bot.adapter.capabilities = replace(bot.adapter.capabilities, receipt_after=0.05)
        asked = bot.ask(FOX)
        await wait_until(lambda: horde.requests)
        (waiting,) = await bot.answer_to(asked)
        horde.finish(next(iter(horde.requests)))
        _, answer = await bot.answer_to(asked, 2)
    assert "by itself" in waiting
    assert "![" in answer


async def test_account_is_looked_over_and_its_profile_set(start):
    async with start(settings={"owner": "@olive@home.example", "opt_in": True}) as bot:
        before = {one.sentence: one.ok for one in await bot.adapter.examine(fix=False)}
        after = {one.sentence: one.ok for one in await bot.adapter.examine(fix=True)}
        bio = bot.lemmy.world.bot.bio
    assert sum(not ok for ok in before.values()) == 2
    assert [words for words, ok in after.items() if not ok] == [
        words for words in after if "No community is enabled" in words
    ]
    assert "AI Horde" in bio
    assert "@olive@home.example" in bio
    assert len(bio) <= 300


@pytest.mark.parametrize("language", texts.spoken())
async def test_its_profile_is_in_the_language_of_its_places(start, language):
    owner = "@a-name-that-is-quite-long@lemmy.community.example"
    async with start(settings={"owner": owner}, defaults={"language": language}) as bot:
        found = {one.sentence: one.ok for one in await bot.adapter.examine(fix=True)}
        bio = bot.lemmy.world.bot.bio
    assert found[
        "The profile says who makes the pictures, who runs the bot, and how to be rid of it"
    ]
    words = texts.catalogue(language)
    assert bio == f"{words['lemmy.profile']} {words['lemmy.operator'].format(owner=owner)}"
    assert len(bio) <= 300


async def test_a_community_that_the_server_does_not_know_is_named(start):
    listed = {
        f"lemmy/{name}": {"enabled": True} for name in ("pictures@home.example", "picures@nowhere")
    }
    async with start(settings={"opt_in": True}, communities=listed) as bot:
        bot.lemmy.world.community("pictures")
        found = {one.sentence: one.ok for one in await bot.adapter.examine(fix=False)}
    unknown = [words for words in found if "does not know" in words]
    assert len(unknown) == 1
    assert "picures@nowhere" in unknown[0]
    assert not found[unknown[0]]
