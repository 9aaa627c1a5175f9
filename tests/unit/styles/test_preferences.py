"""A person's own defaults, where a request leaves them room."""

from dataclasses import replace

import pytest

from common.model import Note
from styles.image_request import ImageRequest, Painting
from styles.limits import Limits, Served
from styles.resolving.preferences import Preferences, prefer
from styles.resolving.situation import Situation

OWN = Preferences(style="oil", model="xl", ratio=(16.0, 9.0))
ALL = ImageRequest("a fox", style="oil", model="xl", ratio=(16.0, 9.0))
SERVED = {"sd": Served(), "xl": Served()}


@pytest.fixture
def preferred(build, reference):
    """The request a person's defaults make of another."""

    def run(own=OWN, served=SERVED, **fields):
        request = ImageRequest("a fox", **fields)
        return prefer(own, Situation(request, build(), reference, Limits(), served))

    return run


def test_what_is_not_said_is_as_the_person_likes_it(preferred):
    assert preferred() == ALL
    assert preferred(served=None) == ALL
    sized = Preferences(size=(512, 768))
    assert preferred(sized) == ImageRequest("a fox", size=(512, 768))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"style": "neon"}, replace(ALL, style="neon", model=None)),
        ({"model": "sd"}, replace(ALL, style=None, model="sd")),
        ({"painting": Painting.BLEND}, replace(ALL, style=None, model=None)),
        ({"painting": Painting.OUTPAINT}, ALL),
        ({"ratio": (1.0, 1.0)}, replace(ALL, ratio=(1.0, 1.0))),
        ({"size": (64, 64)}, replace(ALL, ratio=None, size=(64, 64))),
        ({"source_picture": "sha256:0"}, replace(ALL, style=None, ratio=None)),
        ({"literal": True}, replace(ALL, style=None, model=None, ratio=None)),
    ],
    ids=str,
)
def test_what_is_said_is_meant(preferred, said, expected):
    assert preferred(**said) == replace(expected, **said)


def test_what_cannot_be_had_now_is_left_out_and_the_answer_says_so(preferred):
    earlier = Note("earlier", "Something was cut.")
    found = preferred(served={"sd": Served()}, notes=(earlier,))
    assert (found.style, found.model, found.ratio) == (None, None, OWN.ratio)
    assert [note.text for note in found.notes] == [
        "Something was cut.",
        "Your own model “xl” cannot be had here right now, so it was left out.",
        "Your own style “oil” cannot be had here right now, so it was left out.",
    ]


def test_a_style_that_can_be_had_with_the_persons_model_is_taken(preferred):
    found = preferred(Preferences(style="oil", model="sd"), served={"sd": Served()})
    assert (found.style, found.model, found.notes) == ("oil", "sd", ())


def test_who_has_no_defaults_gets_the_request_as_it_is(preferred):
    assert preferred(Preferences(), style="neon") == ImageRequest("a fox", style="neon")
