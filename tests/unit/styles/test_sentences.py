"""What the answer says of a request: each sentence names what was asked for, and what is made."""

from unittest.mock import ANY

import pytest

from common.errors import Refusal
from common.model import Note, NoteKind
from styles.image_request import LoraWish, Painting, TiWish
from styles.limits import Limits, Served

PICTURE = "sha256:0"
SIX = tuple(LoraWish(name) for name in "bcdefg")
MANY = tuple(TiWish(str(number)) for number in range(100, 122))

NOTED = {
    "steps": (
        {"style": "raw", "steps": 80, "limits": Limits(max_steps=25)},
        "80 steps became 25: that is the range here.",
    ),
    "a size between": (
        {"style": "raw", "size": (500, 700)},
        "500×700 became 512×704: sides go in steps of 64, and there is a limit here.",
    ),
    "a size too large": (
        {"style": "oil", "limits": Limits(max_pixels=512 * 512)},
        "1152×896 became 576×448: that is as large as pictures may be here.",
    ),
    "a cfg scale between": (
        {"style": "raw", "cfg_scale": 7.126},
        "--cfg 7.126 became 7.13: the Horde takes two decimals.",
    ),
    "hires fix": (
        {"style": "raw", "model": "flux", "hires_fix": True},
        "flux cannot do the high-resolution fix, so it was left out.",
    ),
    "a long shape": (
        {"style": "raw", "ratio": (1.0, 9.0)},
        "--ar was made less extreme: pictures are at most 8 times as long as wide.",
    ),
    "two shapes": (
        {"style": "raw", "ratio": (2.0, 1.0), "size": (512, 512)},
        "--ar was left out: --size says more exactly what is wanted.",
    ),
    "steps said twice": (
        {"style": "raw", "quality": 2.0, "steps": 9},
        "--q was left out: --steps says more exactly what is wanted.",
    ),
    "too many LoRAs": (
        {"style": "neon", "loras": SIX},
        "At most 5 LoRAs fit; left out: 1, g.",
    ),
    "too many textual inversions": (
        {"style": "fine", "tis": MANY},
        "At most 20 textual inversions fit; left out: 7, 120, 121.",
    ),
    "another model": (
        {"style": "neon", "model": "xl"},
        "The LoRAs of “neon” do not fit the model xl and were left out.",
    ),
    "too many pictures": (
        {"style": "raw", "n": 9, "limits": Limits(max_pictures=3)},
        "9 pictures were asked for; here it is 3.",
    ),
    "too many variants": (
        {"prompt": "{a, b, c, d}", "style": "raw", "n": 2, "limits": Limits(max_pictures=5)},
        "The braces give 4 prompts; the first 2 fit into 5 pictures.",
    ),
    "many variants": (
        {"prompt": "{a, b, c, d}" * 4, "style": "raw"},
        "The braces give 256 prompts; the first 20 fit into 20 pictures.",
    ),
    "very many variants": (
        {"prompt": "{a, b, c, d}" * 15, "style": "raw"},
        "The braces give over a billion prompts; the first 20 fit into 20 pictures.",
    ),
    "a strength without a picture": (
        {"style": "raw", "strength": 0.5},
        "--strength was left out: it needs a picture to start from.",
    ),
    "inpainting without a picture": (
        {"style": "raw", "painting": Painting.INPAINT},
        "--inpaint was left out: it needs a picture to start from.",
    ),
    "outpainting without a picture": (
        {"style": "raw", "painting": Painting.OUTPAINT},
        "--outpaint was left out: it needs a picture to start from.",
    ),
    "blending without a picture": (
        {"style": "raw", "painting": Painting.BLEND},
        "--blend was left out: it needs a picture to start from.",
    ),
    "a ControlNet without a picture": (
        {"style": "raw", "control": "canny"},
        "--control was left out: it needs a picture to start from.",
    ),
    "blending with a model that cannot": (
        {"painting": Painting.BLEND, "source_picture": PICTURE, "model": "sd"},
        "sd cannot mix pictures, so only the first one is used.",
    ),
    "a ControlNet with a model that has none": (
        {"control": "canny", "source_picture": PICTURE, "model": "xl"},
        "xl has no ControlNet, so --control was left out.",
    ),
    "a ControlNet with inpainting": (
        {"control": "canny", "painting": Painting.INPAINT, "source_picture": PICTURE},
        "--control does not go together with inpainting and was left out.",
    ),
}


@pytest.mark.parametrize(("asked", "sentence"), NOTED.values(), ids=NOTED)
def test_the_answer_says_what_was_changed(resolved, asked, sentence):
    assert resolved(**asked).notes == (Note(ANY, sentence, NoteKind.CHANGED),)


FEW = {"sd": Served(), "flux": Served(workers=0)}
REFUSED = {
    "a style for adults": (
        {"style": "lewd"},
        "The style “lewd” is for adults and not used here. Try another one.",
        ("raw", "neon", "oil", "fast", "fine"),
    ),
    "a category for adults": (
        {"style": "adults"},
        "All styles of “adults” are for adults and not used here. Try another one.",
        ("raw", "neon", "oil", "fast", "fine"),
    ),
    "a model for adults": (
        {"model": "adult"},
        "The model adult is for adults and not used here. `models` shows the others.",
        (),
    ),
    "a style nobody serves": (
        {"style": "oil", "served": FEW},
        (
            "Nobody can make the style “oil” right now (its model is xl). Try another one, or ask "
            "again later."
        ),
        ("neon", "pony", "raw", "fine"),
    ),
    "a category nobody serves": (
        {"style": "three", "served": {"sd": Served(loras=False)}},
        "Nobody can make any style of “three” right now. Try another one, or ask again later.",
        ("raw", "fine", "pony"),
    ),
    "a category without members": (
        {"style": "empty"},
        "Nobody can make any style of “empty” right now. Try another one, or ask again later.",
        ("raw", "neon", "oil", "fast", "fine"),
    ),
    "a model nobody serves": (
        {"model": "xm", "served": {"xl": Served(1), "sd": Served(9), "flux": Served(0)}},
        "Nobody serves the model xm right now. `models` shows who is there.",
        ("xl", "sd"),
    ),
    "a model nobody serves, where others are for adults": (
        {"model": "adult xl", "served": {"adult": Served(9), "xl": Served(1), "sd": Served(5)}},
        "Nobody serves the model adult xl right now. `models` shows who is there.",
        ("sd", "xl"),
    ),
    "a model nobody serves, of two as good": (
        {"model": "other", "served": {"Zoo": Served(), "ark": Served()}},
        "Nobody serves the model other right now. `models` shows who is there.",
        ("ark", "Zoo"),
    ),
    "a model that was served": (
        {"model": "xl", "served": {"xl": Served(workers=0)}},
        "Nobody serves the model xl right now. `models` shows who is there.",
        (),
    ),
    "a style the list does not have": (
        {"style": "neom"},
        "I know no style “neom”. `styles neom` searches the list.",
        ("neon", "fine"),
    ),
    "nothing to draw": (
        {"prompt": "{, }", "style": "raw"},
        "Tell me what to draw, for example: draw for me a fox in the snow style: raw",
        (),
    ),
}


@pytest.mark.parametrize(("asked", "sentence", "others"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_says_why_and_what_can_be_had_instead(resolved, asked, sentence, others):
    with pytest.raises(Refusal) as refusal:
        resolved(**asked)
    assert (str(refusal.value), refusal.value.suggestions) == (sentence, others)
