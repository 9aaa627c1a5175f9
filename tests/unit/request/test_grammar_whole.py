"""Commands and follow-ups count only as the whole text."""

import pytest

from common.errors import Refusal
from request.grammar import (
    Command,
    CommandName,
    FollowUp,
    FollowUpKind,
    ImageRequest,
    LoraWish,
    NotARequest,
    WhyNot,
    apply,
    read,
)
from styles.names import NameIndex

NAMES = NameIndex(("raw", "anime"))


def reading(text):
    return read(text, NAMES, bot_names=("painter",))


@pytest.mark.parametrize("name", list(CommandName))
def test_each_command_is_read(name):
    assert reading(name.value) == Command(name)
    assert reading(f"@painter please {name.value.upper()}, thanks!") == Command(name)
    assert reading(f"/{name.value}") == Command(name)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("help seed", Command(CommandName.HELP, "seed")),
        ("styles neon punk", Command(CommandName.STYLES, "neon punk")),
        ("Models sdxl?", Command(CommandName.MODELS, "sdxl")),
        ("forget  me", Command(CommandName.FORGET_ME)),
    ],
)
def test_arguments(text, command):
    assert reading(text) == command


@pytest.mark.parametrize(
    ("text", "follow_up"),
    [
        ("again", FollowUp(FollowUpKind.AGAIN)),
        ("Again please!", FollowUp(FollowUpKind.AGAIN)),
        ("@painter same seed", FollowUp(FollowUpKind.SAME_SEED)),
        ("style: anime", FollowUp(FollowUpKind.STYLE, style="anime")),
        ("style: animee!", None),
        ("--style anime", FollowUp(FollowUpKind.STYLE, style="anime")),
        ("style: random", FollowUp(FollowUpKind.STYLE, style="random")),
        ("info", FollowUp(FollowUpKind.INFO)),
        ("info 3", FollowUp(FollowUpKind.INFO, picture=3)),
        ("edit a bear", FollowUp(FollowUpKind.EDIT, edit=ImageRequest("a bear"))),
        ("edit: --n 2", FollowUp(FollowUpKind.EDIT, edit=ImageRequest("", n=2))),
    ],
)
def test_follow_ups(text, follow_up):
    found = reading(text)
    assert found == (follow_up or FollowUp(FollowUpKind.STYLE, style="anime"))


@pytest.mark.parametrize(
    "text",
    [
        "again and again",
        "stop it",
        "help me draw a cat",
        "the same seed",
        "style: anime a fox",
        "style: anime --n 2",
        "info about it",
        "delete this one",
        "status\nquo",
        "editor a bear",
        "start now",
    ],
)
def test_more_than_the_form_is_nothing(text):
    assert reading(text) == NotARequest(WhyNot.NO_VERB)


def test_an_edit_of_nothing_is_refused():
    with pytest.raises(Refusal, match="new prompt"):
        reading("edit")


def test_a_follow_up_with_an_unknown_style_is_refused():
    with pytest.raises(Refusal) as refusal:
        reading("style: animal")
    assert refusal.value.suggestions == ("anime",)


@pytest.mark.parametrize(
    ("kind", "keeps"),
    [
        (FollowUpKind.AGAIN, False),
        (FollowUpKind.SAME_SEED, True),
        (FollowUpKind.STYLE, True),
        (FollowUpKind.EDIT, False),
    ],
)
def test_which_follow_ups_keep_the_seed(kind, keeps):
    assert FollowUp(kind).keeps_seed is keeps


EARLIER = ImageRequest("a fox", style="raw", n=2, seed="5", loras=(LoraWish("1"),))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("again", ImageRequest("a fox", style="raw", n=2, loras=(LoraWish("1"),))),
        ("same seed", EARLIER),
        ("info", EARLIER),
        (
            "style: anime",
            ImageRequest("a fox", style="anime", n=2, seed="5", loras=(LoraWish("1"),)),
        ),
        (
            "edit a bear --n 1",
            ImageRequest("a bear", style="raw", n=1, seed="5", loras=(LoraWish("1"),)),
        ),
        (
            "edit --n 1",
            ImageRequest("a fox", style="raw", n=1, seed="5", loras=(LoraWish("1"),)),
        ),
    ],
)
def test_what_a_follow_up_makes_of_the_earlier_request(text, expected):
    assert apply(reading(text), EARLIER) == expected
