"""Who a visitor is: a random id in a signed cookie, and the token that protects their forms.

The room knows no passwords. Losing the cookie makes a new visitor; nobody can take another's
place, because ids are signed with a secret that only this machine has.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from common.errors import StartupError

SECRET_BYTES = 32
VISITOR_BYTES = 12
_COOKIE = re.compile(r"([A-Za-z0-9_-]{16})\.([0-9a-f]{64})")


def read_secret(path: Path) -> bytes:
    """Return the secret kept in a file that only its owner can read; make it if there is none.

    Raises StartupError if the folder or the file does not allow it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # written aside and linked, so that two processes starting at once agree on one secret
        aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        if not path.exists():
            with os.fdopen(
                os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
            ) as file:
                file.write(secrets.token_hex(SECRET_BYTES))
            with suppress(FileExistsError):
                path.hardlink_to(aside)
            aside.unlink()
        secret = bytes.fromhex(path.read_text("ascii").strip())
    except OSError as error:
        raise StartupError("startup.folder", folder=path.parent, problem=error.strerror) from error
    except ValueError as error:
        raise StartupError("web.secret_unreadable", file=path) from error
    if len(secret) < SECRET_BYTES:
        raise StartupError("web.secret_unreadable", file=path)
    return secret


class Seal:
    """Signs what a browser keeps for us, and tells whether it came back as it was."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def new_visitor(self) -> str:
        """Return an id nobody has."""
        return secrets.token_urlsafe(VISITOR_BYTES)

    def cookie(self, visitor: str) -> str:
        """Return the cookie's value for a visitor."""
        return f"{visitor}.{self._sign('visitor', visitor)}"

    def visitor(self, cookie: str) -> str | None:
        """Return the visitor a cookie names, None if it is not from here."""
        parts = _COOKIE.fullmatch(cookie)
        if parts and hmac.compare_digest(parts[2], self._sign("visitor", parts[1])):
            return parts[1]
        return None

    def form_token(self, visitor: str) -> str:
        """Return what a form of this visitor must bring along."""
        return self._sign("form", visitor)

    def accepts(self, visitor: str, token: str) -> bool:
        """Tell whether a form was made for this visitor."""
        return hmac.compare_digest(token.encode(), self.form_token(visitor).encode())

    def _sign(self, purpose: str, visitor: str) -> str:
        return hmac.new(self._secret, f"{purpose}:{visitor}".encode(), "sha256").hexdigest()
