"""A Horde the worker serves: what it is offered, how it is asked and told."""

from __future__ import annotations

from dataclasses import dataclass

from worker.horde.client import WireClient
from worker.horde.delivery import Delivery
from worker.horde.offer import Offer
from worker.horde.popping import Popper


@dataclass(frozen=True, slots=True, eq=False)
class Employer:
    """One server, with all that talks to it."""

    horde: WireClient
    offer: Offer
    popper: Popper
    delivery: Delivery
