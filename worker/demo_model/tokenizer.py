"""CLIP's byte-pair tokenizer, read from `tokenizer.json`."""

from __future__ import annotations

import json
import re
import unicodedata
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LENGTH = 32
"""Tokens of a prompt, its start and end included; what is longer is cut off."""
_PIECES = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+")
_END = "</w>"


class Tokenizer:
    """Turns a prompt into token ids."""

    def __init__(self, vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> None:
        self._vocabulary = vocabulary
        self._ranks = {pair: rank for rank, pair in enumerate(merges)}
        self._letters = _byte_letters()
        self._start = vocabulary["<|startoftext|>"]
        self._end = vocabulary["<|endoftext|>"]

    @classmethod
    def load(cls, folder: Path) -> Tokenizer:
        """Read the tokenizer from its folder."""
        model = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]
        merges = [merge.split() if isinstance(merge, str) else merge for merge in model["merges"]]
        return cls(model["vocab"], [(first, second) for first, second in merges])

    def encode(self, text: str) -> NDArray[np.int64]:
        """Token ids of a prompt, always 32 of them, filled up with the end token."""
        clean = unicodedata.normalize("NFC", text).lower()
        ids = [self._start]
        for piece in _PIECES.findall(clean):
            if len(ids) >= LENGTH:
                break
            ids += self._piece_ids(piece)
        ids = ids[: LENGTH - 1]
        return np.array(ids + [self._end] * (LENGTH - len(ids)))

    def _piece_ids(self, piece: str) -> list[int]:
        parts = [self._letters[byte] for byte in piece.encode()]
        parts[-1] += _END
        while len(parts) > 1:
            ranked = [
                (self._ranks[pair], index)
                for index, pair in enumerate(pairwise(parts))
                if pair in self._ranks
            ]
            if not ranked:
                break
            _, index = min(ranked)
            parts[index : index + 2] = [parts[index] + parts[index + 1]]
        return [self._vocabulary[part] for part in parts]


def _byte_letters() -> dict[int, str]:
    """Return the printable letter that stands for each byte in byte-level vocabularies."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters = {byte: chr(byte) for byte in printable}
    spare = (byte for byte in range(256) if byte not in letters)
    return letters | {byte: chr(256 + index) for index, byte in enumerate(spare)}
