"""Enlarging a picture as it is: alchemy that looks like a request for one picture.

To the bots it is a request like others, with an id of its own kind: `alchemy:KUDOS:ID`. The kudos
stand in it because a Horde does not tell them later.
"""

from __future__ import annotations

import math

from common.horde.alchemy import AlchemyCalls
from common.horde.wire import Check, Generation, GenMetadata, Status
from common.horde.wire_alchemy import AlchemyBody, AlchemyStatus

KIND = "alchemy:"
TILE = 512
MOST_TILES = 4
"""Largest picture, in squares of 512 pixels, that any alchemist may be expected to take."""
KUDOS_PER_TILE = 3
KUDOS_PER_QUESTION = 1
NSFW = "nsfw"
"""The form that tells whether a picture is for adults, asked beside where nobody knows yet."""
_RUNNING = frozenset({"processing", "done", "partial"})


def tiles(width: int, height: int) -> int:
    """Return the squares of 512 pixels by which a Horde counts the work."""
    return math.ceil(width / TILE) * math.ceil(height / TILE)


def is_enlarging(horde_id: str | None) -> bool:
    """Tell whether an id is one of these."""
    return horde_id is not None and horde_id.startswith(KIND)


class EnlargingCalls(AlchemyCalls):
    """Submit, look and cancel as for a picture that is drawn."""

    async def submit_enlarging(self, body: AlchemyBody, kudos: int) -> str:
        """Hand in a picture with one form that makes a picture, and perhaps `nsfw` beside it.

        Return the id. Raises like `submit_alchemy`.
        """
        submitted = await self.submit_alchemy(body)
        return f"{KIND}{kudos}:{submitted.id}"

    async def enlarging(self, horde_id: str) -> Status:
        """Return how far it is, with the picture if it is there. Raises HordeGone."""
        kudos, own = _parts(horde_id)
        return as_status(await self.alchemy_status(own), horde_id, kudos)

    async def cancel_enlarging(self, horde_id: str) -> Status:
        """Cancel it; return what there is."""
        kudos, own = _parts(horde_id)
        return as_status(await self.cancel_alchemy(own), horde_id, kudos)


def as_status(status: AlchemyStatus, horde_id: str, kudos: float) -> Status:
    """Return how alchemy with one picture stands, as if it were drawn.

    Where `nsfw` was asked as well, there is no picture before its answer, and one for adults is
    censored. While no alchemist has taken it, it does not count as possible: nobody may be there
    any more.
    """
    found = [form.value for form in status.forms if isinstance(form.value, str)]
    if any(form.form == NSFW for form in status.forms):
        verdict = status.value(NSFW)
        found = found if verdict is False and status.over else []
        if verdict is True:
            return _censored(horde_id, kudos)
    failed = status.over and not found
    begun = status.state in _RUNNING or any(form.state in _RUNNING for form in status.forms)
    pictures = [Generation(id=horde_id[-64:], img=address) for address in found[:1]]
    check = Check(
        finished=len(pictures),
        processing=int(begun and not status.over),
        waiting=int(not begun and not status.over),
        done=status.over,
        faulted=failed,
        kudos=kudos if found else 0.0,
        is_possible=begun or status.over,
    )
    return Status(**check.model_dump(), generations=pictures)


def _censored(horde_id: str, kudos: float) -> Status:
    """Return the end of alchemy whose picture is not to be shown."""
    kept_back = Generation(
        id=horde_id[-64:],
        img="",
        censored=True,
        gen_metadata=[GenMetadata(type="censorship", value=NSFW)],
    )
    return Status(finished=1, done=True, is_possible=True, kudos=kudos, generations=[kept_back])


def _parts(horde_id: str) -> tuple[float, str]:
    kudos, _, own = horde_id.removeprefix(KIND).partition(":")
    return float(kudos) if kudos.isdigit() else 0.0, own
