"""What the answer says of a text: each sentence names what was written, and what was made of it."""

import pytest

from common.errors import Refusal
from request.grammar import read
from styles.limits import Limits
from styles.names import NameIndex

NAMES = NameIndex(("raw", "anime", "stylepunks"))
MODELS = NameIndex(("Deliberate",))
SEVEN = " ".join(f"https://x.y/{number}.png" for number in range(7))


def reading(text):
    return read(text, NAMES, models=MODELS, limits=Limits(max_pictures=4))


NOTED = {
    "draw x --n 9": "--n 9 became 4: that is the range here.",
    "draw x --lora 1:9": "--lora 9 became 5: that is the range here.",
    "draw x --ti 1:-9": "--ti -9 became -5: that is the range here.",
    "draw x --iw 4": "--iw 4 became 3: that is the range here.",
    "vary 2 7": "The strength 7 became 1: it goes from 0.01 to 1.",
    "draw x --seed 1 --seed 2": "--seed was said twice; the last one counts.",
    "draw x --blend --inpaint": (
        "--blend was left out: --inpaint says otherwise, and the last one counts."
    ),
    "draw x style: raw style: anime": "Only the last style counts; “raw” was left out.",
    "draw x style: anime cats": "The style is “anime”; “cats” went to the prompt.",
    'draw x style: "random" cats': "The style is “random”; “cats” went to the prompt.",
    "draw x style: random, cats": "The style is “random”; “cats” went to the prompt.",
    "draw x style: stylpunks": "“stylpunks” was read as the style “stylepunks”.",
    "draw x --control scribbles": "“scribbles” was read as scribble.",
    "draw x --model delibrate": "“delibrate” was read as Deliberate.",
    "drwa x": "“drwa” was read as draw.",
    "draw x seed: 42, y": "“seed: 42” was read as --seed 42.",
    "draw x, style anime.": "“style anime” was read as style: anime.",
    "draw 3  pictures of cats": "“3 pictures of” was read as --n 3.",
    "draw x 16:9": "“16:9” was read as --ar 16:9.",
    "draw x, 1024x768": "“1024x768” was read as --size 1024x768.",
    "draw a cat in anime style": "There is a style called “anime”; `style: anime` draws in it.",
    "draw a cat without a hat": (
        "Models often overlook words like “without a hat”. What must not be there goes after ###, "
        "like this: ### hat"
    ),
    "draw x --v 6 --s 2 --v 5": "These options mean nothing here and were skipped: --v, --s",
    f"draw x --blend {SEVEN}": "Only the first 6 addresses are used.",
    "draw " + "x" * 4000: "The message was longer than 4000 characters; the rest was not read.",
}


@pytest.mark.parametrize("text", NOTED)
def test_the_answer_says_what_was_read_otherwise(text):
    assert [note.text for note in reading(text).notes] == [NOTED[text]]


REFUSED = {
    "draw x --foo": "I know no option --foo. `help options` lists them all.",
    "draw x style:": "There is no name after “style:”. `styles` shows what there is.",
    "draw x style: no such thing at all": (
        "I know no style “no such thing at”. `styles no such thing at` searches the list."
    ),
    'draw x style: "No such" thing': (
        "I know no style “No such”. `styles No such` searches the list."
    ),
    "draw x style: !?": "I know no style “!?”. `styles !?` searches the list.",
    "draw x --model no such thing at all": (
        "I know no model “no such thing at”. `models no such thing at` searches the list."
    ),
    "draw x --sampler nothing, really": "I know no sampler “nothing, really”.",
    "draw x --control “nothing”.": (
        "There is no ControlNet “nothing”. `help control` lists them all."
    ),
    "draw x --upscale=nothing": "There is no upscaler “nothing”. `help upscale` lists them all.",
    "draw --n 2": ("Tell me what to draw, for example: draw for me a fox in the snow style: raw"),
    "draw style: anime": (
        "Tell me what to draw, for example: draw for me a fox in the snow style: anime"
    ),
    "edit": "Tell me the new prompt, for example: edit a red fox at night",
    "draw x --inpaint http://x.y/z.png": (
        "I fetch pictures only from addresses that begin with https://, and http://x.y/z.png does "
        "not. Use an https address, or attach the picture."
    ),
    "draw x --inpaint https://x.y/" + "z" * 1000: (
        "That address is longer than 1000 characters. Use a shorter one, or attach the picture."
    ),
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_refusal_says_what_cannot_be_read_and_what_to_do(text):
    with pytest.raises(Refusal) as refusal:
        reading(text)
    assert str(refusal.value) == REFUSED[text]


@pytest.mark.parametrize("before", ["--", "--steps ", "style: ", "--model "])
def test_of_a_long_word_the_answer_repeats_the_beginning(before):
    with pytest.raises(Refusal) as refusal:
        reading(f"draw x {before}{'o' * 50}")
    assert "o" * 40 in str(refusal.value)
    assert "o" * 41 not in str(refusal.value)
