"""The tokenizer: byte pairs learnt from the words the model knows, in CLIP's format."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch import Tensor
from transformers import CLIPTokenizer

from worker.demo_model.vocabulary import (
    ABOVE_WORDS,
    BESIDE_WORDS,
    BIG_WORDS,
    COLOUR_WORDS,
    COLOURS,
    FILLERS,
    LORAS,
    NEGATIVES,
    SCENES,
    SMALL_WORDS,
    SUBJECTS,
    UNKNOWN,
    plural,
)

LENGTH = 32
"""Tokens of a prompt, its start and end included."""
_WORD = re.compile(r"[a-z]+|[0-9]|[^\s\w]+")
_END = "</w>"


def known_words() -> list[str]:
    """Every word that matters or is often met, sorted.

    Strangers are left out on purpose: they fall into pieces, as words never seen do.
    """
    names = [name for subject in (*SUBJECTS, UNKNOWN) for name in subject.names]
    phrases = [
        *names,
        *(plural(name) for name in names),
        *COLOURS,
        *(word for words in COLOUR_WORDS.values() for word in words),
        *(phrase for scene in SCENES.values() for phrase in (*scene.phrases, scene.alone)),
        *(*SMALL_WORDS, *BIG_WORDS, *BESIDE_WORDS, *ABOVE_WORDS),
        *(*FILLERS, *NEGATIVES, *LORAS.values()),
        *("a", "an", "the", "two", "on", "with", "background", "left", "right", "side", ",", "."),
    ]
    return sorted({word for phrase in phrases for word in _WORD.findall(phrase.lower())})


def make_tokenizer(folder: Path) -> None:
    """Learn the tokenizer and save it as `CLIPTokenizer` files."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = _learn_merges(known_words(), alphabet)
    vocabulary: dict[str, int] = {}
    special = ["<|startoftext|>", "<|endoftext|>"]
    pieces = [merge.replace(" ", "") for merge in merges]
    for piece in (*alphabet, *(letter + _END for letter in alphabet), *pieces, *special):
        vocabulary.setdefault(piece, len(vocabulary))
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary_file, merges_file = folder / "vocab.json", folder / "merges.txt"
    vocabulary_file.write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    merges_file.write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
    tokenizer = CLIPTokenizer.from_pretrained(folder, model_max_length=LENGTH)
    tokenizer.save_pretrained(folder)
    # both are inside tokenizer.json now
    vocabulary_file.unlink(missing_ok=True)
    merges_file.unlink(missing_ok=True)


def token_ids(tokenizer: CLIPTokenizer, texts: list[str]) -> Tensor:
    """Return a tensor of token ids, len(texts) x 32."""
    encoded = tokenizer(
        texts, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt"
    )
    return encoded.input_ids


def _learn_merges(words: list[str], alphabet: list[str]) -> list[str]:
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix=_END))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(
        vocab_size=2000,
        special_tokens=[],
        end_of_word_suffix=_END,
        initial_alphabet=alphabet,
        show_progress=False,
        min_frequency=1,
    )
    tokenizer.train_from_iterator([" ".join(words)] * 3, trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]
