"""Markdown: what people wrote is read, and what they wrote is shown, not obeyed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.shared.markdown import LEMMY, REDDIT, Plain, escape, lines, link, picture, plain


def test_brackets_that_are_no_link_do_not_begin_one():
    assert plain(r"a \[blue\] fox, see [the fox](https://a.example/)").text == (
        "a [blue] fox, see the fox"
    )


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("draw for me a fox", "draw for me a fox"),
        ("[@painter@a.example](https://a.example/u/painter) draw", "@painter@a.example draw"),
        (r"score\_9\_up \### blurry", "score_9_up ### blurry"),
        ("a **big** fox, score_9_up, (red:1.2), *a*", "a big fox, score_9_up, (red:1.2), *a*"),
        ("a fox&#x200B; &gt; a dog", "a fox\u200b > a dog"),
        ("~~a dog~~ a fox", "a fox"),
        (">!a fox!< ||in snow|| ^(tiny)", "a fox in snow tiny"),
        ("a fox\n\n---\n\nin snow<br>now", "a fox\n\n\n\nin snow\nnow"),
        ("::: spoiler x\na fox\n:::", "a fox"),
        (r"saber \(fate\), \{a, b\}", r"saber \(fate\), \{a, b\}"),
        ('a fox ![x](https://a.example/p.png "emoji party")', "a fox"),
        ("> quoted\n\ndraw\nfor me", "> quoted\n\ndraw\nfor me"),
        ("see [](https://a.example/x)", "see  https://a.example/x"),
    ],
)
def test_markdown_is_read_as_text(written, text):
    assert plain(written) == Plain(text)


def test_pictures_are_taken_out_once_each_and_only_https():
    written = (
        'draw ![a \\] b](https://a.example/1.png "t") like ![](https://a.example/2.webp) '
        "![](https://a.example/1.png) ![](http://a.example/3.png) ![](/4.png)"
    )
    read = plain(written)
    assert read.pictures == ("https://a.example/1.png", "https://a.example/2.webp")
    assert read.text.split() == ["draw", "like"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a *fox* in_the [snow](x) <b>", r"a \*fox\* in\_the \[snow\](x) \<b\>"),
        ("# no heading\n- no list\n1. none", "\\# no heading  \n\\- no list  \n1\\. none"),
        ("::: spoiler x\n\nparagraph", "\\::: spoiler x\n\nparagraph"),
        ("by @ann@b.example", r"by \@ann\@b.example"),
        ("reply `vary 2`, not `a_b`", r"reply `vary 2`, not \`a\_b\`"),
        ("see https://a.example/a_b_c?x=1 now_", r"see https://a.example/a_b_c?x=1 now\_"),
    ],
)
def test_text_is_shown_as_it_is_on_lemmy(text, written):
    assert escape(text, LEMMY) == written


def test_nobody_is_called_on_reddit():
    assert escape("u/spez and /r/art, not you/me", REDDIT) == r"u\/spez and /r\/art, not you/me"
    assert escape("a@b", REDDIT) == "a@b"


@given(st.text(alphabet=st.sampled_from("ab *_#@[](){}<>!|~^`\\-+.1:"), max_size=60))
def test_escaped_text_reads_back_as_it_was(text):
    text = " ".join(text.split())
    assert plain(escape(text, LEMMY)).text == text


def test_alternative_text_cannot_end_its_brackets():
    shown = picture("a ](https://evil.example) \n b", "https://a.example/x.webp")
    assert plain(shown) == Plain("", ("https://a.example/x.webp",))
    assert "\n" not in shown


def test_links_and_paragraphs():
    assert link("a_b", "https://a.example", REDDIT) == r"[a\_b](https://a.example)"
    assert lines(["a", "", "b"]) == "a\n\nb"
