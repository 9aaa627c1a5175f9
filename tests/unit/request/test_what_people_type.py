"""What people really type, and how it is read: one table, to be read from top to bottom."""

from __future__ import annotations

import pytest

from common.errors import Refusal
from request.grammar import (
    Command,
    FollowUp,
    ImageRequest,
    LoraWish,
    NotARequest,
    apply,
    read,
)
from request.grammar.results import CommandName, FollowUpKind, WhyNot
from styles.names import NameIndex

NAMES = NameIndex(
    ("raw", "anime", "anime portrait", "stylepunks", "watercolour"), {"watercolor": "watercolour"}
)


def reading(text, **context):
    return read(text, NAMES, bot_names=("painter",), **context)


DRAWN = {
    # typing mistakes
    "drwa for me a cat": ("a cat", {}, "“drwa” was read as draw"),
    "drwa a drwa": ("a drwa", {}, "“drwa” was read as draw"),
    "please rdaw a cat": ("a cat", {}, "“rdaw” was read as draw"),
    "draw a cat style: stylepnuks": ("a cat", {"style": "stylepunks"}, "“stylepnuks” was read"),
    "draw a cat styel: anime": ("a cat", {"style": "anime"}, "read as style: anime"),
    "draw a cat styel: animee": ("a cat styel: animee", {}, ""),
    "draw a cat style; anime": ("a cat", {"style": "anime"}, "read as style: anime"),
    "draw a cat, style anime": ("a cat", {"style": "anime"}, "read as style: anime"),
    "draw a cat style=anime": ("a cat", {"style": "anime"}, ""),
    "draw a room, style anime but bright": ("a room, style anime but bright", {}, ""),
    "draw a cat in style: watercolor": ("a cat", {"style": "watercolour"}, ""),
    "draw a cat in anime style": ("a cat in anime style", {}, "`style: anime` draws in it"),
    "draw a cat style stylepunks": ("a cat style stylepunks", {}, "`style: stylepunks`"),
    "draw the styles: old and new": ("the styles: old and new", {}, ""),
    "draw a room with style; minimal": ("a room with style; minimal", {}, ""),
    # politeness
    "Draw me a cat please!": ("a cat", {}, ""),
    "draw a cat please 🙏": ("a cat", {}, ""),
    "draw a cat please --n 2": ("a cat", {"n": 2}, ""),
    "hey bot, can you draw a cat?": ("a cat", {}, ""),
    "Could u draw a cat, thanks": ("a cat", {}, ""),
    "draw for me a cat, please and thank you": ("a cat", {}, ""),
    "Draw for me: a cat. Style: anime. Thanks!": ("a cat.", {"style": "anime"}, ""),
    "draw a card that says thank you": ("a card that says thank you", {}, ""),
    # other verbs
    "/imagine prompt: a cat --ar 3:2": ("a cat", {"ratio": (3.0, 2.0)}, ""),
    "imagine prompt engineers": ("prompt engineers", {}, ""),
    "generate a cat": ("a cat", {}, ""),
    "paint me a cat": ("a cat", {}, ""),
    "can you make a picture of a cat": ("a picture of a cat", {}, ""),
    "Draw - a cat": ("a cat", {}, ""),
    # other languages
    "male mir bitte ein Haus": ("ein Haus", {}, ""),
    "kannst du mir einen Fuchs zeichnen?": ("einen Fuchs", {}, ""),
    "kannst du einen Fuchs malen --n 2": ("einen Fuchs", {"n": 2}, ""),
    "zeichne vier Bilder von Katzen": ("Katzen", {"n": 4}, "--n 4"),
    "Peux-tu me dessiner un renard ?": ("un renard", {}, ""),
    "dessine : un renard": ("un renard", {}, ""),
    "fais-moi un dessin d'un chat": ("un dessin d'un chat", {}, ""),
    "¿Puedes dibujar un gato?": ("un gato", {}, ""),
    "Pode desenhar um gato, por favor?": ("um gato", {}, ""),
    "kun je een kat tekenen?": ("een kat", {}, ""),
    "雪の中の狐を描いてください": ("雪の中の狐", {}, ""),
    "请帮我画一只猫": ("一只猫", {}, ""),
    "画一只猫 style: anime": ("一只猫", {"style": "anime"}, ""),
    "من فضلك ارسم لي قطة": ("قطة", {}, ""),
    "нарисуй кошку, пожалуйста": ("кошку", {}, ""),
    "намалюй мені кота": ("кота", {}, ""),
    "고양이 그려줘": ("고양이", {}, ""),
    # lines, quotes, marks
    "draw a cat style: anime\non a mat\nat night": (
        "a cat\non a mat\nat night",
        {"style": "anime"},
        "",
    ),
    "draw a cat style: anime --n 2\non a mat": (
        "a cat\non a mat",
        {"style": "anime", "n": 2},
        "",
    ),
    "draw a cat,": ("a cat,", {}, ""),
    "draw a cat\n--n 2 on a mat": ("a cat\non a mat", {"n": 2}, ""),
    "draw a cat\n\nstyle: anime\n\n### dog": ("a cat", {"style": "anime", "negative": "dog"}, ""),
    "> what somebody said\ndraw a cat": ("a cat", {}, ""),
    "@painter > what somebody said\ndraw a cat": ("a cat", {}, ""),
    "draw “a cat” in ‘a hat’": ("“a cat” in ‘a hat’", {}, ""),
    "“draw a cat”": ("a cat", {}, ""),
    "```text\ndraw a cat\n```": ("a cat", {}, ""),
    "`draw for me a cat`": ("a cat", {}, ""),
    "draw a cat—a black one—at night": ("a cat—a black one—at night", {}, ""),
    "draw a cat —n 2 –ar 16:9": ("a cat", {"n": 2, "ratio": (16.0, 9.0)}, ""),
    "draw 🦊 in the ❄️": ("🦊 in the ❄️", {}, ""),
    "draw a cat @painter on a mat": ("a cat on a mat", {}, ""),
    # what must not be there
    "draw a cat --no hat": ("a cat", {"negative": "hat"}, ""),
    "draw a cat --no=hat": ("a cat", {"negative": "hat"}, ""),
    'draw a cat --no "hat, "': ("a cat", {"negative": "hat"}, ""),
    "draw a cat negative prompt: hat, dog": ("a cat", {"negative": "hat, dog"}, ""),
    "draw a cat\nNegative: hat": ("a cat", {"negative": "hat"}, ""),
    "draw a photo negative: a street": ("a photo negative: a street", {}, ""),
    "draw a cat, no hats": ("a cat, no hats", {}, "goes after ###, like this: ### hats"),
    "draw a cat without a hat": ("a cat without a hat", {}, "### hat"),
    "draw an elf, negative prompt: ears": ("an elf", {"negative": "ears"}, ""),
    # what stands before the verb
    "cool, now draw a bear": ("a bear", {}, ""),
    "no, draw a bear": ("a bear", {}, ""),
    "no I meant draw a dog not a cat": ("a dog not a cat", {}, ""),
    "oops, draw a dog": ("a dog", {}, ""),
    "pls draw a cat thx": ("a cat", {}, ""),
    "could someone draw a cat for me?": ("a cat", {}, ""),
    "$imagine a cat": ("a cat", {}, ""),
    "-draw a cat": ("a cat", {}, ""),
    "draw me and my friend as mermaids": ("me and my friend as mermaids", {}, ""),
    "draw me a mermaid": ("a mermaid", {}, ""),
    "i want a pic of a t rex": ("a pic of a t rex", {}, ""),
    "Ich hätte gerne ein Bild vom Meer": ("ein Bild vom Meer", {}, ""),
    "zeichne mal bitte ein Einhorn": ("ein Einhorn", {}, ""),
    "haz un gato": ("un gato", {}, ""),
    "fammi un gatto": ("un gatto", {}, ""),
    "nakresli kočku, prosím": ("kočku", {}, ""),
    "ζωγράφισε μια γάτα": ("μια γάτα", {}, ""),
    "צייר חתול": ("חתול", {}, ""),
    "I'm bored. Draw me a fox!": ("a fox!", {}, ""),
    "- draw a fox": ("a fox", {}, ""),
    "ok so i want you to draw a cat": ("a cat", {}, ""),
    "prompt: a fox": ("a fox", {}, ""),
    "make a pic of a dog": ("a pic of a dog", {}, ""),
    "could you make me a logo?": ("a logo", {}, ""),
    "I need a picture of a dog": ("a picture of a dog", {}, ""),
    "paint a sunset": ("a sunset", {}, ""),
    "Kannst du mir ein Bild von einem Drachen machen?": ("einem Drachen", {}, ""),
    "Male ein Haus": ("ein Haus", {}, ""),
    "Peux-tu me faire une image d'un chat ?": ("une image d'un chat", {}, ""),
    "¿puedes hacer un dibujo de un perro?": ("un dibujo de un perro", {}, ""),
    "猫の絵をください": ("猫", {}, ""),
    "bir kedi çizer misin lütfen?": ("bir kedi", {}, ""),
    "rita en katt": ("en katt", {}, ""),
    # names, emoji codes, addresses, signatures
    "draw a fox for @bob": ("a fox", {}, ""),
    "draw a fox (@bob)": ("a fox", {}, ""),
    "draw a fox @bob.": ("a fox.", {}, ""),
    "draw a fox @bob in snow": ("a fox bob in snow", {}, ""),
    "draw @bob as a wizard": ("bob as a wizard", {}, ""),
    "draw a `robot` in snow": ("a robot in snow", {}, ""),
    "draw a portrait of @bob@b.example": ("a portrait of bob", {}, ""),
    "draw u/bob as a wizard": ("bob as a wizard", {}, ""),
    "draw a fox\ncc @bob @ann": ("a fox", {}, ""),
    ":blobfox: draw a fox :blobcat: :verified:": ("a fox", {}, ""),
    "draw a :heart:": ("a heart", {}, ""),
    "draw a :blob_cat: knight": ("a blob cat knight", {}, ""),
    "draw a cat like https://x.example/a.png": ("a cat", {}, "is no part of a picture"),
    "draw a fox\n\n--\nSent from Boost for Lemmy": ("a fox", {}, ""),
    "draw a fox. Sent from my iPhone": ("a fox.", {}, ""),
    "draw `a robot`": ("a robot", {}, ""),
    'draw "a red fox"': ("a red fox", {}, ""),
    # from A1111
    "draw a knight <lora:82098:0.8>": (
        "a knight",
        {"loras": (LoraWish("82098", 0.8),)},
        "read as --lora 82098:0.8",
    ),
    "draw a knight, <lora:add_detail:1>, red": ("a knight, red", {}, "`loras add detail` finds"),
    "draw a knight\nNegative prompt: ugly\nSteps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, "
    "Seed: 12, Size: 512x768, Model hash: abc, Model: dreamshaper_8": (
        "a knight",
        {"negative": "ugly", "steps": 20, "sampler": "k_dpmpp_2m", "karras": True, "seed": "12"}
        | {"cfg_scale": 7.0, "size": (512, 768)},
        "--steps 20 --cfg 7 --seed 12 --size 512x768 --sampler k_dpmpp_2m --karras",
    ),
    "draw a fox, steps 20, cfg 5": ("a fox", {"steps": 20, "cfg_scale": 5.0}, "read as --cfg 5"),
    "draw a fox --seed -1": ("a fox", {}, ""),
    # numbers and shapes
    "draw 4x a frog": ("a frog", {"n": 4}, "“4x” was read as --n 4"),
    "draw a frog x4": ("a frog", {"n": 4}, "“x4” was read as --n 4"),
    "draw a BMW X4": ("a BMW X4", {}, ""),
    "draw my cat, portrait please": ("my cat", {"ratio": (2.0, 3.0)}, "read as --ar portrait"),
    "draw 1girl, portrait": ("1girl, portrait", {}, ""),
    "draw a castle, landscape orientation": ("a castle", {"ratio": (3.0, 2.0)}, "--ar landscape"),
    "draw 4 cats": ("4 cats", {}, ""),
    "draw 4 pictures of cats": ("cats", {"n": 4}, "“4 pictures of” was read as --n 4"),
    "draw me two images of a cat --n 3": ("a cat", {"n": 3}, ""),
    "draw 99 pictures of cats": ("cats", {"n": 20}, "--n 99 became 20"),
    "draw 0 pictures of cats": ("cats", {"n": 1}, "--n 0 became 1"),
    "draw 1 pictures of cats": ("1 pictures of cats", {}, ""),
    "draw a cat 16:9 --size 512x512": ("a cat 16:9", {"size": (512, 512)}, ""),
    "draw a cat 16:9": ("a cat", {"ratio": (16.0, 9.0)}, "read as --ar 16:9"),
    "draw a clock at 10:30": ("a clock at 10:30", {}, ""),
    "draw a cat, 1024x768": ("a cat", {"size": (1024, 768)}, "read as --size 1024x768"),
    "draw a cat --ar portrait": ("a cat", {"ratio": (2.0, 3.0)}, ""),
    "draw a cat seed: 42": ("a cat", {"seed": "42"}, "read as --seed 42"),
    "draw a seed: a tree in the making": ("a seed: a tree in the making", {}, ""),
}


@pytest.mark.parametrize("text", DRAWN)
def test_what_is_drawn(text):
    prompt, fields, note = DRAWN[text]
    found = reading(text)
    assert found == ImageRequest(prompt, **fields, notes=found.notes)
    told = " ".join(one.text for one in found.notes)
    assert note in told
    assert bool(note) is bool(told)


SAID = {
    "hi": NotARequest(WhyNot.GREETING),
    "thank you so much!": NotARequest(WhyNot.THANKS),
    "why did it fail?": NotARequest(WhyNot.QUESTION),
    "you suck!!": NotARequest(WhyNot.SCOLDING),
    "yes please": NotARequest(WhyNot.YES),
    "good bot 😍": NotARequest(WhyNot.PRAISE),
    "thank you so much!!! 😍": NotARequest(WhyNot.THANKS),
    "can i get uhhh a borger": NotARequest(WhyNot.NO_VERB, "uhhh a borger"),
    "Hi there! I want a fox ?": NotARequest(WhyNot.NO_VERB, "a fox"),
    "I need you": NotARequest(WhyNot.NO_VERB),
    "what styles do you have?": Command(CommandName.STYLES),
    "why is it black?": Command(CommandName.HELP, "censored", asked=True),
    "can I use this as my avatar?": Command(CommandName.HELP, "rights", asked=True),
    "what is a lora?": Command(CommandName.HELP, "lora", asked=True),
    "what's the weather": Command(CommandName.HELP, "weather", asked=True),
    "what does --cfg do?": Command(CommandName.HELP, "--cfg", asked=True),
    "how do I use a negative prompt?": Command(CommandName.HELP, "negative prompt", asked=True),
    "do you store my prompts?": Command(CommandName.HELP, "kept", asked=True),
    "can you make videos?": Command(CommandName.HELP, "video", asked=True),
    "sprichst du deutsch?": Command(CommandName.HELP, "languages", asked=True),
    "show me anime styles": Command(CommandName.STYLES, "anime"),
    "what styles are there for landscapes?": Command(CommandName.STYLES, "landscapes"),
    "nothing happened": Command(CommandName.QUEUE),
    "is this free?": Command(CommandName.HELP, "free", asked=True),
    "help negative prompt": Command(CommandName.HELP, "negative prompt"),
    "help with styles": Command(CommandName.HELP, "styles"),
    "opt out": Command(CommandName.STOP),
    "delete my data": Command(CommandName.FORGET_ME),
    "what is this?": Command(CommandName.DESCRIBE),
    "a fox style: anime": NotARequest(WhyNot.NO_VERB, "a fox style: anime"),
    "un renard dans la neige": NotARequest(WhyNot.NO_VERB, "un renard dans la neige"),
    "please dra a cat": NotARequest(WhyNot.NO_VERB, "a cat"),
    "drew?": NotARequest(WhyNot.QUESTION),
    "what happened?!": NotARequest(WhyNot.QUESTION),
    "--n 2 a fox": NotARequest(WhyNot.NO_VERB, "--n 2 a fox"),
    "drawings of cats are nice": NotARequest(WhyNot.NO_VERB),
    "dra a cat": NotARequest(WhyNot.NO_VERB, "a cat"),
    "how do I use you?": Command(CommandName.HELP),
    "HELP!!": Command(CommandName.HELP),
    "Was kannst du?": Command(CommandName.HELP),
    "leave me alone": Command(CommandName.STOP),
    "never mind": Command(CommandName.CANCEL),
    "delete this please": Command(CommandName.DELETE),
    "where is my picture?": Command(CommandName.QUEUE),
    "try again": FollowUp(FollowUpKind.AGAIN),
    "draw it again, please": FollowUp(FollowUpKind.AGAIN),
    "un’altra volta": FollowUp(FollowUpKind.AGAIN),
    "再来一次": FollowUp(FollowUpKind.AGAIN),
    "again --n 1": FollowUp(FollowUpKind.AGAIN, edit=ImageRequest("", n=1)),
    "again in style: raw": FollowUp(FollowUpKind.AGAIN, edit=ImageRequest("", style="raw")),
    "in animee style": NotARequest(WhyNot.NO_VERB),
    "in anime style": FollowUp(FollowUpKind.STYLE, style="anime"),
    "style anime": FollowUp(FollowUpKind.STYLE, style="anime"),
    "make it blue": FollowUp(FollowUpKind.EDIT, edit=ImageRequest("blue"), adds=True),
    "same but at night --n 2": FollowUp(
        FollowUpKind.EDIT, edit=ImageRequest("at night", n=2), adds=True
    ),
    "vary the second one": FollowUp(FollowUpKind.VARY, picture=2),
    "more like 3": FollowUp(FollowUpKind.VARY, picture=3),
    "bigger": FollowUp(FollowUpKind.UPSCALE),
    "how did you make this?": FollowUp(FollowUpKind.INFO),
}


@pytest.mark.parametrize("text", SAID)
def test_what_is_no_new_picture(text):
    assert reading(text) == SAID[text]


UNDER_A_PICTURE = {
    "4x": FollowUp(FollowUpKind.UPSCALE),
    "the first one, but bigger": FollowUp(FollowUpKind.UPSCALE, picture=1),
    "16:9 please": FollowUp(FollowUpKind.AGAIN, edit=ImageRequest("", ratio=(16.0, 9.0))),
    "--ar 16:9": FollowUp(FollowUpKind.AGAIN, edit=ImageRequest("", ratio=(16.0, 9.0))),
    "portrait please": FollowUp(FollowUpKind.AGAIN, edit=ImageRequest("", ratio=(2.0, 3.0))),
    "wider": FollowUp(FollowUpKind.AGAIN, edit=ImageRequest("", ratio=(16.0, 9.0))),
    "anime": FollowUp(FollowUpKind.STYLE, style="anime"),
    "same seed style: anime": FollowUp(
        FollowUpKind.SAME_SEED, edit=ImageRequest("", style="anime")
    ),
    "remove the background": FollowUp(
        FollowUpKind.SAME_SEED, edit=ImageRequest("", no_background=True)
    ),
    "no, without the dog": FollowUp(
        FollowUpKind.EDIT, edit=ImageRequest("", negative="dog"), adds=True
    ),
    "ohne Hund": FollowUp(FollowUpKind.EDIT, edit=ImageRequest("", negative="Hund"), adds=True),
    "less dark": FollowUp(FollowUpKind.EDIT, edit=ImageRequest("", negative="dark"), adds=True),
    "darker!": FollowUp(FollowUpKind.EDIT, edit=ImageRequest("darker"), adds=True),
    "as an oil painting": FollowUp(
        FollowUpKind.EDIT, edit=ImageRequest("an oil painting"), adds=True
    ),
    "edit draw a bear": FollowUp(FollowUpKind.EDIT, edit=ImageRequest("a bear")),
    "edit a bear, --n 2": FollowUp(FollowUpKind.EDIT, edit=ImageRequest("a bear", n=2)),
    "draw it darker": FollowUp(FollowUpKind.EDIT, edit=ImageRequest("darker"), adds=True),
    "this but in anime style": FollowUp(FollowUpKind.STYLE, style="anime"),
    "make it anime": FollowUp(FollowUpKind.STYLE, style="anime"),
    "change the style to anime": FollowUp(FollowUpKind.STYLE, style="anime"),
    "another style": FollowUp(FollowUpKind.AGAIN, edit=ImageRequest("", style="random")),
    "take out the dog": FollowUp(
        FollowUpKind.EDIT, edit=ImageRequest("", negative="dog"), adds=True
    ),
    "now with a bear": FollowUp(FollowUpKind.EDIT, edit=ImageRequest("a bear"), adds=True),
    "mach es blau": FollowUp(FollowUpKind.EDIT, edit=ImageRequest("blau"), adds=True),
    "turn it into a watercolor": FollowUp(
        FollowUpKind.EDIT, edit=ImageRequest("a watercolor"), adds=True
    ),
    "a bear instead": FollowUp(FollowUpKind.EDIT, edit=ImageRequest("a bear")),
    "draw a bear instead": ImageRequest("a bear"),
    "what was the prompt?": FollowUp(FollowUpKind.INFO),
    "why is it black?": Command(CommandName.HELP, "censored", asked=True),
    "yes please": NotARequest(WhyNot.YES),
}


@pytest.mark.parametrize("text", UNDER_A_PICTURE)
def test_what_is_said_under_a_picture(text):
    assert reading(text, reply=True) == UNDER_A_PICTURE[text]


def test_what_was_added_to_a_prompt_can_be_taken_out_of_it():
    without = reading("without the dog", reply=True)
    earlier = ImageRequest("a fox and a dog in the snow", negative="text")
    assert apply(without, earlier) == ImageRequest("a fox in the snow", negative="text, dog")
    alone = apply(without, ImageRequest("a dog in the snow"))
    assert alone == ImageRequest("a dog in the snow", negative="dog")


OF_A_PICTURE = {"draw this as a cartoon": "a cartoon", "draw a fox": "a fox", "draw it": "it"}


@pytest.mark.parametrize("text", OF_A_PICTURE)
def test_what_is_made_of_a_picture_that_came_along(text):
    assert reading(text, picture=True).prompt == OF_A_PICTURE[text]
    form = f"turn this into {OF_A_PICTURE[text]}"
    assert reading(form, picture=True, verb_optional=True).prompt == OF_A_PICTURE[text]


def test_few_words_with_a_picture_probably_say_what_to_make_of_it():
    assert reading("anime version", picture=True) == NotARequest(WhyNot.NO_VERB, "anime version")


@pytest.mark.parametrize(
    "text", ["draw me a picture", "draw this", "draw", "draw https://x.example/a"]
)
def test_what_leaves_open_what_to_draw_is_asked_back(text):
    with pytest.raises(Refusal, match=r"what to draw"):
        reading(text)
    assert reading(text, picture=True)


@pytest.mark.parametrize(
    "text",
    [
        "you suck",
        "wow nice",
        "why?",
        "thanks!",
        "in a good style",
        "with love",
        "no",
        "less is more",
        "remove him",
        "without doubt",
    ],
)
def test_talk_under_an_answer_is_left_to_people(text):
    assert reading(text, reply=True) == NotARequest(WhyNot.TALK)


def test_only_a_style_is_answered_with_an_example_in_it():
    with pytest.raises(Refusal, match="a fox in the snow style: anime"):
        reading("draw for me style: anime")


def test_all_said_in_prompts_field_is_read_alike_but_for_politeness():
    field = {"verb_optional": True}
    assert reading("a cat 16:9", **field).ratio == (16.0, 9.0)
    assert reading("4 pictures of cats", **field).n == 4
    assert reading("a sign that says please", **field).prompt == "a sign that says please"
