"""A task as ComfyUI takes it: a graph of nodes, built without asking anybody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from worker.engines.protocol import Painting, Task

Link = list[str | int]
"""Another node's id and which of its outputs."""
GRID = 64
LEAST_DENOISE = 0.01
"""Below this older ones divide by zero."""
GROW = 6
"""Pixels by which a hole is widened, so that no seam shows."""
CANNY = {"low_threshold": 0.4, "high_threshold": 0.8}


@dataclass(frozen=True, slots=True)
class Plan:
    """A task's wishes in ComfyUI's own names."""

    checkpoint: str
    sampler: str
    scheduler: str
    positive: str
    negative: str
    saver: str
    native: int = 512
    """The side of the pictures the model has learned from, in pixels."""
    loras: tuple[tuple[str, float, float], ...] = ()
    """File, strength on the model, strength on the text encoder."""
    source: str = ""
    mask: str = ""
    """Uploaded pictures, as LoadImage takes them."""
    controlnet: str = ""
    preprocessor: str = ""
    """The node that makes the control map; empty: the source picture is one."""
    knows_masks: bool = False
    """The checkpoint was made for inpainting."""
    upscaler: str = ""


@dataclass(slots=True)
class Graph:
    """Nodes by id, as `/prompt` takes them."""

    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    work: dict[str, int] = field(default_factory=dict)
    """Node that takes time → how much, in steps times pixels."""
    result: str = ""
    """The node that hands the picture over."""

    def add(self, kind: str, **inputs: Any) -> str:
        """Add a node and return its id."""
        name = str(len(self.nodes) + 1)
        self.nodes[name] = {"class_type": kind, "inputs": inputs}
        return name

    def save(self, saver: str, images: Link) -> None:
        """Have this picture handed over."""
        self.result = self.add(saver, images=images)


@dataclass(slots=True)
class Wiring:
    """The ends that the next node is tied to."""

    model: Link
    clip: Link
    vae: Link
    positive: Link
    negative: Link
    latent: Link


def build_graph(task: Task, plan: Plan, seed: int) -> Graph:
    """Return the graph that makes one picture of the task, with this seed."""
    graph = Graph()
    if task.control is not None and task.control.return_map:
        graph.save(plan.saver, _control_map(graph, task, plan))
        return graph
    first = _passes(task, plan)
    ends = _loaded(graph, task, plan)
    if task.control is not None:
        _add_control(graph, ends, task, plan)
    denoise = _add_start(graph, ends, task, plan, first[0])
    _add_sampling(graph, ends, task, plan, seed=seed, denoise=denoise, size=first[0])
    for size in first[1:]:
        width, height = size
        larger = graph.add(
            "LatentUpscale",
            samples=ends.latent,
            upscale_method="bislerp",
            width=width,
            height=height,
            crop="disabled",
        )
        ends.latent = [larger, 0]
        _add_sampling(graph, ends, task, plan, seed=seed, denoise=task.hires_denoise, size=size)
    picture = graph.add("VAEDecode", samples=ends.latent, vae=ends.vae)
    if plan.upscaler:
        loader = graph.add("UpscaleModelLoader", model_name=plan.upscaler)
        picture = graph.add("ImageUpscaleWithModel", upscale_model=[loader, 0], image=[picture, 0])
    graph.save(plan.saver, [picture, 0])
    return graph


def _loaded(graph: Graph, task: Task, plan: Plan) -> Wiring:
    """Add the checkpoint, what changes it, and the words."""
    loader = graph.add("CheckpointLoaderSimple", ckpt_name=plan.checkpoint)
    model: Link = [loader, 0]
    clip: Link = [loader, 1]
    vae: Link = [loader, 2]
    for file, strength, strength_clip in plan.loras:
        lora = graph.add(
            "LoraLoader",
            model=model,
            clip=clip,
            lora_name=file,
            strength_model=strength,
            strength_clip=strength_clip,
        )
        model, clip = [lora, 0], [lora, 1]
    if task.clip_skip > 1:
        clip = [graph.add("CLIPSetLastLayer", clip=clip, stop_at_clip_layer=-task.clip_skip), 0]
    if task.tiling:
        own = "Make a copy"
        model = [graph.add("SeamlessTile", model=model, tiling="enable", copy_model=own), 0]
        vae = [graph.add("MakeCircularVAE", vae=vae, tiling="enable", copy_vae=own), 0]
    positive = graph.add("CLIPTextEncode", text=plan.positive, clip=clip)
    negative = graph.add("CLIPTextEncode", text=plan.negative, clip=clip)
    return Wiring(model, clip, vae, [positive, 0], [negative, 0], latent=[])


def _passes(task: Task, plan: Plan) -> list[tuple[int, int]]:
    """Return the sizes of the passes: two for a hires fix, the first of which is small."""
    whole = (task.width, task.height)
    short = min(whole)
    wants = task.hires_fix and task.mask is None and task.control is None
    if not wants or short <= plan.native:
        return [whole]
    width, height = (max(GRID, round(side * plan.native / short / GRID) * GRID) for side in whole)
    return [(width, height), whole]


def _add_start(graph: Graph, ends: Wiring, task: Task, plan: Plan, size: tuple[int, int]) -> float:
    """Add what the sampler starts from, and return how much of it may change."""
    if not plan.source or task.control is not None:
        empty = graph.add("EmptyLatentImage", width=size[0], height=size[1], batch_size=1)
        ends.latent = [empty, 0]
        return 1.0
    pixels: Link = [graph.add("LoadImage", image=plan.source), 0]
    if plan.mask:
        _add_hole(graph, ends, task, plan, pixels)
    else:
        ends.latent = [graph.add("VAEEncode", pixels=pixels, vae=ends.vae), 0]
    if size != (task.width, task.height):
        smaller = graph.add(
            "LatentUpscale",
            samples=ends.latent,
            upscale_method="bislerp",
            width=size[0],
            height=size[1],
            crop="disabled",
        )
        ends.latent = [smaller, 0]
    return max(task.denoise, LEAST_DENOISE)


def _add_hole(graph: Graph, ends: Wiring, task: Task, plan: Plan, pixels: Link) -> None:
    """Add the part that is painted anew; where the mask is white."""
    mask: Link = [graph.add("LoadImageMask", image=plan.mask, channel="red"), 0]
    if plan.knows_masks:
        hole = graph.add(
            "InpaintModelConditioning",
            positive=ends.positive,
            negative=ends.negative,
            vae=ends.vae,
            pixels=pixels,
            mask=mask,
            noise_mask=True,
        )
        ends.positive, ends.negative, ends.latent = [hole, 0], [hole, 1], [hole, 2]
        return
    if task.painting is Painting.OUTPAINTING and task.denoise >= 1:
        # what is outside the picture has nothing to start from
        hole = graph.add(
            "VAEEncodeForInpaint", pixels=pixels, vae=ends.vae, mask=mask, grow_mask_by=GROW
        )
        ends.latent = [hole, 0]
        return
    encoded = graph.add("VAEEncode", pixels=pixels, vae=ends.vae)
    ends.latent = [graph.add("SetLatentNoiseMask", samples=[encoded, 0], mask=mask), 0]


def _control_map(graph: Graph, task: Task, plan: Plan) -> Link:
    """Add what the ControlNet looks at."""
    image: Link = [graph.add("LoadImage", image=plan.source), 0]
    if not plan.preprocessor:
        return image
    if plan.preprocessor == "Canny":
        return [graph.add("Canny", image=image, **CANNY), 0]
    side = min(task.width, task.height)
    return [graph.add(plan.preprocessor, image=image, resolution=side), 0]


def _add_control(graph: Graph, ends: Wiring, task: Task, plan: Plan) -> None:
    image = _control_map(graph, task, plan)
    loader = graph.add("ControlNetLoader", control_net_name=plan.controlnet)
    control = graph.add(
        "ControlNetApplyAdvanced",
        positive=ends.positive,
        negative=ends.negative,
        control_net=[loader, 0],
        image=image,
        strength=1.0,
        start_percent=0.0,
        end_percent=1.0,
    )
    ends.positive, ends.negative = [control, 0], [control, 1]


def _add_sampling(
    graph: Graph,
    ends: Wiring,
    task: Task,
    plan: Plan,
    *,
    seed: int,
    denoise: float,
    size: tuple[int, int],
) -> None:
    sampler = graph.add(
        "KSampler",
        model=ends.model,
        seed=seed,
        steps=task.steps,
        cfg=task.cfg_scale,
        sampler_name=plan.sampler,
        scheduler=plan.scheduler,
        positive=ends.positive,
        negative=ends.negative,
        latent_image=ends.latent,
        denoise=max(denoise, LEAST_DENOISE),
    )
    graph.work[sampler] = task.steps * size[0] * size[1]
    ends.latent = [sampler, 0]
