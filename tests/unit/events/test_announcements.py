"""What is posted of an event is said in the language its plan names, or the plan is refused."""

import pytest

from common import texts
from common.errors import Refusal
from events.languages import check_language
from events.posts.announcements import words_of
from events.rehearsal import rehearse
from tests.unit.events.autumn import plan_of

ENGLISH = texts.catalogue()
POSTED = {code for code in ENGLISH if code.startswith("event_post.")} | {"entry.anonymous"}


@pytest.mark.parametrize("language", texts.spoken())
def test_a_language_has_all_sentences_of_posts(language):
    assert texts.catalogue(language).keys() >= POSTED


@pytest.mark.parametrize("language", texts.spoken())
def test_every_post_of_an_event_is_in_its_language(language):
    plan = plan_of(
        rules={"language": language, "entries": 2, "seed": "7", "size": (512, 512)},
        venues=[{"account": "mastodon"}],
        voting={"upvotes": 0.1},
    )
    said = [words_of(post.body) for post in rehearse(plan, now=0.0, page="https://a/b").posts]
    english = [
        words_of(post.body)
        for post in rehearse(
            plan.model_copy(update={"rules": plan.rules.model_copy(update={"language": "en"})}),
            now=0.0,
            page="https://a/b",
        ).posts
    ]
    assert len(said) > 6
    same = [one for one, other in zip(said, english, strict=True) if one == other]
    assert (len(same) == len(said)) == (language == "en")
    assert same == (said if language == "en" else [])


def test_a_language_that_no_post_would_be_in_is_refused_with_those_there_are():
    plan = plan_of(rules={"language": "tlh"})
    with pytest.raises(Refusal, match="de, es, fr"):
        check_language(plan)
    with pytest.raises(Refusal, match="tlh"):
        rehearse(plan, now=0.0)
