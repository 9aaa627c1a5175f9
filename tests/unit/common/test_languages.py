"""A language says everything members and moderators read, with the same values, or only has verbs."""

import re
from functools import cache
from importlib.resources import files
from string import Formatter

import pytest
import yaml

from common import texts

FOLDER = files("common") / "catalogue"
QUICK_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
ENGLISH_ALONE = {
    f"{name}.yaml"
    for name in (
        *("cli", "startup", "worker", "hub", "prizes"),
        *("discord_account", "horde_account", "lemmy_account", "mastodon_account"),
        "reddit_account",
    )
}
"""Files that are read by whoever runs the bot, a hub, a worker or an event."""
OWN_WORDS = ("grammar", "glossary_also")
"""Groups that are words of the language itself, and may differ from those of English."""


@cache
def files_of(language):
    """Return `{file: {code: sentence}}` of a language."""
    return {
        file.name: {
            f"{group}.{name}": str(sentence)
            for group, sentences in yaml.load(file.read_text("utf-8"), QUICK_LOADER).items()
            for name, sentence in sentences.items()
        }
        for file in (FOLDER / language).iterdir()
    }


def sentences_of(found):
    return {code: one for code, one in found.items() if code.partition(".")[0] not in OWN_WORDS}


def values_of(sentence):
    """Return the values a sentence names, each with how it is written; sorted."""
    return sorted(
        {f"{name}!{kind}:{form}" for _, name, form, kind in Formatter().parse(sentence) if name}
    )


ENGLISH = files_of(texts.DEFAULT_LANGUAGE)
MEMBERS = {
    name: sentences_of(found) for name, found in ENGLISH.items() if name not in ENGLISH_ALONE
}
OTHERS = [language for language in texts.languages() if language != texts.DEFAULT_LANGUAGE]
WHOLE = [language for language in OTHERS if set(files_of(language)) != {"grammar.yaml"}]
"""The languages answers are in: one that has more than the words requests begin with has all."""


def test_some_languages_are_whole_and_answers_are_in_them():
    assert {"de", "es", "fr", "ja", "pt"} <= set(WHOLE)
    assert texts.spoken() == (texts.DEFAULT_LANGUAGE, *WHOLE)
    assert set(ENGLISH) >= ENGLISH_ALONE


@pytest.mark.parametrize("language", WHOLE)
def test_a_language_has_every_sentence_that_members_read_in_the_same_file(language):
    said = {name: sentences_of(found) for name, found in files_of(language).items()}
    assert set(said) == set(MEMBERS)
    for name, english in MEMBERS.items():
        assert (name, set(english) - set(said[name])) == (name, set())
        assert (name, set(said[name]) - set(english)) == (name, set())


@pytest.mark.parametrize("language", WHOLE)
def test_a_sentence_has_the_values_of_the_english_one(language):
    english, said = texts.catalogue(), sentences_of(texts.catalogue(language))
    different = {
        code: sentence
        for code, sentence in said.items()
        if values_of(sentence) != values_of(english[code])
    }
    assert different == {}


@pytest.mark.parametrize("language", [texts.DEFAULT_LANGUAGE, *WHOLE])
def test_every_sentence_can_be_said(language):
    with texts.speaking(language):
        for code, sentence in sentences_of(texts.catalogue()).items():
            names = {name for _, name, _, _ in Formatter().parse(sentence) if name}
            said = texts.say(code, **dict.fromkeys(names, 7))
            assert said or code == "outcome.of_styles"
            assert not re.search(r"\{[a-z_]+\}", said), code


@pytest.mark.parametrize("language", WHOLE)
def test_few_sentences_are_those_of_english(language):
    """A sentence of four words that is the same was forgotten."""
    english = texts.catalogue()
    same = [
        code
        for code, sentence in sentences_of(texts.catalogue(language)).items()
        if sentence == english[code] and len(re.findall(r"[^\W\d_]{2,}", sentence)) > 3
    ]
    assert same == []


@pytest.mark.parametrize("language", OTHERS)
def test_words_of_a_language_are_of_groups_that_english_has(language):
    own = {code for code in texts.catalogue(language) if code not in texts.catalogue()}
    assert {code.partition(".")[0] for code in own} <= {"grammar", "glossary_also"}


def test_a_language_is_spoken_inside_the_block_and_what_it_lacks_is_english():
    with texts.speaking("de"):
        assert texts.say("answer.deleted") == "Es ist gelöscht."
        assert texts.say("check.civitai") == texts.catalogue()["check.civitai"]
    assert texts.say("answer.deleted") == "It is deleted."
    with texts.speaking("tlh"):
        assert texts.say("answer.deleted") == "It is deleted."
