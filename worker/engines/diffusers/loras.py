"""LoRAs on a loaded pipeline: put on for one job, counted, and taken off without a trace."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file

from worker.engines.protocol import EngineLora, Fault

DOWN = (".lora_down.weight", ".lora_A.weight", ".lora.down.weight")
"""How the first half of each pair of matrices is called."""


@contextmanager
def applied(pipeline: Any, loras: Sequence[EngineLora]) -> Iterator[list[Fault]]:
    """Put LoRAs on a pipeline; yields what could not be met. They are off again afterwards."""
    faults: list[Fault] = []
    put_on: list[tuple[str, EngineLora]] = []
    try:
        for number, lora in enumerate(loras):
            name = f"job{number}"
            fault = _put_on(pipeline, lora, name)
            if fault is not None:
                faults.append(fault)
            else:
                put_on.append((name, lora))
        if put_on:
            pipeline.set_adapters(
                [name for name, _ in put_on],
                [_strengths(pipeline, lora) for _, lora in put_on],
            )
        yield faults
    finally:
        pipeline.unload_lora_weights()


def _strengths(pipeline: Any, lora: EngineLora) -> dict[str, float]:
    parts = {"unet": lora.model, "transformer": lora.model}
    parts |= {"text_encoder": lora.clip, "text_encoder_2": lora.clip}
    return {part: strength for part, strength in parts.items() if _has(pipeline, part)}


def _has(pipeline: Any, part: str) -> bool:
    return bool(getattr(getattr(pipeline, part, None), "peft_config", None))


def _put_on(pipeline: Any, lora: EngineLora, name: str) -> Fault | None:
    """Put one on, switched off by `unload_lora_weights`; return why it is not on."""
    if lora.file is None:
        return Fault("lora", "download_failed", lora.name)
    try:
        tensors = load_file(lora.file)
    except (OSError, SafetensorError):
        return Fault("lora", "parse_failed", lora.name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pipeline.load_lora_weights(dict(tensors), adapter_name=name)
    except (RuntimeError, ValueError, KeyError, AttributeError, IndexError):
        _take_off(pipeline, name)
        return Fault("lora", "baseline_mismatch", lora.name)
    pairs = sum(key.endswith(DOWN) for key in tensors)
    found = _count(pipeline, name)
    if found == 0:
        return Fault("lora", "baseline_mismatch", lora.name)
    if found < pairs:  # half a LoRA looks like none of its pictures
        _take_off(pipeline, name)
        return Fault("lora", "parse_failed", lora.name)
    return None


def _count(pipeline: Any, name: str) -> int:
    """Return how many layers of the pipeline carry this LoRA."""
    parts = ("unet", "transformer", "text_encoder", "text_encoder_2")
    models = [model for part in parts if (model := getattr(pipeline, part, None)) is not None]
    return sum(
        name in getattr(module, "lora_A", ()) for model in models for module in model.modules()
    )


def _take_off(pipeline: Any, name: str) -> None:
    """Take off what of a LoRA was put on before it failed."""
    known = {each for names in pipeline.get_list_adapters().values() for each in names}
    if name in known:
        pipeline.delete_adapters(name)
