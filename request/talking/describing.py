"""Telling what a picture shows: alchemists of the Horde look at it.

Nothing of it is written down but the answer: a request found open after a crash asks again.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import structlog

from common import texts
from common.errors import HordeError, HordeGone, Refusal
from common.horde.client import HordeClient
from common.horde.wire_alchemy import AlchemyStatus, alchemy_body
from common.model import Audience
from request.allowed import policy
from request.calls import Call
from request.horde.hordes import Endpoint, Hordes
from request.wanted.sources import Sources

log = structlog.get_logger()

FORMS = ("caption", "interrogation")
PATIENCE = 180.0
"""Seconds an alchemist may take."""
LOOK_EVERY = 2.0
MOST_TAGS = 20


class Describing:
    """Answers `describe`."""

    def __init__(
        self,
        hordes: Hordes,
        sources: Sources,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._hordes = hordes
        self._sources = sources
        self._sleep = sleep

    async def describe(self, call: Call) -> str:
        """Return what the picture of a call shows, as a sentence and words.

        It is the one attached, or one of the answer replied to. Raises Refusal.
        """
        number = int(call.command.argument) if call.command.argument else None
        picture = await self._sources.bytes_of(call.incoming, number)
        private = call.incoming.audience is Audience.PRIVATE
        allowed = policy.hordes_of(call.place, private=private)
        body = alchemy_body(
            FORMS,
            base64.b64encode(picture).decode(),
            trusted_workers=call.place.trusted_workers,
        )
        problem: HordeError | None = None
        for endpoint in self._allowed(allowed):
            try:
                submitted = await endpoint.client.submit_alchemy(body)
                status = await self._wait(endpoint.client, submitted.id)
            except HordeError as error:
                log.info("not_described", endpoint=endpoint.name, error=str(error))
                problem = error
                continue
            told = _told(status)
            if told:
                return told
        raise Refusal("refused.not_described", problem=problem or texts.say("outcome.faulted"))

    def _allowed(self, names: tuple[str, ...]) -> list[Endpoint]:
        usable = [one for one in self._hordes.endpoints if not names or one.name in names]
        return sorted(usable, key=self._hordes.rests)

    async def _wait(self, client: HordeClient, horde_id: str) -> AlchemyStatus:
        """Look until nothing more comes. Raises HordeError."""
        try:
            for _ in range(int(PATIENCE / LOOK_EVERY)):
                status = await client.alchemy_status(horde_id)
                if status.over:
                    return status
                await self._sleep(LOOK_EVERY)
        except HordeGone:
            raise
        except BaseException:
            with contextlib.suppress(HordeError):
                await client.cancel_alchemy(horde_id)
            raise
        return await client.cancel_alchemy(horde_id)


def _told(status: AlchemyStatus) -> str:
    """Return what alchemists found, in words; "" if nothing."""
    caption = status.value("caption")
    tags = list(dict.fromkeys(_tags(status.value("interrogation"))))[:MOST_TAGS]
    lines = []
    if isinstance(caption, str) and caption.strip():
        lines.append(texts.say("described.caption", caption=caption.strip()[:500]))
    if tags:
        lines.append(texts.say("described.tags", tags=", ".join(tags)))
    return "\n".join(lines)


def _tags(found: Any) -> Iterator[str]:
    """Yield the words of an interrogation, the likeliest of each list first."""
    if not isinstance(found, Mapping):
        return
    for entries in found.values():
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, Mapping) and isinstance(entry.get("text"), str):
                yield entry["text"][:60]
