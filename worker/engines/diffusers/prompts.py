"""From words to what a model is led by: prompts of any length, weights, clip skip, inversions.

Words go through the text encoder in chunks of its own length, and the chunks are put side by
side. A weight moves what stands for a word away from, or towards, what stands for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from worker.engines.diffusers.weighting import parse

MOST_CHUNKS = 16
"""Of one prompt; some 1,200 words."""


class Tokenizer(Protocol):
    """What turns words into numbers."""

    begin: int
    end: int

    def encode(self, text: str) -> list[int]:
        """Return the numbers of a text, without the marks of its beginning and end."""
        ...


class ClipTokenizer:
    """CLIP's own vocabulary, as all checkpoints of the original layout expect it."""

    def __init__(self) -> None:
        from instant_clip_tokenizer import Tokenizer as Clip  # noqa: PLC0415

        self._clip = Clip()
        self.begin, self.end = 49406, 49407

    def encode(self, text: str) -> list[int]:
        """Return the numbers of a text."""
        return [int(token) for token in self._clip.encode(text)]


class FolderTokenizer:
    """The vocabulary that a diffusers folder brings along."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.begin, self.end = tokenizer.bos_token_id, tokenizer.eos_token_id

    def encode(self, text: str) -> list[int]:
        """Return the numbers of a text."""
        return list(self._tokenizer(text, add_special_tokens=False).input_ids)


@dataclass(frozen=True, slots=True)
class TextEncoder:
    """One text encoder of a model."""

    model: Any
    tokenizer: Tokenizer
    fill: int
    """Number that fills a chunk up."""
    norm: bool
    """Whether a layer that is not the last goes through the final norm."""
    first_layer: int = 1
    """Counted from the end: the layer taken when nothing is skipped."""

    @property
    def room(self) -> int:
        """Words in a chunk."""
        return int(self.model.config.max_position_embeddings) - 2


@dataclass(frozen=True, slots=True)
class Word:
    """A token, or one vector of a textual inversion, and how much it counts."""

    token: int
    weight: float = 1.0
    vector: Any = None


Inversions = Mapping[str, Any]
"""By lower-case name: vectors, shape (n, width of this encoder)."""


def words_of(prompt: str, encoder: TextEncoder, inversions: Inversions) -> list[list[Word]]:
    """Return the words of a prompt in chunks that fit the encoder; at least one chunk."""
    chunks: list[list[Word]] = [[]]
    for span in parse(prompt):
        if span.breaks:
            chunks.append([])
            continue
        for word in _words(span.text, span.weight, encoder, inversions if span.embedding else None):
            if len(chunks[-1]) == encoder.room:
                chunks.append([])
            chunks[-1].append(word)
    return chunks[:MOST_CHUNKS]


def _words(
    text: str, weight: float, encoder: TextEncoder, inversions: Inversions | None
) -> Iterator[Word]:
    vectors = None if inversions is None else inversions.get(text.lower())
    if vectors is not None:
        for vector in vectors:
            yield Word(encoder.fill, weight, vector)
    elif inversions is None:
        for token in encoder.tokenizer.encode(text):
            yield Word(token, weight)


@torch.inference_mode()
def encode(
    prompts: Sequence[str],
    encoder: TextEncoder,
    *,
    clip_skip: int = 1,
    inversions: Inversions | None = None,
) -> tuple[Any, Any]:
    """Return what stands for each prompt, and for each as a whole.

    Shapes (prompts, words, width) and (prompts, width); all prompts are filled up to the longest.
    """
    split = [words_of(prompt, encoder, inversions or {}) for prompt in prompts]
    longest = max(map(len, split))
    rows = [chunk for chunks in split for chunk in (*chunks, *[[]] * (longest - len(chunks)))]
    hidden, whole = _run(rows, encoder, clip_skip)
    weighted = any(word.weight != 1.0 for row in rows for word in row)
    if weighted:
        nothing, _ = _run([[]], encoder, clip_skip)
        weights = torch.ones(hidden.shape[:2])
        for number, row in enumerate(rows):
            for place, word in enumerate(row, start=1):
                weights[number, place] = word.weight
        weights = weights.unsqueeze(-1).to(hidden)
        hidden = (hidden - nothing) * weights + nothing
    width = hidden.shape[-1]
    return hidden.reshape(len(prompts), -1, width), whole.reshape(len(prompts), longest, -1)[:, 0]


def _run(rows: Sequence[Sequence[Word]], encoder: TextEncoder, clip_skip: int) -> tuple[Any, Any]:
    length = encoder.room + 2
    tokens, vectors = [], {}
    for number, row in enumerate(rows):
        ids = [encoder.tokenizer.begin, *(word.token for word in row), encoder.tokenizer.end]
        tokens.append(ids + [encoder.fill] * (length - len(ids)))
        for place, word in enumerate(row, start=1):
            if word.vector is not None:
                vectors[number, place] = word.vector
    model = encoder.model
    ids = torch.tensor(tokens, device=model.device)
    with _spliced(model, vectors):
        answer = model(ids, output_hidden_states=True)
    layer = min(max(clip_skip, encoder.first_layer), len(answer.hidden_states) - 1)
    if layer == 1:
        hidden = answer.last_hidden_state
    else:
        hidden = answer.hidden_states[-layer]
        if encoder.norm:
            hidden = getattr(model, "text_model", model).final_layer_norm(hidden)
    whole = getattr(answer, "text_embeds", None)
    return hidden, answer.pooler_output if whole is None else whole


@contextmanager
def _spliced(model: Any, vectors: Mapping[tuple[int, int], Any]) -> Iterator[None]:
    """Let vectors stand in for the embeddings of the tokens at these places."""
    if not vectors:
        yield
        return

    def replace(_module: Any, _inputs: Any, output: Any) -> Any:
        output = output.clone()
        for (row, place), vector in vectors.items():
            output[row, place] = vector.to(output)
        return output

    hook = model.get_input_embeddings().register_forward_hook(replace)
    try:
        yield
    finally:
        hook.remove()
