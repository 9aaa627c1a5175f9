"""Figures for Prometheus: counters that hear what happens, gauges that are read when asked for.

Labels are names from the configuration and from fixed lists, so that their number has a bound.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from bots.operator.health import Health
from common.errors import HordeError
from common.horde.return_codes import OUTCOMES
from request.kept.history import History
from request.kept.records import RequestState
from request.observer import Observer

SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
FRESH = 5.0
"""Seconds for which what was counted in the database is believed."""
UNKNOWN = "other"


class Figures(Observer):
    """What is counted while the program runs."""

    def __init__(self, platforms: Mapping[str, str]) -> None:
        """Take the platform of each account."""
        self.platforms = platforms
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._answered = self._counter(
            "answers", "Answers that are out, by how the request ended.", "account", "state"
        )
        self._seconds = self._histogram(
            "answer_seconds", "From the request written down to its answer posted."
        )
        self._overhead = self._histogram(
            "answer_overhead_seconds", "The same without the time a Horde had its jobs."
        )
        self._replies_failed = self._counter(
            "reply_failures", "Posts a platform did not take.", "account"
        )
        self._kudos = self._counter("kudos_spent", "Kudos of finished jobs.", "endpoint")
        self._wasted = self._counter(
            "jobs_wasted", "Jobs sent again that may have arrived before.", "endpoint"
        )
        self._calls = self._counter("horde_calls", "Calls to a Horde.", "endpoint", "call")
        self._errors = self._counter(
            "horde_errors", "Calls that failed, by return code.", "endpoint", "call", "rc"
        )

    def answered(
        self, account: str, state: RequestState, *, seconds: float, generation: float | None
    ) -> None:
        """Count an answer, and how long it took."""
        self._answered.labels(account, state.value).inc()
        platform = self.platforms.get(account, UNKNOWN)
        self._seconds.labels(platform).observe(seconds)
        if generation is not None:
            self._overhead.labels(platform).observe(max(0.0, seconds - generation))

    def reply_failed(self, account: str) -> None:
        """Count a post that was not taken."""
        self._replies_failed.labels(account).inc()

    def finished(self, endpoint: str, kudos: float) -> None:
        """Count what a job cost."""
        self._kudos.labels(endpoint).inc(max(0.0, kudos))

    def wasted(self, endpoint: str) -> None:
        """Count a job that may have been sent twice."""
        self._wasted.labels(endpoint).inc()

    def called(self, endpoint: str, budget: str, error: HordeError | None) -> None:
        """Count a call and its failure."""
        self._calls.labels(endpoint, budget).inc()
        if error is not None:
            self._errors.labels(endpoint, budget, _code(error)).inc()

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace="hordebots", registry=self.registry)

    def _histogram(self, name: str, text: str) -> Histogram:
        return Histogram(
            name,
            text,
            ["platform"],
            namespace="hordebots",
            buckets=SECONDS,
            registry=self.registry,
        )


class Gauges:
    """What is read of the running program when somebody asks."""

    def __init__(
        self,
        figures: Figures,
        health: Health,
        history: History,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = figures.registry
        self._health = health
        self._history = history
        self._platforms = figures.platforms
        self._monotonic = monotonic
        self._counted_at = float("-inf")
        self._turn = asyncio.Lock()
        gauge = self._gauge
        self._requests = gauge("requests", "Requests kept.", "account", "platform", "state")
        self._jobs = gauge("open_jobs", "Jobs of requests at work, by state.", "state")
        self._queued = gauge("queued_jobs", "Jobs that wait for their turn here.", "endpoint")
        self._watched = gauge("watched_jobs", "Jobs a Horde has.", "endpoint")
        self._up = gauge("endpoint_up", "1 if a Horde is asked, 0 while it rests.", "endpoint")
        self._lease = gauge("lease_held", "1 if this process serves the account.", "account")
        self._listening = gauge("listening", "1 if the platform is listened to.", "account")
        self._heard = gauge("last_event_timestamp_seconds", "When something was heard.", "account")
        self._age = gauge("style_source_age_seconds", "Age of a stylelist.", "source")
        self._problem = gauge("style_source_failing", "1 if its reading failed.", "source")
        self._faults = gauge("style_faults", "Faults in the stylelists in use.")
        self._styles = gauge("styles", "Styles in use.")

    async def text(self) -> bytes:
        """Return all figures in the format of Prometheus."""
        async with self._turn:
            if self._monotonic() - self._counted_at >= FRESH:
                await self._count()
                self._counted_at = self._monotonic()
            self._look()
            return generate_latest(self._registry)

    async def _count(self) -> None:
        """Count in the database. Raises StoreError."""
        kept = await self._history.count()
        self._requests.clear()
        for (account, state), count in kept.items():
            platform = self._platforms.get(account, UNKNOWN)
            self._requests.labels(account, platform, state).set(count)
        self._jobs.clear()
        for state, count in (await self._history.count_jobs(tuple(self._platforms))).items():
            self._jobs.labels(state).set(count)

    def _look(self) -> None:
        hordes, library = self._health.hordes, self._health.library
        endpoints = hordes.endpoints
        _set(self._up, {one.name: not hordes.rests(one) for one in endpoints}.items())
        _set(self._queued, {one.name: len(one.turns) for one in endpoints}.items())
        _set(self._watched, {one.name: len(one.poller) for one in endpoints}.items())
        runners = self._health.runners
        _set(self._lease, {one.name: one.lease is not None for one in runners}.items())
        _set(self._listening, {one.name: one.listening for one in runners}.items())
        _set(self._heard, {one.name: one.heard_at for one in runners if one.heard_at}.items())
        ages = {_shown(one.source): one.age(self._health.now()) for one in library.sources}
        _set(self._age, ((name, age) for name, age in ages.items() if age is not None))
        failing = {_shown(one.source): bool(one.problem) for one in library.sources}
        _set(self._problem, failing.items())
        self._faults.set(len(library.current.faults))
        self._styles.set(len(library.current.styles))

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, namespace="hordebots", registry=self._registry)


def _code(error: HordeError) -> str:
    """Return the server's return code if it is a known one, else the kind of failure."""
    if not error.rc:
        return type(error).__name__
    return error.rc if error.rc in OUTCOMES else UNKNOWN


def _set(gauge: Gauge, values: Iterable[tuple[str, float]]) -> None:
    gauge.clear()
    for name, value in values:
        gauge.labels(name).set(value)


def _shown(source: str) -> str:
    """Return a source without what may be secret behind its `?`."""
    return source if "://" not in source else urlsplit(source)._replace(query="").geturl()
