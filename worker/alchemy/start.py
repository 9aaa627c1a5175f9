"""Starting the alchemist beside the worker that makes pictures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from common import texts
from common.config import WorkerConfig, WorkerEndpoint
from common.errors import WorkerError
from common.horde.wire import ANONYMOUS_KEY
from common.running.tasks import cancel
from worker.alchemy.asking import MOST_TILES, Asker, Pace
from worker.alchemy.crafts import find_crafts
from worker.alchemy.protocol import NSFW, Outcome, Work
from worker.alchemy.rounds import Bench, Rounds
from worker.alchemy.workbench import build_workbench
from worker.engines.child import Child
from worker.events import Notice, Report, Waiting
from worker.finishing.tools import has
from worker.horde.client import connect
from worker.owner.rota import Rota
from worker.safety.checkers import build_checker
from worker.system.thread import in_thread
from worker.timing import Timing

SUFFIX = " alchemist"
"""A Horde knows alchemists as workers of their own, by names of their own."""
LONGEST_NAME = 100
FIRST_TILES = 4
"""Largest picture worked upon until it is known how long one takes."""


@asynccontextmanager
async def alchemist_beside(
    config: WorkerConfig,
    rota: Rota,
    *,
    stop: asyncio.Event,
    report: Report,
    timing: Timing,
    started: float,
) -> AsyncIterator[None]:
    """Run the alchemist while something else runs, for each Horde where the operator wants it.

    It rests when the rota says so. Raises WorkerError if it cannot begin. What ends it later is
    reported; pictures are made on.
    """
    homes = [each for each in config.endpoints if each.alchemy]
    if not homes:
        yield
        return
    async with AsyncExitStack() as stack:
        rounds = await _open(
            config, homes, rota, stack, stop=stop, report=report, timing=timing, started=started
        )
        running = asyncio.create_task(_go_on(rounds, report), name="alchemist")
        try:
            yield
        finally:
            await _ended(running, stop, timing)


async def _open(
    config: WorkerConfig,
    homes: Sequence[WorkerEndpoint],
    rota: Rota,
    stack: AsyncExitStack,
    *,
    stop: asyncio.Event,
    report: Report,
    timing: Timing,
    started: float,
) -> Rounds:
    """Load what is needed. Raises WorkerError."""
    for home in homes:
        if home.key.get_secret_value() in {"", ANONYMOUS_KEY}:
            raise WorkerError("worker.no_key", url=home.url)
    checker = build_checker(config.safety)
    if checker is None:
        raise WorkerError("worker.alchemy_unchecked")
    stack.callback(checker.close)
    await in_thread(checker.load)
    can = frozenset(find_crafts(config.models.folder, config.device, has))
    bench = await _bench(config, can, stack)
    name = config.name[: LONGEST_NAME - len(SUFFIX)] + SUFFIX
    forms = can | {NSFW}
    report(Notice(texts.say("worker.alchemy_started", name=name, forms=", ".join(sorted(forms)))))
    askers = [
        Asker(
            await stack.enter_async_context(connect(each.url, each.key, monotonic=timing.clock)),
            name=name,
            forms=forms,
            priority=each.priority_usernames,
            started=started,
            report=report,
            timing=timing,
        )
        for each in homes
    ]
    return Rounds(
        askers,
        bench,
        checker,
        Pace(min(FIRST_TILES, MOST_TILES)),
        rota,
        name=name,
        can=can,
        nsfw=config.nsfw,
        unload=config.unload_minutes * 60.0 or None,
        stop=stop,
        report=report,
        timing=timing,
    )


async def _bench(config: WorkerConfig, can: frozenset[str], stack: AsyncExitStack) -> Bench:
    """Return what does the forms; a process of its own only where there is something to do."""
    child = Child[frozenset[str], Work, Outcome](build_workbench, config, frozenset())
    if can:
        stack.callback(child.close)
        await in_thread(child.load)
    return child


async def _go_on(rounds: Rounds, report: Report) -> None:
    try:
        await rounds.work()
    except WorkerError as error:
        report(Waiting(texts.say("worker.alchemy_ended", problem=error), "alchemy"))


async def _ended(running: asyncio.Task[None], stop: asyncio.Event, timing: Timing) -> None:
    """Wait for the running form a little, if the worker ends in good order."""
    if stop.is_set():
        await asyncio.wait({running}, timeout=timing.finish + timing.deliver)
    await cancel(running)
