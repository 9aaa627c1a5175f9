"""What goes to a Horde and what comes back: bodies with their pictures, finished pictures kept.

A finished picture lies in the picture folder, with its recipe in it, before anybody is told.
"""

from __future__ import annotations

import asyncio
import base64
import re
from dataclasses import replace
from itertools import islice
from pathlib import Path

import structlog

from common import pictures, texts
from common.errors import HordeError, PictureError
from common.horde.client import HordeClient
from common.horde.enlarging import is_enlarging
from common.horde.wire import Generation, GenerationBody, Status, generation_body
from common.model import Job
from common.pictures import PictureFacts
from request.answering import recipe
from request.kept.records import JobRow, PictureRow

log = structlog.get_logger()

SHA256 = re.compile(r"[0-9a-f]{64}")
PICTURE_BYTES = 32 * 1024 * 1024
PICTURE_PIXELS = 64 * 1024 * 1024
LONGEST_ID, LONGEST_NAME = 64, 255
"""Characters of what a Horde calls a picture, its model and its worker, as the tables hold them."""


class NothingCame(Exception):
    """A job ends without pictures; the argument is the sentence that says why."""


class Delivery:
    """Packs what is sent, and unpacks what comes."""

    def __init__(self, folder: Path) -> None:
        """Take the picture folder."""
        self._folder = folder

    async def body(
        self, job: Job, *, webhook: str | None = None, proxied: str = "", r2: bool = True
    ) -> GenerationBody:
        """Return the body of a job with the bytes of its pictures. Raises NothingCame.

        `proxied` is the hash of the person for whom a service account asks; without `r2` the
        finished pictures come inside the answer instead of as links.
        """
        named = (job.source_picture, *job.extra_pictures) if job.source_picture else ()
        images = [await asyncio.to_thread(self._source, picture) for picture in named]
        body = generation_body(
            job, source_images=images, webhook=webhook, proxied_account=proxied or None
        )
        return body if r2 else body.model_copy(update={"r2": False})

    async def fetch(
        self, client: HordeClient, row: JobRow, status: Status, *, private: bool
    ) -> tuple[list[PictureRow], int]:
        """Download and keep all pictures of a job; return them and how many were no pictures.

        Of those told of twice, or beyond what was asked for, nothing is kept. A private one gets no
        recipe into its file.
        """
        made, unusable = [], 0
        told = {one.id[:LONGEST_ID]: one for one in status.generations}
        for name, generation in islice(told.items(), row.job.n):
            picture = PictureRow(
                job=row.id,
                generation=name,
                seed=generation.seed[:LONGEST_ID],
                model=(generation.model or row.job.model)[:LONGEST_NAME],
                worker=generation.worker_name[:LONGEST_NAME],
                censored=generation.censored,
                gen_metadata=tuple(entry.model_dump() for entry in generation.gen_metadata),
            )
            if not generation.censored:
                try:
                    drawn = not is_enlarging(row.horde_id)
                    job = row.job if drawn else replace(row.job, denoising_strength=None)
                    text = "" if private else _recipe(job, picture)
                    picture = await self._keep(client, generation, picture, text)
                except (HordeError, PictureError) as error:
                    log.warning("picture_unusable", generation=generation.id, error=str(error))
                    unusable += 1
                    continue
            made.append(picture)
        return made, unusable

    async def _keep(
        self, client: HordeClient, generation: Generation, picture: PictureRow, text: str
    ) -> PictureRow:
        data, facts, likeness = await self._download(client, generation.img)
        path = await asyncio.to_thread(self._store, data, text)
        return replace(
            picture,
            sha256=path.name,
            mime=facts.mime,
            width=facts.width,
            height=facts.height,
            likeness=likeness,
        )

    async def _download(self, client: HordeClient, img: str) -> tuple[bytes, PictureFacts, str]:
        """Return a picture's bytes and what they show; what came damaged is fetched again."""
        try:
            return await self._examined(client, img)
        except PictureError as error:
            log.info("picture_damaged", error=str(error))
            return await self._examined(client, img)

    async def _examined(self, client: HordeClient, img: str) -> tuple[bytes, PictureFacts, str]:
        data = await client.download(img, limit_bytes=PICTURE_BYTES)
        facts, likeness = await asyncio.to_thread(
            pictures.examine, data, max_bytes=PICTURE_BYTES, max_pixels=PICTURE_PIXELS
        )
        return data, facts, likeness

    def _store(self, data: bytes, text: str) -> Path:
        """Keep a picture with this recipe, or with none at all."""
        written = pictures.write_parameters(
            data, text, max_bytes=PICTURE_BYTES, max_pixels=PICTURE_PIXELS
        )
        return pictures.store(self._folder, written)

    def _source(self, picture: str | None) -> str:
        """Return the base64 of a picture to start from."""
        name = (picture or "").removeprefix("sha256:")
        if not SHA256.fullmatch(name):
            raise NothingCame(texts.say("outcome.no_source"))
        try:
            return base64.b64encode((self._folder / name).read_bytes()).decode("ascii")
        except OSError:
            raise NothingCame(texts.say("outcome.no_source")) from None


def _recipe(job: Job, picture: PictureRow) -> str:
    return recipe.recipe(job, seed=picture.seed, model=picture.model, worker=picture.worker)
