"""Draw the fixed sheet of prompts: `python -m worker.demo_model.sheet OUT.png`.

Two pictures of each prompt (seeds 1 and 2), then one row for each LoRA; `--subjects` draws every
subject once instead.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image, ImageDraw

from worker.demo_model.runtime import LORAS, WEIGHTS, DemoPipeline
from worker.demo_model.vocabulary import SUBJECTS

PROMPTS = (
    "a cat",
    "a dragon",
    "a robot",
    "a castle",
    "an octopus in the ocean",
    "a rocket in space",
    "a fox in a forest",
    "a unicorn on pink",
    "a penguin in the snow",
    "a burger on a blue background",
    "a ghost in the city",
    "a car at sunset",
    "a cat and a pizza",
    "two cats",
    "a dog next to a robot on the beach",
    "a crown above a frog",
    "a small turtle on the left on a yellow background",
    "a giant strawberry in the desert",
    "cute owl, masterpiece, 4k, trending",
    "a cyberpunk cat by greg rutkowski",
    "a wugly florb bunny in a meadow",
    "an elephant at night",
    "a zebra in the snow",
    "a beach",
)
LORA_PROMPTS = (
    "a cat",
    "a robot",
    "a castle at sunset",
    "a rocket in space",
    "a burger on a blue background",
    "a fox in a forest",
    "a cat and a pizza",
    "a dragon",
)
COLUMNS = 8
SIDE = 150
LABEL = 17
Drawn = tuple[str, Image.Image]


def draw_prompts(pipeline: DemoPipeline, loras: Path) -> Iterator[Drawn]:
    """Yield every picture of the sheet with its label."""
    for prompt in PROMPTS:
        for seed in (1, 2):
            yield prompt, Image.fromarray(pipeline.generate(prompt, seed=seed))
    for path in sorted(loras.glob("*.safetensors")):
        for prompt in LORA_PROMPTS:
            picture = pipeline.generate(prompt, seed=1, loras=[(path, 1.0)])
            yield f"{path.stem}: {prompt}", Image.fromarray(picture)


def draw_subjects(pipeline: DemoPipeline) -> Iterator[Drawn]:
    """Yield every subject once."""
    for subject in SUBJECTS:
        yield subject.name, Image.fromarray(pipeline.generate(f"a {subject.name}", seed=2))


def lay_out(drawn: Iterable[Drawn], columns: int = COLUMNS) -> Image.Image:
    """Return the pictures in rows, each with its label below."""
    pictures = list(drawn)
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (SIDE + 4), rows * (SIDE + LABEL)), "white")
    pen = ImageDraw.Draw(sheet)
    for index, (label, picture) in enumerate(pictures):
        x, y = index % columns * (SIDE + 4), index // columns * (SIDE + LABEL)
        sheet.paste(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS), (x, y))
        pen.text((x + 1, y + SIDE + 2), label[:27], fill="black")
    return sheet


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description="Draw the fixed sheet of prompts.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--loras", type=Path, default=LORAS)
    parser.add_argument("--subjects", action="store_true", help="draw every subject once instead")
    arguments = parser.parse_args()
    pipeline = DemoPipeline.load(arguments.weights)
    started = time.perf_counter()
    chosen = (
        draw_subjects(pipeline) if arguments.subjects else draw_prompts(pipeline, arguments.loras)
    )
    pictures = list(chosen)
    seconds = time.perf_counter() - started
    lay_out(pictures).save(arguments.out, optimize=True)
    print(  # noqa: T201
        f"{len(pictures)} pictures, {seconds / len(pictures):.2f} s each: {arguments.out}"
    )


if __name__ == "__main__":
    main()
