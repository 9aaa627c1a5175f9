"""Deciding an answer: written down once, before any of it is posted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from common.model import Outcome, Picture
from request.answering import answers
from request.grammar.markers import says
from request.kept import encoding
from request.kept.leases import Lease
from request.kept.records import JobRow, PictureRow, RequestRow, RequestState
from request.kept.store import Store


class Decisions:
    """The answers of requests, as they are kept."""

    def __init__(self, store: Store, pictures: Path) -> None:
        self._store = store
        self._pictures = pictures

    async def decide(self, lease: Lease, request: RequestRow, outcome: Outcome) -> RequestRow:
        """Write the answer of a request down; returns the request that is to be answered so."""
        image = request.image
        private = image.private or says(request.incoming.text, "private")  # refused ones too
        outcome = replace(outcome, private=outcome.private or private, spoiler=image.spoiler)
        document = encoding.outcome_to_json(outcome)
        await self._store.answer_decided(lease, request.id, document)
        return replace(request, state=RequestState.REPLYING, outcome=document)

    async def decided(self, request: RequestRow) -> Outcome:
        """Return the decided answer of a request, with its pictures."""
        assert request.outcome is not None
        pictures: tuple[Picture, ...] = ()
        if request.parsed is not None:
            jobs = await self._store.jobs_of(request.id)
            pictures = self.shown(request, jobs, await self._store.pictures_of(request.id))
        return encoding.outcome_from_json(request.id, request.outcome, pictures)

    def shown(
        self, request: RequestRow, jobs: list[JobRow], made: list[PictureRow]
    ) -> tuple[Picture, ...]:
        """Return the pictures of an answer."""
        prompt = request.image.subject
        return answers.describe_pictures(request.id, prompt, jobs, made, self._pictures)
