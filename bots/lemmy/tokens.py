"""Where a login is kept between two starts: Lemmy lets us log in three times an hour."""

from __future__ import annotations

import json
import os
from pathlib import Path

import structlog

log = structlog.get_logger()


class TokenFile:
    """A file only its owner can read, with the token of one account on one server."""

    def __init__(self, path: Path, *, url: str, username: str) -> None:
        self._path = path
        self._whose = {"url": url, "username": username}

    def read(self) -> str:
        """Return the token, "" if there is none for this account on this server."""
        try:
            kept = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return ""
        if not isinstance(kept, dict) or any(kept.get(k) != v for k, v in self._whose.items()):
            return ""
        token = kept.get("token")
        return token if isinstance(token, str) else ""

    def write(self, token: str) -> None:
        """Keep a token; a disk that does not take it costs a login at the next start."""
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            draft.unlink(missing_ok=True)
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({**self._whose, "token": token}, file)
            draft.replace(self._path)
        except OSError as error:
            log.warning("token_not_kept", file=str(self._path), error=str(error))
