"""The fake Reddit, as praw sees it: what it lists, takes and refuses."""

import asyncio

import praw
import prawcore
import pytest
from praw.exceptions import RedditAPIException, TooLargeMediaException
from praw.models import PostMedia
from requests import Session

from tests.fakes import faults
from tests.fakes.reddit import FakeReddit, session_to

WEBP = b"RIFF0000WEBP"


@pytest.fixture
async def fake():
    async with FakeReddit() as running:
        yield running


@pytest.fixture
async def ask(fake):
    """Do something with praw, in a thread as it blocks."""
    session = session_to(fake, Session())
    client = praw.Reddit(
        client_id="an id",
        client_secret="a secret",
        refresh_token=fake.refresh_token,
        user_agent="linux:test:1 (by u/olive)",
        reddit_url=fake.url,
        oauth_url=fake.url,
        ratelimit_seconds=0,
        check_for_updates=False,
        check_for_async=False,
        requestor_kwargs={"session": session},
    )

    async def done(work):
        return await asyncio.to_thread(work, client)

    yield done
    session.close()


@pytest.fixture
def asked(fake):
    post = fake.world.post(fake.world.subreddit("cats"))
    return fake.world.comment("ann", "u/painter draw for me a fox", post=post)


async def test_inbox_lists_what_is_said_until_it_is_marked(fake, ask, asked):
    own = fake.world.comment("painter", "Here you are", parent=asked)
    fake.world.comment("ann", "again", parent=own)
    fake.world.message("bob", "help")
    items = await ask(lambda reddit: list(reddit.inbox.unread(limit=None)))
    assert [(item.author.name, item.body) for item in items] == [
        ("bob", "help"),
        ("ann", "again"),
        ("ann", "u/painter draw for me a fox"),
    ]
    assert [getattr(item, "type", None) for item in items[1:]] == [
        "comment_reply",
        "username_mention",
    ]
    await ask(lambda reddit: reddit.inbox.mark_read(items[1:]))
    left = await ask(lambda reddit: [item.body for item in reddit.inbox.unread(limit=None)])
    assert left == ["help"]


async def test_hundreds_of_unread_things_come_in_pages(fake, ask, asked):
    for number in range(150):
        fake.world.comment(f"p{number}", "u/painter hi", post=asked.post)
    items = await ask(lambda reddit: list(reddit.inbox.unread(limit=None)))
    assert len(items) == 151
    assert fake.journal.count("unread") == 2
    await ask(lambda reddit: reddit.inbox.mark_read(items))
    assert fake.journal.count("read") == 7


async def test_reply_is_below_what_was_asked(fake, ask, asked):
    reply = await ask(lambda reddit: reddit.comment(asked.id).reply("hello"))
    assert reply.fullname == fake.world.answers_to(asked)[0].name
    below = await ask(
        lambda reddit: [one.body for one in reddit.comment(asked.id).refresh().replies]
    )
    assert below == ["hello"]


@pytest.mark.parametrize(
    ("trouble", "code"),
    [("locked", "THREAD_LOCKED"), ("deleted", "DELETED_LINK"), ("archived", "TOO_OLD")],
)
async def test_posts_that_take_no_comments(ask, asked, trouble, code):
    setattr(asked.post, trouble, True)
    with pytest.raises(RedditAPIException) as caught:
        await ask(lambda reddit: reddit.comment(asked.id).reply("hello"))
    assert caught.value.items[0].error_type == code


async def test_who_does_that_a_lot_has_to_wait(fake, ask, asked):
    fake.world.ratelimit = 540
    with pytest.raises(RedditAPIException, match="9 minutes"):
        await ask(lambda reddit: reddit.comment(asked.id).reply("hello"))
    assert await ask(lambda reddit: reddit.comment(asked.id).reply("hello"))


async def test_banned_account_is_forbidden(fake, ask, asked):
    asked.post.subreddit.banned.add("painter")
    with pytest.raises(prawcore.Forbidden):
        await ask(lambda reddit: reddit.comment(asked.id).reply("hello"))


async def test_picture_becomes_a_post_that_is_there_after_a_while(fake, ask):
    fake.world.subreddit("art")
    fake.world.processing = 1

    def submit(reddit):
        media = PostMedia(WEBP, name="a.webp")
        return reddit.subreddit("art").submit(
            "a fox", image=media, nsfw=True, without_websockets=True
        )

    def newest(reddit):
        return [post.title for post in reddit.redditor("painter").submissions.new(limit=5)]

    assert await ask(submit) is None
    assert await ask(newest) == []
    assert await ask(newest) == ["a fox"]
    (post,) = fake.world.posts_of_bot()
    assert (post.pictures, post.nsfw, post.spoiler) == ([WEBP], True, False)


async def test_picture_post_over_the_websocket(fake, ask):
    fake.world.subreddit("art")
    media = PostMedia(WEBP, name="a.webp")
    post = await ask(lambda reddit: reddit.subreddit("art").submit("a fox", image=media))
    assert post.id == fake.world.posts_of_bot()[0].id


async def test_gallery_with_flair(fake, ask):
    fake.world.subreddit("art", flairs={"f1": "AI"}, flair_needed=True)

    def submit(reddit, flair):
        media = [{"media": PostMedia(WEBP, name=f"{n}.webp"), "caption": str(n)} for n in (1, 2)]
        return reddit.subreddit("art").submit("foxes", gallery=media, flair_id=flair)

    with pytest.raises(RedditAPIException, match="flair"):
        await ask(lambda reddit: submit(reddit, None))
    post = await ask(lambda reddit: submit(reddit, "f1"))
    (kept,) = fake.world.posts_of_bot()
    assert (kept.id, kept.captions, kept.flair) == (post.id, ["1", "2"], "f1")


async def test_picture_that_is_too_large_is_refused(fake, ask):
    fake.world.subreddit("art")
    fake.picture_bytes = 5
    media = PostMedia(WEBP, name="a.webp")
    with pytest.raises(TooLargeMediaException):
        await ask(lambda reddit: reddit.subreddit("art").submit("a fox", image=media))


async def test_wrong_token_is_a_bad_request(fake, ask):
    fake.refresh_token = "another"
    with pytest.raises(prawcore.exceptions.ResponseException, match="400"):
        await ask(lambda reddit: reddit.user.me())


async def test_faults_come_in_order(fake, ask, asked):
    fake.fail("me", faults.html(502))
    await ask(lambda reddit: reddit.user.me())  # praw tries again by itself
    assert [exchange.status for exchange in fake.journal.of("me")] == [502, 200]
