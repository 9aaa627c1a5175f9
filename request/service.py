"""The main flow: one request from what was heard to the posted answer.

    Incoming ─ Store.insert_once ─ Understanding.understand ─ jobs
       ─ Production.run ─ answers.finished ─ Adapter.reply

Each step starts from what is written down, so the same function serves a new request and one
found after a crash.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import structlog

from common import texts
from common.config import Config, PlaceConfig
from common.errors import PlatformRefused, StoreError, StoreRefused
from common.model import Incoming, IncomingKind
from request.adapter import Adapter
from request.admission import Admission
from request.allowed.conditions import Conditions
from request.allowed.terms import Terms
from request.answering import answers, metadata
from request.answering.decisions import Decisions
from request.answering.posting import Posting
from request.at_work import AtWork
from request.kept.leases import Lease
from request.kept.records import ENDED, JobRow, RequestRow, RequestState
from request.kept.store import Store
from request.making.planning import Planning
from request.making.production import Production
from request.making.progress import Tally
from request.making.telling import Telling
from request.observer import Observer
from request.talking.commands import FORGETTING, Commands
from request.talking.moderation import LEAVES_NOTHING
from request.understanding import Understanding
from request.withdrawal import Withdrawal

log = structlog.get_logger()

OLDEST = 24 * 3600.0
"""Seconds after which an event is written down as expired and not answered."""
EDITED_WITHIN = 3600.0
"""Seconds for which what came to nothing is read again if its writer changes it."""


class Service:
    """Answers requests. Knows no platform; an adapter is handed in with each request."""

    def __init__(
        self,
        *,
        config: Callable[[], Config],
        conditions: Conditions,
        store: Store,
        understanding: Understanding,
        planning: Planning,
        commands: Commands,
        production: Production,
        admission: Admission,
        decisions: Decisions,
        posting: Posting,
        withdrawal: Withdrawal,
        at_work: AtWork,
        observer: Observer | None = None,
        now: Callable[[], float] = time.time,
        draw_seed: Callable[[], int] = lambda: random.getrandbits(32),
    ) -> None:
        self._config = config
        self._conditions = conditions
        self._store = store
        self._understanding = understanding
        self._planning = planning
        self.commands = commands
        self.showcase = commands.showcase
        self.extension = commands.extension
        self._production = production
        self._admission = admission
        self._decisions = decisions
        self._posting = posting
        self.withdrawal = withdrawal
        self.at_work = at_work
        self._observer = observer or Observer()
        self._now = now
        self._draw_seed = draw_seed

    async def receive(self, lease: Lease, incoming: Incoming) -> str | None:
        """Write down what was heard; returns its id if it is new and to be answered.

        An edit is read in place of what came to nothing; one of what nobody heard is new.
        """
        incoming = self._conditions.in_language(incoming)
        if incoming.kind is IncomingKind.EDIT:
            known = await self._store.request_of_event(incoming)
            if known is not None:
                since = self._now() - EDITED_WITHIN
                again = await self._store.reworded(lease, known, incoming, since)
                return known if again else None
        late = self._now() - incoming.created.timestamp() > OLDEST
        state = RequestState.EXPIRED if late else RequestState.RECEIVED
        request_id = await self._store.insert_once(lease, incoming, self._draw_seed(), state)
        return None if late else request_id

    async def answer(self, lease: Lease, request_id: str, adapter: Adapter) -> None:
        """Take a request from wherever it stands to its answer."""
        try:
            request = await self._store.request(request_id)
        except KeyError:  # its asker was forgotten meanwhile
            return
        texts.speak(request.incoming.language)  # the task is the request's own
        try:
            if request.state is RequestState.RECEIVED:
                request = await self._understanding.understand(lease, request, adapter)
            if request.state is RequestState.WORKING:
                request = await self._make(lease, request, adapter)
        except StoreError:
            raise  # it may pass, and so the request waits where it stands
        except Exception:
            log.exception("request_broken", state=request.state.value)
            await self._production.withdraw(lease, request)
            request = await self._decisions.decide(lease, request, answers.broken(request.id))
        finally:
            tally = self.at_work.tallies.pop(request.id, None)
        if request.state is RequestState.REPLYING:
            ended = await self._reply(lease, request, adapter)
            seconds, made = self._now() - request.created, tally.generation if tally else None
            self._observer.answered(lease.name, ended, seconds=seconds, generation=made)
            log.info("request_closed", state=ended.value, seconds=round(seconds, 2))

    async def _make(self, lease: Lease, request: RequestRow, adapter: Adapter) -> RequestRow:
        """Have the pictures made, and decide the answer: working → replying."""
        tally = await self._produce(lease, request, adapter)
        jobs = await self._store.jobs_of(request.id)
        made = await self._store.pictures_of(request.id)
        notes = (*request.notes, *metadata.notes(jobs, made))
        place = await self._conditions.place(request.incoming, adapter)
        outcome = answers.finished(
            request.id,
            request.image.subject,
            jobs,
            self._decisions.shown(request, jobs, made),
            notes,
            made=made,
            suggestions=() if made else await self._alternatives(request, jobs, place),
        )
        told = replace(outcome, kudos=tally.kudos(len(jobs)))
        told = await self.showcase.asking(request, told, adapter)
        told = await self.extension.offer(request, told, adapter)
        return await self._decisions.decide(lease, request, told)

    async def _produce(self, lease: Lease, request: RequestRow, adapter: Adapter) -> Tally:
        """Make the pictures, showing how far they are. Thousands may wait here: little is held."""
        jobs = await self._store.jobs_of(request.id)
        tally = self.at_work.tallies[request.id] = Tally(sum(row.job.n for row in jobs))
        terms = await self._terms_now(request, adapter)
        telling = Telling(request.incoming, adapter, tally)
        telling.start()
        self.at_work.intake.leave(request.id)  # from here on others are waited for
        try:
            await self._production.run(lease, request, jobs, tally, terms)
        finally:
            await telling.stop()
        return tally

    async def _terms_now(self, request: RequestRow, adapter: Adapter) -> Terms:
        place = await self._conditions.place(request.incoming, adapter)
        terms = self._conditions.terms(request.incoming, place, request.image)
        within = await self._admission.hordes(request.id, place, terms.hordes)
        return replace(terms, hordes=within).paid_by(await self.extension.payer(request))

    async def _alternatives(
        self, request: RequestRow, jobs: list[JobRow], place: PlaceConfig
    ) -> tuple[str, ...]:
        """Return styles that may work instead.

        What no Horde has taken, or was to be enlarged, is not the style's fault.
        """
        if all(row.horde_id is None for row in jobs) or request.image.upscale is not None:
            return ()
        style, limits = jobs[0].job.style, self._conditions.limits(place)
        return await self._planning.alternatives(request.image, style, place, limits)

    async def _reply(self, lease: Lease, request: RequestRow, adapter: Adapter) -> RequestState:
        """Post the answer's parts in order: replying → done.

        What is posted already is not posted again.
        """
        outcome = await self._decisions.decided(request)
        self.at_work.replying.add(request.id)
        rests = partial(self.at_work.intake.leave, request.id)
        try:
            await self._posting.post(lease, request, outcome, adapter, rests=rests)
        except PlatformRefused as error:
            log.warning("reply_refused", error=str(error))
            ended = RequestState.FAILED
        except StoreRefused:  # what is posted stands; the rest never could be noted
            log.exception("reply_not_kept")
            ended = RequestState.FAILED
        else:
            ended = ENDED.get(outcome.ending, RequestState.DONE)
            await self.showcase.offer(lease, request, outcome, adapter)
            await self.extension.after(lease, request, outcome, adapter)
            if outcome.code == FORGETTING:  # before it counts as done: a crash does it again
                place = await self._conditions.place(request.incoming, adapter)
                await self.commands.forget(lease, request, adapter, place)
            if outcome.code in LEAVES_NOTHING:
                await self.commands.leave_nothing(lease, request)
        finally:
            self.at_work.replying.discard(request.id)
        await self._store.ended(lease, request.id, ended)
        return ended

    def finishes(self, request_id: str) -> bool:
        """Tell whether the answer of a request is getting out this moment."""
        return request_id in self.at_work.replying and request_id not in self._posting.resting

    async def tidy(self, lease: Lease) -> None:
        """Delete on the Hordes what nobody waits for and they may not know of."""
        await self._production.tidy(lease)

    async def prune(self, lease: Lease, adapter: Adapter) -> None:
        """Delete what ended long enough ago; count the votes of polls that are over."""
        await self.commands.prune(lease, adapter, keep_days=self._config().keep_days)
        await self._posting.polls.count(lease, adapter)
