"""What people bring along from Midjourney."""

import pytest

from common.errors import Refusal
from request.grammar import ImageRequest, read
from styles.names import NameIndex

NAMES = NameIndex(("raw", "anime"))


def request(text):
    return read(f"draw {text}", NAMES)


def codes(found):
    return [note.code for note in found.notes]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("--q 2", {"quality": 2.0}),
        ("--quality .5", {"quality": 0.5}),
        ("--iw 1.5", {"strength": 0.5}),
        ("--iw 0", {"strength": 1.0}),
        ("--iw 1", {"strength": 0.67}),
        ("--iw 3", {"strength": 0.01}),
        ("--repeat 3", {"n": 3}),
        ("--aspect 16:9", {"ratio": (16.0, 9.0)}),
        ("--niji 6", {"style": "anime"}),
        ("--niji", {"style": "anime"}),
        ("--style raw", {"style": "raw"}),
        ("--raw", {"style": "raw"}),
        # other programs
        ("--negative ugly, hat", {"negative": "ugly, hat"}),
        ("--Negative_Prompt ugly", {"negative": "ugly"}),
        ("—neg ugly --count 2", {"negative": "ugly", "n": 2}),
        (", neg: ugly", {"negative": "ugly"}),
        ("neg prompt: ugly", {"negative": "ugly"}),
        ("--cfg_scale 5 --hires_fix", {"cfg_scale": 5.0, "hires_fix": True}),
        ("--width 512 --height=768px", {"size": (512, 768)}),
        ("-W 512 -H 768", {"size": (512, 768)}),
    ],
)
def test_options_that_mean_something_here(text, fields):
    assert request(f"a fox {text}") == ImageRequest("a fox", **fields)


@pytest.mark.parametrize(
    "text", ["a vase -negative space", "a castle —count Dracula— at night", "a road -w of it"]
)
def test_words_of_other_programs_stay_prompt_where_they_read_as_such(text):
    assert request(text) == ImageRequest(text)


@pytest.mark.parametrize(("said", "missing"), [("width", "height"), ("height", "width")])
def test_one_side_alone_is_no_size(said, missing):
    with pytest.raises(Refusal, match=f"--{missing} needs a value, for example: --size 512x768"):
        request(f"a fox --{said} 512")


@pytest.mark.parametrize("side", ["big", "0", "512x768"])
def test_a_side_that_is_no_number_is_refused(side):
    with pytest.raises(Refusal, match=f"I cannot read “{side}” as the value of --width"):
        request(f"a fox --width {side} --height 512")


def test_what_means_nothing_here_is_skipped_with_one_note_for_all():
    found = request("a fox --v 6.1 --s 250 --chaos 20 --sref https://x.y/z.png --fast in snow")
    assert found.prompt == "a fox in snow"
    assert codes(found) == ["note.skipped"]
    assert "--v, --s, --chaos, --sref, --fast" in found.notes[0].text


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("a fox --sref random in snow", "a fox in snow"),
        ("a fox --sref RANDOM in snow", "a fox in snow"),
        ("a fox --sref 123 https://x.y/a.png 45::2 in snow", "a fox in snow"),
        ("a fox --sref in snow", "a fox in snow"),
        ("a fox --p in snow", "a fox in snow"),
        ("a fox --p k3ymhbd in snow", "a fox in snow"),
        ("a fox --v in snow", "a fox in snow"),
    ],
)
def test_only_what_can_be_its_value_is_skipped_with_an_option(text, prompt):
    found = request(text)
    assert found.prompt == prompt
    assert codes(found) == ["note.skipped"]


def test_the_anime_style_is_skipped_where_there_is_none():
    assert codes(read("draw x --niji", NameIndex(["raw"]))) == ["note.skipped"]


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("hot dog::2", "hot (dog:2)"),
        ("a fox in a red::1.5 coat", "a fox in a (red:1.5) coat"),
        ("a fox::1 in snow", "a fox in snow"),
        ("a fox::0 in snow", "a (fox:0) in snow"),
    ],
)
def test_one_weight_is_that_of_the_word_before_it(text, prompt):
    found = request(text)
    assert found.prompt == prompt
    assert codes(found) == ["note.weight"]


def test_the_answer_says_how_a_weight_was_read():
    assert [note.text for note in request("hot dog::2 --v 6").notes] == [
        "These options mean nothing here and were skipped: --v",
        "“dog::2” was read as (dog:2).",
    ]


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("hot dog::2 cat::1.5", "(hot dog:2) (cat:1.5)"),
        ("hot dog::2 cat::1", "(hot dog:2) cat"),
        (
            "a night sky, hot dog::2, old cat::1.5 asleep",
            "a night sky, (hot dog:2), (old cat:1.5) asleep",
        ),
        ("sea, night, hot dog::2 cat::1", "sea, night, (hot dog:2) cat"),
        ("a {red, big blue::2} fox::1.5", "a {red, (big blue:2)} (fox:1.5)"),
        ("line one\nhot dog::2\ncat::0.5", "line one\n(hot dog:2)\n(cat:0.5)"),
    ],
)
def test_several_weights_are_those_of_the_parts_before_them(text, prompt):
    found = request(text)
    assert found.prompt == prompt
    assert codes(found) == ["note.weight", "note.weight"]


def test_what_has_a_weight_below_zero_goes_to_the_negative_prompt():
    found = request("a fox, red::-0.5, in snow ### bad")
    assert (found.prompt, found.negative) == ("a fox, in snow", "bad, red")
    assert [note.text for note in found.notes] == ["“red::-0.5” was read as: no red."]
    both = request("still life::2 ripe fruit::-.5")
    assert both.prompt == "still (life:2) ripe fruit::-.5"
    both = request("ripe fruit::-1, still life::2")
    assert (both.prompt, both.negative) == ("(still life:2)", "ripe fruit")
    both = request("still life::2 ripe fruit::-0.5")
    assert (both.prompt, both.negative) == ("(still life:2)", "ripe fruit")


@pytest.mark.parametrize(
    "text", ["a:: b", "std::vector", "a::b::2", "a ::2", "a::20", "::2", "at 5::30.5.1"]
)
def test_what_is_no_weight_stays_as_it_is(text):
    assert request(text) == ImageRequest(text)
