"""What an event lets in, and the reason where it does not."""

from dataclasses import replace

import pytest

from common.errors import Refusal
from events.entries import candidate
from events.entries.candidate import Candidate, check_others, check_rules, holds
from events.model import Entry, EntryState, Kind, Shown, State
from tests.unit.events.autumn import event_of, plan_of

FOX = Candidate(
    sha256="a" * 64,
    mime="image/webp",
    likeness="f" * 64,
    width=512,
    height=512,
    prompt="a red fox",
    style="raw",
    model="Deliberate",
    seed="7",
)


def opened(**more):
    return event_of(State.OPEN, plan=plan_of(**more))


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ({"required": ["leaf"]}, "must hold: leaf"),
        ({"required": ["fo"]}, "must hold: fo"),
        ({"required": ["red fox", "leaf", "tree"]}, "must hold: leaf, tree"),
        ({"forbidden": ["Fox"]}, "may not hold: Fox"),
        ({"styles": ["anime", "bears"]}, "only for these styles: anime, bears"),
        ({"models": ["Another"]}, "only for these models: Another"),
        ({"seed": "42"}, "use the seed 42"),
        ({"size": [640, 640]}, "are 640x640"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_the_rule(rules, why):
    with pytest.raises(Refusal, match=why):
        check_rules(opened(rules=rules), FOX)


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"required": ["FOX", "red  fox"]},
        {"forbidden": ["fo", "x"]},
        {"styles": ["Raw"]},
        {"models": ["deliberate"]},
        {"seed": "7", "size": [512, 512]},
    ],
)
def test_what_keeps_to_the_rules_is_let_in(rules):
    check_rules(opened(rules=rules), FOX)


def test_a_category_that_was_named_counts_as_the_style_drawn_from_it():
    check_rules(opened(rules={"styles": ["animals"]}), replace(FOX, wished="Animals"))


def test_where_a_category_is_asked_for_each_of_its_styles_will_do():
    meant = {"animals": ("Raw", "fur"), "fur": ("fur",)}.get
    check_rules(opened(rules={"styles": ["animals"]}), FOX, meant)
    with pytest.raises(Refusal, match="fur"):
        check_rules(opened(rules={"styles": ["fur"]}), FOX, meant)


@pytest.mark.parametrize(
    ("prompt", "word", "found"),
    [
        ("a café at night", "CAFÉ", True),
        ("leaflet", "leaf", False),
        ("leaf-green", "leaf", True),
        ("（leaf）", "leaf", True),
        ("a.b", ".", False),
    ],
)
def test_words_are_found_whole_whatever_their_case(prompt, word, found):
    assert holds(prompt, word) is found


def entry(number, one=FOX, *, entrant="ann", state=EntryState.ENTERED):
    return Entry(
        id=number,
        event="abc",
        number=number,
        account="web",
        entrant=entrant,
        shown=Shown.NAME,
        name=entrant,
        sha256=one.sha256,
        mime=one.mime,
        likeness=one.likeness,
        prompt_hash=one.prompt_hash,
        recipe={},
        ours=True,
        licence="",
        request="",
        link="",
        state=state,
        reason="",
        at=0.0,
    )


OTHER = replace(FOX, sha256="b" * 64, likeness="0" * 64)
PEOPLE = {"ann": "ann", "bob": "bob", "ann2": "ann"}


def test_a_picture_that_looks_like_an_entry_is_one():
    near = replace(FOX, sha256="c" * 64, likeness="f" * 62 + "00")
    with pytest.raises(Refusal, match="is entry 1 already"):
        check_others(opened(), near, [entry(1)], "bob", PEOPLE)


def test_the_same_words_are_entered_once_by_a_person_and_a_style_once_by_all():
    with pytest.raises(Refusal, match="that prompt already"):
        check_others(opened(rules={"entries": 3}), OTHER, [entry(1)], "ann", PEOPLE)
    check_others(opened(), OTHER, [entry(1)], "bob", PEOPLE)
    with pytest.raises(Refusal, match="That style has been entered"):
        check_others(opened(kind=Kind.CONTEST), OTHER, [entry(1)], "bob", PEOPLE)


def test_linked_accounts_share_the_entries_a_person_has():
    bear = replace(OTHER, prompt="a bear")
    with pytest.raises(Refusal, match=r"You have 1 entries in autumn already \(1\)"):
        check_others(opened(), bear, [entry(1, entrant="ann2")], "ann", PEOPLE)
    check_others(opened(), bear, [entry(1, entrant="ann2")], "ann", PEOPLE, replaces=1)
    gone = entry(1, state=EntryState.WITHDRAWN)
    check_others(opened(), FOX, [gone], "ann", PEOPLE)


def test_a_hidden_entry_still_counts():
    bear = replace(OTHER, prompt="a bear")
    with pytest.raises(Refusal):
        check_others(opened(), bear, [entry(1, state=EntryState.HIDDEN)], "ann", PEOPLE)


@pytest.mark.parametrize(
    ("days", "age", "refused"),
    [
        (0, None, None),
        (7, 8 * 86400, None),
        (7, 6 * 86400, "at least 7 days old"),
        (7, None, "I cannot see"),
    ],
)
def test_an_account_of_unknown_age_is_young_where_age_matters(days, age, refused):
    event = opened(rules={"account_days": days})
    if refused is None:
        candidate.check_age(event, age)
        return
    with pytest.raises(Refusal, match=refused):
        candidate.check_age(event, age)
