"""A task's wishes matched with what a ComfyUI has; what it has not is told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from common.errors import WorkerError
from common.pictures import MAX_PIXELS
from worker.engines.comfyui.abilities import CONTROL, PREPROCESSORS, Abilities, find_file
from worker.engines.comfyui.graph import Plan
from worker.engines.protocol import Control, EngineLora, EngineTi, Fault, Task

SAMPLERS = {
    "k_euler": "euler",
    "k_euler_a": "euler_ancestral",
    "k_heun": "heun",
    "k_lms": "lms",
    "k_dpm_2": "dpm_2",
    "k_dpm_2_a": "dpm_2_ancestral",
    "k_dpm_fast": "dpm_fast",
    "k_dpm_adaptive": "dpm_adaptive",
    "k_dpmpp_2s_a": "dpmpp_2s_ancestral",
    "k_dpmpp_2m": "dpmpp_2m",
    "k_dpmpp_sde": "dpmpp_sde",
    "dpmsolver": "dpmpp_2m",
    "DDIM": "ddim",
    "lcm": "lcm",
    "uni_pc": "uni_pc",
    "plms": "ipndm",
}
"""Names of the Horde → ComfyUI's. `dpmsolver` and `plms` are the nearest of their kind."""
BY_DEFAULT = "euler"
CONTROL_WORDS = {
    "hed": ("hed", "softedge"),
    "openpose": ("openpose",),
    "fakescribbles": ("scribble",),
    "hough": ("mlsd", "hough"),
}
"""What the file of a ControlNet is called, where that is not its own name."""
LARGE_WORDS = re.compile(r"xl|pony|illustrious|noob", re.IGNORECASE)
"""Names of models made for pictures of a megapixel."""
NATIVE, NATIVE_LARGE = 512, 1024
FACTOR = 4
"""By which an upscaler enlarges, at most."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """The names a task's own pictures have there."""

    source: str = ""
    mask: str = ""


def plan_task(
    task: Task, checkpoint: str, abilities: Abilities, uploads: Uploads
) -> tuple[Plan, tuple[Fault, ...]]:
    """Return the plan of a task, and what of it cannot be done.

    Raises WorkerError if that is all of it.
    """
    loras, faults = choose_loras(task.loras, abilities.loras)
    sampler, more = choose_sampler(task.sampler, abilities.samplers)
    positive, lost = set_inversions(task.prompt, task.tis, abilities.embeddings)
    negative, _ = set_inversions(task.negative, task.tis, abilities.embeddings)
    large = bool(LARGE_WORDS.search(f"{task.model} {checkpoint}"))
    controlnet, preprocessor = _choose_control(task.control, abilities, large=large)
    upscaler, unmet = choose_upscaler(task, abilities.upscalers)
    masks = "InpaintModelConditioning" in abilities.nodes and "inpaint" in checkpoint.casefold()
    plan = Plan(
        checkpoint=checkpoint,
        sampler=sampler,
        scheduler="karras" if task.karras else "normal",
        positive=positive,
        negative=negative,
        saver=abilities.saver or "",
        native=NATIVE_LARGE if large else NATIVE,
        loras=loras,
        source=uploads.source,
        mask=uploads.mask,
        controlnet=controlnet,
        preprocessor=preprocessor,
        knows_masks=masks,
        upscaler=upscaler,
    )
    return plan, (*faults, *more, *lost, *unmet)


def choose_loras(
    wanted: Sequence[EngineLora], known: Sequence[str]
) -> tuple[tuple[tuple[str, float, float], ...], list[Fault]]:
    """Return the LoRAs ComfyUI knows, by its names, and a fault for each that it does not."""
    chosen: list[tuple[str, float, float]] = []
    faults: list[Fault] = []
    for lora in wanted:
        file = find_file(known, lora.file.name if lora.file else lora.name)
        if file is None:
            faults.append(Fault("lora", "download_failed", lora.name))
        else:
            chosen.append((file, lora.model, lora.clip))
    return tuple(chosen), faults


def choose_sampler(wanted: str, known: frozenset[str]) -> tuple[str, list[Fault]]:
    """Return ComfyUI's name of a sampler; where it has none, another one and a fault."""
    sampler = SAMPLERS.get(wanted)
    if sampler in known:
        return sampler, []
    ref = f"made with the sampler k_euler instead of {wanted}"
    return BY_DEFAULT, [Fault("information", "see_ref", ref)]


def choose_upscaler(task: Task, known: Mapping[str, str]) -> tuple[str, list[Fault]]:
    """Return the file of the first upscaler of a task, and a fault for all else it cannot have."""
    fits = task.width * task.height * FACTOR**2 <= MAX_PIXELS
    usable = [name for name in task.post_processing if name in known and fits]
    faults = [
        Fault("information", "see_ref", f"made without {name}")
        for name in task.post_processing
        if name not in usable[:1]
    ]
    return (known[usable[0]] if usable else ""), faults


def set_inversions(
    text: str, wanted: Sequence[EngineTi], known: Sequence[str]
) -> tuple[str, list[Fault]]:
    """Return the text with ComfyUI's names for its textual inversions.

    One that ComfyUI does not know is taken out of the text, and a fault tells so.
    """
    faults = []
    for ti in wanted:
        file = find_file(known, ti.file.stem if ti.file else ti.name)
        if file is None:
            faults.append(Fault("ti", "download_failed", ti.name))
        own = "" if file is None else f"embedding:{file}"
        mark = re.compile(rf"embedding:{re.escape(ti.name)}(?![\w-])", re.IGNORECASE)
        text = mark.sub(lambda _match, own=own: own, text)  # type: ignore[misc]
    return text, faults


def _choose_control(
    control: Control | None, abilities: Abilities, *, large: bool
) -> tuple[str, str]:
    """Return the ControlNet's file and the node for its map. Raises WorkerError without them."""
    if control is None:
        return "", ""
    preprocessor = "" if control.is_control else PREPROCESSORS.get(control.type, "?")
    words = CONTROL_WORDS.get(control.type, (control.type,))
    fitting = (
        file
        for file in abilities.controlnets
        if any(word in PurePosixPath(file).name.casefold() for word in words)
        and bool(LARGE_WORDS.search(file)) == large
    )
    file = "" if control.return_map else next(fitting, None)
    able = abilities.nodes.issuperset(CONTROL) and (preprocessor or CONTROL[0]) in abilities.nodes
    if file is None or not able:
        raise WorkerError("worker.no_controlnet", type=control.type)
    return file, preprocessor
