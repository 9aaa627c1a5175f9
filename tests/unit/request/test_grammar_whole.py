"""Commands and follow-ups count only as the whole text."""

import re
from dataclasses import replace

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
    read_prompt_field,
)
from request.grammar.whole import LONGEST_COMMAND, LONGEST_OTHER
from styles.image_request import Painting
from styles.names import NameIndex

NAMES = NameIndex(("raw", "anime"))


def reading(text):
    return read(text, NAMES, bot_names=("painter",))


OWN = [name for name in CommandName if name is not CommandName.OTHER]


@pytest.mark.parametrize("name", OWN)
def test_each_command_is_read(name):
    assert reading(name.value) == Command(name)
    assert reading(f"@painter please {name.value.upper()}, thanks!") == Command(name)
    assert reading(f"/{name.value}") == Command(name)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("help seed", Command(CommandName.HELP, "seed")),
        ("help with negative prompt", Command(CommandName.HELP, "negative prompt")),
        ("Hilfe Größe", Command(CommandName.HELP, "Größe")),
        ("hilfe zu Größe?", Command(CommandName.HELP, "Größe")),
        ("aide sur taille", Command(CommandName.HELP, "taille")),
        ("ayuda seed", Command(CommandName.HELP, "seed")),
        ("ajuda com seed", Command(CommandName.HELP, "seed")),
        ("ヘルプ サイズ", Command(CommandName.HELP, "サイズ")),
        ("hilfe", Command(CommandName.HELP)),
        ("aide moi", Command(CommandName.HELP)),
        ("styles city", Command(CommandName.STYLES, "city")),
        ("styles neon punk", Command(CommandName.STYLES, "neon punk")),
        ("Models sdxl?", Command(CommandName.MODELS, "sdxl")),
        ("loras water colour", Command(CommandName.LORAS, "water colour")),
        ("forget  me", Command(CommandName.FORGET_ME)),
        ("unpause", Command(CommandName.RESUME)),
        ("Pause here", Command(CommandName.PAUSE, "here")),
        ("resume here please", Command(CommandName.RESUME, "here")),
        ("ban alice@example.social", Command(CommandName.BAN, "alice@example.social")),
        ("unban  alice", Command(CommandName.UNBAN, "alice")),
        ("log 20", Command(CommandName.LOG, "20")),
        ("report: it is rude", Command(CommandName.REPORT, "it is rude")),
        ("report two\nlines", Command(CommandName.REPORT, "two\nlines")),
        ("describe #2", Command(CommandName.DESCRIBE, "2")),
        ("share Never", Command(CommandName.SHARE, "Never")),
        ("unshare all", Command(CommandName.UNSHARE, "all")),
        ("my defaults", Command(CommandName.MY, "defaults")),
        ("My style: anime", Command(CommandName.MY, "style: anime")),
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
        ("--style anime", FollowUp(FollowUpKind.STYLE, style="anime")),
        ("style: random", FollowUp(FollowUpKind.STYLE, style="random")),
        ("info", FollowUp(FollowUpKind.INFO)),
        ("info 3", FollowUp(FollowUpKind.INFO, picture=3)),
        ("info #3, please", FollowUp(FollowUpKind.INFO, picture=3)),
        ("info ab34cd78", FollowUp(FollowUpKind.INFO, request="ab34cd78")),
        ("info #AB34CD78 2", FollowUp(FollowUpKind.INFO, request="ab34cd78", picture=2)),
        ("again ab34cd78", FollowUp(FollowUpKind.AGAIN, request="ab34cd78")),
        ("same  seed ab34cd78!", FollowUp(FollowUpKind.SAME_SEED, request="ab34cd78")),
        ("vary", FollowUp(FollowUpKind.VARY)),
        ("vary 2", FollowUp(FollowUpKind.VARY, picture=2)),
        ("Vary #2 please", FollowUp(FollowUpKind.VARY, picture=2)),
        ("v2", FollowUp(FollowUpKind.VARY, picture=2)),
        ("V2", FollowUp(FollowUpKind.VARY, picture=2)),
        ("vary 2 0.4", FollowUp(FollowUpKind.VARY, picture=2, strength=0.4)),
        ("vary 2, 0,4!", FollowUp(FollowUpKind.VARY, picture=2, strength=0.4)),
        ("v2 .4", FollowUp(FollowUpKind.VARY, picture=2, strength=0.4)),
        ("vary 2 1", FollowUp(FollowUpKind.VARY, picture=2, strength=1.0)),
        ("vary 0.4", FollowUp(FollowUpKind.VARY, strength=0.4)),
        ("vary 2 strong", FollowUp(FollowUpKind.VARY, picture=2, strength=0.75)),
        ("vary 2 Subtle", FollowUp(FollowUpKind.VARY, picture=2, strength=0.35)),
        ("vary (strong)", FollowUp(FollowUpKind.VARY, strength=0.75)),
        ("upscale", FollowUp(FollowUpKind.UPSCALE)),
        ("upscale 12", FollowUp(FollowUpKind.UPSCALE, picture=12)),
        ("U2", FollowUp(FollowUpKind.UPSCALE, picture=2)),
        ("enlarge 2", FollowUp(FollowUpKind.UPSCALE, picture=2)),
        ("upscale the 4th image", FollowUp(FollowUpKind.UPSCALE, picture=4)),
        ("Variations  of the THIRD one", FollowUp(FollowUpKind.VARY, picture=3)),
        ("variation 2 0.4", FollowUp(FollowUpKind.VARY, picture=2, strength=0.4)),
        ("info picture number 2", FollowUp(FollowUpKind.INFO, picture=2)),
        ("zoom", FollowUp(FollowUpKind.ZOOM)),
        ("Zoom out", FollowUp(FollowUpKind.ZOOM)),
        ("zoom out #2", FollowUp(FollowUpKind.ZOOM, picture=2)),
        ("again, in --n 2", FollowUp(FollowUpKind.AGAIN, edit=ImageRequest("", n=2))),
        ("please edit a bear", FollowUp(FollowUpKind.EDIT, edit=ImageRequest("a bear"))),
        ("edit a bear", FollowUp(FollowUpKind.EDIT, edit=ImageRequest("a bear"))),
        ("edit: --n 2", FollowUp(FollowUpKind.EDIT, edit=ImageRequest("", n=2))),
    ],
)
def test_follow_ups(text, follow_up):
    assert reading(text) == follow_up


def test_a_command_and_one_of_a_room_above_have_a_largest_length():
    others = {"enter": re.compile(r"enter \w+")}
    for begun, longest in (("report ", LONGEST_COMMAND), ("enter ", LONGEST_OTHER)):
        longest_text = begun + "x" * (longest - len(begun))
        assert isinstance(read(longest_text, NAMES, others=others), Command)
        assert isinstance(read(f"{longest_text}x", NAMES, others=others), NotARequest)


def test_a_style_that_is_only_near_is_noted_in_the_new_request():
    made = apply(reading("style: animee!"), EARLIER)
    assert made.style == "anime"
    assert [note.code for note in made.notes] == ["note.style_near"]


@pytest.mark.parametrize(("text", "used"), [("vary 2 7", 1.0), ("v2 0", 0.01), ("vary 2 -1", 0.01)])
def test_how_far_to_vary_is_clamped_with_a_note(text, used):
    made = apply(reading(text), EARLIER)
    assert made.strength == used
    assert [note.code for note in made.notes] == ["note.vary_clamped"]


@pytest.mark.parametrize(
    "text",
    [
        "again and again",
        "help me draw a cat",
        "the same seed",
        "style: anime a fox",
        "style: anime --n 2",
        "info about it",
        "delete this one",
        "status\nquo",
        "editor a bear",
        "start now",
        "vary 2 much",
        "vary the colours",
        "v",
        "vary 1000",
        "u",
        "upscale it",
        "upscale 2 3",
        "price",
        "loras a\nb",
    ],
)
def test_more_than_the_form_is_nothing(text):
    assert reading(text).why is WhyNot.NO_VERB


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
        (FollowUpKind.VARY, False),
        (FollowUpKind.UPSCALE, False),
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
            "again --n 1",
            ImageRequest("a fox", style="raw", n=1, loras=(LoraWish("1"),)),
        ),
        (
            "make it blue --n 1",
            ImageRequest("a fox, blue", style="raw", n=1, seed="5", loras=(LoraWish("1"),)),
        ),
        (
            "edit --n 1",
            ImageRequest("a fox", style="raw", n=1, seed="5", loras=(LoraWish("1"),)),
        ),
    ],
)
def test_what_a_follow_up_makes_of_the_earlier_request(text, expected):
    assert apply(reading(text), EARLIER) == expected


PAINTED = ImageRequest(
    "a fox",
    negative="cars",
    style="raw",
    n=3,
    seed="5",
    ratio=(16.0, 9.0),
    strength=0.9,
    source_picture="sha256:" + "0" * 64,
    extra_pictures=("sha256:" + "1" * 64,),
    painting=Painting.BLEND,
    control="canny",
    addresses=("https://x.y/z.png",),
)
STAYS = ImageRequest("a fox", negative="cars", style="raw", ratio=(16.0, 9.0))


def test_vary_asks_for_new_pictures_without_what_was_done_with_an_earlier_one():
    assert apply(reading("vary 2"), PAINTED) == replace(STAYS, strength=0.6)
    assert apply(reading("vary 2 0.2"), PAINTED) == replace(STAYS, strength=0.2)


def test_upscale_asks_for_one_picture_nearly_the_same_and_larger():
    larger = replace(STAYS, n=1, strength=0.1, upscale="RealESRGAN_x4plus", enlarge=True)
    assert apply(reading("u2"), PAINTED) == larger
    named = replace(PAINTED, upscale="NMKD_Siax")
    assert apply(reading("upscale 2"), named) == replace(larger, upscale="NMKD_Siax")


def test_zoom_out_asks_for_one_picture_of_the_styles_own_shape_beyond_the_edges():
    shaped = replace(PAINTED, size=(512, 768), upscale="NMKD_Siax", unseen=True)
    wider = replace(STAYS, ratio=None, n=1, painting=Painting.OUTPAINT)
    assert apply(reading("zoom out 2"), shaped) == wider


def test_what_is_added_to_no_prompt_is_the_prompt():
    assert apply(reading("make it blue"), ImageRequest("")) == ImageRequest("blue")


def test_only_what_is_nothing_but_larger_may_be_enlarged_as_it_is():
    larger = apply(reading("u2"), PAINTED)
    assert not apply(reading("again"), larger).enlarge
    assert not apply(reading("vary"), larger).enlarge
    assert not apply(reading("u2"), replace(PAINTED, fix_faces=True)).enlarge


def test_an_edit_that_names_a_picture_starts_from_that():
    made = apply(reading("edit https://x.y/new.png --inpaint"), PAINTED)
    assert (made.source_picture, made.extra_pictures) == (None, ())
    assert (made.addresses, made.painting) == (("https://x.y/new.png",), Painting.INPAINT)
    assert apply(reading("edit a bear"), PAINTED).source_picture == PAINTED.source_picture


OTHERS = {"enter": re.compile(r"enter [a-z-]+( \d+)?", re.IGNORECASE)}


@pytest.mark.parametrize("text", ["Enter autumn 2", "@painter please enter autumn 2, thanks!"])
def test_a_room_above_may_add_commands(text):
    command = read(text, NAMES, bot_names=("painter",), others=OTHERS)
    assert (command.name, command.word) == (CommandName.OTHER, "enter")
    assert command.argument.casefold() == "enter autumn 2"


def test_what_fits_no_pattern_is_no_command_of_a_room_above():
    assert read("enter the dragon of 1973", NAMES, others=OTHERS) == NotARequest(WhyNot.NO_VERB)
    assert read("draw enter autumn", NAMES, others=OTHERS) == ImageRequest("enter autumn")
    assert reading("other") != Command(CommandName.OTHER)


# --- where a prompt goes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("help", CommandName.HELP),
        (" /Styles! ", CommandName.STYLES),
        ("cancel please", CommandName.CANCEL),
        ("how long does it take?", CommandName.QUEUE),
    ],
)
def test_a_prompt_that_is_a_command_is_said_as_one(text, command):
    assert read_prompt_field(text) == Command(command)


@pytest.mark.parametrize("text", ["again", "once more", "forget me", "leave me alone", "u2", "log"])
def test_one_that_belongs_elsewhere_is_refused_with_how_it_is_drawn(text):
    with pytest.raises(Refusal, match=f"“{text}” is one of my commands.*write: draw {text}"):
        read_prompt_field(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a fox",
            "draw help",
            "help wanted",
            "styles of the 80s",
            "seed",
            "4k",
            "more",
            "make it blue",
        ),
        "help " * 41,
    ],
)
def test_other_prompts_are_prompts(text):
    assert read_prompt_field(text) is None
