"""Small models that see, from folders on the disk: one writes a sentence, one finds words.

Any captioner of transformers will do that needs nothing but a picture (BLIP, GIT), and any CLIP or
SigLIP. Nothing is fetched, and only safetensors are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

import torch
import yaml
from PIL import Image

from common.errors import WorkerError
from worker.alchemy.protocol import Outcome

MOST_TOKENS = 50
"""Of a caption."""
BEST = 12
"""Words of each list that are told."""
AT_ONCE = 32
"""Words that go through the model together."""
LOCAL = {"local_files_only": True}


class Captioner:
    """Says in a sentence what a picture shows."""

    def __init__(self, model: Any, processor: Any, device: str) -> None:
        self._model = model
        self._processor = processor
        self._device = device

    @classmethod
    def read(cls, folder: Path, device: str) -> Self:
        """Read the weights. Raises WorkerError."""
        return cls(*_read("AutoModelForImageTextToText", folder, device), device)

    @torch.inference_mode()
    def work(self, image: Image.Image, _cancelled: Callable[[], bool]) -> Outcome:
        """Return the sentence."""
        seen = self._processor(images=image, return_tensors="pt")
        pixels = seen.pixel_values.to(self._device, self._model.dtype)
        written = self._model.generate(
            pixel_values=pixels, max_new_tokens=MOST_TOKENS, do_sample=False
        )
        [sentence] = self._processor.batch_decode(written, skip_special_tokens=True)
        return Outcome(answer=sentence.strip())


class Interrogator:
    """Finds the words of our lists that go with a picture, the likeliest first."""

    def __init__(self, model: Any, processor: Any, device: str) -> None:
        self._model = model
        self._processor = processor
        self._device = device
        self._lists: dict[str, tuple[Sequence[str], Any]] = {}

    @classmethod
    def read(cls, folder: Path, device: str) -> Self:
        """Read the weights. Raises WorkerError."""
        return cls(*_read("AutoModelForZeroShotImageClassification", folder, device), device)

    @torch.inference_mode()
    def work(self, image: Image.Image, _cancelled: Callable[[], bool]) -> Outcome:
        """Return for each list `[{"text": word, "confidence": 0..1}, …]`."""
        seen = self._seen(image)
        return Outcome(
            answer={name: self._best(name, words, seen) for name, words in word_lists().items()}
        )

    def _best(self, name: str, words: Sequence[str], seen: Any) -> list[dict[str, Any]]:
        if name not in self._lists:
            self._lists[name] = (words, self._meant(words))
        _, meant = self._lists[name]
        shares = ((meant @ seen) * self._model.logit_scale.exp().float()).softmax(0)
        best = shares.topk(min(BEST, len(words)))
        return [
            {"text": words[index], "confidence": round(share, 4)}
            for share, index in zip(best.values.tolist(), best.indices.tolist(), strict=True)
        ]

    def _seen(self, image: Image.Image) -> Any:
        """Return where the picture lies; shape (d,), length 1."""
        return self._run(["a picture"], image).image_embeds[0].float()

    def _meant(self, words: Sequence[str]) -> Any:
        """Return where words lie; shape (n, d), each of length 1."""
        nothing = Image.new("RGB", (64, 64))
        parts = [
            self._run(words[start : start + AT_ONCE], nothing).text_embeds
            for start in range(0, len(words), AT_ONCE)
        ]
        return torch.cat(parts).float()

    def _run(self, words: Sequence[str], image: Image.Image) -> Any:
        given = self._processor(
            text=list(words), images=image, return_tensors="pt", padding=True, truncation=True
        ).to(self._device)
        given["pixel_values"] = given["pixel_values"].to(self._model.dtype)
        return self._model(**given)


def _read(kind: str, folder: Path, device: str) -> tuple[Any, Any]:
    """Return a model and what prepares pictures for it. Raises WorkerError."""
    import transformers  # noqa: PLC0415
    from transformers.utils import logging  # noqa: PLC0415

    logging.set_verbosity_error()  # it speaks of other backends for pictures
    logging.disable_progress_bar()
    try:
        processor = transformers.AutoProcessor.from_pretrained(folder, **LOCAL)
        model = getattr(transformers, kind).from_pretrained(
            folder,
            **LOCAL,
            use_safetensors=True,
            dtype=torch.float32 if device == "cpu" else torch.float16,
        )
    except Exception as error:  # whatever a library makes of a broken folder
        raise WorkerError("worker.bad_checkpoint", file=folder.name, problem=error) from error
    return model.to(device).eval(), processor


@cache
def word_lists() -> Mapping[str, Sequence[str]]:
    """Return what an interrogation looks for, by the name of the list."""
    text = (files("worker.alchemy") / "words.yaml").read_text("utf-8")
    lists: dict[str, list[str]] = yaml.safe_load(text)
    return lists
