"""Progress in words, names as they are shown, hosts as they are judged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.model import Phase, Progress
from web.door.desk import NICKNAME_LENGTH, clean_nickname, read_number
from web.door.guard import is_loopback
from web.standing import TILES, stand
from web.templating import readable


@pytest.mark.parametrize(
    ("progress", "headline", "details"),
    [
        (None, "Got it.", ()),
        (Progress(Phase.RECEIVED, 4), "Got it.", ()),
        (Progress(Phase.WAITING, 4), "Waiting for a free worker", ()),
        (Progress(Phase.WAITING, 4, position=0), "Waiting for a free worker", ()),
        (Progress(Phase.WAITING, 4, position=3), "Waiting, place 3", ()),
        (
            Progress(Phase.GENERATING, 4, finished=1, wait_seconds=99),
            "Painting: 1 of 4 finished",
            ("About 99 seconds to go.",),
        ),
        (
            Progress(Phase.FINISHING, 4, wait_seconds=150, note="One is late."),
            "Almost there",
            ("About 2 minutes to go.", "One is late."),
        ),
    ],
)
def test_how_far_a_request_is(progress, headline, details):
    standing = stand(progress)
    assert (standing.headline, standing.details) == (headline, details)


def test_there_is_a_frame_for_each_picture_up_to_a_bound():
    assert stand(Progress(Phase.GENERATING, 3, finished=1)).frames == [True, False, False]
    assert len(stand(Progress(Phase.GENERATING, 5000)).frames) == TILES
    assert stand(None).frames == []


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Ada", "Ada"),
        (" Ada \n Lovelace ", "Ada Lovelace"),
        ("\u202eada\u200b\x00", "ada"),
        ("ß" * 50, "ß" * NICKNAME_LENGTH),
        ("\u2066\u2069", ""),
        ("日本語 🦊", "日本語 🦊"),
    ],
)
def test_names_are_clean(typed, shown):
    assert clean_nickname(typed) == shown


@given(st.text())
def test_a_clean_name_stays_as_it_is(typed: str):
    once = clean_nickname(typed)
    assert clean_nickname(once) == once
    assert len(once) <= NICKNAME_LENGTH


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        ("", None),
        (None, None),
        ("-1", None),
        ("9" * 10, None),
        ("٣", None),
        ("1e3", None),
    ],
)
def test_ids_from_outside(text, number):
    assert read_number(text) == number


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"])
def test_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_not_this_machine_alone(host):
    assert not is_loopback(host)


def test_what_the_bot_says_has_code_and_links_and_nothing_of_anybodys_html():
    said = "Reply `info` <b> https://a.example/`x`?a=1&b `<i>`"
    assert readable(said) == (
        "Reply <code>info</code> &lt;b&gt; "
        '<a href="https://a.example/" rel="nofollow noopener ugc">https://a.example/</a>'
        "<code>x</code>?a=1&amp;b `&lt;i&gt;`"
    )
