"""From the answers of an organiser to a plan, and back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from events.model import Plan
from events.wizard import QUESTIONS, Unfit, answers_of, plan_of, suggested

NOW = datetime(2027, 9, 1, 17, 42, tzinfo=UTC)
SAID = suggested(NOW) | {"name": "autumn", "title": "Autumn", "theme": "Leaves"}


def test_name_title_and_theme_are_enough():
    plan = plan_of(SAID)
    assert (plan.name, plan.kind.value, plan.rules.entries) == ("autumn", "challenge", 1)
    assert plan.schedule.opens == datetime(2027, 9, 2, 17, tzinfo=UTC)
    assert plan.schedule.closes == datetime(2027, 9, 9, 17, tzinfo=UTC)


def test_every_answer_reaches_its_place_in_the_plan():
    plan = plan_of(
        SAID
        | {"venues": "lemmy/aiart, mastodon", "required": "leaf, light", "forbidden": "pumpkin"}
        | {"places": "50, 20", "size": "512 x 768", "seed": "7", "elsewhere": "yes"}
        | {"styles": "noir", "models": "demo", "account_days": "7", "language": "de"}
        | {"announces": "2027-09-01T18:00", "grace_minutes": "0", "fewest_votes": "0"}
    )
    assert [(venue.account, venue.to) for venue in plan.venues] == [
        ("lemmy", "aiart"),
        ("mastodon", ""),
    ]
    assert (plan.prizes.places, plan.prizes.budget) == ((50, 20), 70)
    assert (plan.rules.size, plan.rules.elsewhere) == ((512, 768), True)
    assert plan.schedule.announces == datetime(2027, 9, 1, 18, tzinfo=UTC)
    assert plan_of(answers_of(plan)) == plan
    assert set(answers_of(plan)) == {question.code for question in QUESTIONS}


def test_blank_answers_mean_what_most_plans_have():
    plan = plan_of(SAID | {"grace_minutes": "", "venues": " , ", "seed": " ", "elsewhere": ""})
    usual = Plan.model_fields["rules"].default
    assert (plan.rules, plan.venues, plan.schedule.grace_minutes) == (usual, (), 10)


def test_what_is_not_asked_stays_as_it_was():
    before = plan_of(SAID | {"venues": "discord/7"}).model_dump()
    before["venues"][0]["community"] = "42"
    before["voting"]["largest_share"] = 0.5
    base = Plan.model_validate(before)
    after = plan_of(answers_of(base) | {"title": "Late autumn", "venues": "discord/7, web"}, base)
    assert after.title == "Late autumn"
    assert [venue.community for venue in after.venues] == ["42", ""]
    assert after.voting.largest_share == 0.5


@pytest.mark.parametrize(
    ("answers", "code", "sentence"),
    [
        ({"name": "Bad Name"}, "name", "begin with a small letter"),
        ({"theme": "  "}, "theme", "This is needed."),
        ({"theme": "x" * 10_000_000}, "theme", "at most 1500 characters fit"),
        ({"kind": "war"}, "kind", "Write challenge, contest or party."),
        ({"opens": "tomorrow"}, "opens", "Write a date and a time"),
        ({"closes": "2027-09-01T00:00"}, "closes", "it closes before it opens"),
        ({"entries": "many"}, "entries", "Write a number."),
        ({"size": "large"}, "size", "Write it as 512x768."),
        ({"places": "10, x"}, "places", "Write a number."),
        ({"places": "10, 20"}, "budget", "falling order"),
        ({"places": "10", "budget": "5"}, "budget", "the budget is 5"),
        ({"required": ",".join("abc" for _ in range(51))}, "required", "at most 50 fit"),
    ],
)
def test_what_is_wrong_is_said_at_its_question(answers, code, sentence):
    with pytest.raises(Unfit) as caught:
        plan_of(SAID | answers)
    assert list(caught.value.faults) == [code]
    assert sentence in caught.value.faults[code]
    assert sentence in str(caught.value)
