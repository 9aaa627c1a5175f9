"""What can be asked of the requests that are kept. Nothing here changes anything."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from common.model import Audience, Incoming
from request.kept import encoding
from request.kept.records import (
    ENDED_JOBS,
    FINAL_STATES,
    OPEN_STATES,
    UNTOLD_JOBS,
    JobRow,
    JobState,
    PictureRow,
    RequestRow,
    RequestState,
)
from request.kept.rows import job_of, picture_of, request_of
from request.kept.tables import jobs, pictures, posts, requests, spending, votes

EARLIER = "earlier"
"""State of a post of an answer that was followed by another: the request was put back."""
MOST_SHOWING = 20
"""Answers with the very same picture that are looked at."""
REMOVED = "removed"
"""State of a post that was taken back."""
EARLIER_REMOVED = "earlier removed"
"""State of one of an earlier answer that was."""
TAKEN_BACK = (REMOVED, EARLIER_REMOVED)
ID_LENGTH = 255
"""Characters a platform's ids may have in the tables."""

ALIKE = 24
"""Bits of 256 in which two pictures may differ that are taken for one."""
LEAST_SHAPE = 12
"""Bits that must be set in what a picture looks like: nearly plain ones all look alike."""
MOST_ALIKE = 5
"""Pictures that are named where several look alike."""
MOST_COMPARED = 100_000

# Statements that run for every request are put together once: it costs more than to run them.
_MINE: sa.BindParameter[str] = sa.bindparam("mine")
_REQUEST = sa.select(requests).where(requests.c.id == _MINE)
_OF_EVENT = sa.select(requests.c.id).where(requests.c.event_key == _MINE)
_JOBS = sa.select(jobs).where(jobs.c.request == _MINE).order_by(jobs.c.number)
_PICTURES = (
    sa.select(pictures)
    .join(jobs, jobs.c.id == pictures.c.job)
    .where(pictures.c.request == _MINE)
    .order_by(jobs.c.number, pictures.c.id)
)
_POSTS = (
    sa.select(posts.c.platform_id)
    .where(posts.c.request == _MINE, posts.c.platform_id.is_not(None))
    .order_by(posts.c.part)
)
_PARTS_BEFORE = sa.select(sa.func.count()).where(
    posts.c.request == _MINE, posts.c.state.in_((EARLIER, EARLIER_REMOVED)), posts.c.part > 0
)
_OF_PERSON = (
    requests.c.account == sa.bindparam("account"),
    requests.c.person == sa.bindparam("person"),
    requests.c.id != sa.bindparam("but"),
    requests.c.parsed.is_not(None),
)
_LATELY_OF_PERSON = (
    sa.select(requests.c.state, requests.c.created)
    .where(
        *_OF_PERSON,
        (requests.c.state == RequestState.WORKING) | (requests.c.created >= sa.bindparam("since")),
    )
    .order_by(requests.c.created)
)


def event_key(incoming: Incoming) -> str:
    """Return the key that makes one event one request, however often it is delivered."""
    key = encoding.storable(f"{incoming.place.account}:{incoming.event}")
    if len(key) <= ID_LENGTH:
        return key
    return f"{key[: ID_LENGTH - 65]}#{hashlib.sha256(key.encode()).hexdigest()}"


def _nearest(likeness: str, known: Sequence[tuple[int, str]]) -> list[int]:
    """Return the ids of those that look like it, the most alike first, newer before older."""
    wanted = int(likeness, 16)
    if wanted.bit_count() < LEAST_SHAPE:
        return []
    found = [((wanted ^ int(one, 16)).bit_count(), -number) for number, one in known]
    near = sorted(one for one in found if one[0] <= ALIKE)
    return [-number for _bits, number in near[:MOST_ALIKE]]


class Queries:
    """The requests of all accounts in one database, to be looked at."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def request(self, request_id: str) -> RequestRow:
        """Return a request. Raises KeyError if there is none."""
        async with self._database.read() as connection:
            row = (await connection.execute(_REQUEST, {"mine": request_id})).one_or_none()
        if row is None:
            raise KeyError(request_id)
        return request_of(row)

    async def request_behind(self, account: str, platform_id: str) -> RequestRow | None:
        """Return the request that one of our posts answered.

        `#ID` names a request itself, where a button under the answer knows it.
        """
        if platform_id.startswith("#"):
            found = sa.select(requests).where(
                requests.c.account == account, requests.c.id == platform_id[1:]
            )
            async with self._database.read() as connection:
                row = (await connection.execute(found)).one_or_none()
            return None if row is None else request_of(row)
        query = (
            sa.select(requests)
            .join(posts, posts.c.request == requests.c.id)
            .where(posts.c.account == account, posts.c.platform_id == platform_id)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else request_of(row)

    async def posts_in_doubt(self, account: str) -> set[int]:
        """Return the posts of an account that may stand on its platform without being noted."""
        query = (
            sa.select(posts.c.id)
            .join(requests, posts.c.request == requests.c.id)
            .where(
                requests.c.account == account,  # of which few are open, while its posts are many
                requests.c.state == RequestState.REPLYING,
                posts.c.state == "intended",
            )
        )
        async with self._database.read() as connection:
            return {row.id for row in await connection.execute(query)}

    async def depth(self, account: str, post: str | None, *, most: int) -> int:
        """Return how many of our answers stand one below the other, down to a post; at most so."""
        depth = 0
        while post is not None and depth < most:
            row = await self.request_behind(account, post)
            if row is None:
                break
            post, depth = row.incoming.parent, depth + 1
        return depth

    async def open_requests(self, account: str) -> list[str]:
        """Return the ids of all requests of an account that wait for their answer, oldest first."""
        return list(await self.open_askers(account))

    async def open_askers(self, account: str) -> dict[str, str]:
        """Return whose these are: the platform's ids of the people, by the ids of the requests."""
        query = sa.select(requests.c.created, requests.c.id, requests.c.person).where(
            requests.c.account == account, requests.c.state.in_(OPEN_STATES)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        # sorted here: to have them in order the database would go through all there ever were
        return {row.id: row.person for row in sorted(rows, key=lambda row: (row.created, row.id))}

    async def request_of_event(self, incoming: Incoming) -> str | None:
        """Return the id of the request that an event became, if it did."""
        async with self._database.read() as connection:
            return await self._known(connection, event_key(incoming))

    async def _known(self, connection: AsyncConnection, key: str) -> str | None:
        return (await connection.execute(_OF_EVENT, {"mine": key})).scalar_one_or_none()

    async def open_of_person(self, account: str, person: str, *, but: str = "") -> list[RequestRow]:
        """Return a person's requests that wait for their answer, oldest first, without `but`."""
        found = await self.requests_of_person(account, person)
        return [row for row in found if row.state in OPEN_STATES and row.id != but]

    async def requests_of_person(self, account: str, person: str) -> list[RequestRow]:
        """Return all that is kept of a person's requests, oldest first."""
        query = sa.select(requests).where(
            requests.c.account == account,
            requests.c.person == encoding.storable(person)[:ID_LENGTH],
        )
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(requests.c.created, requests.c.id))
            return [request_of(row) for row in rows]

    async def told_to_person(self, request: RequestRow, *, since: float) -> list[tuple[float, str]]:
        """Return what the person of a request was told in words since then, in other answers.

        Each is the Unix time they asked, and the code of the answer.
        """
        incoming = request.incoming
        query = sa.select(requests.c.created, requests.c.outcome).where(
            requests.c.account == incoming.place.account,
            requests.c.person == encoding.storable(incoming.person.id)[:ID_LENGTH],
            requests.c.id != request.id,
            requests.c.created >= since,
            requests.c.parsed.is_(None),
            requests.c.outcome.is_not(None),
        )
        async with self._database.read() as connection:
            rows = await connection.execute(query)
            return [(row.created, (row.outcome or {}).get("code", "")) for row in rows]

    async def posts_of(self, request_id: str) -> list[str]:
        """Return where the parts of an answer stand on their platform, in order."""
        async with self._database.read() as connection:
            rows = await connection.execute(_POSTS, {"mine": request_id})
            return [row.platform_id for row in rows]

    async def first_post_of(self, request_id: str) -> str | None:
        """Return where an answer begins on its platform; None if it is not there."""
        query = (
            sa.select(posts.c.platform_id)
            .where(posts.c.request == request_id, posts.c.part > 0, posts.c.state == "posted")
            .order_by(posts.c.part)
            .limit(1)
        )
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def votes_of(self, request_id: str) -> list[int]:
        """Return the votes of the poll under an answer, by picture; none before it has ended."""
        query = sa.select(votes.c.counted).where(votes.c.request == request_id)
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalar_one_or_none() or ())

    async def jobs_of(self, request_id: str) -> list[JobRow]:
        """Return the jobs of a request in order."""
        async with self._database.read() as connection:
            return [job_of(row) for row in await connection.execute(_JOBS, {"mine": request_id})]

    async def abandoned_jobs(self, account: str) -> list[JobRow]:
        """Return the jobs nobody waits for any more and whose Horde may not know that yet."""
        given_up = requests.c.state.in_(FINAL_STATES)  # the process died between the two
        query = (
            sa.select(jobs, requests.c.account)
            .join(requests, requests.c.id == jobs.c.request)
            .where(
                jobs.c.state.in_(UNTOLD_JOBS),
                sa.or_(jobs.c.state == JobState.ABANDONED, given_up),
            )
        )
        async with self._database.read() as connection:
            rows = await connection.execute(query)
            # sorted out here: by account the database would go through all there ever were
            return [job_of(row) for row in rows if row.account == account]

    async def parts_before(self, request_id: str) -> int:
        """Return how many posts an earlier answer had, where a request was put back."""
        async with self._database.read() as connection:
            return (await connection.execute(_PARTS_BEFORE, {"mine": request_id})).scalar_one()

    async def pictures_of(self, request_id: str) -> list[PictureRow]:
        """Return the generations of a request, in the order of its jobs."""
        async with self._database.read() as connection:
            rows = await connection.execute(_PICTURES, {"mine": request_id})
            return [picture_of(row) for row in rows]

    async def pictures_alike(
        self, account: str, *, sha256: str, likeness: str
    ) -> list[tuple[str, PictureRow]]:
        """Return pictures of an account that are this one, or look like it, the most alike first.

        Each comes with the id of its request. The newest `MOST_COMPARED` are compared.
        """
        query = (
            sa.select(pictures)
            .join(requests, requests.c.id == pictures.c.request)
            .where(requests.c.account == account, pictures.c.perceptual_hash.is_not(None))
            .order_by(pictures.c.id.desc())
        )
        compared = query.with_only_columns(pictures.c.id, pictures.c.perceptual_hash)
        async with self._database.read() as connection:
            same = (await connection.execute(query.where(pictures.c.sha256 == sha256))).all()
            if same:
                return [(row.request, picture_of(row)) for row in same[:MOST_ALIKE]]
            known = (await connection.execute(compared.limit(MOST_COMPARED))).all()
            near = await asyncio.to_thread(_nearest, likeness, [tuple(row) for row in known])
            rows = await connection.execute(query.where(pictures.c.id.in_(near)))
            by_id = {row.id: (row.request, picture_of(row)) for row in rows}
        return [by_id[number] for number in near if number in by_id]

    async def spent(
        self, *, since: float, account: str | None = None, community: str = ""
    ) -> float:
        """Return the kudos put down since then, by a community or by all.

        A job that ended without ever being sent has cost nothing.
        """
        query = (
            sa.select(sa.func.coalesce(sa.func.sum(spending.c.kudos), 0.0))
            .select_from(
                spending.outerjoin(
                    jobs,
                    (jobs.c.request == spending.c.request) & (jobs.c.number == spending.c.number),
                )
            )
            .where(
                spending.c.at >= since,
                jobs.c.id.is_(None)
                | jobs.c.horde_id.is_not(None)
                | jobs.c.state.not_in(ENDED_JOBS),
            )
        )
        if account is not None:
            stored = encoding.storable(community)[:ID_LENGTH]
            query = query.where(spending.c.account == account, spending.c.community == stored)
        async with self._database.read() as connection:
            return float((await connection.execute(query)).scalar_one())

    async def is_charged(self, request_id: str) -> bool:
        """Tell whether something was put down for a request."""
        query = sa.select(spending.c.number).where(spending.c.request == request_id).limit(1)
        async with self._database.read() as connection:
            return (await connection.execute(query)).first() is not None

    async def count_of_community(
        self, account: str, community: str, *, since: float, most: int, but: str
    ) -> tuple[int, float | None]:
        """Return how many picture requests a community has open, and when it has had `most`.

        The latter is the Unix time of the request `most` back from now, if it was made since
        then; `but` is left out of both.
        """
        stored = encoding.storable(community)[:ID_LENGTH]
        theirs = (
            requests.c.account == account,
            requests.c.id != but,
            requests.c.parsed.is_not(None),
        )
        # counted here: by community the database would go through all it ever had
        working = sa.select(requests.c.community).where(
            *theirs, requests.c.state == RequestState.WORKING
        )
        recent = sa.select(requests.c.created).where(
            *theirs, requests.c.community == stored, requests.c.created >= since
        )
        last = recent.order_by(requests.c.created.desc()).offset(most - 1).limit(1)
        async with self._database.read() as connection:
            running = sum(row.community == stored for row in await connection.execute(working))
            return running, (await connection.execute(last)).scalar_one_or_none()

    async def posted_in_public(self, sha256: str, *, but: str) -> PictureRow | None:
        """Return a picture by its hash, if an answer that all may see shows it.

        Answers of the account `but`, and those that were taken back, do not count.
        """
        query = (
            sa.select(pictures, requests.c.incoming, requests.c.outcome)
            .join(requests, requests.c.id == pictures.c.request)
            .join(posts, posts.c.request == requests.c.id)
            .where(pictures.c.sha256 == sha256, posts.c.account != but)
            .where(posts.c.state.not_in(TAKEN_BACK))
            .limit(MOST_SHOWING)
        )
        async with self._database.read() as connection:
            for row in await connection.execute(query):
                asked_in_public = row.incoming.get("audience") == Audience.PUBLIC
                if asked_in_public and not (row.outcome or {}).get("private"):
                    return picture_of(row)
        return None

    async def count_of_person(
        self, account: str, person: str, *, since: float, but: str
    ) -> tuple[int, list[float]]:
        """Return how many picture requests a person has open, and when those since then were made.

        The request `but` is left out of both, and so are refusals and questions; times are Unix
        seconds, oldest first.
        """
        stored = encoding.storable(person)[:ID_LENGTH]
        theirs = {"account": account, "person": stored, "but": but, "since": since}
        async with self._database.read() as connection:
            rows = (await connection.execute(_LATELY_OF_PERSON, theirs)).all()
        running = sum(row.state == RequestState.WORKING for row in rows)
        return running, [row.created for row in rows if row.created >= since]
