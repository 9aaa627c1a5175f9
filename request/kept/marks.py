"""Keyed hashes: what is kept of people and events that are forgotten.

A mark stops a redelivered event from being answered twice, and lets a person stay unheard without
their name or id being kept. Without the key nobody can tell whom a mark means, not even by trying
all ids of a platform.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from common.errors import StartupError

KEY_BYTES = 32


class Marks:
    """Makes marks with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def event(self, event_key: str) -> str:
        """Return the mark of an event."""
        return self._mark("event", event_key)

    def person(self, account: str, person: str) -> str:
        """Return the mark of a person on an account."""
        return self._mark("person", f"{account}\x00{person}")

    def member(self, account: str, community: str, person: str) -> str:
        """Return the mark of a person in one community."""
        return self._mark("member", f"{account}\x00{community}\x00{person}")

    def for_horde(self, account: str, person: str) -> str:
        """Return by what a Horde tells the people of a service account apart.

        It differs from the mark kept here, so that nobody can put the two together.
        """
        return self._mark("horde", f"{account}\x00{person}")

    def code(self, code: str) -> str:
        """Return by what a one-time code or token is known that is not kept itself."""
        return self._mark("code", code)

    def _mark(self, kind: str, text: str) -> str:
        message = f"{kind}\x00{text}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()


def open_marks(folder: Path) -> Marks:
    """Return the marks of a data folder, whose key is made at the first start.

    Instances that share a database must share the file. Raises StartupError if it is unreadable.
    """
    file = folder / "marks.key"
    try:
        if not file.exists():
            draft = file.with_suffix(f".{secrets.token_hex(4)}")
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(secrets.token_bytes(KEY_BYTES))
            with suppress(FileExistsError):
                os.link(draft, file)  # unlike a rename it never replaces another's key
            draft.unlink()
        key = file.read_bytes()
    except OSError as error:
        raise StartupError("startup.marks", file=file, problem=error.strerror) from error
    if len(key) < KEY_BYTES:
        raise StartupError("startup.marks", file=file, problem="it is too short")
    return Marks(key)
