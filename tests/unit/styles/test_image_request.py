"""A request survives the store."""

import json
from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from common.model import Note, NoteKind
from styles.image_request import ImageRequest, LoraWish, Painting, TiWish, from_json, to_json

FULL = ImageRequest(
    prompt="a fox ❄",
    negative="bad",
    style="raw",
    n=3,
    seed="x",
    ratio=(16.0, 9.0),
    size=(512, 640),
    steps=9,
    quality=2.0,
    cfg_scale=1.5,
    sampler="k_lms",
    karras=False,
    clip_skip=2,
    model="sd",
    tiling=True,
    hires_fix=False,
    loras=(LoraWish("1", 0.5), LoraWish("2", 1.0, True, 0.5, None)),
    strength=0.4,
    source_picture="sha256:00",
    extra_pictures=("sha256:01",),
    painting=Painting.BLEND,
    control="canny",
    addresses=("https://example.org/a.png",),
    tis=(TiWish("7", None, "negprompt"),),
    upscale="RealESRGAN_x4plus",
    enlarge=True,
    unseen=True,
    fix_faces=True,
    no_background=True,
    price=True,
    private=True,
    spoiler=True,
    literal=True,
    notes=(Note("note.x", "text", NoteKind.INFO),),
)


def through_json(request):
    return from_json(json.loads(json.dumps(to_json(request))))


def test_every_field_survives():
    assert all(getattr(FULL, item.name) != item.default for item in fields(ImageRequest))
    assert through_json(FULL) == FULL


def test_what_was_not_said_is_not_written():
    assert to_json(ImageRequest("x")) == {"prompt": "x"}


def test_fields_of_a_later_version_are_passed_over():
    assert from_json({"prompt": "x", "of_later": True}) == ImageRequest("x")


@given(st.text(), st.none() | st.booleans(), st.none() | st.integers())
def test_any_text_survives(prompt, karras, steps):
    request = ImageRequest(prompt, karras=karras, steps=steps)
    assert through_json(request) == request


def test_what_is_done_with_a_picture_is_still_one_of_the_known_things():
    assert type(from_json(json.loads(json.dumps(to_json(FULL)))).painting) is Painting
