"""Lemmy in values: what is heard, what an answer looks like, where a login is kept."""

import stat
from datetime import UTC, datetime

import pytest

from bots.lemmy.hearing import heard
from bots.lemmy.tokens import TokenFile
from bots.lemmy.wire import CommentView, MessageView, Person, PostView, Told
from bots.lemmy.writing import LONGEST, Shown, Target, answer, mark_of
from bots.shared.links import picture_address
from bots.shared.markdown import LEMMY, plain
from bots.shared.waiting import notice
from common.model import Audience, Phase, Progress

ME = Person.model_validate({"id": 1, "name": "painter", "ap_id": "https://home.example/u/painter"})
ANN = {"id": 2, "name": "ann", "ap_id": "https://far.example/u/ann"}
WHEN = "2026-01-02T03:04:05.678901Z"
CATS = {"id": 3, "name": "cats", "ap_id": "https://far.example/c/cats", "nsfw": False}
POST = {"id": 4, "name": "A post", "body": "@painter@home.example draw", "published": WHEN}
COMMENT = {"id": 6, "content": "hi", "path": "0.5.6", "creator_id": 2, "published": WHEN}
VIEW = {"post": POST, "community": CATS, "creator": ANN, "comment": COMMENT}
LANGUAGES = {32: "de"}


def told(**changed):
    view = {**VIEW, **changed}
    kind = CommentView if view["comment"] else PostView
    return Told(kind="mention", mark=1, about=kind.model_validate(view))


def test_comment_is_heard_with_all_an_answer_needs():
    written = {**COMMENT, "language_id": 32, "content": "[@painter@home.example](x) draw"}
    incoming = heard("lemmy", ME, told(comment=written, creator_is_moderator=True), LANGUAGES)
    assert incoming.place.community == "cats@far.example"
    assert (incoming.event, incoming.parent) == ("comment:6", "comment:5")
    assert incoming.person.id == "https://far.example/u/ann"
    assert incoming.person.name == "ann@far.example"
    assert incoming.text == "@painter@home.example draw"
    assert incoming.mentions == ("painter@home.example", "painter")
    assert incoming.created == datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
    assert (incoming.language, incoming.moderator, incoming.adult) == ("de", True, False)
    expected = Target(person=2, post=4, comment=6, language=32)
    assert Target.of(incoming.context) == expected


def test_mention_in_a_post_is_answered_below_the_post():
    incoming = heard("lemmy", ME, told(comment=None), LANGUAGES)
    assert (incoming.event, incoming.parent) == ("post:4", None)
    assert Target.of(incoming.context).comment is None


def test_private_message_belongs_to_no_community():
    message = {"id": 7, "content": "draw", "creator_id": 2, "published": WHEN}
    view = {"private_message": message, "creator": ANN, "recipient": dict(ME)}
    about = MessageView.model_validate({**view, "recipient": ANN})
    incoming = heard("lemmy", ME, Told(kind="private_message", mark=1, about=about), LANGUAGES)
    assert (incoming.event, incoming.audience) == ("message:7", Audience.PRIVATE)
    assert incoming.place.community == ""
    assert Target.of(incoming.context).post is None


@pytest.mark.parametrize("changed", [{"bot_account": True}, {"id": 1}])
def test_bots_and_the_bot_itself_are_not_heard(changed):
    assert heard("lemmy", ME, told(creator={**ANN, **changed}), LANGUAGES) is None


@pytest.mark.parametrize("where", ["post", "community"])
def test_either_mark_makes_a_place_for_adults(where):
    marked = {
        "post": {**POST, "nsfw": where == "post"},
        "community": {**CATS, "nsfw": where != "post"},
    }
    assert heard("lemmy", ME, told(**marked), LANGUAGES).adult is True


def test_hidden_pictures_stand_in_a_box_of_their_own():
    shown = [Shown("https://a.example/1.webp", "a fox")]
    assert answer("Here", shown, hidden=True).splitlines() == [
        "Here",
        "",
        "::: spoiler Pictures for adults, or hidden on request",
        "![a fox](https://a.example/1.webp)",
        ":::",
    ]


def test_what_people_wrote_is_shown_and_not_obeyed():
    evil = "*fox* @bob@evil.example ](https://evil.example)\n::: spoiler x\n# no"
    text = answer(evil, [Shown("https://a.example/1.webp", evil)], hidden=False)
    assert "@bob@evil" not in text
    assert plain(text).pictures == ("https://a.example/1.webp",)
    assert "\n:::" not in text
    assert "\n#" not in text


def test_alternative_texts_are_cut_so_that_the_answer_fits():
    pictures = [Shown(f"https://a.example/{number}.webp", "fox [x] " * 200) for number in range(20)]
    text = answer("words " * 600, pictures, hidden=True, mark=mark_of("message:1", 1))
    assert len(text) <= LONGEST
    assert len(plain(text).pictures) == 20


def test_notice_names_the_place_in_the_queue():
    assert "place 5" in notice(Progress(Phase.WAITING, 4, position=4), LEMMY)
    assert "place" not in notice(Progress(Phase.WAITING, 4), LEMMY)


def test_login_is_kept_for_its_owner_its_account_and_its_server(tmp_path):
    path = tmp_path / "lemmy.token"
    kept = TokenFile(path, url="https://a.example", username="painter")
    assert kept.read() == ""
    kept.write("one")
    kept.write("two")
    assert kept.read() == "two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["lemmy.token"]
    assert TokenFile(path, url="https://b.example", username="painter").read() == ""
    assert TokenFile(path, url="https://a.example", username="other").read() == ""
    path.write_text("no json")
    assert kept.read() == ""


@pytest.mark.parametrize(
    ("public_url", "address"),
    [
        ("https://x.example/", "https://x.example/pictures/ab"),
        ("http://x.example", None),
        (None, None),
    ],
)
def test_pictures_are_linked_only_where_all_the_world_can_open_them(public_url, address):
    assert picture_address(public_url, "ab") == address
