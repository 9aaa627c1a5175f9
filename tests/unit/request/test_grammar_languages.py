"""Verbs, politeness and `again` of all languages, read in every place."""

import time

import pytest

from common.texts import catalogue, languages
from request.grammar import (
    Command,
    CommandName,
    FollowUp,
    FollowUpKind,
    ImageRequest,
    NotARequest,
    WhyNot,
    read,
)
from request.grammar.words import words
from styles.names import NameIndex

NAMES = NameIndex(("raw", "anime"))


def reading(text, **context):
    return read(text, NAMES, bot_names=("painter",), **context)


def phrases(language, group):
    written = catalogue(language).get(f"grammar.{group}", "")
    return [phrase.strip() for phrase in written.split("|") if phrase.strip()]


@pytest.mark.parametrize("language", languages())
def test_help_is_asked_for_with_a_word_behind_it(language):
    said = phrases(language, "help_with")
    assert said
    for one in said:
        assert reading(f"{one} seed") == Command(CommandName.HELP, "seed")


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("zeichne für mich einen Fuchs", "einen Fuchs"),
        ("Hallo @painter, bitte male mir: einen Fuchs", "einen Fuchs"),
        ("dessine-moi un mouton", "un mouton"),
        ("s’il te plaît, dessine moi un mouton", "un mouton"),
        ("Bonjour ! Peux-tu me dessiner un renard", "un renard"),
        ("dibuja para mí un zorro", "un zorro"),
        ("¡Hola! ¿Puedes dibujarme un zorro", "un zorro"),
        ("DIBU\u0301JAME un zorro", "un zorro"),
        ("desenha para mim uma raposa", "uma raposa"),
        ("me desenhe uma raposa", "uma raposa"),
        ("disegnami una volpe", "una volpe"),
        ("per favore disegna una volpe", "una volpe"),
        ("teken voor mij een vos", "een vos"),
        ("czy możesz narysować mi lisa", "lisa"),
        ("narysuj lisa", "lisa"),
        ("hello dessine a fox", "a fox"),
    ],
)
def test_verbs_of_other_languages(text, prompt):
    assert reading(text) == ImageRequest(prompt)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("雪の中の狐を描いて", ImageRequest("雪の中の狐")),
        ("雪の中の狐の絵を描いてください。", ImageRequest("雪の中の狐")),
        ("@painter雪の中の狐を描いて", ImageRequest("雪の中の狐")),
        ("すみません、狐を描いてください、お願いします！", ImageRequest("狐")),
        ("狐を描いて style: anime --n 2", ImageRequest("狐", style="anime", n=2)),
        ("--n 2 狐を描いて", ImageRequest("狐", n=2)),
        ("狐を描いて ### 人", ImageRequest("狐", negative="人")),
        ("--n 2 狐を描いて ### 人", ImageRequest("狐", n=2, negative="人")),
        ("狐 style：anime を描いて", ImageRequest("狐", style="anime")),
        ("狐style：anime を描いて", ImageRequest("狐", style="anime")),
        ("描いて：雪の狐", ImageRequest("雪の狐")),
        ("描いて 雪の狐", ImageRequest("雪の狐")),
    ],
)
def test_a_japanese_verb_may_stand_behind_the_prompt(text, expected):
    assert reading(text) == expected


@pytest.mark.parametrize("text", ["描いている人", "狐を描いた", "狐を描いて笑った", "狐"])
def test_what_only_looks_like_a_japanese_verb(text):
    assert reading(text) == NotARequest(WhyNot.NO_VERB)
    assert reading(text, verb_optional=True) == ImageRequest(text)


@pytest.mark.parametrize("language", languages())
def test_every_verb_of_the_catalogue_is_read(language):
    for verb in phrases(language, "verbs"):
        if "(" in verb:  # what stands in brackets must follow
            alone, _, follows = verb.rstrip(")").partition("(")
            prompt = f"{follows} x y".removeprefix("…").lstrip()
            assert reading(alone + prompt) == ImageRequest(prompt)
            continue
        assert reading(f"{verb} x y") == ImageRequest("x y")
        assert reading(f"{verb.upper()}: x y") == ImageRequest("x y")
    for verb in phrases(language, "verbs_around"):
        assert reading(verb.replace("…", "x y")) == ImageRequest("x y")
    for verb in phrases(language, "verbs_end"):
        assert reading(f"x y {verb}") == ImageRequest("x y")


@pytest.mark.parametrize("language", languages())
def test_politeness_of_the_catalogue_is_passed_over(language):
    for polite in phrases(language, "polite"):
        assert reading(f"{polite}, {polite} draw a fox") == ImageRequest("a fox")
    for thanks in phrases(language, "thanks"):
        assert reading(f"again {thanks}!") == FollowUp(FollowUpKind.AGAIN)


@pytest.mark.parametrize("language", languages())
def test_again_of_the_catalogue_is_the_same_follow_up(language):
    assert phrases(language, "again")
    for again in phrases(language, "again"):
        assert reading(f"{again.capitalize()}!") == FollowUp(FollowUpKind.AGAIN)


@pytest.mark.parametrize(
    "prompt",
    [
        *("male elf with a sword", "mal ange", "pinta of ale", "maler at work", "paint on a wall"),
        *("encore performance", "salut d'amour", "dag of a sheep", "ciao bella", "please"),
        *("sketch of a house", "peins", "dipinto", "desenho", "tekening", "zeichnen lernen"),
    ],
)
def test_ordinary_words_of_a_prompt_are_no_verbs(prompt):
    assert reading(prompt, verb_optional=True) == ImageRequest(prompt)


def test_no_language_takes_a_verb_that_is_an_ordinary_english_word():
    ordinary = {"male", "mal", "pinta", "paint", "sketch", "make", "create", "show", "dip", "peins"}
    assert [
        (language, ordinary.intersection(phrases(language, "verbs")))
        for language in languages()
        if ordinary.intersection(phrases(language, "verbs"))
    ] == []


def test_the_words_are_made_once_and_matched_quickly():
    assert words() is words()
    text = "hello there could you please " * 100
    started = time.process_time()
    for _ in range(100):
        words().without_verb(text, (len(text),))
    assert time.process_time() - started < 10  # a tenth of one, unless it tries without end
