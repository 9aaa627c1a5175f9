"""The demo's configuration: hub, worker and web room on this machine, nothing to set up."""

from __future__ import annotations

import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from pydantic import SecretStr

from common.config import (
    CivitaiConfig,
    Config,
    EndpointConfig,
    HordeConfig,
    HubConfig,
    HubUser,
    PlaceConfig,
    ReferenceConfig,
    StylesConfig,
    WebConfig,
    WorkerConfig,
    WorkerEndpoint,
)
from common.errors import StartupError

FIRST_PORT = 8765
PORTS_TRIED = 50
HOST = "127.0.0.1"


def demo_config(data_dir: Path, *, port: int, parts: tuple[str, ...]) -> Config:
    """Return the configuration of a demo, with keys made for this run."""
    bot_key, worker_key = (SecretStr(secrets.token_urlsafe(24)) for _ in range(2))
    return Config(
        data_dir=data_dir,
        instance="demo",
        run=parts,
        horde=HordeConfig(
            endpoints=(EndpointConfig(name="hub", url="hub", key=bot_key, webhook="loopback"),)
        ),
        styles=StylesConfig(sources=("bundled:demo",)),
        reference=ReferenceConfig(url=None),
        civitai=CivitaiConfig(url=None),
        defaults=PlaceConfig(pictures=4, max_pixels=1024 * 1024, trusted_workers=True),
        web=WebConfig(host=HOST, port=port),
        hub=HubConfig(
            host=HOST,
            port=0,
            users=(
                HubUser(name="demo bot", key=bot_key),
                HubUser(name="demo worker", key=worker_key),
            ),
        ),
        worker=WorkerConfig(
            name="demo worker", endpoints=(WorkerEndpoint(url="hub", key=worker_key),)
        ),
    )


def choose_port(folder: Path, wanted: int | None = None) -> int:
    """Return `wanted`, else the port of the last run, else the next free one from 8765 on.

    Raises StartupError if the wanted port is taken.
    """
    if wanted is not None:
        if not _is_free(wanted):
            raise StartupError("startup.port_taken", host=HOST, port=wanted, setting="--port")
        return wanted
    remembered = folder / "port"
    try:
        first = int(remembered.read_text("ascii"))
    except (OSError, ValueError):
        first = FIRST_PORT
    candidates = (first, *range(FIRST_PORT, FIRST_PORT + PORTS_TRIED))
    port: int | None = next((port for port in candidates if _is_free(port)), None)
    if port is None:
        raise StartupError("startup.port_taken", host=HOST, port=FIRST_PORT, setting="--port")
    remembered.write_text(str(port), "ascii")
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
    return True


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a data folder for this process. Raises StartupError while another one has it."""
    with (folder / "lock").open("w") as lock:
        try:
            _hold(lock)
        except OSError as error:
            raise StartupError("startup.already_running", folder=folder) from error
        yield


def _hold(lock: TextIO) -> None:
    """Lock a file until it is closed. Raises OSError if somebody else has locked it."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415

        msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415

        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
