"""Which texts of a configuration are secret: hidden in logs, and looked for in files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

from common.config import read_secret
from common.horde.wire import ANONYMOUS_KEY

SECRET_NAME = re.compile(r"(?i)(token|secret|password|(^|_)key)$")
"""Names of settings whose value is a secret, where a section is read by its adapter alone."""


def secrets_of(settings: object) -> frozenset[str]:
    """Return all secrets in a configuration, those in the passwords of addresses too."""
    return frozenset(_secrets("", settings)) - {"", ANONYMOUS_KEY}


def _secrets(name: str, value: object) -> Iterator[str]:
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case {"env": _, **rest} | {"file": _, **rest} if not rest:
            with suppress(ValueError):
                yield str(read_secret(value))
        case str():
            yield from _in_text(name, value)
        case _:
            for key, inner in _inside(name, value):
                yield from _secrets(key, inner)


def _inside(name: str, value: object) -> Iterator[tuple[str, object]]:
    match value:
        case BaseModel():
            yield from ((key, getattr(value, key)) for key in type(value).model_fields)
        case Mapping():
            yield from ((str(key), inner) for key, inner in value.items())
        case list() | tuple():
            yield from ((name, inner) for inner in value)


def _in_text(name: str, text: str) -> Iterator[str]:
    if SECRET_NAME.search(name):
        yield text
    elif "://" in text and "@" in text:
        with suppress(ValueError):
            password = urlsplit(text).password or ""
            yield from (password, unquote(password))
