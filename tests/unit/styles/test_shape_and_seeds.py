"""Sizes and seeds."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styles.resolving.seeds import LARGEST_SEED, rng_seed, seed_digits
from styles.shape import rounded, with_ratio, within


@pytest.mark.parametrize(
    ("side", "used"), [(1, 64), (500, 512), (544, 576), (4000, 3072), (64, 64)]
)
def test_sides_are_rounded_to_64(side, used):
    assert rounded(side) == used


@pytest.mark.parametrize(
    ("ratio", "used"), [((16, 9), (1344, 768)), ((1, 1), (1024, 1024)), ((2, 3), (832, 1280))]
)
def test_a_ratio_keeps_the_pixel_count(ratio, used):
    assert with_ratio((1024, 1024), ratio) == used


@given(st.floats(0.001, 10**6), st.floats(0.001, 10**6))
def test_any_ratio_gives_a_size_the_horde_takes(wide, high):
    for side in with_ratio((512, 512), (wide, high)):
        assert 64 <= side <= 3072
        assert side % 64 == 0


@given(st.integers(1, 48), st.integers(1, 48), st.integers(64 * 64, 3072 * 3072))
def test_a_fitted_size_is_within_the_limit(wide, high, most):
    width, height = within((wide * 64, high * 64), most)
    assert width * height <= most
    assert width % 64 == height % 64 == 0
    assert min(width, height) >= 64


def test_small_numbers_stay_as_they_are():
    assert seed_digits(" 42 ") == "42"
    assert seed_digits("007") == "7"
    assert seed_digits("٤٢") == "42"
    assert seed_digits(str(LARGEST_SEED - 1)) == str(LARGEST_SEED - 1)


@pytest.mark.parametrize("text", ["hello", "-5", "1.5", str(LARGEST_SEED), "9" * 5000, "²", "é"])
def test_other_text_is_the_first_31_bits_of_its_hash(text):
    digest = hashlib.sha256(text.encode()).digest()
    assert seed_digits(text) == str(int.from_bytes(digest[:4], "big") >> 1)


def test_composed_and_decomposed_text_is_the_same_seed():
    assert seed_digits("é") == seed_digits("e\u0301")


@given(st.text())
def test_any_text_is_ascii_digits(text):
    digits = seed_digits(text)
    assert digits.isascii()
    assert digits.isdigit()
    assert rng_seed(text) == int(digits) < 2**32


@pytest.mark.parametrize(
    ("text", "digits"), [("00000000007", "7"), ("0" * 50, "0"), ("٠٠٤٢", "42")]
)
def test_leading_zeros_change_nothing(text, digits):
    assert seed_digits(text) == digits


def test_no_side_goes_below_the_smallest():
    assert within((512, 1024), 100) == (64, 64)
    assert within((64, 3072), 64 * 64) == (64, 64)


def test_a_picture_made_smaller_keeps_its_proportions():
    assert within((3072, 1024), 512 * 1024) == (1216, 384)
    assert within((1024, 3072), 512 * 1024) == (384, 1216)
