"""What members type who speak German, French, Spanish, Portuguese or Japanese, or cannot spell yet."""

from __future__ import annotations

import pytest

from request.grammar import (
    Command,
    CommandName,
    FollowUp,
    FollowUpKind,
    ImageRequest,
    NotARequest,
    WhyNot,
    apply,
    read,
)
from styles.names import NameIndex

NAMES = NameIndex(("raw", "anime"))
SHOWN = ImageRequest("a fox")


def reading(text, *, reply=False):
    return read(text, NAMES, reply=reply)


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("hallo! kannst du mir bitte nen Hund malen der lacht??", "nen Hund der lacht"),
        ("könntest du vielleicht einen Drachen zeichnen, der liest?", "einen Drachen, der liest"),
        ("Kannst du ein Bild malen wo ein Fuchs drauf ist", "ein Bild wo ein Fuchs drauf ist"),
        ("Ich hätt gern ein Bild von meiner Oma", "ein Bild von meiner Oma"),
        ("tu peux faire une voiture ?", "une voiture"),
        ("génère une image de Paris", "une image de Paris"),
        ("genera una imagen de Lima", "una imagen de Lima"),
        ("crie uma imagem de Lisboa", "uma imagem de Lisboa"),
        ("富士山と桜の絵が欲しい", "富士山と桜"),
        ("夜の街のイラストをお願いします！", "夜の街"),
        ("pleas draw a catt", "a catt"),
    ],
)
def test_what_is_drawn(text, prompt):
    assert reading(text) == ImageRequest(prompt)


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("Bitte ein Eichhörnchen", "ein Eichhörnchen"),
        ("ich will einen Hund", "einen Hund"),
        ("j'aimerais bien un renard", "un renard"),
        ("quiero un gato", "un gato"),
        ("queria uma gata", "uma gata"),
        ("can u mak a unacorn", "a unacorn"),
        ("drow me a prinses", "a prinses"),
        ("can yu draw a boat", "a boat"),
        ("im 8 can you draw a fairy?", "a fairy"),
    ],
)
def test_what_was_probably_to_be_drawn_is_asked_about(text, prompt):
    assert reading(text) == NotARequest(WhyNot.NO_VERB, prompt)


@pytest.mark.parametrize(
    "text", ["ich will nicht", "je veux pas", "you draw well", "I like to draw", "hello everybody"]
)
def test_what_was_not_is_not(text):
    assert reading(text) in (NotARequest(WhyNot.NO_VERB), NotARequest(WhyNot.QUESTION))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        *(("was kostet das?", "free"), ("c'est gratuit ?", "free"), ("無料ですか？", "free")),
        *(("warum ist das schwarz?", "censored"), ("pourquoi c'est noir ?", "censored")),
        *(("kannst du deutsch?", "languages"), ("hi bot how are you", "bot")),
    ],
)
def test_what_is_asked_is_explained(text, word):
    assert reading(text) == Command(CommandName.HELP, word, asked=True)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *(("wie lange dauert das denn?", CommandName.QUEUE), ("où est mon image ?", "queue")),
        *(("quels styles tu as ?", "styles"), ("wat can u do", "help"), ("使い方を教えて", "help")),
        *(("lösch meine Daten", "forget me"), ("laisse-moi tranquille", "stop")),
        *(
            ("kannst du das löschen?", "delete"),
            ("supprime", "delete"),
            ("消してください", "delete"),
        ),
        *(("bórralo", "delete"), ("apaga isso por favor", "delete"), ("delet", "delete")),
    ],
)
def test_a_command_in_other_words(text, name):
    assert reading(text, reply=True) == Command(CommandName(name))


@pytest.mark.parametrize(
    "text",
    ["lösch das?", "supprime ?", "消して？", "lösch meine Daten?", "laisse-moi tranquille ?"],
)
def test_which_is_only_asked_about_in_them_too(text):
    assert reading(text, reply=True).name is CommandName.HELP


@pytest.mark.parametrize(
    ("text", "why"),
    [
        *(
            ("danke dir!!", WhyNot.THANKS),
            ("du bist doof", WhyNot.SCOLDING),
            ("t'es nul", "scolding"),
        ),
        *(("すごい！", WhyNot.PRAISE), ("i love u", WhyNot.PRAISE), ("me encanta", WhyNot.PRAISE)),
    ],
)
def test_courtesy_and_its_contrary(text, why):
    assert reading(text) == NotARequest(WhyNot(why))


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("mach einen Hut drauf", "a fox, einen Hut"),
        ("zu dunkel", "a fox, heller"),
        ("jetzt bei Nacht", "a fox, bei Nacht"),
        ("mit einem Hut", "a fox, mit einem Hut"),
        ("noch eins mit einem Bär", "a fox, einem Bär"),
        ("mets un chapeau", "a fox, un chapeau"),
        ("avec un chapeau", "a fox, avec un chapeau"),
        ("trop sombre", "a fox, plus clair"),
        ("ponle un sombrero", "a fox, un sombrero"),
        ("coloca um chapéu", "a fox, um chapéu"),
        ("帽子をかぶせて", "a fox, 帽子をかぶった"),
        ("アニメ風にして", "a fox, アニメ風"),
        ("can u do it with a dog", "a fox, a dog"),
        ("make it have wings", "a fox, wings"),
        ("fais un chat noir", None),
    ],
)
def test_what_is_to_be_different_under_a_picture(text, prompt):
    meant = reading(text, reply=True)
    if prompt is None:
        assert meant == ImageRequest("un chat noir")  # a picture of its own
    else:
        assert apply(meant, SHOWN).prompt == prompt


@pytest.mark.parametrize(
    "text",
    [
        *("kannst du das nochmal machen?", "anderes Bild bitte", "refais-le", "un autre"),
        *("otra imagen", "faz de novo", "やり直して", "別のをお願い", "agian", "moar"),
    ],
)
def test_another_try(text):
    assert reading(text, reply=True) == FollowUp(FollowUpKind.AGAIN)


@pytest.mark.parametrize(
    "text", ["größer bitte", "plus grand", "más grande", "maior", "もっと大きく", "make it biger"]
)
def test_larger(text):
    assert reading(text, reply=True) == FollowUp(FollowUpKind.UPSCALE)


@pytest.mark.parametrize("text", ["hochkant bitte", "format portrait", "縦長で"])
def test_another_shape(text):
    assert reading(text, reply=True).edit.ratio == (2.0, 3.0)


@pytest.mark.parametrize("text", ["im Anime-Stil", "en style anime", "em estilo anime"])
def test_another_style(text):
    assert apply(reading(text, reply=True), SHOWN).style == "anime"


@pytest.mark.parametrize(
    "text", ["was war der Prompt?", "quel style ?", "qual foi o prompt?", "プロンプトは？"]
)
def test_how_it_was_made(text):
    assert reading(text, reply=True) == FollowUp(FollowUpKind.INFO)
