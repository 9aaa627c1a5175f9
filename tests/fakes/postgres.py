"""A private PostgreSQL server on loopback, from the binaries the machine has."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from tests.fakes.ports import spare


def find_binaries() -> Path | None:
    """Return the folder with `initdb` and `postgres`, if there is one."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders else None


@dataclass
class Cluster:
    """A running server."""

    binaries: Path
    port: int
    as_user: list[str]
    folder: Path
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def new_database(self, copied_from: str = "template1") -> str:
        """Create a database, empty or a copy of another, and return its address."""
        name = f"test_{next(self.numbers)}"
        command = [str(self.binaries / "createdb"), "-h", str(self.folder), "-p", str(self.port)]
        command += ["-U", "test", "-T", copied_from, name]
        subprocess.run([*self.as_user, *command], check=True, cwd="/")
        return f"postgresql+asyncpg://test@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder} -c fsync=off"
        self._control("-l", str(self.folder / "log"), "-o", options, "start")

    def restart(self, how: str = "fast") -> None:
        """Stop the server (`fast` tells its clients, `immediate` is a crash) and start it again."""
        self._control("-m", how, "stop")
        self.start()

    def _control(self, *words: str) -> None:
        command = [str(self.binaries / "pg_ctl"), "-D", str(self.folder / "data"), "-w", *words]
        run = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL, cwd="/")
        run([*self.as_user, *command])


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Start a server in a temporary folder; end it and remove the folder afterwards."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server (initdb, postgres) is not installed")
    folder = Path(tempfile.mkdtemp(prefix="hordebots-postgres-"))
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data = folder / "data"
    control = [*as_user, str(binaries / "pg_ctl"), "-D", str(data), "-w"]
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "test", "-A", "trust"]
    run = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL, cwd="/")
    run([*as_user, *initdb])
    cluster = Cluster(binaries, spare(), as_user, folder)
    cluster.start()
    try:
        yield cluster
    finally:
        if subprocess.run([*control, "-m", "immediate", "stop"], check=False, cwd="/").returncode:
            server = int((data / "postmaster.pid").read_text().splitlines()[0])
            os.kill(server, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)
