"""Signed addresses: each allows one method on one picture, until a time.

They are like the presigned ones of the public server's object store. The secret lies in the data
folder, so that addresses outlive a restart.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

LINK_SECONDS = 30 * 60
SECRET_BYTES = 32


class Signer:
    """Makes and checks addresses of pictures."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def link(self, base: str, method: str, name: str, now: float) -> str:
        """Return the address at which `method` works on a picture for half an hour."""
        expires = int(now) + LINK_SECONDS
        signature = self._sign(method, name, expires)
        return f"{base}/pictures/{name}?expires={expires}&signature={signature}"

    def allows(self, method: str, name: str, query: Mapping[str, str], now: float) -> bool:
        """Tell whether an address was made here for this method, and still holds."""
        text = query.get("expires", "")
        if not (text.isascii() and text.isdigit() and len(text) <= 12):
            return False
        good = self._sign(method, name, int(text)).encode()
        given = query.get("signature", "").encode("utf-8", "replace")
        return hmac.compare_digest(good, given) and int(text) >= now

    def _sign(self, method: str, name: str, expires: int) -> str:
        message = f"{method}\n{name}\n{expires}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()


def read_secret(path: Path) -> bytes:
    """Return the secret, made on first use; only our own user may read it."""
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        secret = b""
    if len(secret) == SECRET_BYTES:
        return secret
    path.unlink(missing_ok=True)
    secret = secrets.token_bytes(SECRET_BYTES)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret
