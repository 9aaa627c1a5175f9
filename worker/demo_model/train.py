"""Train the demo model: `python -m worker.demo_model.train WORK [--out DIR]`.

Runs all stages in order. A stage that is finished is skipped, one that was interrupted goes on
from its last checkpoint; WORK holds everything and may be deleted afterwards. Times are budgets:
training ends when they are spent, however fast the machine is.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import diffusers
import torch
import torch.multiprocessing as mp
import transformers

from worker.demo_model.training import (
    autoencoder,
    dataset,
    decoder,
    denoiser,
    encode,
    lora,
    pack,
    sprites,
    start,
)
from worker.demo_model.training.folder import WorkFolder
from worker.demo_model.training.pair import KEEP_MEMORY


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything: numbers of pictures, and seconds of training."""

    font: Path = sprites.FONT_PATH
    start: Path | None = None
    rate: float = 1.0
    processes: int = 2
    tidy: int = 26_000
    varied: int = 7_000
    extra: int = 8_000
    styled: int = 4_000
    autoencoder: float = 1200
    denoiser: float = 2820
    decoder: float = 300
    neon: float = 960
    watercolour: float = 240
    pixel: float = 400


Stage = tuple[str, Callable[[], None]]


def train(work: Path, out: Path, plan: Plan) -> None:
    """Run every stage that is not finished yet."""
    _quieten()
    folder = WorkFolder(work)
    counts = (plan.tidy, plan.varied, plan.extra)
    if plan.start is not None:
        earlier = plan.start
        _run(folder, [(start.STAGE, lambda: start.go_on_from(folder, earlier))])
    _run(
        folder,
        [
            (dataset.STAGE, lambda: dataset.make_data(folder, plan.font, counts)),
            (
                autoencoder.STAGE,
                lambda: autoencoder.train_autoencoder(folder, plan.autoencoder, plan.processes),
            ),
            (encode.STAGE, lambda: encode.encode(folder, plan.processes)),
            (
                denoiser.STAGE,
                lambda: denoiser.train_denoiser(folder, plan.denoiser, plan.processes, plan.rate),
            ),
        ],
    )
    _run_lanes(work, plan)
    _run(folder, [(pack.STAGE, lambda: pack.pack(folder, out))])


def _run(folder: WorkFolder, stages: list[Stage]) -> None:
    for name, work in stages:
        if folder.finished(name):
            print(f"{name}: finished before", flush=True)  # noqa: T201
        else:
            work()


def _run_lanes(work: Path, plan: Plan) -> None:
    """Return the decoder and the LoRAs need nothing of each other: two lanes of one thread each.

    Neon is furthest from the plain pictures and has a lane of its own.
    """
    if plan.processes == 1:
        for lane in range(2):
            _lane(lane, work, plan)
        return
    os.environ.update(KEEP_MEMORY)
    mp.spawn(_lane, (work, plan), nprocs=2)


def _quieten() -> None:
    """Keep the libraries' own bars and advice out of the log."""
    diffusers.utils.logging.set_verbosity_error()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()


def _lane(lane: int, work: Path, plan: Plan) -> None:
    _quieten()
    torch.set_num_threads(1)
    folder = WorkFolder(work)

    def style(name: str, seconds: float) -> Stage:
        return lora.stage_name(name), lambda: lora.train_lora(
            folder, name, seconds, plan.font, plan.styled
        )

    if lane == 0:
        _run(folder, [style("neon", plan.neon)])
        return
    _run(
        folder,
        [
            (decoder.STAGE, lambda: decoder.tune_decoder(folder, plan.decoder)),
            style("watercolour", plan.watercolour),
            style("pixel", plan.pixel),
        ],
    )


def _arguments() -> argparse.Namespace:
    plan = Plan()
    parser = argparse.ArgumentParser(description="Train the demo model from nothing.")
    parser.add_argument("work", type=Path, help="folder for everything on the way")
    parser.add_argument("--out", type=Path, help="where the model goes (default: WORK/out)")
    parser.add_argument("--font", type=Path, default=plan.font, help="default: %(default)s")
    parser.add_argument("--start", type=Path, help="a diffusers folder of this model to go on from")
    parser.add_argument("--rate", type=float, default=plan.rate, help="factor of learning rates")
    for name in ("processes", "tidy", "varied", "extra", "styled"):
        parser.add_argument(f"--{name}", type=int, default=getattr(plan, name))
    for name in ("autoencoder", "denoiser", "decoder", "neon", "watercolour", "pixel"):
        parser.add_argument(
            f"--{name}",
            type=float,
            metavar="SECONDS",
            default=getattr(plan, name),
            help="seconds of training (%(default)s)",
        )
    return parser.parse_args()


def main() -> None:
    """Read the command line and train."""
    arguments = vars(_arguments())
    work, out = arguments.pop("work"), arguments.pop("out")
    train(work, out or work / "out", Plan(**arguments))


if __name__ == "__main__":
    main()
