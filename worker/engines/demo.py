"""The demo engine: our own small model, drawn with numpy on the processor in part of a second.

It knows some fifty things (`worker.demo_model.vocabulary`), asked for in other languages too
(`translation`), and draws them at about 128 x 128 pixels; pictures are enlarged to the wanted size.
Every sampler's name is taken, and all run the same DDIM with the steps and the guidance brought
into the range this model is good at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from common.config import WorkerConfig
from common.errors import WorkerError
from worker.demo_model.loras import LoraError, read_lora
from worker.demo_model.runtime import LORAS, WEIGHTS, DemoPipeline, Picture, StoppedError
from worker.demo_model.translation import in_english
from worker.demo_model.vocabulary import LORAS as STYLE_WORDS
from worker.engines.protocol import EngineInfo, EngineLora, Fault, Feature, Generated, Task

NAME = "demo"
MODEL = "hordebots demo"
MAX_PIXELS = 2048 * 2048
MAX_BATCH = 8
SIDE = 128
"""The model's own size, in pixels: the short side of squarish pictures."""
LONG_SIDE = 160
GRID = 16
STEPS = (8, 24)
GUIDANCE = (1.0, 6.0)
GUIDANCE_PART = 0.4
"""Requests are meant for large models, which like 7.5; this one likes 3.6."""
DENOISE_POWER = 1.5
STRENGTH = 2.0
"""LoRAs are applied at most this strongly, either way."""


class DemoEngine:
    """Makes pictures with the demo model."""

    def __init__(self, weights: Path = WEIGHTS, loras: Path = LORAS) -> None:
        self._weights, self._loras = weights, loras
        self._pipeline: DemoPipeline | None = None

    @classmethod
    def build(cls, _config: WorkerConfig) -> Self:
        """Return the engine; it has no settings."""
        return cls()

    def info(self) -> EngineInfo:
        """Return what this engine offers: one model, for private servers only."""
        return EngineInfo(
            name=NAME,
            models=(MODEL,),
            max_pixels=MAX_PIXELS,
            max_batch=MAX_BATCH,
            features=frozenset({Feature.IMG2IMG, Feature.LORA, Feature.NSFW}),
            own_assets=True,
            private_only=True,
        )

    def load(self) -> None:
        """Read the weights. Raises WorkerError if they are not there or broken."""
        try:
            self._pipeline = DemoPipeline.load(self._weights)
        except (OSError, ValueError, KeyError) as error:
            raise WorkerError("worker.demo_weights", folder=self._weights, problem=error) from error

    def unload(self) -> None:
        """Give the memory back; the next task reads the weights again."""
        self._pipeline = None

    def generate(
        self,
        task: Task,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> list[Generated]:
        """Make one picture per seed; those finished so far when cancelled."""
        if self._pipeline is None:
            self.load()
        assert self._pipeline is not None
        loras, faults = self._chosen_loras(task.loras)
        width, height = own_size(task.width, task.height)
        prompt, negative = in_english(task.prompt), in_english(task.negative)
        finished: list[Generated] = []

        def on_step(done: int, steps: int) -> None:
            progress((len(finished) + done / steps) / len(task.seeds))

        for seed in task.seeds:
            try:
                picture = self._pipeline.generate(
                    prompt,
                    negative,
                    seed=seed,
                    steps=min(max(task.steps, STEPS[0]), STEPS[1]),
                    guidance=own_guidance(task.cfg_scale),
                    width=width,
                    height=height,
                    loras=loras,
                    source=_source(task.source_image, width, height),
                    denoise=own_denoise(task.denoise),
                    on_step=on_step,
                    should_stop=cancelled,
                )
            except StoppedError:
                break
            image = enlarge(picture, task.width, task.height)
            finished.append(Generated(image, seed, tuple(faults)))
        return finished

    def _chosen_loras(
        self, wanted: Sequence[EngineLora]
    ) -> tuple[list[tuple[Path, float]], list[Fault]]:
        """Return the LoRAs that are there and fit, and a fault for each that is not."""
        assert self._pipeline is not None
        known = {path.stem: path for path in sorted(self._loras.glob("*.safetensors"))}
        by_word = {word: known[name] for name, word in STYLE_WORDS.items() if name in known}
        chosen: list[tuple[Path, float]] = []
        faults: list[Fault] = []
        for lora in wanted:
            name = lora.name.strip().lower().removesuffix(".safetensors")
            path = known.get(name) or by_word.get(name)
            if path is None:
                faults.append(Fault("lora", "download_failed", lora.name))
                continue
            try:
                read_lora(path, self._pipeline.shapes)
            except LoraError:
                faults.append(Fault("lora", "baseline_mismatch", lora.name))
                continue
            chosen.append((path, max(-STRENGTH, min(STRENGTH, lora.model))))
        return chosen, faults


def own_size(width: int, height: int) -> tuple[int, int]:
    """Return the size to draw a picture of this shape in: multiples of 16, 64 to 160 pixels."""
    ratio = max(width, height) / min(width, height)
    long_side = min(LONG_SIDE, _on_grid(SIDE * ratio))
    short_side = min(SIDE, max(4 * GRID, _on_grid(LONG_SIDE / ratio)))
    return (long_side, short_side) if width >= height else (short_side, long_side)


def own_guidance(cfg_scale: float) -> float:
    """Return the guidance that does for this model what `cfg_scale` does for large ones."""
    low, high = GUIDANCE
    return max(low, min(high, low + (cfg_scale - low) * GUIDANCE_PART))


def own_denoise(denoise: float) -> float:
    """Return the share of the steps that changes a source as much as `denoise` is meant to.

    So few latents drown in the same noise sooner than those of large models.
    """
    return float(max(0.0, min(1.0, denoise)) ** DENOISE_POWER)


def enlarge(picture: Picture, width: int, height: int) -> Image.Image:
    """Return the picture in the wanted size: cut to its shape, enlarged smoothly, sharpened."""
    image = ImageOps.fit(Image.fromarray(picture), (width, height), Image.Resampling.LANCZOS)
    factor = min(width / picture.shape[1], height / picture.shape[0])
    if factor <= 1:
        return image
    return image.filter(ImageFilter.UnsharpMask(radius=0.6 * factor, percent=70, threshold=0))


def _on_grid(pixels: float) -> int:
    return round(pixels / GRID) * GRID


def _source(image: Image.Image | None, width: int, height: int) -> Picture | None:
    if image is None:
        return None
    fitted = ImageOps.fit(image.convert("RGB"), (width, height), Image.Resampling.LANCZOS)
    return np.asarray(fitted)
