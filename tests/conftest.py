"""What all tests share: the kind of database the store is tested on."""

from __future__ import annotations

import os

import pytest
import structlog

# small matrices on few cores: threads of BLAS mostly wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


LINES = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
)


@pytest.fixture(autouse=True)
def plain_tracebacks():
    """Log tracebacks without all their variables: drawing those takes a second each."""
    structlog.configure(processors=list(LINES))


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


@pytest.fixture
def database_url(cluster, tmp_path):
    """Address of an empty database."""
    if cluster is None:
        return f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite'}"
    return cluster.new_database()
