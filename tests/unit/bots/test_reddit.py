"""Reddit in values: what is heard, what is written, what an error means."""

from types import SimpleNamespace

import prawcore
import pytest
from praw.exceptions import ClientException, RedditAPIException

from bots.reddit.calls import NotLetIn, translated
from bots.reddit.hearing import Said, heard
from bots.reddit.writing import (
    LONGEST_CAPTION,
    LONGEST_TITLE,
    answer,
    caption,
    code_of,
    post_in,
    title,
)
from common.errors import PlatformBusy, PlatformError, PlatformRefused
from common.model import Audience, Ending, Outcome, Part, Picture

SAID = Said("t1_c2", "Ann", "u/painter draw", 1_800_000_000.0, "Cats", "t1_c1", "t3_p1", adult=True)


def hear(said, *moderators):
    return heard(
        "reddit", "painter", said, community=said.subreddit, moderators=frozenset(moderators)
    )


def picture(alt):
    facts = dict.fromkeys(("sha256", "mime", "style", "model", "seed", "worker"), "x")
    return Picture(number=1, path=None, width=1, height=1, alt=alt, **facts)


def test_comment_is_heard():
    incoming = hear(SAID, "ann")
    assert (incoming.event, incoming.parent) == ("t1_c2", "t1_c1")
    assert (incoming.person.id, incoming.person.name) == ("ann", "Ann")
    assert incoming.place.community == "Cats"
    assert (incoming.adult, incoming.moderator) == (True, True)
    assert incoming.audience is Audience.PUBLIC
    assert not hear(SAID, "bob").moderator


def test_reply_to_a_post_of_ours_has_no_answer_above_it():
    assert hear(Said("t1_c2", "Ann", "x", 1.0, "Cats", "t3_p1", "t3_p1")).parent is None


def test_message_of_a_subreddit_is_its_moderators_word():
    incoming = hear(Said("t4_m1", None, "pause", 1.0, "Cats"))
    assert (incoming.moderator, incoming.audience) == (True, Audience.PRIVATE)
    assert incoming.place.community == "Cats"


@pytest.mark.parametrize(
    ("name", "bot"),
    [
        ("AutoModerator", True),
        ("remindme-bot", True),
        ("sub_bot", True),
        ("RemindMeBot", True),
        ("abbot", True),
        ("bot", False),
        ("bottle", False),
        ("robots_ann", False),
    ],
)
def test_bots_are_known_by_their_names(name, bot):
    assert Said("t1_c2", name, "x", 1.0).by_bot is bot


def test_answer_links_its_pictures_and_calls_nobody():
    text = answer("for u/spez *x*", ["https://a.example/1", "https://a.example/2"], adult=True)
    assert text == (
        "for u\\/spez \\*x\\*\n\n"
        "[Picture 1](https://a.example/1) · [Picture 2](https://a.example/2) (for adults)"
    )
    assert answer("none", [], adult=True) == "none"


def test_title_ends_in_the_code_by_which_the_post_is_found():
    part = Part(2, 3, "")
    code = code_of(Outcome("abc123", Ending.DONE, ""), part)
    assert code == "[abc123-2]"
    written = title("a fox " * 100, code)
    assert written.endswith("… [abc123-2]")
    assert len(written) <= LONGEST_TITLE
    assert len(caption(picture("a fox " * 100))) <= LONGEST_CAPTION


def test_post_of_an_answer_is_found_in_it():
    assert post_in("x [y](https://www.reddit.com/comments/1ab2c) z") == "1ab2c"
    assert post_in("x") is None


def api(kind, message):
    return RedditAPIException([[kind, message, "field"]])


def response(status, **headers):
    return SimpleNamespace(status_code=status, headers=headers, text="", reason="")


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("Take a break for 9 minutes before trying again.", 600),
        ("Take a break for 30 seconds before trying again.", 31),
        ("Take a break for 500 milliseconds before trying again.", 1.5),
        ("Not so fast.", 60),
    ],
)
def test_ratelimit_says_how_long_to_wait(words, seconds):
    busy = translated("reddit", api("RATELIMIT", words))
    assert isinstance(busy, PlatformBusy)
    assert busy.retry_after == seconds


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (api("THREAD_LOCKED", "Comments are locked."), PlatformRefused),
        (api("SERVER_ERROR", "try again"), PlatformError),
        (prawcore.Forbidden(response(403)), PlatformRefused),
        (prawcore.NotFound(response(404)), PlatformRefused),
        (prawcore.TooManyRequests(response(429, **{"retry-after": "7"})), PlatformBusy),
        (prawcore.ServerError(response(503)), PlatformError),
        (prawcore.ResponseException(response(400)), NotLetIn),
        (prawcore.ResponseException(response(401)), NotLetIn),
        (prawcore.OAuthException(response(200), "invalid_grant", ""), NotLetIn),
        (prawcore.RequestException(TimeoutError("slow"), (), {}), PlatformError),
        (ClientException("no such comment"), PlatformRefused),
    ],
)
def test_errors_of_praw_mean_one_of_ours(error, kind):
    assert type(translated("reddit", error)) is kind
