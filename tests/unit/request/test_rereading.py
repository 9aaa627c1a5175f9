"""A request that was declined is read again, without the style that nobody knows."""

from datetime import UTC, datetime

import pytest

from common.model import Incoming, Person, Place
from request.wanted.rereading import read_again
from styles.limits import Limits
from styles.names import NameIndex

NAMES = NameIndex(["watercolour", "oil painting", "neon"])


def again(text, style, **more):
    said = Incoming(
        Place("web"), "1", Person("ann", "Ann"), text, datetime.now(UTC), mentions=("@bot",), **more
    )
    return read_again(said, style, NAMES, NameIndex(), Limits())


@pytest.mark.parametrize(
    ("text", "style", "prompt"),
    [
        ("draw for me a fox style: watercolr-thing", "watercolour", "a fox"),
        ("@bot draw a fox style: oyl peinting, in the snow", "oil painting", "a fox in the snow"),
        ("draw for me a fox --style “nean light” --n 2", "neon", "a fox light”"),
        ("draw a fox style: nuvo in the snow", "neon", "a fox in the snow"),
        ("draw a fox style: neon", "watercolour", "a fox"),
    ],
)
def test_so_many_words_of_the_unknown_style_go_as_the_right_one_has(text, style, prompt):
    found = again(text, style)
    assert " ".join(found.prompt.split()) == prompt


def test_options_and_pictures_of_the_declined_request_stay():
    found = again(
        "a fox --n 3 --private style: nuvo", "neon", verb_optional=True, pictures=("sha256:ab",)
    )
    assert (found.n, found.private, found.addresses) == (3, True, ("sha256:ab",))


@pytest.mark.parametrize("text", ["help", "hello", "", "draw a fox --steps many"])
def test_what_was_no_request_or_cannot_be_read_is_none(text):
    assert again(text, "neon") is None


def test_without_a_style_an_unknown_one_stays_in_the_way():
    assert again("draw a fox style: nuvo", None) is None
