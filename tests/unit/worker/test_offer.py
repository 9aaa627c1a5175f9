"""What is offered to whom."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config import WorkerConfig
from common.errors import WorkerError
from worker.engines.pace import TILE
from worker.horde.offer import (
    BRIDGE_AGENT,
    MARGIN,
    SHORTEST_TTL,
    TTL_PER_EFFORT,
    USUAL_STEPS,
    fitting_amount,
    fitting_pixels,
    is_listed,
    is_loopback,
    is_private,
    make_offer,
)


def config(**fields):
    return WorkerConfig.model_validate({"key": "secret", **fields})


def offer(info, *, checked=False, **fields):
    settings = config(**fields)
    return make_offer(settings, settings.endpoints[0], info, started=0.0, checked=checked)


@pytest.mark.parametrize(
    ("url", "private", "loopback"),
    [
        ("http://127.0.0.1:8766/api", True, True),
        ("http://localhost:8766/api", True, True),
        ("http://[::1]:8766/api", True, True),
        ("http://192.168.1.5/api", True, False),
        ("http://10.0.0.5/api", True, False),
        ("http://100.64.3.2/api", True, False),
        ("http://[fd00::1]/api", True, False),
        ("http://hub:8766/api", True, False),
        ("http://gpu-box.local/api", True, False),
        ("https://aihorde.net/api", False, False),
        ("https://aihorde.net./api", False, False),
        ("https://stablehorde.net/api", False, False),
        ("https://hub.example.org/api", False, False),
        ("http://8.8.8.8/api", False, False),
        ("http://localhost.example.org/api", False, False),
        ("not an address", False, False),
    ],
)
def test_private_addresses_are_told_from_public_ones(url, private, loopback):
    assert (is_private(url), is_loopback(url)) == (private, loopback)


@pytest.mark.parametrize(
    ("changes", "url", "code"),
    [
        ({}, "https://aihorde.net/api", "worker.private_only"),
        ({"private_only": False}, "https://aihorde.net/api", "worker.no_safety_check"),
        ({"private_only": False}, "http://127.0.0.1/api", "worker.no_safety_check"),
        ({"models": ()}, "http://127.0.0.1/api", "worker.no_models"),
    ],
)
def test_an_engine_that_must_not_serve_is_refused_with_a_sentence(info, changes, url, code):
    with pytest.raises(WorkerError) as refusal:
        offer(replace(info, **changes), url=url)
    assert refusal.value.code == code
    assert str(refusal.value)


def test_a_checked_engine_may_serve_the_public_but_draws_nothing_adult_unless_it_can(info):
    public = replace(info, private_only=False)
    offered = offer(public, url="https://aihorde.net/api", checked=True)
    assert offered.body(None).nsfw is False


@pytest.mark.parametrize("key", ["", "0000000000"])
def test_nobody_works_without_a_key(info, key):
    with pytest.raises(WorkerError, match="API key"):
        offer(info, key=key)


def test_no_more_is_offered_than_fits_the_memory_or_the_engine_can(info):
    offered = offer(info)
    assert offered.body(None, 512 * 512).max_pixels == 512 * 512
    assert offered.body(None, 4096 * 4096).max_pixels == info.max_pixels
    assert offered.body(None).max_pixels == info.max_pixels


def test_friends_of_the_server_come_first(info):
    endpoint = {"key": "secret", "priority_usernames": ["bot#2"]}
    settings = WorkerConfig.model_validate({"endpoints": [endpoint]})
    body = make_offer(settings, settings.endpoints[0], info, started=0.0).body(None)
    assert body.priority_usernames == ["bot#2"]


@pytest.mark.parametrize(
    ("url", "listed"),
    [
        ("https://aihorde.net/api", False),
        ("https://stablehorde.net/api", False),
        ("https://dev.AIHorde.net./api", False),
        ("https://hub.example.org/api", True),
        ("https://notaihorde.net/api", True),
        ("http://127.0.0.1:8766/api", True),
    ],
)
def test_the_public_horde_does_not_list_this_agent(url, listed):
    assert is_listed(url) is listed


def test_the_agent_names_itself_with_an_integer_version():
    name, version, address = BRIDGE_AGENT.split(":", 2)
    assert (name, version.isdigit(), address.startswith("https://")) == ("hordebots", True, True)


@given(st.floats(0.001, 1000), st.integers(64 * 64, 3072 * 3072), st.integers(1, 20))
def test_what_is_asked_for_can_be_made_in_time(pace, limit, most):
    """The server gives at least 150 seconds, and two for each step over 512 x 512 pixels."""
    pixels = fitting_pixels(pace, limit)
    amount = fitting_amount(pace, pixels, most)
    assert 64 * 64 <= pixels <= limit
    assert 1 <= amount <= most
    effort = USUAL_STEPS * pixels / TILE
    ttl = max(SHORTEST_TTL, 30 + TTL_PER_EFFORT * effort)
    fits = pace * effort * amount <= ttl - MARGIN
    assert fits or pixels == 64 * 64 or (amount == 1 and pace < TTL_PER_EFFORT)


def test_a_fast_engine_offers_all_it_can():
    assert fitting_pixels(0.05, 2048 * 2048) == 2048 * 2048
    assert fitting_amount(0.05, 512 * 512, 8) == 8


def test_at_a_minute_per_step_only_small_pictures_are_asked_for():
    assert fitting_pixels(60.0, 1024 * 1024) < 512 * 512 // 10


def test_before_the_first_job_one_picture_is_asked_for():
    assert fitting_pixels(None, 1024 * 1024) == 1024 * 1024
    assert fitting_amount(None, 1024 * 1024, 8) == 1
