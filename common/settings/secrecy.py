"""Which texts of a configuration are secret: hidden in logs, and looked for in files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

from common.horde.wire import ANONYMOUS_KEY
from common.settings.section import read_secret

SECRET_NAME = re.compile(r"(?i)(token|secret|password|(^|_)key)$")
"""Names of settings whose value is a secret, where a section is read by its adapter alone."""


def secrets_of(settings: object) -> frozenset[str]:
    """Return all secrets in a configuration, those in the passwords of addresses too."""
    return frozenset(_secrets("", settings)) - {"", ANONYMOUS_KEY}


def plain_secrets(document: object, path: str = "") -> Iterator[str]:
    """Yield where in a configuration file a secret stands as plain text, like `civitai.key`."""
    match document:
        case str() if any(_in_text(path.rpartition(".")[2], document)):
            if document != ANONYMOUS_KEY:
                yield path
        case Mapping() | list() | tuple():
            for key, inner in _named(document):
                yield from plain_secrets(inner, f"{path}.{key}" if path else key)


def anchored(document: Any, folder: Path) -> Any:
    """Return what a configuration file says, with its files of secrets in its own folder."""
    match document:
        case {"file": str() as file, **rest} if not rest:
            return {"file": str(folder / Path(file).expanduser())}
        case Mapping():
            return {key: anchored(inner, folder) for key, inner in document.items()}
        case list():
            return [anchored(inner, folder) for inner in document]
        case _:
            return document


def secret_files(document: object) -> Iterator[str]:
    """Yield the files in which a configuration file says that its secrets stand."""
    match document:
        case {"file": str() as file, **rest} if not rest:
            yield file
        case Mapping() | list() | tuple():
            for _key, inner in _named(document):
                yield from secret_files(inner)


def _named(document: Mapping[Any, Any] | list[Any] | tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    found = document.items() if isinstance(document, Mapping) else enumerate(document)
    return ((str(key), inner) for key, inner in found)


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
