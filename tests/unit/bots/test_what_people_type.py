"""What people type, as each platform delivers it, and what is read in it: tables, one a platform."""

from __future__ import annotations

import pytest

from bots.discord import reading
from bots.discord.phrasing import written
from bots.lemmy.hearing import heard as heard_on_lemmy
from bots.lemmy.wire import CommentView, Told
from bots.lemmy.wire import Person as Lemming
from bots.mastodon.hearing import read_status
from bots.reddit.hearing import Said
from bots.reddit.hearing import heard as heard_on_reddit
from common.errors import Refusal
from request.grammar import FollowUp, FollowUpKind, ImageRequest, NotARequest, WhyNot, read
from styles.names import NameIndex

NAMES = NameIndex(("raw", "anime"))
ME = '<span class="h-card" translate="no"><a href="https://f.example/@painter" class="u-url mention">@<span>painter</span></a></span>'
BOB = '<span class="h-card"><a href="https://b.example/@bob" class="u-url mention">@<span>bob</span></a></span>'


def tag(word):
    return f'<a href="https://f.example/tags/{word}" class="mention hashtag" rel="tag">#<span>{word}</span></a>'


def understood(text, names, **context):
    return read(text, NAMES, bot_names=names, **context)


def drawn(found, prompt, fields):
    assert found == ImageRequest(prompt, **fields, notes=found.notes)


# --- Mastodon: HTML -----------------------------------------------------------------------------

MASTODON = {
    f"<p>{ME} draw a fox</p>": ("a fox", {}),
    f"<p>Hello {ME}! Draw me a fox, please 🙏</p>": ("a fox", {}),
    f"<p>.{ME} draw a fox</p>": ("a fox", {}),
    f"<p>{BOB} {ME} draw a fox</p>": ("a fox", {}),
    f"<p>{BOB} try this: {ME} draw me a fox</p>": ("a fox", {}),
    f"<p>{ME} draw a fox for {BOB}</p>": ("a fox", {}),
    f"<p>{ME} draw a fox<br />cc {BOB} {BOB}</p>": ("a fox", {}),
    f"<p>{ME} draw {BOB} riding a horse</p>": ("bob riding a horse", {}),
    f"<p>{ME} draw a portrait of {BOB}</p>": ("a portrait of bob", {}),
    f"<p>{ME} draw a fox {tag('aiart')} {tag('fox')}</p>": ("a fox", {}),
    f"<p>{ME} draw a fox</p><p>{tag('ai')} {tag('StableDiffusion')}</p>": ("a fox", {}),
    f"<p>{tag('ai')} {ME} draw a {tag('fox')} in the snow</p>": ("a fox in the snow", {}),
    f"<p>{ME} draw a {tag('fox')}</p>": ("a fox", {}),
    f"<p>{ME} draw a fox style: {tag('anime')}</p>": ("a fox", {"style": "anime"}),
    f"<p>{ME} draw a fox ### people</p>": ("a fox", {"negative": "people"}),
    f"<p>{ME} draw a fox —ar 16:9</p>": ("a fox", {"ratio": (16.0, 9.0)}),
    f"<p>{ME} draw a fox</p><pre><code>--ar 16:9</code></pre>": ("a fox", {"ratio": (16.0, 9.0)}),
    f"<p>{ME} :blobfox: draw a fox :blobcat:</p>": ("a fox", {}),
    f"<p>{ME} draw a :blobcat: knight</p>": ("a blobcat knight", {}),
    f"<p>{ME} draw a <strong>bold</strong> <del>bear</del> fox</p>": ("a bold fox", {}),
    f"<blockquote><p>draw a bear</p></blockquote><p>{ME} draw a fox</p>": ("a fox", {}),
    f"<p>{ME} draw a fox</p><p>RE: <a href='x'>https://x.example/1</a></p>": ("a fox", {}),
    f"<p>{ME} draw a fox</p><p>🧵 1/2</p>": ("a fox", {}),
    f"<p>{ME} draw a fox &amp; a bear &lt;3</p>": ("a fox & a bear <3", {}),
    f"<p>{ME} Zeichne mir einen Fuchs {tag('KI')}</p>": ("einen Fuchs", {}),
    f"<p>{ME} 雪の中の狐を描いて</p>": ("雪の中の狐", {}),
    f'<p>{ME} draw a fox <a href="https://n.example/a"><span class="invisible">https://</span>'
    "<span>n.example/a</span></a></p>": ("a fox", {}),
}


def on_mastodon(content):
    author = {"id": "2", "acct": "ann@b.example"}
    status = {
        "id": "5",
        "account": author,
        "content": content,
        "created_at": "2026-01-01T00:00:00Z",
        "mentions": [
            {"id": "1", "url": "https://f.example/@painter"},
            {"id": "3", "url": "https://b.example/@bob"},
        ],
    }
    me = {"id": "1", "acct": "painter"}
    return read_status(status, account="art", server="f.example", me=me, owner="")


@pytest.mark.parametrize("content", MASTODON)
def test_what_is_drawn_of_a_post(content):
    incoming = on_mastodon(content)
    drawn(understood(incoming.text, incoming.mentions), *MASTODON[content])


# --- Lemmy and Reddit: Markdown -----------------------------------------------------------------

NAMED = "[@painter@f.example](https://f.example/u/painter)"
LEMMY = {
    f"{NAMED} draw a fox": ("a fox", {}),
    "hey @painter@f.example! can you draw a fox?": ("a fox", {}),
    f"> draw a bear\n\n{NAMED} draw a fox": ("a fox", {}),
    f"{NAMED} draw a fox\n\n> quoted": ("a fox", {}),
    f"{NAMED} # draw a fox": ("a fox", {}),
    f"{NAMED}\n```\ndraw a fox\n```": ("a fox", {}),
    f"{NAMED} draw `a fox`": ("a fox", {}),
    f"{NAMED} draw **a fox**, ~~a bear~~ red": ("a fox, red", {}),
    f"{NAMED} draw a fox\n::: spoiler and\nin snow\n:::": ("a fox\n\nin snow", {}),
    f"{NAMED} draw a fox <br> in snow": ("a fox \n in snow", {}),
    f"{NAMED} draw a fox for [@bob@l.example](https://l.example/u/bob)": ("a fox", {}),
    f"{NAMED} draw @alice@x.example as a wizard": ("alice as a wizard", {}),
    f'{NAMED} draw a fox ![x](https://x.example/p.png "emoji party")': ("a fox", {}),
    f"{NAMED} draw a fox\n\n--\nSent from Boost for Lemmy": ("a fox", {}),
    f"{NAMED} draw a fox\n\n[Anti Commercial-AI license](https://cc.example)": ("a fox", {}),
    f"{NAMED} draw a fox\n***\nthanks": ("a fox", {}),
    f"{NAMED} draw a fox\n### people": ("a fox", {"negative": "people"}),
    f"{NAMED} draw a fox \\--ar 16:9": ("a fox", {"ratio": (16.0, 9.0)}),
    f"{NAMED} draw saber \\(fate\\)": ("saber \\(fate\\)", {}),
}
REDDIT = {
    "u/painter draw a fox": ("a fox", {}),
    "/u/Painter draw a fox": ("a fox", {}),
    "paging u/painter draw a fox": ("a fox", {}),
    "!draw a fox u/painter": ("a fox", {}),
    "u/painter draw >!a fox!<": ("a fox", {}),
    "u/painter draw a fox ^(tiny)": ("a fox tiny", {}),
    "u/painter draw a fox for u/bob": ("a fox", {}),
    "u/painter draw u/bob as a wizard": ("bob as a wizard", {}),
    "u/painter draw a fox\n\n---\nthanks": ("a fox", {}),
    "u/painter draw a fox\\_snow \\-\\-ar 16:9": ("a fox_snow", {"ratio": (16.0, 9.0)}),
    "u/painter draw a fox \\#\\#\\# people": ("a fox", {"negative": "people"}),
    "u/painter draw a fox ![img](emote|t5_2qh0u|123)": ("a fox", {}),
    "u/painter draw a fox ![gif](giphy|abc123)": ("a fox", {}),
    "u/painter draw a fox https://x.example/page": ("a fox", {}),
}
SHOWN = "https://preview.redd.it/abc.png?width=100&amp;s=12"


PAINTER = Lemming.model_validate(
    {"id": 1, "name": "painter", "ap_id": "https://f.example/u/painter"}
)
WHEN = "2026-01-02T03:04:05.678901Z"


def on_lemmy(content):
    comment = {"id": 6, "content": content, "path": "0.6", "creator_id": 2, "published": WHEN}
    view = {
        "comment": comment,
        "creator": {"id": 2, "name": "ann", "ap_id": "https://b.example/u/ann"},
        "post": {"id": 4, "name": "A post", "body": "", "published": WHEN},
        "community": {"id": 3, "name": "cats", "ap_id": "https://b.example/c/cats"},
    }
    told = Told(kind="mention", mark=1, about=CommentView.model_validate(view))
    return heard_on_lemmy("lemmy", PAINTER, told, {})


def on_reddit(body):
    said = Said(name="t1_a", author="ann", body=body, created=0.0)
    return heard_on_reddit("reddit", "painter", said, community="cats", moderators=frozenset())


@pytest.mark.parametrize("content", LEMMY)
def test_what_is_drawn_of_a_comment_on_lemmy(content):
    incoming = on_lemmy(content)
    assert incoming.pictures == ()
    drawn(understood(incoming.text, incoming.mentions), *LEMMY[content])


@pytest.mark.parametrize("body", REDDIT)
def test_what_is_drawn_of_a_comment_on_reddit(body):
    incoming = on_reddit(body)
    assert incoming.pictures == ()
    drawn(understood(incoming.text, incoming.mentions), *REDDIT[body])


def test_pictures_uploaded_with_a_comment_on_reddit_are_pictures():
    incoming = on_reddit(f"u/painter make it anime {SHOWN}")
    assert incoming.pictures == (SHOWN.replace("&amp;", "&"),)
    assert incoming.text == "u/painter make it anime"


# --- Discord ------------------------------------------------------------------------------------

DISCORD = {
    "<@1> draw a fox": ("a fox", {}),
    "<@1>, draw a fox": ("a fox", {}),
    "<@1> - draw a fox": ("a fox", {}),
    "hey <@1> draw a fox": ("a fox", {}),
    "draw a fox <@1>": ("a fox", {}),
    "<@1> <a:party:12> draw a fox <:fox:13>": ("a fox", {}),
    "<@1> draw a <:fox:13> in snow": ("a fox in snow", {}),
    "<@1> draw a fox for <@2>": ("a fox", {}),
    "<@1> draw <@2> as a wizard": ("Big_Bob as a wizard", {}),
    "<@1> draw the mascot of <#3>": ("the mascot of foxes", {}),
    "<@1> draw ||a fox||": ("a fox", {}),
    "<@1> draw __a fox__, ***red***": ("a fox, *red*", {}),
    "<@1> # draw a fox": ("a fox", {}),
    "<@1> draw a fox <t:1700000000:R>": ("a fox", {}),
    "<@1> draw [a fox](https://x.example)": ("a fox", {}),
    "<@1> draw a fox <https://x.example/a>": ("a fox", {}),
    "<@1> </imagine:12> a fox": ("a fox", {}),
    "<@1> /imagine prompt:a fox style:anime": ("a fox", {"style": "anime"}),
    "<@1>\n> look\ndraw a fox": ("a fox", {}),
    "<@1> ```\ndraw a fox\n```": ("a fox", {}),
    "@here <@1> draw a fox": ("a fox", {}),
    "<@1> draw a fox\n-# in snow": ("a fox\nin snow", {}),
    "<@1> draw saber \\(fate\\)": ("saber \\(fate\\)", {}),
}
FIELD = {
    "/imagine prompt: a fox --v 6": ("a fox", {}),
    "prompt: a fox": ("a fox", {}),
    '"a fox"': ("a fox", {}),
    "a fox <:fox:13>": ("a fox", {}),
    "a fox, portrait please": ("a fox", {"ratio": (2.0, 3.0)}),
    "a fox, negative prompt: people": ("a fox", {"negative": "people"}),
    "can you draw a fox?": ("a fox", {}),
}
"""What is written into the prompt field of the slash command."""


@pytest.mark.parametrize("content", DISCORD)
def test_what_is_drawn_of_a_message_on_discord(content):
    text = reading.plain(content, people={2: "Big Bob"}, channels={3: "foxes"})
    drawn(understood(text, ("<@1>", "<@!1>")), *DISCORD[content])


@pytest.mark.parametrize("prompt", FIELD)
def test_what_is_drawn_of_the_prompt_field(prompt):
    text = reading.without_tokens(written(prompt, {"private": False}))
    drawn(understood(text, ("<@1>",), verb_optional=True), *FIELD[prompt])


@pytest.mark.parametrize(
    ("negative", "read_as"),
    [
        ("### people", "people"),
        ("people, --no text", "people, text"),
        ("Negative prompt: people", "people"),
        ("style: ugly", "ugly"),
        (" , ", ""),
    ],
)
def test_the_field_for_what_must_not_be_there_needs_no_marks(negative, read_as):
    found = understood(written("a fox", {}, negative=negative), (), verb_optional=True)
    drawn(found, "a fox", {"negative": read_as})


def test_an_empty_field_says_nothing():
    assert written("a fox", {"seed": "", "style": None, "n": 2}) == "a fox --n 2"


# --- everywhere ---------------------------------------------------------------------------------

ADAPTED = {
    "mastodon": lambda text: on_mastodon(f"<p>{ME} {text}</p>"),
    "lemmy": lambda text: on_lemmy(f"{NAMED} {text}"),
    "reddit": lambda text: on_reddit(f"u/painter {text}"),
}
TALK = {
    "I think you draw well": WhyNot.NO_VERB,
    "what do you think?": WhyNot.QUESTION,
    "thank you so much!!! 😍": WhyNot.THANKS,
    "good bot": WhyNot.PRAISE,
    "": WhyNot.EMPTY,
}


@pytest.mark.parametrize("platform", ADAPTED)
@pytest.mark.parametrize("text", TALK)
def test_talk_is_no_request(platform, text):
    incoming = ADAPTED[platform](text)
    found = understood(incoming.text, incoming.mentions)
    assert isinstance(found, NotARequest)
    assert found.why is TALK[text]


@pytest.mark.parametrize("platform", ADAPTED)
def test_what_is_said_in_a_reply_is_about_the_picture(platform):
    again = ADAPTED[platform]("again")
    assert understood(again.text, again.mentions, reply=True) == FollowUp(FollowUpKind.AGAIN)
    wide = ADAPTED[platform]("16:9 please").text
    edit = ImageRequest("", ratio=(16.0, 9.0))
    found = understood(wide, again.mentions, reply=True)
    assert found == FollowUp(FollowUpKind.AGAIN, edit=edit)


@pytest.mark.parametrize("platform", ADAPTED)
def test_a_link_alone_is_asked_back(platform):
    incoming = ADAPTED[platform]("draw this https://x.example/post/1")
    with pytest.raises(Refusal, match="do not open addresses"):
        understood(incoming.text, incoming.mentions)
