"""Limits of a person in a place."""

import pytest
from pydantic import SecretStr

from common.config import ParametersConfig, PlaceConfig, StylesConfig
from common.errors import Refusal
from request.allowed import policy
from request.allowed.terms import Payer, Terms
from styles.image_request import ImageRequest
from styles.limits import Defaults, Limits

PLACE = PlaceConfig(running_per_person=2, requests_per_hour=5)


NOW = 1_800_000_000.0


def test_within_limits():
    policy.admit(PLACE, running=1, recent=[NOW] * 4, now=NOW)


def test_too_many_running():
    with pytest.raises(Refusal, match="2 requests at work"):
        policy.admit(PLACE, running=2, recent=[NOW] * 2, now=NOW)


@pytest.mark.parametrize(
    ("ages", "minutes"),
    [
        ((3000, 100, 90, 80, 70), 10),
        ((3599, 10, 9, 8, 7), 1),
        ((3500, 1800, 3, 2, 1, 0), 30),
        ((0, 0, 0, 0, 0), 60),
    ],
)
def test_too_many_this_hour_and_when_the_next_may_come(ages, minutes):
    recent = [NOW - age for age in ages]
    with pytest.raises(Refusal, match=f"5 requests an hour. You can ask again in {minutes} min"):
        policy.admit(PLACE, running=0, recent=recent, now=NOW)


def test_where_a_request_may_go():
    place = PlaceConfig(hordes=("a", "b"), private_hordes=("a",))
    assert policy.hordes_of(place, private=False) == ("a", "b")
    assert policy.hordes_of(place, private=True) == ("a",)
    assert policy.hordes_of(PlaceConfig(hordes=("b",)), private=True) == ("b",)
    assert policy.hordes_of(PlaceConfig(), private=True) == ()


def test_the_resolver_learns_all_that_a_place_allows_and_prefers():
    place = PlaceConfig(
        pictures=2,
        max_pictures=3,
        max_pixels=640_000,
        max_steps=25,
        nsfw=True,
        trusted_workers=True,
        styles=("neon",),
    )
    parameters = ParametersConfig(steps=12, cfg_scale=3.5, sampler="k_dpmpp_2m", karras=False)
    assert policy.limits_of(place, StylesConfig(parameters=parameters, default="raw")) == Limits(
        pictures=2,
        max_pictures=3,
        max_pixels=640_000,
        max_steps=25,
        nsfw=True,
        trusted_workers=True,
        default_style="raw",
        styles=("neon",),
        defaults=Defaults(steps=12, cfg_scale=3.5, sampler="k_dpmpp_2m", karras=False),
    )


@pytest.mark.parametrize(
    ("prompt", "negative", "refused"),
    [
        ("a Politician", "", True),
        ("a fox", "politician", True),
        ("a fox, branded", "", True),
        ("ｐｏｌｉｔｉｃｉａｎ", "", True),
        ("a politicianship", "", False),
        ("geopolitician", "", False),
        ("a poli", "tician", False),
        ("a fox", "", False),
    ],
)
def test_blocked_are_whole_words_of_prompt_and_negative(prompt, negative, refused):
    place = PlaceConfig(blocked=("politician", "brand(ed|s)"))
    image = ImageRequest(prompt=prompt, negative=negative)
    if refused:
        with pytest.raises(Refusal) as caught:
            policy.check_words(place, image)
        assert caught.value.code == "refused.blocked"
    else:
        policy.check_words(place, image)


@pytest.mark.parametrize(
    ("limits", "running", "first", "refusal"),
    [
        ({}, 99, NOW, None),
        ({"running_per_community": 2}, 1, NOW, None),
        ({"running_per_community": 2}, 2, None, "2 requests of this community are at work"),
        ({"requests_per_hour_per_community": 3}, 99, None, None),
        ({"requests_per_hour_per_community": 3}, 0, NOW - 3000, r"its 3 requests .* in 10 min\."),
    ],
)
def test_a_community_is_refused_what_it_has_had(limits, running, first, refusal):
    place = PlaceConfig(**limits)
    assert policy.is_limited(place) is bool(limits)
    if refusal is None:
        policy.admit_community(place, running=running, first=first, now=NOW)
    else:
        with pytest.raises(Refusal, match=refusal):
            policy.admit_community(place, running=running, first=first, now=NOW)


@pytest.mark.parametrize(("left", "minutes"), [(-5, 1), (1, 1), (60, 1), (61, 2), (3600, 60)])
def test_minutes_to_wait_are_rounded_up(left, minutes):
    place = PlaceConfig(requests_per_hour_per_community=1)
    with pytest.raises(Refusal, match=rf"in {minutes} min\."):
        policy.admit_community(place, running=0, first=NOW - 3600 + left, now=NOW)


@pytest.mark.parametrize(
    ("check", "fine", "wrong", "code"),
    [
        (policy.check_open, PlaceConfig(), PlaceConfig(paused=True), "refused.paused"),
        (policy.check_enabled, PlaceConfig(), PlaceConfig(enabled=False), "refused.not_enabled"),
        (policy.check_enabled, PlaceConfig(enabled=True), PlaceConfig(enabled=False), None),
    ],
)
def test_a_place_that_is_off_or_paused_says_so(check, fine, wrong, code):
    check(fine)
    with pytest.raises(Refusal) as caught:
        check(wrong)
    assert code in {None, caught.value.code}


@pytest.mark.parametrize(
    ("code", "again_after"),
    [
        ("refused.banned", policy.DAY),
        ("refused.paused", policy.HOUR),
        ("refused.per_hour", policy.HOUR),
        ("help.no_verb", policy.DAY),
        ("answer.other", 0),
    ],
)
def test_the_same_is_said_again_as_soon_as_its_time_is_over(code, again_after):
    assert not policy.heard_enough([(NOW - again_after, code)], code, now=NOW)
    assert not policy.heard_enough([(NOW - 1, "something else")], code, now=NOW)
    within = policy.heard_enough([(min(NOW, NOW - again_after + 1), code)], code, now=NOW)
    assert within is bool(again_after)


def test_words_of_more_than_an_hour_ago_tire_nobody():
    told = [(NOW - policy.HOUR, "")] * policy.MOST_WORDS
    assert not policy.heard_enough(told, "", now=NOW)


def test_who_pays_decides_which_horde_is_asked_where_it_may_be_asked():
    payer = Payer("own", SecretStr("key"))
    anywhere = Terms(private=True, person="mark")
    assert anywhere.paid_by(None) is anywhere
    assert anywhere.paid_by(payer) == Terms(True, ("own",), "mark", payer)
    assert Terms(hordes=("own", "b")).paid_by(payer).hordes == ("own",)
    elsewhere = Terms(hordes=("b",))
    assert elsewhere.paid_by(payer) is elsewhere


def test_what_a_clock_since_put_back_wrote_down_counts_for_nobody():
    place = PlaceConfig(requests_per_hour=1, requests_per_hour_per_community=1)
    now = 9000.0
    policy.admit(place, running=0, recent=[now + 60, now + 3000], now=now)
    policy.admit_community(place, running=0, first=now + 60, now=now)
    told = [(now + 60, policy.HINT)] * policy.MOST_WORDS
    assert not policy.heard_enough(told, policy.HINT, now=now)
