"""From any words to the bodies of a Horde: nothing breaks, nothing is lost, always the same."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import Refusal
from common.horde.wire import generation_body
from common.reference.models import ModelReference
from request.grammar import read
from styles.image_request import ImageRequest
from styles.limits import Limits, Served
from styles.lists import stylelist
from styles.resolving.resolver import resolve
from styles.resolving.template import fill

pytestmark = pytest.mark.exhaustive

LIST = stylelist.merge([stylelist.load_bundled("general")])
REFERENCE = ModelReference.bundled()
MODELS = sorted({style.model for style in LIST.styles.values()})
CATEGORIES = sorted(LIST.categories)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
OWN_WORDS = st.text(st.sampled_from("abc ,.()|:\n"), max_size=12)
SLOW = settings(deadline=None)


def bodies(text, seed=1, served=None, n=None):
    """The bodies of a text, or the refusal's code."""
    try:
        request = read(text, LIST.names, verb_optional=True)
        assert isinstance(request, ImageRequest) or not text.strip()
        if not isinstance(request, ImageRequest):
            return "nothing"
        found = resolve(
            request,
            LIST,
            served=served,
            reference=REFERENCE,
            limits=Limits(max_pictures=8),
            rng_seed=seed,
        )
    except Refusal as refusal:
        return refusal.code if str(refusal) else "no sentence"
    return json.dumps([generation_body(job).body() for job in found.jobs])


ENDINGS = (
    " --n 1",
    " style: random --n 1",
    " style: stylepunks --n 2",
    " --n 1 ### {p}",
    " --seed ",
)


@pytest.mark.timeout(240)
@settings(max_examples=10_000, deadline=None)
@given(st.text(st.characters(exclude_categories=())), st.sampled_from(ENDINGS))
def test_ten_thousand_texts_of_all_of_unicode_break_nothing(text, more):
    assert bodies(text + more) != "no sentence"


@SLOW
@given(ANY_TEXT, st.sampled_from(ENDINGS), st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_bytes(text, more, seed):
    assert bodies(text + more, seed) == bodies(text + more, seed)


@SLOW
@given(
    st.lists(OWN_WORDS, min_size=1, max_size=4), st.lists(OWN_WORDS, max_size=3), ANY_TEXT, ANY_TEXT
)
def test_the_templates_own_words_stay_whole_and_in_order(positive, negative, prompt, against):
    template = "{p}".join(["", *positive]) + ("###" + "{np}".join(negative) if negative else "")
    made_positive, _, made_negative = fill(template, prompt, against).partition("###")
    for made, words in ((made_positive, positive), (made_negative, negative)):
        at = 0
        for word in (word.strip(" ,\n") for word in words):
            found = made.find(word, at)
            assert found >= 0, (made, word)
            at = found + len(word)


@SLOW
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="#"), max_size=80))
def test_a_persons_words_arrive_as_they_are(words):
    assert fill("{p}, oil###bad", words, "") == f"{words.strip()}, oil".strip() + "###bad"


@SLOW
@given(
    st.sampled_from(CATEGORIES),
    st.integers(1, 8),
    st.integers(0, 2**32),
    st.sets(st.sampled_from(MODELS), min_size=1),
)
def test_a_category_gives_exactly_n_pictures_whenever_a_member_is_served(category, n, seed, models):
    eta = random.Random(seed)
    served = {model: Served(eta=eta.choice([0, 60, 600, 6000])) for model in models}
    usable = any(LIST.styles[name].model in models for name in LIST.expand(category))
    made = bodies(f"a fox style: {category} --n {n}", seed, served)
    if usable:
        assert sum(body["params"]["n"] for body in json.loads(made)) == n
    else:
        some = any(style.model in models for style in LIST.styles.values())
        assert made == f"refused.{'category_not' if some else 'nothing'}_served"


def test_a_request_is_the_same_to_the_byte_and_another_seed_draws_otherwise():
    texts = [f"a {{red|blue}} fox style: stylepunks --n 2 --seed {seed}" for seed in range(8)]
    assert len({bodies(text, seed) for seed, text in enumerate(texts)}) == len(texts)
    assert bodies(texts[0], 3) == bodies(texts[0], 3)
