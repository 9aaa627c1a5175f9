"""The bot on Reddit, as a whole: what is asked there is answered there."""

import asyncio
import re
import time
from dataclasses import replace

import pytest

from bots.reddit.adapter import RedditAdapter
from common import pictures
from common.errors import ConfigError, StartupError
from tests.fakes import faults
from tests.fakes.reddit import settings_for
from tests.waiting import wait_until

FOX = "draw for me a fox style: raw --n 1"


async def test_mention_is_answered_with_a_link_to_a_post_that_shows_the_picture(start):
    async with start() as bot:
        asked = bot.ask(FOX)
        (text,) = await bot.answer_to(asked)
        (post,) = bot.world.posts_of_bot()
    assert f"https://www.reddit.com/comments/{post.id}" in text
    assert "a fox" in text
    assert post.subreddit.name == "paintings"
    assert re.match(r"AI picture: a fox .* \[\w+\]$", post.title)
    assert pictures.verify(post.pictures[0]).mime == "image/jpeg"
    assert (post.nsfw, post.spoiler) == (False, False)


async def test_a_clock_that_is_an_hour_ahead_at_the_first_start_loses_nothing(start, fake):
    subreddit = fake.world.subreddit("Cats")
    before = fake.world.comment("ann", f"u/painter {FOX}", post=fake.world.post(subreddit))
    async with start(now=lambda: time.time() + 3600) as bot:
        await bot.quiet()
        await bot.answer_to(bot.ask(FOX))
    assert fake.world.answers_to(before) == []


async def test_several_pictures_are_a_gallery_with_captions_and_flair(start):
    async with start(settings={"flair": "ai made"}) as bot:
        bot.world.subreddit("paintings").flairs = {"f1": "AI made"}
        await bot.answer_to(bot.ask("draw for me a fox style: raw --n 4 --spoiler"))
        (post,) = bot.world.posts_of_bot()
    assert len(post.pictures) == 4
    assert all("a fox" in caption for caption in post.captions)
    assert (post.flair, post.spoiler) == ("f1", True)


async def test_picture_that_is_processed_for_a_while_is_not_posted_again(start):
    async with start() as bot:
        bot.world.processing = 2
        await bot.answer_to(bot.ask(FOX))
    assert bot.fake.journal.count("submit") == 1


async def test_pictures_are_linked_from_the_web_room_where_no_subreddit_is_set(start):
    public = {"public_url": "https://pictures.example.org"}
    async with start(settings={"gallery": None}, web=public) as bot:
        (text,) = await bot.answer_to(bot.ask("draw for me a fox style: raw --n 2"))
    found = re.findall(r"\[Picture (\d)\]\(https://pictures\.example\.org/pictures/\w{64}\)", text)
    assert found == ["1", "2"]
    assert bot.world.posts_of_bot() == []


async def test_post_for_adults_makes_a_post_for_adults(start):
    async with start() as bot:
        late = bot.world.post(bot.post.subreddit, nsfw=True)
        (text,) = await bot.answer_to(bot.ask(FOX, post=late))
        (post,) = bot.world.posts_of_bot()
    assert post.nsfw
    assert "for adults" in text


async def test_only_listed_subreddits_are_answered_and_the_others_hear_nothing(start):
    async with start() as bot:
        dogs = bot.world.post(bot.world.subreddit("dogs"))
        silent = [bot.ask(text, post=dogs) for text in (FOX, "draw", "what?")]
        await bot.answer_to(bot.ask(FOX))
        await bot.quiet()
        assert [bot.world.answers_to(one) for one in silent] == [[], [], []]


async def test_list_of_bottiquette_is_respected(start):
    async with start() as bot:
        groups = '{"disallowed": ["Cats"], "permission": ["x"]}'
        bot.world.wiki["bottiquette", "robots_txt_json"] = groups
        asked = bot.ask(FOX)
        await bot.quiet()
        assert bot.world.answers_to(asked) == []


async def test_answer_in_quarantine_of_which_reddit_says_nothing_is_posted_once(start):
    async with start() as bot:
        bot.post.subreddit.quarantined = True
        asked = bot.ask("help")
        await bot.quiet()
        assert len(await bot.answer_to(asked)) == 1
    assert bot.fake.journal.count("comment") == 1


@pytest.mark.parametrize("route", ["submit", "gallery"])
async def test_post_whose_receipt_was_lost_is_not_made_twice(start, route):
    async with start() as bot:
        bot.fake.fail(route, faults.lose())
        count = 1 if route == "submit" else 2
        await bot.answer_to(bot.ask(f"draw for me a fox style: raw --n {count}"))
        assert len(bot.world.posts_of_bot()) == 1


async def test_who_has_to_wait_keeps_nobody_waiting(start):
    async with start() as bot:
        bot.world.ratelimit = 540
        first = bot.ask("help")
        await wait_until(lambda: not bot.world.ratelimit)
        second = bot.ask("styles")
        await bot.answer_to(second)
        assert bot.world.answers_to(first) == []


@pytest.mark.parametrize("trouble", ["locked", "banned"])
async def test_answer_that_can_never_be_posted_is_given_up(start, horde, trouble):
    horde.seconds = None
    async with start() as bot:
        asked = bot.ask(FOX)
        await wait_until(lambda: horde.requests)
        if trouble == "banned":
            bot.post.subreddit.banned.add("painter")
        else:
            setattr(bot.post, trouble, True)
        horde.finish(next(iter(horde.requests)))
        await bot.quiet()
        assert bot.world.answers_to(asked) == []
    assert bot.fake.journal.count("comment") <= 1


async def test_answer_and_its_post_are_deleted_for_the_one_who_asked(start):
    async with start() as bot:
        asked = bot.ask(FOX)
        await bot.answer_to(asked)
        (answer,) = bot.world.answers_to(asked)
        await bot.answer_to(bot.world.comment("eve", "delete", parent=answer))
        assert not answer.deleted
        await bot.answer_to(bot.world.comment("ann", "delete", parent=answer))
        assert answer.deleted
        assert bot.world.posts_of_bot() == []


async def test_answers_that_people_vote_down_are_deleted(start):
    async with start() as bot:
        asked, other = bot.ask(FOX), bot.ask("help")
        await bot.answer_to(asked)
        await bot.answer_to(other)
        (answer,) = bot.world.answers_to(asked)
        answer.score = -2
        bot.adapter._tended -= 1000
        await wait_until(lambda: answer.deleted and not bot.world.posts_of_bot())
        assert len(bot.world.answers_to(other)) == 1


async def test_private_message_is_answered_privately(start):
    async with start() as bot:
        asked = bot.world.message("ann", "help")
        assert await bot.answer_to(asked)


async def test_moderators_are_known(start):
    async with start() as bot:
        bot.post.subreddit.moderators.add("Ann")
        await bot.answer_to(bot.ask("pause"))
        (text,) = await bot.answer_to(bot.ask(FOX, author="bob"))
    assert "Nothing is drawn here" in text


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
    assert "/comments/" in answer


async def test_access_that_ran_out_and_a_reddit_that_is_down(start):
    async with start() as bot:
        bot.fake.forget_logins()
        bot.fake.fail("unread", faults.answer(429, "slow down", {"retry-after": "1"}))
        assert await bot.answer_to(bot.ask("help"))


async def test_mistakes_of_the_section_are_told_in_a_sentence(fake, start):
    async with start() as bot:
        services, given = bot.core.services, settings_for(fake)
        with pytest.raises(ConfigError, match="nowhere to put pictures"):
            await RedditAdapter.build("r", given, services)
        without = {key: value for key, value in given.items() if key != "refresh_token"}
        with pytest.raises(ConfigError, match="refresh_token, or password"):
            await RedditAdapter.build("r", without, services)
        wrong = {**given, "gallery": "paintings", "refresh_token": "another"}
        with pytest.raises(StartupError, match="client_id"):
            await RedditAdapter.build("r", wrong, services)
        adapter = await RedditAdapter.build("r", {**given, "gallery": "paintings"}, services)
        await adapter.close()
        await asyncio.sleep(0)


async def test_account_is_looked_over(start):
    async with start(communities={"reddit/Cats": {"enabled": True}}) as bot:
        assert all(one.ok for one in await bot.adapter.examine(fix=False))
        bot.world.wiki["bottiquette", "robots_txt_json"] = '{"disallowed": ["cats"]}'
        del bot.world.subreddits["paintings"]
        wrong = [one.sentence for one in await bot.adapter.examine(fix=False) if not one.ok]
    assert len(wrong) == 2
    assert "r/paintings" in wrong[0]
    assert "r/cats" in wrong[1]


# --- below the bot's own pictures --------------------------------------------------------------


async def drawn(bot, text="draw for me a fox style: raw --n 2"):
    """Let ann ask; return the bot's post with the pictures."""
    await bot.answer_to(bot.ask(text))
    await bot.quiet()
    return bot.world.posts_of_bot()[-1]


async def test_what_is_written_below_the_pictures_is_a_follow_up(start, horde):
    async with start() as bot:
        post = await drawn(bot)
        varied = bot.world.comment("bob", "vary 2", post=post)
        assert "/comments/" in (await bot.answer_to(varied))[0]
        (answer,) = bot.world.answers_to(varied)
        again = bot.world.comment("bob", "again", parent=answer)
        assert "/comments/" in (await bot.answer_to(again))[0]
    assert horde.journal.of("submit")[1].body["source_image"]
    assert horde.journal.count("submit") == 3


async def test_below_the_pictures_delete_is_for_the_one_who_asked(start):
    async with start() as bot:
        post = await drawn(bot)
        stranger = bot.world.comment("eve", "delete", post=post)
        assert "Only the one" in (await bot.answer_to(stranger))[0]
        assert not post.deleted
        bot.world.comment("ann", "delete", post=post)
        await wait_until(lambda: post.deleted)
        await bot.quiet()


async def test_below_the_pictures_the_rules_hold_of_where_they_were_asked_for(start):
    async with start() as bot:
        bot.post.subreddit.moderators.add("mia")
        post = await drawn(bot)
        await bot.answer_to(bot.ask("pause", author="mia"))
        refused = bot.world.comment("bob", "again", post=post)
        assert "Nothing is drawn here" in (await bot.answer_to(refused))[0]
        someone_elses = bot.world.post(post.subreddit, title=post.title)
        silent = bot.ask("again", author="bob", post=someone_elses)
        await bot.quiet()
        assert bot.world.answers_to(silent) == []


# --- moderators and Reddit itself --------------------------------------------------------------


async def test_moderators_may_write_as_their_subreddit(start):
    async with start() as bot:
        pausing = bot.world.message(None, "pause", subreddit="Cats", subject="please")
        assert "Nothing is drawn" in (await bot.answer_to(pausing))[0]
        (text,) = await bot.answer_to(bot.ask(FOX, author="bob"))
        assert "Nothing is drawn here" in text
        resuming = bot.world.message(None, "unpause", subreddit="Cats", subject="please")
        await bot.answer_to(resuming)
        assert "/comments/" in (await bot.answer_to(bot.ask(FOX, author="carl")))[0]


@pytest.mark.parametrize(
    "subject",
    [
        "You've been permanently banned from participating in r/Cats",
        "You have been muted from r/Cats",
        "Your ban from r/Cats has changed",
        "invitation to moderate /r/Cats",
    ],
)
async def test_what_reddit_tells_in_a_subreddits_name_is_an_end_with_a_line_in_the_log(
    start, subject, capsys
):
    async with start() as bot:
        notice = bot.world.message(None, "You cannot comment.", subreddit="Cats", subject=subject)
        await bot.quiet()
        assert bot.world.answers_to(notice) == []
    assert subject in capsys.readouterr().out


async def test_pictures_are_not_put_in_public_for_who_asks_in_private(start, horde):
    async with start() as bot:
        (text,) = await bot.answer_to(bot.world.message("ann", FOX))
        await bot.quiet()
        assert bot.world.posts_of_bot() == []
    assert "private messages" in text
    assert horde.journal.count("submit") == 0


async def test_a_reload_reaches_how_subreddits_are_written(start):
    async with start() as bot:
        await bot.answer_to(bot.ask("help"))
        live = bot.core.live
        changed = {"reddit/CATS": {"enabled": True, "paused": True}}
        live.current = live.current.model_copy(update={"communities": changed})
        (text,) = await bot.answer_to(bot.ask(FOX, author="bob"))
    assert "Nothing is drawn here" in text


async def test_what_somebody_wrote_is_heard_though_reddit_does_not_tell_their_age(start):
    async with start() as bot:
        bot.fake.fail("accounts", faults.answer(403, "{}"))
        (told,) = await bot.answer_to(bot.ask("help"))
        assert "draw" in told
