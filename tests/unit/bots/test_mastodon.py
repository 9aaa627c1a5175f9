"""What servers of the fediverse say of themselves, and what follows from it: values in, values out."""

from __future__ import annotations

import pytest
import requests
from mastodon import MastodonRatelimitError

from bots.mastodon.answering import body, warning
from bots.mastodon.calls import Calls
from bots.mastodon.hearing import admitted, later
from bots.mastodon.server import OLDEST, read_server
from bots.mastodon.settings import Caps
from bots.mastodon.visibility import DAY, HOUR, Visibility
from common.errors import PlatformBusy
from tests.fakes.clock import Clock

URL = "https://social.art.example"


@pytest.mark.parametrize(
    ("told", "domain", "version", "characters"),
    [
        ({}, "social.art.example", OLDEST, 500),
        (
            {
                "domain": "art.example",
                "version": "4.5.2+glitch",
                "api_versions": {"mastodon": 7},
                "configuration": {"statuses": {"max_characters": 1000}},
            },
            "art.example",
            "4.5.2",
            1000,
        ),
        (
            {
                "uri": "https://art.example",
                "version": "2.7.2 (compatible; Pleroma 2.9.1)",
                "max_toot_chars": 5000,
            },
            "art.example",
            OLDEST,
            5000,
        ),
        ({"version": "takahe/0.12", "configuration": None}, "social.art.example", OLDEST, 500),
        (
            {"configuration": {"statuses": {"max_characters": "many"}}},
            "social.art.example",
            OLDEST,
            500,
        ),
    ],
)
def test_a_server_is_believed_as_far_as_it_makes_sense(told, domain, version, characters):
    server = read_server(URL, told)
    assert (server.domain, server.version, server.characters) == (domain, version, characters)
    assert server.formats
    assert server.media == 4


def test_formats_are_those_both_know():
    told = {"configuration": {"media_attachments": {"supported_mime_types": ["image/png", "x/y"]}}}
    assert read_server(URL, told).formats == {"image/png"}


@pytest.mark.parametrize(
    ("domain", "allow", "deny", "heard"),
    [
        ("a.example", (), (), True),
        ("a.example", ("a.example",), (), True),
        ("b.a.example", ("a.example",), (), True),
        ("ba.example", ("a.example",), (), False),
        ("a.example", ("A.Example",), (), True),
        ("b.a.example", (), ("a.example",), False),
        ("a.example", ("a.example",), ("a.example",), False),
    ],
)
def test_a_name_stands_for_what_is_under_it(domain, allow, deny, heard):
    assert admitted(domain, allow, deny) is heard


def test_ids_are_compared_by_length_then_as_text():
    assert later("100", "99")
    assert later("9hCtBkJa", "9hCtBkJZ")
    assert not later("5", "5")


def test_caps_pass_with_the_time():
    seen = Visibility(Caps(public_per_hour=1, visible_per_day=2))
    assert seen.choose("public", 0.0) == "public"
    seen.note(0.0, "public")
    assert seen.choose("public", HOUR - 1) == "unlisted"
    seen.note(HOUR - 1, "unlisted")
    assert seen.choose("public", HOUR + 1) == "direct"
    assert seen.choose("public", DAY + 1) == "public"
    assert seen.choose("public", DAY + 1, private=True) == "direct"


def test_an_answer_calls_the_asker_alone():
    said = "for @bob and bob@c.example"
    written = body("ann@a.example", said, most=500, left_out=2, footer="#bot")
    assert written.startswith("@ann@a.example for @\u200bbob and bob@\u200bc.example\n")
    assert written.endswith("\n#bot")


def test_silenced_names_never_make_a_post_too_long():
    written = body("ann@a.example", "@b" * 190, most=500, footer="#bot")
    assert len(written) == 500
    assert written.endswith("…\n#bot")


@pytest.mark.parametrize(
    ("asked", "own", "told"),
    [
        ("", "", ""),
        ("", "AI", "AI"),
        ("food", "AI", "re: food"),
        ("RE: food", "", "RE: food"),
        ("x" * 20, "", "re: xxxxxx"),
    ],
)
def test_warnings_go_on(asked, own, told):
    assert warning(asked, own, room=10) == told


async def test_a_rest_that_a_server_asked_for_ends_however_the_clock_is_put_back():
    class Limited:
        ratelimit_reset = 9060.0
        session = requests.Session()

        def post_status(self):
            raise MastodonRatelimitError("Hit rate limit.")

    wall, ticks = Clock(9000.0), Clock(5.0)
    calls = Calls("fediverse", Limited(), now=wall, monotonic=ticks)
    try:
        with pytest.raises(PlatformBusy):
            await calls("post_status")
        wall.now -= 3600
        ticks.now += 50
        with pytest.raises(PlatformBusy) as caught:
            await calls("post_status")
        assert caught.value.retry_after == 10.0
    finally:
        calls.close()
