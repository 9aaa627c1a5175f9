"""HTML of other servers as the text people wrote."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.shared.markup import plain_text, unmarked
from common.errors import Refusal
from common.texts import catalogue, spoken
from request.grammar import read
from styles.names import NameIndex

NAMES = NameIndex(("raw", "anime", "neon"))
TYPED = re.compile(r"`([^`]+)`")


def reading(text, *, reply):
    try:
        return read(text, NAMES, reply=reply)
    except Refusal as refusal:
        return str(refusal)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a fox<br />in the snow</p><p>please</p>", "a fox\nin the snow\n\nplease"),
        ("<p>a &amp; b &lt;c&gt; 狐</p>", "a & b <c> 狐"),
        ('<a class="u-url mention" href="x">@<span>bob</span></a> draw', "@bob draw"),
        ("<blockquote><p>draw a bear</p></blockquote><p>a fox</p>", "a fox"),
        ("<p>a <del>bear</del> fox</p><ul><li>red</li><li>wet</li></ul>", "a fox\n\nred\nwet"),
        ("<p>a fox</p><p>RE: <a href='x'>https://x.example/1</a></p>", "a fox"),
        ('<a href="https://h/bot">@bot@h</a> draw', "draw"),
        ('<a class="mention hashtag" href="x">#<span>art</span></a>', "#art"),
        (
            '<a href="y"><span class="invisible">https://</span><span>example.org/a</span></a>',
            "https://example.org/a",
        ),
        ('<p class="quote-inline">RE: x</p><p>a<script>b</script></p>', "a"),
        ("<p>one</p>\n\n<p>two</p>", "one\n\ntwo"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_posts_read_as_they_were_written(html, text):
    assert plain_text(html, people={"https://h/bot"}) == text


@given(st.text(max_size=200))
def test_anything_can_be_read(html):
    plain_text(html)


def test_marks_of_code_are_quotes_where_they_would_be_seen():
    assert (
        unmarked("Reply `again`, or `vary 2`.\nA ` alone")
        == "Reply “again”, or “vary 2”.\nA ` alone"
    )


@pytest.mark.parametrize("language", spoken())
def test_what_people_are_told_to_type_is_understood_with_its_quotes_too(language):
    told = {typed for text in catalogue(language).values() for typed in TYPED.findall(text)}
    for typed in told:
        for reply in (False, True):
            assert reading(f"“{typed}”", reply=reply) == reading(typed, reply=reply), typed
