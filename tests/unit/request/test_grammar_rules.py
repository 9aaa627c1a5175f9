"""The rules of reading, one after the other: each row of the table, each sentence below it."""

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
    read,
)
from styles.image_request import Painting, TiWish
from styles.limits import Limits
from styles.names import NameIndex

NAMES = NameIndex(("raw", "anime", "anime portrait", "stylepunks"), {"cel": "anime"})
MODELS = NameIndex(("AlbedoBase XL", "AlbedoBase XL (SDXL)"))
HERE = "https://x.y/a.png"


def reading(text, **context):
    return read(text, NAMES, models=MODELS, bot_names=("painter", "<@&456>"), **context)


def codes(text):
    return [note.code for note in reading(text).notes]


ROWS = {
    "verb for me": ("draw for me a fox", ImageRequest("a fox")),
    "verb for us": ("draw for us a fox", ImageRequest("a fox")),
    "verb me": ("draw me a fox", ImageRequest("a fox")),
    "verb us": ("draw us a fox", ImageRequest("a fox")),
    "verb imagine": ("imagine a fox", ImageRequest("a fox")),
    "several lines": (
        "draw a fox\nin snow\n\nat night",
        ImageRequest("a fox\nin snow\n\nat night"),
    ),
    "negative": ("draw a fox ### bad", ImageRequest("a fox", negative="bad")),
    "later separators": ("draw a ### b ### c ##### d", ImageRequest("a", negative="b, c, d")),
    "style": ("draw a fox style: raw", ImageRequest("a fox", style="raw")),
    "style option": ("draw a fox --style raw", ImageRequest("a fox", style="raw")),
    "style random": ("draw a fox style: random", ImageRequest("a fox", style="random")),
    "style behind the separator": (
        "draw a fox ### bad style: raw ugly",
        ImageRequest("a fox", negative="bad ugly", style="raw"),
    ),
    "no": ("draw a fox --no A, B", ImageRequest("a fox", negative="A, B")),
    "no up to an option": (
        "draw a fox --no A, B --n 2 c",
        ImageRequest("a fox c", negative="A, B", n=2),
    ),
    "no up to style": (
        "draw a fox b --no A style: raw",
        ImageRequest("a fox b", negative="A", style="raw"),
    ),
    "no up to the separator": ("draw a fox --no A ### B", ImageRequest("a fox", negative="B, A")),
    "no over lines": ("draw a fox --no A,\nB", ImageRequest("a fox", negative="A,\nB")),
    "n": ("draw a fox --n 2", ImageRequest("a fox", n=2)),
    "seed": ("draw a fox --seed abc", ImageRequest("a fox", seed="abc")),
    "ar": ("draw a fox --ar 16:9", ImageRequest("a fox", ratio=(16.0, 9.0))),
    "size": ("draw a fox --size 500x700", ImageRequest("a fox", size=(500, 700))),
    "steps": ("draw a fox --steps 9", ImageRequest("a fox", steps=9)),
    "cfg": ("draw a fox --cfg 4.5", ImageRequest("a fox", cfg_scale=4.5)),
    "sampler": ("draw a fox --sampler dpmpp_2m", ImageRequest("a fox", sampler="k_dpmpp_2m")),
    "karras": ("draw a fox --karras", ImageRequest("a fox", karras=True)),
    "no-karras": ("draw a fox --no-karras", ImageRequest("a fox", karras=False)),
    "clip-skip": ("draw a fox --clip-skip 2", ImageRequest("a fox", clip_skip=2)),
    "model is the longest": (
        "draw --model albedobase xl (sdxl) a fox",
        ImageRequest("a fox", model="AlbedoBase XL (SDXL)"),
    ),
    "tile": ("draw a fox --tile", ImageRequest("a fox", tiling=True)),
    "hires": ("draw a fox --hires", ImageRequest("a fox", hires_fix=True)),
    "lora": (
        'draw a fox --lora 1:0.5 --lora v:2 --lora "a b"',
        ImageRequest(
            "a fox", loras=(LoraWish("1", 0.5), LoraWish("2", is_version=True), LoraWish("a b"))
        ),
    ),
    "ti": ("draw a fox --ti 1:0.5", ImageRequest("a fox", tis=(TiWish("1", 0.5),))),
    "strength": (
        f"draw a fox {HERE} --strength 0.4",
        ImageRequest("a fox", strength=0.4, addresses=(HERE,)),
    ),
    "inpaint": ("draw a fox --inpaint", ImageRequest("a fox", painting=Painting.INPAINT)),
    "outpaint": ("draw a fox --outpaint", ImageRequest("a fox", painting=Painting.OUTPAINT)),
    "blend": ("draw a fox --blend", ImageRequest("a fox", painting=Painting.BLEND)),
    "control": ("draw a fox --control depth", ImageRequest("a fox", control="depth")),
    "upscale": ("draw a fox --upscale", ImageRequest("a fox", upscale="RealESRGAN_x4plus")),
    "upscale type": (
        "draw --upscale NMKD_Siax a fox",
        ImageRequest("a fox", upscale="NMKD_Siax"),
    ),
    "fix-faces": ("draw a fox --fix-faces", ImageRequest("a fox", fix_faces=True)),
    "no-background": ("draw a fox --no-background", ImageRequest("a fox", no_background=True)),
    "permutations": ("draw a {red, blue} {a|b}", ImageRequest("a {red, blue} {a|b}")),
    "doubled braces": (r"draw {{a, b}} \{c, d} {e", ImageRequest(r"{{a, b}} \{c, d} {e")),
    "price": ("draw a fox --price", ImageRequest("a fox", price=True)),
    "private": ("draw a fox --private", ImageRequest("a fox", private=True)),
    "spoiler": ("draw a fox --spoiler", ImageRequest("a fox", spoiler=True)),
    "help": ("help", Command(CommandName.HELP)),
    "help word": ("help seed", Command(CommandName.HELP, "seed")),
    "styles": ("styles", Command(CommandName.STYLES)),
    "styles search": ("styles neon", Command(CommandName.STYLES, "neon")),
    "models search": ("models xl", Command(CommandName.MODELS, "xl")),
    "loras search": ("loras ink", Command(CommandName.LORAS, "ink")),
    "loras alone": ("loras", Command(CommandName.LORAS)),
    "status": ("status", Command(CommandName.STATUS)),
    "queue": ("queue", Command(CommandName.QUEUE)),
    "stop": ("stop", Command(CommandName.STOP)),
    "start": ("start", Command(CommandName.START)),
    "forget me": ("forget me", Command(CommandName.FORGET_ME)),
    "again": ("again", FollowUp(FollowUpKind.AGAIN)),
    "same seed": ("same seed", FollowUp(FollowUpKind.SAME_SEED)),
    "vary": ("vary 2", FollowUp(FollowUpKind.VARY, picture=2)),
    "vary strength": ("vary 2 0.3", FollowUp(FollowUpKind.VARY, picture=2, strength=0.3)),
    "upscale picture": ("upscale 2", FollowUp(FollowUpKind.UPSCALE, picture=2)),
    "edit": ("edit a cat", FollowUp(FollowUpKind.EDIT, edit=ImageRequest("a cat"))),
    "another style": ("style: anime", FollowUp(FollowUpKind.STYLE, style="anime")),
    "info": ("info 2", FollowUp(FollowUpKind.INFO, picture=2)),
    "cancel": ("cancel", Command(CommandName.CANCEL)),
    "delete": ("delete", Command(CommandName.DELETE)),
}


@pytest.mark.parametrize(("text", "expected"), ROWS.values(), ids=ROWS)
def test_each_form_of_the_table(text, expected):
    assert reading(text) == expected
    assert reading(f"@painter {text}") == expected


ORDER = {
    "cleaning comes before quotes": ("\u200b> draw a cat\ndr\u00adaw a fox", "a fox"),
    "quotes before mentions": ("> @painter\ndraw a fox", "a fox"),
    "mentions before politeness": ("hello @painter please draw a fox", "a fox"),
    "politeness before the verb": ("good morning, could you please draw a fox", "a fox"),
    "a role may be mentioned": ("draw a <@&456> fox", "a fox"),
    "one verb only": ("draw draw a fox", "draw a fox"),
    "politeness behind the verb": ("draw please a fox", "a fox"),
    "politeness at the end": ("draw a fox, please and thank you! :)", "a fox"),
    "words of politeness in quotes are prompt": ('draw a sign "please"', 'a sign "please"'),
    "a question politely asked": ("could you draw a fox?", "a fox"),
    "a question in the prompt": ("draw a fox who asks why?", "a fox who asks why?"),
    "a code block": ("```\ndraw a fox\n```", "a fox"),
    "a line copied with its marks": ("`draw for me a fox`", "a fox"),
}


@pytest.mark.parametrize(("text", "prompt"), ORDER.values(), ids=ORDER)
def test_the_order_of_reading(text, prompt):
    assert reading(text) == ImageRequest(prompt)


@pytest.mark.parametrize("before", ["style: raw", "--n 2", "a fox"])
def test_nothing_but_politeness_may_stand_before_the_verb(before):
    assert reading(f"{before} draw a cat").why is WhyNot.NO_VERB


def test_matching_on_a_folded_copy_keeps_the_prompts_own_characters():
    odd = "ŉ ǰ ΐ ﬃ İ ß ſ"  # casefolding makes each of them longer, or another one
    found = reading(f"draw {odd} STYLE: ANIME {odd} --MODEL ALBEDOBASE XL {odd}")
    assert found == ImageRequest(
        f"{odd} {odd} {odd}", style="anime", model="AlbedoBase XL", notes=found.notes
    )


NOT_SILENT = {
    "an earlier style": ("draw x style: raw style: anime", "note.style_replaced"),
    "a near style": ("draw x style: stylepunk", "note.style_near"),
    "an option said twice": ("draw x --seed 1 --seed 2", "note.option_repeated"),
    "an option against another": ("draw x --blend --inpaint", "note.option_replaced"),
    "a number out of range": ("draw x --n 9", "note.clamped"),
    "a strength of a LoRA": ("draw x --lora 1:9", "note.clamped"),
    "a strength of a textual inversion": ("draw x --ti 1:9", "note.clamped"),
    "a near ControlNet": ("draw x --control openposes", "note.name_near"),
    "a weight": ("draw x::2", "note.weight"),
    "habits that mean nothing": ("draw x --v 6", "note.skipped"),
    "a long message": ("draw " + "x" * 5000, "note.text_cut"),
}


@pytest.mark.parametrize(("text", "code"), NOT_SILENT.values(), ids=NOT_SILENT)
def test_nothing_is_changed_silently(text, code):
    found = reading(text, limits=Limits(max_pictures=4))
    assert [note.code for note in found.notes] == [code]
    assert found.notes[0].text


REFUSED = {
    "unknown option": ("draw x --foo", "refused.unknown_option"),
    "unknown option in a negative": ("draw x --no a --foo b", "refused.unknown_option"),
    "unknown option behind the separator": ("draw x ### a --foo b", "refused.unknown_option"),
    "missing value": ("draw x --steps", "refused.value_missing"),
    "missing value before an option": ("draw x --control --n 2", "refused.value_missing"),
    "unreadable value": ("draw x --steps many", "refused.value_unreadable"),
    "unknown style": ("draw x style: nothing like it", "refused.style_unknown"),
    "missing style": ("draw x style:", "refused.style_missing"),
    "unknown model": ("draw x --model nothing", "refused.model_unknown"),
    "unknown sampler": ("draw x --sampler nothing", "refused.sampler_unknown"),
    "unknown ControlNet": ("draw x --control nothing", "refused.control_unknown"),
    "unknown upscaler": ("draw x --upscale=nothing", "refused.upscaler_unknown"),
    "no prompt": ("draw --n 2", "refused.empty_prompt"),
    "no prompt but punctuation": ("draw ...!", "refused.empty_prompt"),
}


@pytest.mark.parametrize(("text", "code"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_with_a_sentence(text, code):
    with pytest.raises(Refusal) as refusal:
        reading(text)
    assert refusal.value.code == code
    assert str(refusal.value)


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("draw an old-style: photo", "an old-style: photo"),
        ("draw lifestyle: x", "lifestyle: x"),
        ("draw 1920 – 1930", "1920 – 1930"),
        ("draw —unknown and –unknown and -unknown", "—unknown and –unknown and -unknown"),
        ("draw word--n 4", "word--n 4"),
        ("draw 1 -2 --3", "1 -2 --3"),
    ],
)
def test_what_only_looks_like_an_option_is_prompt(text, prompt):
    assert reading(text) == ImageRequest(prompt)


def test_a_mention_with_no_verb_is_told_apart_from_talk_in_a_reply():
    assert reading("@painter what a day") == NotARequest(WhyNot.NO_VERB)
    assert reading("@painter hello", reply=True) == NotARequest(WhyNot.TALK)
    assert reading("@painter hello", addressed=False) == NotARequest(WhyNot.NOT_ADDRESSED)


def test_commands_are_prompt_where_the_whole_text_is():
    assert reading("status", verb_optional=True) == ImageRequest("status")
    assert reading("v2", verb_optional=True) == ImageRequest("v2")


@pytest.mark.parametrize(
    "text",
    [
        *("a fox -style=nope thing", "a fox -n=3.5, cat", "a  -style   nope", "a fox -n 3.5, x"),
        *("a fox -seed of doubt", "x -ar 3\ny"),
    ],
)
def test_prose_that_looked_like_an_option_keeps_its_own_characters(text):
    found = read(f"draw {text}", NameIndex(("raw",)))
    assert found.prompt == text


@pytest.mark.parametrize("text", ["--foo", "--zzzz", "--é"])
def test_an_unknown_option_always_names_the_nearest(text):
    with pytest.raises(Refusal) as refused:
        read(f"draw a fox {text}", NameIndex(("raw",)))
    assert refused.value.suggestions


def test_marks_without_end_take_no_time():
    import time

    text = "\u0323\u0301" * 2_000_000
    started = time.process_time()
    with pytest.raises(Refusal):
        read(f"draw style: nope {text}", NameIndex(("raw",)))
    assert time.process_time() - started < 30


def test_a_carriage_return_is_dropped_and_a_line_separator_stays():
    assert read("draw a\rb\u2028c", NameIndex(())).prompt == "ab\u2028c"
