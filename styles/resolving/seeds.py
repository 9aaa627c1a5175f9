"""Seeds: what a person wrote, as the digits the Horde takes and as a seed for our own draws."""

from __future__ import annotations

import hashlib
import unicodedata

LARGEST_SEED = 2**32 - 1000
"""Numbers from here on are treated as words."""


def seed_digits(text: str) -> str:
    """Return the seed as ASCII digits: a small number as it is, other text by its hash.

    The hash is the first 31 bits of SHA-256 of the text's NFC form.
    """
    plain = unicodedata.normalize("NFC", text.strip())
    if plain.isdecimal():
        digits = "".join(str(unicodedata.decimal(char)) for char in plain).lstrip("0") or "0"
        if len(digits) <= len(str(LARGEST_SEED)) and int(digits) < LARGEST_SEED:
            return digits
    digest = hashlib.sha256(plain.encode("utf-8", "surrogatepass")).digest()
    return str(int.from_bytes(digest[:4], "big") >> 1)


def rng_seed(text: str) -> int:
    """Return the seed of a request's own draws for a seed the person gave."""
    return int(seed_digits(text))
