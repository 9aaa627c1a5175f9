"""Keeping sponsors' keys: encrypted and authenticated, with a key that is not in the database."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Callable

from pydantic import SecretStr

from common.errors import ConfigError, Refusal

KEY_BYTES = 32
NONCE_BYTES = 12
MARK_BYTES = 4
"""Of the key's own hash, in front of what it sealed: another key is told from damage."""
VERSION = b"\x01"
_HEAD = len(VERSION) + MARK_BYTES + NONCE_BYTES


def read_key(text: str) -> bytes:
    """Return the 32 bytes that a text stands for, in hexadecimal or base64.

    Raises ConfigError that says how to make one.
    """
    plain = text.strip()
    for read in (bytes.fromhex, _base64):
        try:
            key = read(plain)
        except (ValueError, binascii.Error):
            continue
        if len(key) == KEY_BYTES:
            return key
    raise ConfigError("kudos.bad_seal_key")


class Seal:
    """Seals secrets for a purpose, so that one cannot be put in another's place."""

    def __init__(self, key: bytes, nonce: Callable[[int], bytes] = secrets.token_bytes) -> None:
        # 7 MB, for those alone who keep sponsors' keys
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        self._cipher = AESGCM(key)
        self._mark = hashlib.sha256(b"seal" + key).digest()[:MARK_BYTES]
        self._nonce = nonce

    def close(self, secret: SecretStr, purpose: str) -> bytes:
        """Return a secret sealed for a purpose (of whom, for what)."""
        nonce = self._nonce(NONCE_BYTES)
        plain = secret.get_secret_value().encode()
        head = VERSION + self._mark + nonce
        return head + self._cipher.encrypt(nonce, plain, _bound(head, purpose))

    def open(self, sealed: bytes, purpose: str) -> SecretStr:
        """Return the secret. Raises Refusal if it was sealed with another key, or changed."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  (see above)

        head = sealed[:_HEAD]
        if head[len(VERSION) : -NONCE_BYTES] != self._mark:
            raise Refusal("kudos.other_seal_key")
        try:
            plain = self._cipher.decrypt(head[-NONCE_BYTES:], sealed[_HEAD:], _bound(head, purpose))
        except (InvalidTag, ValueError) as error:
            raise Refusal("kudos.seal_broken") from error
        return SecretStr(plain.decode())


def _bound(head: bytes, purpose: str) -> bytes:
    return head + purpose.encode()


def _base64(text: str) -> bytes:
    safe = text.replace("+", "-").replace("/", "_")
    return base64.urlsafe_b64decode(safe + "=" * (-len(safe) % 4))
