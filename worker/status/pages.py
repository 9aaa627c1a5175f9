"""The worker's own pages: /status as JSON, /metrics for Prometheus, /healthz."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from common.errors import WorkerError
from worker.status.standing import Standing
from worker.system.cards import Memory

TEXT = "text/plain; version=0.0.4; charset=utf-8"
Cards = Callable[[], Sequence[Memory]]


class Figures(Collector):
    """A standing in the form of Prometheus. No label is made of what somebody wrote."""

    def __init__(self, standing: Standing, cards: Cards) -> None:
        self._standing = standing
        self._cards = cards

    def collect(self) -> Iterable[Metric]:
        """Yield what there is now."""
        standing = self._standing
        images, kudos = standing.lately()
        for name, said, value in (
            ("pictures", "Pictures delivered.", standing.pictures),
            ("failures", "Pictures given up.", standing.failures),
            ("kudos", "Kudos, as the servers tell them.", standing.kudos),
        ):
            counter = CounterMetricFamily(f"hordebots_worker_{name}", said)
            counter.add_metric([], value)
            yield counter
        for name, said, value in (
            ("jobs", "Jobs that devices are at.", len(standing.jobs)),
            ("queue", "Jobs that wait for a device.", standing.queue),
            ("images_per_hour", "Pictures of the last hour.", images),
            ("kudos_per_hour", "Kudos of the last hour.", kudos),
            ("waiting", "1 while nothing is taken on.", float(bool(standing.waiting))),
        ):
            gauge = GaugeMetricFamily(f"hordebots_worker_{name}", said)
            gauge.add_metric([], value)
            yield gauge
        pace = GaugeMetricFamily(
            "hordebots_worker_seconds_per_effort",
            "Seconds a step over 512 x 512 pixels takes.",
            labels=["model"],
        )
        for model, measured in standing.measured.items():
            pace.add_metric([model], measured.seconds_per_effort)
        yield pace
        memory = GaugeMetricFamily(
            "hordebots_worker_card_memory_bytes", "Memory of a card.", labels=["card", "kind"]
        )
        for number, card in enumerate(self._cards()):
            memory.add_metric([str(number), "used"], card.used)
            memory.add_metric([str(number), "total"], card.total)
        yield memory


def build_app(standing: Standing, cards: Cards) -> web.Application:
    """Put the pages together."""
    registry = CollectorRegistry()
    registry.register(Figures(standing, cards))
    ProcessCollector(registry=registry)

    async def metrics(_request: web.Request) -> web.Response:
        body = generate_latest(registry)
        return web.Response(body=body, headers={"Content-Type": TEXT})

    async def status(_request: web.Request) -> web.Response:
        memory = [{"used": card.used, "total": card.total} for card in cards()]
        return web.json_response({**standing.told(), "cards": memory})

    async def health(_request: web.Request) -> web.Response:
        return web.json_response({"status": "waiting" if standing.waiting else "ok"})

    app = web.Application()
    app.add_routes(
        [web.get("/metrics", metrics), web.get("/status", status), web.get("/healthz", health)]
    )
    return app


@asynccontextmanager
async def serving(address: str, standing: Standing, cards: Cards) -> AsyncIterator[int]:
    """Answer at `PORT` or `HOST:PORT` while the context is open; lend the port (0: a free one).

    Raises WorkerError if that is no address or cannot be had.
    """
    host, _, port = address.rpartition(":")
    runner = web.AppRunner(build_app(standing, cards), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host.strip("[]") or "127.0.0.1", int(port)).start()
        yield int(runner.addresses[0][1])
    except (OSError, ValueError, OverflowError) as error:
        raise WorkerError("worker.status_port", address=address, problem=error) from error
    finally:
        await runner.cleanup()
