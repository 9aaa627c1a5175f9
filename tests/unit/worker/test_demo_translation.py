"""Prompts in other languages, for a model that knows English words alone."""

import random
import re

import pytest

from common import texts
from request.grammar import ImageRequest, read
from styles.names import NameIndex
from worker.demo_model import phrasebook, vocabulary
from worker.demo_model.phrasebook import ENGLISH, Kind, phrases, table, tongues
from worker.demo_model.translation import in_english

SUBJECTS = {subject.name for subject in vocabulary.SUBJECTS}
NAMES = {name for subject in vocabulary.SUBJECTS for name in subject.names}
ENGLISH_NAMES = NAMES | {vocabulary.plural(name) for name in NAMES}
PLACES = {phrase for scene in vocabulary.SCENES.values() for phrase in scene.phrases}


def test_whatever_language_answers_are_in_has_the_words():
    assert {*tongues(), ENGLISH} >= set(texts.spoken())


@pytest.mark.parametrize("language", tongues())
class TestTable:
    def test_has_all_subjects_colours_and_scenes(self, language):
        groups = table(language)
        assert set(groups) == {kind.name.lower() for kind in Kind}
        assert set(groups["subjects"]) == SUBJECTS
        assert set(groups["colours"]) == set(vocabulary.COLOURS)
        placed = set(groups["places"])
        assert placed - {"on a {colour} background"} <= PLACES
        for scene in vocabulary.SCENES.values():
            assert placed & set(scene.phrases), scene.alone
            assert re.sub(r"\A(?:an?|the) ", "", scene.alone) in groups["landscapes"]
        assert "on a {colour} background" in placed
        assert {"small", "big", "two", "and", "next to", "below"} <= set(groups["words"])

    def test_says_something_for_each(self, language):
        for entries in table(language).values():
            for english, said in entries.items():
                assert all(one.strip() for one in re.split(r"[|/]", said)), english

    def test_nothing_is_said_for_two_things(self, language):
        twice = {
            (phrase, meaning.english, phrases(language)[phrasebook.fold(phrase)].english)
            for phrase, meaning in phrasebook.written(table(language))
            if phrases(language)[phrasebook.fold(phrase)] != meaning
        }
        assert twice == set()

    def test_a_thing_named_alone_is_drawn(self, language):
        for phrase, meaning in phrases(language).items():
            if meaning.kind is Kind.SUBJECTS:
                assert in_english(phrase) == meaning.english or phrase in ENGLISH_NAMES


def asked(sentence):
    """Yield the prompts of the requests that stand in a sentence, at ends of lines or behind a colon."""
    for piece in re.split(r": (?!stylepunks)|\n| — ", sentence):
        found = read(piece, NameIndex(("stylepunks",)))
        if isinstance(found, ImageRequest):
            yield found.prompt


def known(prompt):
    """Return what the model knows of a prompt: things and places."""
    text = in_english(prompt)
    return {name for name in SUBJECTS | PLACES if re.search(rf"\b{name}\b", text)}


@pytest.mark.parametrize("language", texts.spoken())
def test_every_example_of_the_room_and_of_the_help_is_drawn(language):
    said = texts.catalogue(language)
    room = [known(prompt) for prompt in asked(said["web.examples"])]
    assert [one & SUBJECTS for one in room] == [{"fox"}, {"house"}]
    assert all(one & PLACES for one in room)
    first, *others = [known(prompt) for prompt in asked(said["help.text"])]
    assert first == {"fox", "in the snow"}
    assert {"castle"} in others


@pytest.mark.parametrize(
    ("prompt", "english"),
    [
        ("ein roter Hund", "a red dog"),
        ("rote Katze", "red cat"),
        ("einen FUCHS im Schnee", "a fox in the snow"),
        ("zwei rote Äpfel auf einer Wiese", "two red apples in a meadow"),
        ("zwei Drachen", "two dragons"),
        ("Äpfel", "apples"),
        ("Aepfel", "apples"),
        ("auf einer Wiese eine kleine Katze", "a small cat in a meadow"),
        ("ein Hund unter einer Katze", "cat above a dog"),
        ("ein rotes Pferd", "a red pferd"),
        ("ein Bär im Schnee, masterpiece", "a bär in the snow , masterpiece"),
        ("foret", "forest"),
        ("un chat", "a cat"),
        ("chat noir", "black cat"),
        ("Un petit chat bleu sur fond jaune", "a small blue cat on a yellow background"),
        ("deux chattes blanches", "two white cats"),
        ("un lion et un cactus", "a lion and a cactus"),
        ("l’étoile", "the star"),
        ("E\u0301toile", "star"),
        ("une rose rouge", "a rose red"),
        ("un renard in the city at night", "a fox in the city at night"),
        ("dos perros rojos en el bosque", "two red dogs in a forest"),
        ("um gato e um cachorro na praia", "a cat and a dog at the beach"),
        ("雪の中の狐", "fox in the snow"),
        ("雪の中のきつね", "fox in the snow"),
        ("赤い背景に大きなキツネ", "big fox on a red background"),
        ("家の上の猫", "cat above house"),
        ("猫が二匹", "two cats"),
        ("猫と犬", "cat and dog"),
        ("赤いUFOの絵", "red ufo 絵"),
    ],
)
def test_what_is_known_is_put_into_english(prompt, english):
    assert in_english(prompt) == english


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "fox",
        "A Fox  in the\nsnow, masterpiece, 4k",
        "(a Cat:1.3) on a blue background",
        "a chat about cats",
        "two people chat in a café at night",
        "a rose in a garden",
        "a stern captain with a beard",
        "film noir",
        "the cast of a play",
        "die, robot",
        "a robot in los angeles",
        "a fox and un chat",
        "mar the paint on the auto",
        "pizza",
        "un",
        "zebra",
        "パンダナ",
        "ヘルメット",
        "電車",
        "\ud800",
    ],
)
def test_all_else_stays_as_it_is(prompt):
    assert in_english(prompt) == prompt


def test_all_the_model_has_learned_stays_as_it_is():
    learned = (
        *(name for subject in vocabulary.SUBJECTS for name in subject.names),
        *(vocabulary.plural(name) for name in SUBJECTS),
        *vocabulary.COLOURS,
        *PLACES,
        *(scene.alone for scene in vocabulary.SCENES.values()),
        *vocabulary.FILLERS,
        *vocabulary.STRANGERS,
        *vocabulary.NEGATIVES,
        vocabulary.UNKNOWN.name,
    )
    assert [(text, in_english(text)) for text in learned if in_english(text) != text] == []
    chance = random.Random(0)
    for _ in range(300):
        subject, colour, place, idle = map(
            chance.choice,
            (sorted(SUBJECTS), list(vocabulary.COLOURS), sorted(PLACES), vocabulary.FILLERS),
        )
        for text in (f"A {colour} {subject} {place}, {idle}", f"{idle} {subject} on {colour}"):
            assert in_english(text) == text


@pytest.mark.parametrize("said", ["犬の上の", "hund unter ", "im schnee ", "fuchs rot "])
def test_a_long_prompt_is_read_as_far_as_the_model_reads(said):
    assert len(in_english(said * 9999).split()) < 1200
