"""What all tests share: the kind of database the store is tested on."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

# small matrices on few cores: threads of BLAS mostly wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# a busy machine is no fault; and CI tries the same examples each time, so that what it finds is new
settings.register_profile(
    "same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", settings.get_profile("same"), derandomize=False)
settings.load_profile("same")

MEMORY = Path("/dev/shm")
ROOM = 2**30
"""Bytes that must be free in memory for the tests' files to live there."""
LONGEST_NAME = 100
"""Characters of what is long that a test is called by."""

LINES = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
)


@pytest.fixture(autouse=True)
def plain_tracebacks():
    """Log tracebacks without all their variables: drawing those takes a second each."""
    structlog.configure(processors=list(LINES))


def pytest_configure(config):
    """Keep the tests' files in memory where there is room: SQLite waits for the disk each time."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Spare the garbage collector what is imported and collected: it stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 20, 20)
        gc.enable()


def pytest_make_parametrize_id(val, argname):
    """Call a test by the beginning of what is long: its name is sent and kept again and again."""
    if isinstance(val, str | bytes) and len(val) > LONGEST_NAME:
        return f"{argname} of {len(val)}: {val[:LONGEST_NAME]!a}"
    return None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Have the tests handed out by what does not count all that is done after each of them."""
    from tests.handing_out import Groups

    return Groups(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_addoption(parser):
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="database for the tests marked `database`",
    )


@pytest.fixture(scope="session")
def cluster(request):
    """A private PostgreSQL server, or None where SQLite is tested."""
    if request.config.getoption("--database") == "sqlite":
        yield None
        return
    from tests.fakes.postgres import running_cluster

    with running_cluster() as running:
        yield running


@pytest.fixture(scope="session")
def migrated(cluster, tmp_path_factory):
    """A database that has been through all migrations: a file of SQLite, or a name."""
    from common.database import open_database

    async def migrate(url):
        await (await open_database(url)).close()

    if cluster is None:
        file = tmp_path_factory.mktemp("migrated") / "hordebots.sqlite"
        asyncio.run(migrate(f"sqlite+aiosqlite:///{file}"))
        return file
    url = cluster.new_database()
    asyncio.run(migrate(url))
    return url.rpartition("/")[2]


@pytest.fixture(scope="session")
def migrated_hub(tmp_path_factory):
    """A hub's database file that has been through all migrations, to be copied."""
    from common.database import open_database
    from hub.server import MIGRATIONS

    file = tmp_path_factory.mktemp("migrated") / "hub.sqlite"

    async def migrate():
        await (await open_database(f"sqlite+aiosqlite:///{file}", migrations=MIGRATIONS)).close()

    asyncio.run(migrate())
    return file


@pytest.fixture
def data_dir(cluster, migrated, tmp_path):
    """The test's folder as the folder of a bot that has been started before: with a database."""
    if cluster is None:
        shutil.copy(migrated, tmp_path)
    return tmp_path


@pytest.fixture
def database_url(cluster, migrated, data_dir):
    """Address of a database that has been through all migrations and holds no rows."""
    if cluster is None:
        return f"sqlite+aiosqlite:///{data_dir / migrated.name}"
    return cluster.new_database(copied_from=migrated)


@pytest.fixture
def empty_database_url(cluster, tmp_path):
    """Address of a database without tables."""
    if cluster is None:
        return f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite'}"
    return cluster.new_database()
