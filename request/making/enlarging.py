"""Giving a picture that is only to be enlarged to an alchemist instead of having it drawn over.

It stays the same picture then, and costs less; where nobody does it, it is drawn as ever.
"""

from __future__ import annotations

import asyncio
import base64

import structlog

from common import pictures
from common.errors import HordeError, HordeUnclear, PictureError
from common.horde.enlarging import KUDOS_PER_QUESTION, KUDOS_PER_TILE, MOST_TILES, NSFW, tiles
from common.horde.wire import GenerationBody
from common.horde.wire_alchemy import alchemy_body
from request.horde.hordes import Endpoint, Hordes
from request.kept.records import JobRow

log = structlog.get_logger()


async def handed_to_alchemist(
    hordes: Hordes, endpoint: Endpoint, row: JobRow, body: GenerationBody
) -> str | None:
    """Return the id of the alchemy a job has become; None if it is to be drawn.

    It is tried once: a job that comes back is drawn. Raises HordeUnclear if it may have been
    accepted unnoticed.
    """
    source = body.source_image
    if not row.job.enlarge or row.attempts > 1 or not source or len(row.job.post_processing) != 1:
        return None
    # what somebody brought is judged beside, and not shown if it is for adults
    forms = [*row.job.post_processing, *([NSFW] if row.job.unseen else [])]
    if not await hordes.enlarges(endpoint, forms, trusted=row.job.trusted_workers):
        return None
    try:
        count = await asyncio.to_thread(_tiles, source)
        if count > MOST_TILES:
            return None
        request = alchemy_body(
            forms,
            source,
            trusted_workers=row.job.trusted_workers,
            slow_workers=row.job.slow_workers,
        )
        kudos = KUDOS_PER_TILE * count + KUDOS_PER_QUESTION * (len(forms) - 1)
        return await endpoint.client.submit_enlarging(request, kudos)
    except HordeUnclear:
        raise
    except (HordeError, PictureError) as error:
        log.info("not_enlarged_by_alchemist", endpoint=endpoint.name, error=str(error))
        return None


def _tiles(source: str) -> int:
    facts = pictures.verify(base64.b64decode(source))
    return tiles(facts.width, facts.height)
