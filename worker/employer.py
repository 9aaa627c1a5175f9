"""A Horde the worker serves: what it is offered, how it is asked and told."""

from __future__ import annotations

from dataclasses import dataclass

from worker.delivery import Delivery
from worker.offer import Offer
from worker.popping import Popper
from worker.wire_client import WireClient


@dataclass(frozen=True, slots=True, eq=False)
class Employer:
    """One server, with all that talks to it."""

    horde: WireClient
    offer: Offer
    popper: Popper
    delivery: Delivery
