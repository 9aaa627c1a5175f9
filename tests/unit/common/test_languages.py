"""Languages besides English: they say what English says, with the same values."""

from string import Formatter

import pytest

from common import texts

OTHERS = [language for language in texts.languages() if language != texts.DEFAULT_LANGUAGE]
WORDS = ("verbs", "again", "polite", "grammar")
"""Groups that are words of the grammar, each language's own."""


def values_of(sentence):
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_what_another_language_says_english_says_with_the_same_values(language):
    english = texts.catalogue()
    strange = {
        code: sentence
        for code, sentence in texts.catalogue(language).items()
        if code in english
        and code.partition(".")[0] not in WORDS
        and not values_of(sentence) <= values_of(english[code])
    }
    assert strange == {}


def test_german_has_a_sentence_only_where_english_has_one():
    own = {code for code in texts.catalogue("de") if code not in texts.catalogue()}
    assert {code.partition(".")[0] for code in own} <= set(WORDS)


def test_everything_pressed_on_discord_has_its_german_word():
    groups = ("discord_buttons", "discord_commands", "discord_options", "discord_settings")
    english = {code for code in texts.catalogue() if code.partition(".")[0] in groups}
    assert english <= set(texts.catalogue("de"))
    assert len(english) > 60


def test_a_language_is_spoken_inside_the_block_and_what_it_lacks_is_english():
    with texts.speaking("de"):
        assert texts.say("answer.deleted") == "Es ist gelöscht."
        assert texts.say("check.civitai") == texts.catalogue()["check.civitai"]
    assert texts.say("answer.deleted") == "It is deleted."
    with texts.speaking("tlh"):
        assert texts.say("answer.deleted") == "It is deleted."
