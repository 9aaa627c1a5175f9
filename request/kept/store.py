"""The state of requests. It changes here and nowhere else, in functions named after what happened.

Every write for an account runs in one transaction that first checks the account's lease, so an
instance that lost it (a long pause, another process taking over) cannot change anything.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from common.errors import RequestEnded, StoreError
from common.model import Incoming, Job, Note
from request.kept import encoding, files, retrying
from request.kept.cursors import move
from request.kept.leases import Lease, guard
from request.kept.marks import Marks
from request.kept.queries import (
    EARLIER,
    EARLIER_REMOVED,
    ID_LENGTH,
    REMOVED,
    Queries,
    event_key,
)
from request.kept.records import (
    OPEN_STATES,
    JobRow,
    JobState,
    PictureRow,
    PostRow,
    RequestState,
)
from request.kept.tables import forgotten_events, jobs, pictures, posts, requests, spending

ID_ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
"""Not mistaken for each other when read aloud; without vowels, for an id stands under pictures in
public and is to spell no word."""


NO_KEY = Marks(b"")
SECRETS_LOOKED_FOR = 24 * 3600.0
"""Seconds back in which secrets of ended requests are looked for."""
NOTHING: Mapping[int, float] = MappingProxyType({})

# Statements that run for every request are put together once: it costs more than to run them.
_WHICH: sa.BindParameter[object] = sa.bindparam("which")
_FORGOTTEN = sa.select(forgotten_events.c.at).where(forgotten_events.c.mark == _WHICH)
_NEW_REQUEST = requests.insert()
_OPEN_REQUEST = requests.update().where(requests.c.id == _WHICH, requests.c.state.in_(OPEN_STATES))
_NEW_JOBS = jobs.insert()
_JOB = jobs.update().where(jobs.c.id == _WHICH)
_OF_A_JOB = ("state", "endpoint", "horde_id", "attempts", "wasted", "changed")
"""Columns in which a job is kept where it stands."""
_NEW_PICTURES = pictures.insert()
_NEW_POST = posts.insert()
_PART = (posts.c.request == _WHICH, posts.c.part == sa.bindparam("number"))
_FIND_PART = sa.select(posts).where(*_PART)
_POSTED = posts.update().where(*_PART)


class Store(Queries):
    """The requests of all accounts in one database."""

    def __init__(
        self,
        database: Database,
        marks: Marks = NO_KEY,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take the database, and what recognises the events of people who were forgotten."""
        super().__init__(database)
        self._marks = marks
        self._now = now

    @asynccontextmanager
    async def _writing(self, lease: Lease) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that only the holder of the lease gets. Raises LeaseLost."""
        async with self._database.write() as connection:
            await guard(connection, lease)
            yield connection

    # --- a request's way ------------------------------------------------------------------

    async def insert_once(
        self,
        lease: Lease,
        incoming: Incoming,
        rng_seed: int,
        state: RequestState = RequestState.RECEIVED,
    ) -> str | None:
        """Write down what was heard, and how far the platform's list is read with it.

        Returns the new id, or None if it is known already.
        """
        now = self._now()
        request_id = "".join(secrets.choice(ID_ALPHABET) for _ in range(8))
        values = {
            "id": request_id,
            "event_key": event_key(incoming),
            "account": incoming.place.account,
            "community": encoding.storable(incoming.place.community)[:ID_LENGTH],
            "channel": encoding.storable(incoming.place.channel)[:ID_LENGTH],
            "person": encoding.storable(incoming.person.id)[:ID_LENGTH],
            "incoming": encoding.incoming_to_json(incoming),
            "rng_seed": rng_seed,
            "state": state,
            "notes": [],
            "created": now,
            "changed": now,
        }
        try:
            async with self._writing(lease) as connection:
                if incoming.cursor is not None:
                    await move(connection, incoming.place.account, incoming.cursor)
                if await self._known(connection, str(values["event_key"])) is not None:
                    return None
                if await self._forgotten(connection, str(values["event_key"])):
                    return None
                await connection.execute(_NEW_REQUEST, values)
        except IntegrityError:  # somebody wrote it down at the same moment
            if await self.request_of_event(incoming) is None:
                raise
            return None
        return request_id

    async def _forgotten(self, connection: AsyncConnection, key: str) -> bool:
        mark = self._marks.event(key)
        return (await connection.execute(_FORGOTTEN, {"which": mark})).first() is not None

    async def resolved(
        self,
        lease: Lease,
        request_id: str,
        *,
        parsed: dict[str, Any],
        rng_seed: int,
        parent: str | None,
        planned: Sequence[Job],
        notes: tuple[Note, ...],
        charges: Mapping[int, float] = NOTHING,
    ) -> None:
        """Keep what was understood together with the jobs it needs, and what those cost.

        `charges` are kudos by the number of a job.
        """
        now = self._now()
        rows = [
            {
                "request": request_id,
                "number": number,
                "body": encoding.job_to_json(job),
                "state": JobState.WAITING,
                "attempts": 0,
                "wasted": 0,
                "changed": now,
            }
            for number, job in enumerate(planned, start=1)
        ]
        async with self._writing(lease) as connection:
            await self._change_request(
                connection,
                request_id,
                state=RequestState.WORKING,
                parsed=parsed,
                rng_seed=rng_seed,
                parent=parent,
                notes=encoding.notes_to_json(notes),
            )
            await connection.execute(_NEW_JOBS, rows)
            await files.started_from(connection, request_id, parsed)
            if charges:
                await self._charge(connection, request_id, charges)

    async def _charge(
        self, connection: AsyncConnection, request_id: str, charges: Mapping[int, float]
    ) -> None:
        query = sa.select(requests.c.account, requests.c.community)
        row = (await connection.execute(query.where(requests.c.id == request_id))).one()
        common = {"request": request_id, "account": row.account, "community": row.community}
        rows = [
            {**common, "number": number, "kudos": kudos, "at": self._now()}
            for number, kudos in charges.items()
        ]
        await connection.execute(spending.insert(), rows)

    async def answer_decided(self, lease: Lease, request_id: str, outcome: dict[str, Any]) -> None:
        """Keep the answer; from here on it is only posted."""
        async with self._writing(lease) as connection:
            await self._change_request(
                connection, request_id, state=RequestState.REPLYING, outcome=outcome
            )

    async def ended(self, lease: Lease, request_id: str, state: RequestState) -> bool:
        """Close a request for good; tells whether it was open until now."""
        async with self._writing(lease) as connection:
            return await self._is_changed(connection, request_id, state=state)

    async def put_back(self, request_id: str) -> RequestState:
        """Have a request answered after all, because an operator says so; return its new state.

        What was made and not delivered is delivered; anything else begins anew. It needs no
        lease: whoever serves the account never touches what has ended. Raises Refusal where
        there is nothing to put back.
        """
        now = self._now()
        mine = requests.c.id == request_id
        async with self._database.write() as connection:
            query = sa.select(requests).where(mine).with_for_update()
            row = (await connection.execute(query)).one_or_none()
            state = retrying.next_state(request_id, row)
            changes: dict[str, Any] = {"state": state, "created": now, "changed": now}
            if state is RequestState.RECEIVED:
                changes |= await retrying.begin_anew(connection, request_id)
            await connection.execute(requests.update().where(mine).values(changes))
        return state

    async def reworded(self, lease: Lease, request_id: str, edit: Incoming, since: float) -> bool:
        """Have an edit read in place of what came to nothing since then; tells whether it will be.

        Only one edit counts.
        """
        mine, now = requests.c.id == request_id, self._now()
        async with self._writing(lease) as connection:
            found = sa.select(requests).where(mine, requests.c.created >= since).with_for_update()
            row = (await connection.execute(found)).one_or_none()
            if not retrying.may_be_reworded(row):
                return False
            changes = await retrying.begin_anew(connection, request_id)
            heard = {"incoming": encoding.incoming_to_json(edit), "state": RequestState.RECEIVED}
            values = {**changes, **heard, "created": now, "changed": now}
            await connection.execute(requests.update().where(mine).values(values))
        return True

    async def _change_request(
        self, connection: AsyncConnection, request_id: str, **changes: Any
    ) -> None:
        """Change an open request. Raises RequestEnded: an end is never undone here."""
        if not await self._is_changed(connection, request_id, **changes):
            raise RequestEnded(request=request_id)

    async def _is_changed(
        self, connection: AsyncConnection, request_id: str, **changes: Any
    ) -> bool:
        values = {"which": request_id, "changed": self._now(), **changes}
        return (await connection.execute(_OPEN_REQUEST, values)).rowcount > 0

    async def secrets_wiped(self, lease: Lease, keys: Collection[str], *, before: float) -> None:
        """Take keys out of the context of requests that have ended and came before a time."""
        ended = sa.select(requests.c.id, requests.c.incoming).where(
            requests.c.account == lease.name,
            requests.c.state.not_in(OPEN_STATES),  # by time there are fewer than by state
            requests.c.created < before,
            requests.c.created > before - SECRETS_LOOKED_FOR,
        )
        async with self._writing(lease) as connection:
            for row in (await connection.execute(ended)).all():
                context = row.incoming.get("context", {})
                kept = {name: value for name, value in context.items() if name not in keys}
                if kept != context:
                    await connection.execute(
                        requests.update()
                        .where(requests.c.id == row.id)
                        .values(incoming={**row.incoming, "context": kept})
                    )

    # --- jobs and pictures ----------------------------------------------------------------

    async def submission_begun(self, lease: Lease, job: JobRow, endpoint: str) -> JobRow:
        """Note that the job is about to be sent.

        A job that is found being sent already may have arrived: one more is possibly wasted.
        """
        begun = replace(
            job,
            state=JobState.SUBMITTING,
            endpoint=endpoint,
            horde_id=None,
            attempts=job.attempts + 1,
            wasted=job.wasted + (job.state is JobState.SUBMITTING),
        )
        return await self._change_job(lease, begun)

    async def submission_refused(self, lease: Lease, job: JobRow) -> JobRow:
        """Note that the job was sent, and certainly not taken."""
        return await self._change_job(lease, replace(job, state=JobState.WAITING))

    async def submitted(self, lease: Lease, job: JobRow, horde_id: str) -> JobRow:
        """Note the Horde's id of the job."""
        sent = replace(job, state=JobState.SUBMITTED, horde_id=horde_id)
        return await self._change_job(lease, sent)

    async def job_ended(
        self,
        lease: Lease,
        request_id: str,
        job: JobRow,
        state: JobState,
        *,
        made: Sequence[PictureRow] = (),
        reason: str | None = None,
    ) -> None:
        """Close a job together with the pictures it brought."""
        rows = [
            {
                "request": request_id,
                "job": picture.job,
                "generation": picture.generation,
                "sha256": picture.sha256,
                "mime": picture.mime,
                "width": picture.width,
                "height": picture.height,
                "seed": picture.seed,
                "model": picture.model,
                "worker": picture.worker,
                "censored": picture.censored,
                "gen_metadata": list(picture.gen_metadata),
                "perceptual_hash": picture.likeness,
            }
            for picture in made
        ]
        async with self._writing(lease) as connection:
            values = {"which": job.id, "state": state, "reason": reason, "changed": self._now()}
            await connection.execute(_JOB, values)
            if rows:
                await connection.execute(_NEW_PICTURES, rows)

    async def job_given_back(self, lease: Lease, job: JobRow) -> None:
        """Note that the job's Horde knows that nobody waits for it."""
        await self._change_job(lease, replace(job, state=JobState.CANCELLED))

    async def _change_job(self, lease: Lease, job: JobRow) -> JobRow:
        """Keep where a job stands; returns it as it is kept. Raises StoreError if it is gone."""
        job = replace(job, changed=self._now())
        values = {"which": job.id, **{name: getattr(job, name) for name in _OF_A_JOB}}
        async with self._writing(lease) as connection:
            if not (await connection.execute(_JOB, values)).rowcount:
                raise StoreError("store.job_gone", job=job.id)
        return job

    # --- posts ----------------------------------------------------------------------------

    async def post_intended(
        self, lease: Lease, request_id: str, part: int, shown: Sequence[int]
    ) -> PostRow:
        """Note that a part is about to be posted; returns what is known of it already."""
        async with self._writing(lease) as connection:
            which = {"which": request_id, "number": part}
            row = (await connection.execute(_FIND_PART, which)).one_or_none()
            if row is not None:
                if row.state in {EARLIER, EARLIER_REMOVED}:  # a poll: its number is always the same
                    again = {**which, "state": "intended", "changed": self._now()}
                    await connection.execute(_POSTED, again)
                before, there = row.state == "intended", row.state in {"posted", REMOVED}
                return PostRow(part, there, row.platform_id, before=before)
            values = {
                "request": request_id,
                "account": lease.name,
                "part": part,
                "state": "intended",
                "pictures": list(shown),
                "changed": self._now(),
            }
            await connection.execute(_NEW_POST, values)
        return PostRow(part, posted=False, platform_id=None)

    async def posted(self, lease: Lease, request_id: str, part: int, platform_id: str) -> None:
        """Note where a part can be found on its platform."""
        async with self._writing(lease) as connection:
            values = {
                "which": request_id,
                "number": part,
                "state": "posted",
                "platform_id": platform_id,
                "changed": self._now(),
            }
            await connection.execute(_POSTED, values)

    async def post_removed(self, lease: Lease, request_id: str, platform_id: str) -> None:
        """Note that a part has been taken back."""
        earlier = posts.c.state.in_((EARLIER, EARLIER_REMOVED))
        async with self._writing(lease) as connection:
            await connection.execute(
                posts.update()
                .where(posts.c.request == request_id, posts.c.platform_id == platform_id)
                .values(
                    state=sa.case((earlier, EARLIER_REMOVED), else_=REMOVED), changed=self._now()
                )
            )
