"""An order: a popped job, checked and turned into what the engine takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from common.errors import WorkerError
from worker.engines.protocol import Fault, Generated, Task

MAX_METADATA = 50
MAX_REF = 255


@dataclass(frozen=True, slots=True)
class Order:
    """One or more pictures of the same recipe, owed to the server by `deadline`."""

    ids: tuple[str, ...]
    """The server's ids; picture i goes to ids[i]."""
    uploads: tuple[str | None, ...]
    """Where picture i is uploaded; None: it travels in the submission itself."""
    task: Task
    deadline: float
    """By the worker's clock: when generating must be over, so that delivery still fits."""
    faults: tuple[Fault, ...] = ()
    """Wishes of this job that are known not to be met."""
    censor: bool = False
    """Pictures for adults are kept back, whatever the worker allows."""
    titles: tuple[str, ...] = ()
    """What the LoRAs of the task are called, as far as it is known."""


class Verdict(StrEnum):
    """What may be done with a picture. The values are the Horde's words in `gen_metadata`."""

    FINE = "fine"
    NSFW = "nsfw"
    """For adults: shown where they were asked for and are allowed, else kept back."""
    CSAM = "csam"
    """Never kept, never shown to anybody."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A picture that was made, or would have been, and must not be shown."""

    seed: int
    verdict: Verdict


Result = Generated | Withheld | Fault
"""What became of one picture of an order."""


class JobFailed(WorkerError):
    """This job cannot be done; others may. `fault` tells the server why."""

    def __init__(self, code: str, *, fault: Fault | None = None, **values: object) -> None:
        super().__init__(code, **values)
        self.fault = fault or Fault("information", "see_ref", str(self))


def gen_metadata(faults: Sequence[Fault]) -> list[dict[str, str]]:
    """Return faults in the Horde's form, within its limits."""
    entries = []
    for fault in faults[:MAX_METADATA]:
        entry = {"type": fault.type, "value": fault.value}
        if fault.ref:
            entry["ref"] = fault.ref[:MAX_REF]
        entries.append(entry)
    return entries
