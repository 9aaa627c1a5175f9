"""Sponsors' keys are encrypted, authenticated, and bound to what they are for."""

from __future__ import annotations

import base64

import pytest
from pydantic import SecretStr

from common.errors import ConfigError, Refusal
from events.kudos.seal import Seal, read_key

KEY = bytes(range(32))
SECRET = SecretStr("key-of-a-sponsor")


def test_a_secret_comes_back_and_does_not_stand_in_the_clear():
    seal = Seal(KEY)
    sealed = seal.close(SECRET, "fund-1:key")

    assert seal.open(sealed, "fund-1:key") == SECRET
    assert SECRET.get_secret_value().encode() not in sealed
    assert seal.close(SECRET, "fund-1:key") != sealed


def test_a_secret_cannot_be_put_in_anothers_place():
    seal = Seal(KEY)

    with pytest.raises(Refusal, match="was changed"):
        seal.open(seal.close(SECRET, "fund-1:key"), "fund-2:key")


def test_every_changed_byte_is_noticed():
    seal = Seal(KEY)
    sealed = seal.close(SECRET, "fund-1:key")
    for place in range(len(sealed)):
        broken = bytearray(sealed)
        broken[place] ^= 1
        with pytest.raises(Refusal):
            seal.open(bytes(broken), "fund-1:key")
    with pytest.raises(Refusal):
        seal.open(b"", "fund-1:key")
    with pytest.raises(Refusal):
        seal.open(sealed[:20], "fund-1:key")


def test_another_key_is_named_as_the_reason():
    sealed = Seal(KEY).close(SECRET, "fund-1:key")

    with pytest.raises(Refusal, match="sealed with another"):
        Seal(KEY[::-1]).open(sealed, "fund-1:key")


@pytest.mark.parametrize(
    "text",
    [
        KEY.hex(),
        base64.b64encode(KEY).decode() + "\n",
        base64.urlsafe_b64encode(KEY).decode().rstrip("="),
        base64.b64encode(b"\xff" * 32).decode(),
    ],
)
def test_a_key_is_read_in_the_spellings_tools_write(text):
    assert len(read_key(text)) == 32


@pytest.mark.parametrize("text", ["", "secret", "ab" * 31, base64.b64encode(b"x" * 31).decode()])
def test_a_key_that_is_none_says_how_to_make_one(text):
    with pytest.raises(ConfigError, match="openssl rand -base64 32"):
        read_key(text)
