"""A migrated database with the store and the leases on it."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import aiohttp
import pytest

from bots.assembly.core import assemble
from bots.assembly.endpoints import open_hordes
from bots.assembly.knowledge import open_knowledge
from common import pictures
from common.config import (
    CivitaiConfig,
    Config,
    EndpointConfig,
    HordeConfig,
    KudosConfig,
    PlaceConfig,
    ReferenceConfig,
    StylesConfig,
)
from common.model import Incoming, Person, Place
from request.kept.store import Store
from request.runner import Runner
from tests.component.accounts import QUICK

HASTY = replace(QUICK, straggler=0.5)
"""The same, but the last job open is given up soon."""
NO_KUDOS = KudosConfig()
NO_CIVITAI = CivitaiConfig(url=None)
PLACE = PlaceConfig(running_per_person=3, requests_per_hour=50)


@pytest.fixture
def store(database, clock):
    return Store(database, now=clock)


@pytest.fixture
async def lease(leases):
    return await leases.take("web")


@pytest.fixture
def heard(clock):
    """Make an Incoming."""

    def make(text="draw for me a fox", *, event="1", person="ann", **more):
        return Incoming(
            place=Place("web", "web", "room"),
            event=event,
            person=Person(person, person.title()),
            text=text,
            created=datetime.fromtimestamp(clock.now, UTC),
            **more,
        )

    return make


@pytest.fixture
def kept(tmp_path):
    """Keep a picture in the bot's folder as adapters do; the function returns its name."""
    return lambda data: f"sha256:{pictures.store(tmp_path / 'pictures', data).name}"


def endpoints_at(urls, free, **settings):
    for number, url in enumerate(urls):
        yield EndpointConfig(name=f"fake{number}", url=url, free=url in free, **settings)


@pytest.fixture
def start(database, tmp_path, horde):
    """Start the core as the program does, for one or several platforms; leaving it stops it.

    `pace` replaces all the runner's waiting, so that leases are renewed quickly; `sleep` what
    posting waits between two tries; `free` are addresses of Hordes that cost nothing; what else
    is named is a setting of each endpoint.
    """

    @asynccontextmanager
    async def started(
        *platforms,
        urls=None,
        patience=QUICK,
        place=PLACE,
        on=None,
        pace=None,
        civitai=NO_CIVITAI,
        communities=None,
        kudos_per_day=None,
        free=(),
        showcase=(),
        kudos=NO_KUDOS,
        sleep=asyncio.sleep,
        **endpoint,
    ):
        endpoints = tuple(endpoints_at(urls or [horde.url], free, **endpoint))
        config = Config(
            data_dir=tmp_path,
            instance="one",
            horde=HordeConfig(endpoints=endpoints, kudos_per_day=kudos_per_day),
            styles=StylesConfig(sources=("bundled:general",)),
            reference=ReferenceConfig(url=None),
            civitai=civitai,
            defaults=place,
            communities=communities or {},
            showcase=showcase,
            kudos=kudos,
        )
        async with (
            aiohttp.ClientSession() as session,
            open_knowledge(config, tmp_path, session) as knowledge,
            open_hordes(config, session, look=patience.look) as hordes,
        ):
            core = assemble(
                config, on or database, knowledge, hordes, patience=patience, sleep=sleep
            )
            stop = asyncio.Event()
            waiting = {} if pace is None else {"sleep": lambda _: asyncio.sleep(pace)}
            runners = [
                Runner(one, service=core.service, store=core.store, leases=core.leases, **waiting)
                for one in platforms
            ]
            tasks = [asyncio.create_task(runner.run(stop)) for runner in runners]
            try:
                yield core
            finally:
                stop.set()
                await asyncio.gather(*tasks)

    return started
