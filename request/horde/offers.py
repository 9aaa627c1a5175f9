"""What one Horde serves right now: which models, by whom, for which jobs, after what wait."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from common.horde.wire import ModelStatus, WorkerStatus
from common.model import Job
from styles.limits import Served

IMAGE = "image"
PAINTINGS = frozenset({"inpainting", "outpainting"})


@dataclass(frozen=True, slots=True)
class Offer:
    """What a Horde says it serves; None where it does not say.

    Servers tell of their models at once and of their workers up to a minute later. So a model may
    have workers nobody knows yet: of them the best is believed.
    """

    models: Mapping[str, Served] | None = None
    workers: tuple[WorkerStatus, ...] | None = None

    @classmethod
    def of(
        cls, models: Iterable[ModelStatus] | None, workers: Iterable[WorkerStatus] | None
    ) -> Offer:
        """Return what two lists say; either may be missing."""
        return cls(
            None if models is None else served_of(models),
            None if workers is None else tuple(filter(does_work, workers)),
        )

    def served(self, *, trusted: bool) -> Mapping[str, Served] | None:
        """Return the models that are served, with `trusted` only by workers the Horde trusts."""
        if self.models is None or self.workers is None:
            return self.models
        known: dict[str, list[WorkerStatus]] = {}
        for worker in self.workers:
            for model in set(worker.models):
                known.setdefault(model, []).append(worker)
        found = {
            model: _of(had, known.get(model, []), trusted=trusted)
            for model, had in self.models.items()
        }
        return {model: had for model, had in found.items() if had.workers > 0}

    def serves(self, job: Job) -> bool:
        """Tell whether a job could be made, as far as is known."""
        if self.models is None:
            return True
        had = self.models.get(job.model)
        if had is None or self.workers is None:
            return had is not None
        known = [worker for worker in self.workers if job.model in worker.models]
        return had.workers > _threads(known) or any(_can(worker, job) for worker in known)

    def wait(self, model: str) -> int:
        """Return the seconds of queue in front of a model; 0 where nobody can say."""
        had = None if self.models is None else self.models.get(model)
        return 0 if had is None else had.eta


def served_of(rows: Iterable[ModelStatus]) -> dict[str, Served]:
    """Return what is served of each image model; one without a worker is left out."""
    return {
        row.name: Served(workers=row.count, eta=row.eta)
        for row in rows
        if row.type == IMAGE and row.count >= 1
    }


def _of(had: Served, known: list[WorkerStatus], *, trusted: bool) -> Served:
    """Return what is served of a model by those of its workers that count."""
    usable = [worker for worker in known if worker.trusted or not trusted]
    unknown = max(0, had.workers - _threads(known))
    return replace(
        had,
        workers=unknown + _threads(usable) if trusted else had.workers,
        loras=unknown > 0 or any(worker.lora for worker in usable),
        source_pictures=unknown > 0 or any(worker.img2img for worker in usable),
    )


def _threads(workers: Iterable[WorkerStatus]) -> int:
    return sum(worker.threads for worker in workers)


def does_work(worker: WorkerStatus) -> bool:
    """Tell whether a worker is there and takes jobs of everybody."""
    return worker.online and not worker.maintenance_mode


def _can(worker: WorkerStatus, job: Job) -> bool:
    """Tell whether a worker of a job's model can make it, by what is told of it."""
    painting = job.source_processing in PAINTINGS
    needs = (
        (job.trusted_workers, worker.trusted),
        (job.nsfw, worker.nsfw),
        (job.source_picture is not None and not painting, worker.img2img),
        (painting, worker.painting),
        (bool(job.assets), worker.lora),
        (bool(job.post_processing), worker.post_processing),
        (job.control_type is not None, worker.controlnet),
        (
            worker.max_pixels is not None,
            job.width * job.height <= (worker.max_pixels or 0),
        ),
    )
    return all(has for needed, has in needs if needed)
