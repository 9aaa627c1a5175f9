"""Signing: a cookie is known again, a changed one is not."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import StartupError
from web.door.identity import Seal, read_secret

SEAL = Seal(b"a" * 32)


def test_a_cookie_names_its_visitor():
    visitor = SEAL.new_visitor()
    assert SEAL.visitor(SEAL.cookie(visitor)) == visitor


def test_visitors_differ():
    assert len({SEAL.new_visitor() for _ in range(50)}) == 50


def test_another_secret_knows_nobody():
    visitor = SEAL.new_visitor()
    other = Seal(b"b" * 32)
    assert other.visitor(SEAL.cookie(visitor)) is None
    assert not other.accepts(visitor, SEAL.form_token(visitor))


def test_a_form_token_is_for_one_visitor():
    one, two = SEAL.new_visitor(), SEAL.new_visitor()
    assert SEAL.accepts(one, SEAL.form_token(one))
    assert not SEAL.accepts(two, SEAL.form_token(one))


def test_a_cookies_signature_is_no_form_token():
    visitor = SEAL.new_visitor()
    assert not SEAL.accepts(visitor, SEAL.cookie(visitor).split(".")[1])


@given(st.text())
def test_nonsense_is_nobody(text: str):
    assert SEAL.visitor(text) is None
    assert not SEAL.accepts("visitor", text)


@given(st.integers(0, 80), st.characters(codec="ascii"))
def test_one_changed_character_is_noticed(position: int, character: str):
    cookie = SEAL.cookie("abcdefghijklmnop")
    changed = cookie[:position] + character + cookie[position + 1 :]
    assert SEAL.visitor(changed) in ({"abcdefghijklmnop"} if changed == cookie else {None})


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path):
    path = tmp_path / "new" / "web.secret"
    first = read_secret(path)
    assert len(first) == 32
    assert read_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["web.secret"]


@pytest.mark.parametrize("content", ["not hex", "", "abcd"])
def test_a_secret_that_is_none_is_said_so(tmp_path: Path, content: str):
    path = tmp_path / "web.secret"
    path.write_text(content)
    with pytest.raises(StartupError, match=r"web\.secret does not hold"):
        read_secret(path)


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StartupError, match="cannot be written"):
        read_secret(tmp_path / "file" / "web.secret")
