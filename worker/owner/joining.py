"""The one line by which an operator hands a host the address and the key of a Horde.

`https://hub.example.org/api#worker=KEY&first=bot%232`: an address that a browser opens without
telling anybody what stands behind the #.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

import yaml
from pydantic import SecretStr
from yarl import URL

from common.config import WorkerEndpoint
from common.errors import WorkerError

KEY, FIRST = "worker", "first"
HEAD = "# Written by `hordebots worker join`. It holds a key: keep it to yourself.\n"
LONGEST = 2000


def make_link(endpoint: WorkerEndpoint) -> str:
    """Return the line for an endpoint."""
    parts = [f"{KEY}={quote(endpoint.key.get_secret_value(), safe='')}"]
    parts += [f"{FIRST}={quote(name, safe='')}" for name in endpoint.priority_usernames]
    return f"{endpoint.url.rstrip('/')}#{'&'.join(parts)}"


def read_link(link: str) -> WorkerEndpoint:
    """Return the endpoint a line stands for. Raises WorkerError with a sentence."""
    address, _, told = link.strip().partition("#")
    values = parse_qs(told, max_num_fields=20)
    try:
        url = URL(address)
    except ValueError as error:
        raise WorkerError("worker.odd_link") from error
    if len(link) > LONGEST or url.scheme not in {"http", "https"} or not url.host:
        raise WorkerError("worker.odd_link")
    if len(values.get(KEY, [])) != 1:
        raise WorkerError("worker.odd_link")
    return WorkerEndpoint(
        url=address.rstrip("/"),
        key=SecretStr(values[KEY][0]),
        priority_usernames=tuple(values.get(FIRST, [])),
    )


def join(file: Path, endpoint: WorkerEndpoint, settings: Mapping[str, Any]) -> None:
    """Write a file of settings that serves this Horde first, and those it served before.

    Raises WorkerError if the file is not one of ours, or cannot be written.
    """
    others: list[dict[str, Any]] = []
    section: dict[str, Any] = {}
    try:
        if file.exists():
            text = file.read_text("utf-8")
            if not text.startswith(HEAD):
                raise WorkerError("worker.foreign_file", file=file, lines=_lines(endpoint))
            section = yaml.safe_load(text)["worker"]
            others = [each for each in section["endpoints"] if each["url"] != endpoint.url]
        section |= dict(settings)
        section["endpoints"] = [_plain(endpoint), *others]
        _write(file, HEAD + yaml.safe_dump({"worker": section}, sort_keys=False))
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise WorkerError("worker.not_joined", file=file, problem=error) from error


def _plain(endpoint: WorkerEndpoint) -> dict[str, Any]:
    plain: dict[str, Any] = {"url": endpoint.url, "key": endpoint.key.get_secret_value()}
    if endpoint.priority_usernames:
        plain["priority_usernames"] = list(endpoint.priority_usernames)
    return plain


def _lines(endpoint: WorkerEndpoint) -> str:
    return f"- {{url: {endpoint.url}, key: {{env: WORKER_KEY}}}}"


def _write(file: Path, text: str) -> None:
    """Write a file that only its owner reads, at once or not at all."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    new.replace(file)
