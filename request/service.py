"""The main flow: one request from what was heard to the posted answer.

    Incoming ─ Store.insert_once ─ Reading.read ─ policy ─ Planning.plan ─ jobs
       ─ Production.run ─ answers.finished ─ Adapter.reply

Each step starts from what is written down, so the same function serves a new request and one
found after a crash.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog

from common import texts
from common.config import Config, PlaceConfig
from common.errors import PlatformError, PlatformRefused, Refusal, StoreError
from common.model import Incoming, Outcome, Picture, Progress
from common.tasks import cancel
from request.adapter import Adapter, Clearing
from request.admission import Admission
from request.allowed import policy
from request.allowed.places import Places
from request.allowed.terms import Terms
from request.answering import answers, metadata
from request.answering.posting import Posting
from request.calls import Call
from request.grammar import Command
from request.grammar.markers import says
from request.kept import encoding
from request.kept.leases import Lease
from request.kept.marks import Marks
from request.kept.records import ENDED, JobRow, RequestRow, RequestState
from request.kept.store import Store
from request.making.planning import Planning
from request.making.prices import Prices
from request.making.production import Production
from request.making.progress import Tally
from request.making.telling import Telling
from request.observer import Observer
from request.talking.commands import FORGETTING, HEARD_ANYWAY, Commands, is_above
from request.talking.moderation import LEAVES_NOTHING
from request.wanted.reading import Hint, Reading, Told, Wanted
from styles import image_request
from styles.image_request import ImageRequest
from styles.limits import Limits

log = structlog.get_logger()

OLDEST = 24 * 3600.0
"""Seconds after which an event is written down as expired and not answered."""


class Service:
    """Answers requests. Knows no platform; an adapter is handed in with each request."""

    def __init__(
        self,
        *,
        config: Callable[[], Config],
        places: Places,
        store: Store,
        reading: Reading,
        planning: Planning,
        commands: Commands,
        production: Production,
        prices: Prices,
        admission: Admission,
        posting: Posting,
        marks: Marks,
        pictures: Path,
        observer: Observer | None = None,
        now: Callable[[], float] = time.time,
        draw_seed: Callable[[], int] = lambda: random.getrandbits(32),
    ) -> None:
        self._config = config
        self._places = places
        self._store = store
        self._reading = reading
        self._planning = planning
        self.commands = commands
        self.showcase = commands.showcase
        self.extension = commands.extension
        self._production = production
        self._prices = prices
        self._admission = admission
        self._posting = posting
        self._marks = marks
        self._pictures = pictures
        self._observer = observer or Observer()
        self._now = now
        self._draw_seed = draw_seed
        self.running: dict[str, asyncio.Task[None]] = {}
        """The task of each request at work in this process; the runner keeps it."""
        self.replying: set[str] = set()
        """Ids of the requests whose answer is being posted this moment."""
        self._telling = asyncio.Lock()
        self._tallies: dict[str, Tally] = {}

    async def receive(self, lease: Lease, incoming: Incoming) -> str | None:
        """Write down what was heard; returns its id if it is new and to be answered."""
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
                request = await self._understand(lease, request, adapter)
            if request.state is RequestState.WORKING:
                request = await self._make(lease, request, adapter)
        except StoreError:
            raise  # it may pass, and so the request waits where it stands
        except Exception:
            log.exception("request_broken", state=request.state.value)
            await self._production.withdraw(lease, request)
            request = await self._decide(lease, request, answers.broken(request.id))
        finally:
            tally = self._tallies.pop(request.id, None)
        if request.state is RequestState.REPLYING:
            ended = await self._reply(lease, request, adapter)
            seconds, made = self._now() - request.created, tally.generation if tally else None
            self._observer.answered(lease.name, ended, seconds=seconds, generation=made)
            log.info("request_closed", state=ended.value, seconds=round(seconds, 2))

    # --- received → working, or straight to an answer -------------------------------------

    async def _understand(self, lease: Lease, request: RequestRow, adapter: Adapter) -> RequestRow:
        """Read a request and plan its jobs; whatever is declined is answered at once."""
        stopped = await self.commands.unheard(request.incoming)
        place = await self._place(request.incoming, adapter)
        try:
            wanted = await self._reading.read(request, self._limits(place))
            heard_anyway = isinstance(wanted, Command) and wanted.name in HEARD_ANYWAY
            if wanted is None or (stopped and not heard_anyway):
                return await self._pass_over(lease, request, stopped=stopped)
            if not heard_anyway:
                policy.check_served(request.incoming)
            if not (heard_anyway or is_above(wanted, request.incoming)):
                policy.check_enabled(place)
            match wanted:
                case Wanted():
                    return await self._begin(lease, request, wanted, adapter, place)
                case Hint():
                    outcome = answers.told(request.id, wanted.text, code=wanted.code)
                case Told():
                    outcome = answers.told(request.id, wanted.text)
                case Command():
                    outcome = await self.commands.answer(
                        Call(
                            wanted,
                            lease,
                            request,
                            adapter,
                            place,
                            partial(self.withdraw, adapter=adapter),
                            self.progress,
                        )
                    )
        except Refusal as refusal:
            quiet = adapter.capabilities.quiet and place.enabled is False
            if not request.incoming.expects and (stopped or quiet):
                return await self._drop(lease, request)
            outcome = answers.refused(request.id, refusal)
        return await self._tell(lease, request, outcome)

    async def _tell(self, lease: Lease, request: RequestRow, outcome: Outcome) -> RequestRow:
        """Answer in words, unless the person was told just that, or enough, a while ago."""
        incoming = request.incoming
        async with self._telling:  # who writes twice at once is told once
            if not (incoming.expects or outcome.code == FORGETTING):
                told = await self._store.told_to_person(request, since=self._now() - policy.DAY)
                if policy.heard_enough(told, outcome.code, now=self._now()):
                    return await self._drop(lease, request)
            return await self._decide(lease, request, outcome)

    async def _drop(self, lease: Lease, request: RequestRow) -> RequestRow:
        """Close what asks for nothing, without a word."""
        await self._store.ended(lease, request.id, RequestState.CANCELLED)
        return replace(request, state=RequestState.CANCELLED)

    async def _pass_over(self, lease: Lease, request: RequestRow, *, stopped: bool) -> RequestRow:
        """Say nothing, unless the person is shown that an answer is due."""
        if not request.incoming.expects:
            return await self._drop(lease, request)
        text = texts.say("answer.stopped" if stopped else "help.not_understood")
        return await self._decide(lease, request, answers.told(request.id, text))

    async def withdraw(
        self, lease: Lease, request_id: str, *, adapter: Adapter | None = None
    ) -> None:
        """Take an unanswered request back: nothing more is made, and nothing is posted.

        An adapter that shows what is at work is told.
        """
        if await self.close(lease, request_id):
            await self.abandon(lease, request_id, adapter)

    async def close(self, lease: Lease, request_id: str) -> bool:
        """Note that an unanswered request is taken back; tells whether there is one.

        Waits for nothing else. It stays taken back whatever is at work on it just now.
        """
        if request_id in self.replying:
            return False
        return await self._store.ended(lease, request_id, RequestState.CANCELLED)

    async def abandon(self, lease: Lease, request_id: str, adapter: Adapter | None) -> None:
        """Stop the work on a request that is taken back, here and on the Hordes."""
        task = self.running.get(request_id)
        if task is not None and request_id not in self.replying:
            await cancel(task)
        request = await self._store.request(request_id)
        await self._production.withdraw(lease, request)
        if isinstance(adapter, Clearing):
            try:
                await adapter.clear(request.incoming)
            except PlatformError as error:
                log.info("not_cleared", error=str(error))

    def progress(self, request_id: str) -> Progress | None:
        """Return how far a request is that is at work in this process."""
        tally = self._tallies.get(request_id)
        return None if tally is None else tally.progress()

    async def close_event(self, lease: Lease, incoming: Incoming) -> str | None:
        """Note that the asker has deleted the post; returns the id of what is taken back by it."""
        request_id = await self._store.request_of_event(incoming)
        closed = request_id is not None and await self.close(lease, request_id)
        return request_id if closed else None

    async def _begin(
        self,
        lease: Lease,
        request: RequestRow,
        wanted: Wanted,
        adapter: Adapter,
        place: PlaceConfig,
    ) -> RequestRow:
        """Plan what is wanted and keep its jobs, if the person may ask. Raises Refusal."""
        await self._admission.check(request, place, wanted.image)
        image = await self.extension.before(request, place, wanted.image)
        wanted = replace(wanted, image=image)
        plan = await self._planning.plan(
            request.incoming,
            wanted,
            place,
            self._limits(place),
            can=adapter.capabilities,
        )
        terms = self._terms(request.incoming, place, plan.image)
        if plan.image.price:
            price = await self._prices.told(plan.jobs, terms)
            return await self._tell(lease, request, answers.told(request.id, price))
        parsed = image_request.to_json(plan.image)
        async with self._admission.admitted(request, place, plan, terms) as charges:
            await self._store.resolved(
                lease,
                request.id,
                parsed=parsed,
                rng_seed=wanted.rng_seed,
                parent=wanted.parent,
                planned=plan.jobs,
                notes=plan.notes,
                charges=charges,
            )
        understood = replace(request, parsed=parsed, notes=plan.notes, parent=wanted.parent)
        return replace(understood, rng_seed=wanted.rng_seed, state=RequestState.WORKING)

    # --- working → replying ---------------------------------------------------------------

    async def _make(self, lease: Lease, request: RequestRow, adapter: Adapter) -> RequestRow:
        """Have the pictures made, and decide the answer."""
        tally = await self._produce(lease, request, adapter)
        jobs = await self._store.jobs_of(request.id)
        made = await self._store.pictures_of(request.id)
        prompt = request.image.prompt
        pictures = answers.describe_pictures(request.id, prompt, jobs, made, self._pictures)
        notes = (*request.notes, *metadata.notes(jobs, made))
        place = await self._place(request.incoming, adapter)
        others = () if made else await self._alternatives(request, jobs, place)
        outcome = answers.finished(
            request.id, prompt, jobs, pictures, notes, made=made, suggestions=others
        )
        told = replace(outcome, kudos=tally.kudos(len(jobs)))
        told = await self.showcase.asking(request, told, adapter)
        told = await self.extension.offer(request, told, adapter)
        return await self._decide(lease, request, told)

    async def _produce(self, lease: Lease, request: RequestRow, adapter: Adapter) -> Tally:
        """Make the pictures, showing how far they are. Thousands may wait here: little is held."""
        jobs = await self._store.jobs_of(request.id)
        tally = self._tallies[request.id] = Tally(sum(row.job.n for row in jobs))
        terms = await self._terms_now(request, adapter)
        telling = Telling(request.incoming, adapter, tally)
        telling.start()
        try:
            await self._production.run(lease, request, jobs, tally, terms)
        finally:
            await telling.stop()
        return tally

    async def _terms_now(self, request: RequestRow, adapter: Adapter) -> Terms:
        place = await self._place(request.incoming, adapter)
        terms = self._terms(request.incoming, place, request.image)
        within = await self._admission.hordes(request.id, place, terms.hordes)
        return replace(terms, hordes=within).paid_by(await self.extension.payer(request))

    async def _alternatives(
        self, request: RequestRow, jobs: list[JobRow], place: PlaceConfig
    ) -> tuple[str, ...]:
        """Return styles that may work instead. What no Horde has taken is not the style's fault."""
        if all(row.horde_id is None for row in jobs):
            return ()
        style, limits = jobs[0].job.style, self._limits(place)
        return await self._planning.alternatives(request.image, style, place, limits)

    async def _decide(self, lease: Lease, request: RequestRow, outcome: Outcome) -> RequestRow:
        image = request.image
        private = image.private or says(request.incoming.text, "private")  # refused ones too
        outcome = replace(outcome, private=outcome.private or private, spoiler=image.spoiler)
        document = encoding.outcome_to_json(outcome)
        await self._store.answer_decided(lease, request.id, document)
        return replace(request, state=RequestState.REPLYING, outcome=document)

    # --- replying → done ------------------------------------------------------------------

    async def _reply(self, lease: Lease, request: RequestRow, adapter: Adapter) -> RequestState:
        """Post the answer's parts in order; what is posted already is not posted again."""
        outcome = await self.outcome(request)
        self.replying.add(request.id)
        try:
            await self._posting.post(lease, request, outcome, adapter)
        except PlatformRefused as error:
            log.warning("reply_refused", error=str(error))
            ended = RequestState.FAILED
        else:
            ended = ENDED.get(outcome.ending, RequestState.DONE)
            await self.showcase.offer(lease, request, outcome, adapter)
            await self.extension.after(lease, request, outcome, adapter)
            if outcome.code == FORGETTING:  # before it counts as done: a crash does it again
                place = await self._place(request.incoming, adapter)
                await self.commands.forget(lease, request, adapter, place)
            if outcome.code in LEAVES_NOTHING:
                await self.commands.leave_nothing(lease, request)
        finally:
            self.replying.discard(request.id)
        await self._store.ended(lease, request.id, ended)
        return ended

    def finishes(self, request_id: str) -> bool:
        """Tell whether the answer of a request is getting out this moment."""
        return request_id in self.replying and request_id not in self._posting.resting

    async def tidy(self, lease: Lease) -> None:
        """Delete on the Hordes what nobody waits for and they may not know of."""
        await self._production.tidy(lease)

    async def prune(self, lease: Lease, adapter: Adapter) -> None:
        """Delete what ended long enough ago; count the votes of polls that are over."""
        await self._posting.polls.count(lease, adapter)
        await self.commands.prune(lease, adapter, keep_days=self._config().keep_days)

    async def outcome(self, request: RequestRow) -> Outcome:
        """Return the decided answer of a request, with its pictures."""
        assert request.outcome is not None
        pictures: tuple[Picture, ...] = ()
        if request.parsed is not None:
            jobs = await self._store.jobs_of(request.id)
            made = await self._store.pictures_of(request.id)
            prompt = request.image.prompt
            pictures = answers.describe_pictures(request.id, prompt, jobs, made, self._pictures)
        return encoding.outcome_from_json(request.id, request.outcome, pictures)

    async def _place(self, incoming: Incoming, adapter: Adapter) -> PlaceConfig:
        return await self._places.of(incoming, opt_in=adapter.capabilities.opt_in)

    def _terms(self, incoming: Incoming, place: PlaceConfig, image: ImageRequest) -> Terms:
        allowed = policy.hordes_of(place, private=image.private)
        mark = self._marks.for_horde(incoming.place.account, incoming.person.id)
        return Terms(private=image.private, hordes=allowed, person=mark)

    def _limits(self, place: PlaceConfig) -> Limits:
        return policy.limits_of(place, self._config().styles)
