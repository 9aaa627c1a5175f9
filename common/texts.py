"""The message catalogue: everything people read, by code.

The sentences live in `common/catalogue/<language>/*.yaml`, one file per room; a code is
`<group>.<name>`. Values are filled in with `str.format`. Every language has the words requests
begin with (`grammar.yaml`); one that answers are in has all that members and moderators read. What
whoever runs the bot reads is English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from functools import cache
from importlib.resources import files
from typing import Any

DEFAULT_LANGUAGE = "en"
_ANSWER = "help.text"
"""A sentence that every language has which answers are in."""
TYPED = re.compile(r"(`[^\W_(](?:[^\W_]|[ .:,=/()-]){0,80}`)")
"""What is to be typed, as the sentences write it. In one group, to split a text by it."""
Line = Callable[[], str]
"""What is said anew each time, in the language of whoever reads it."""
_spoken: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that have a folder in the catalogue, English first."""
    folders = (files("common") / "catalogue").iterdir()
    names = sorted(folder.name for folder in folders if folder.is_dir())
    return (DEFAULT_LANGUAGE, *(name for name in names if name != DEFAULT_LANGUAGE))


@cache
def catalogue(language: str = DEFAULT_LANGUAGE) -> dict[str, str]:
    """Return all sentences of a language as `{code: sentence}`."""
    import yaml  # noqa: PLC0415  (not needed to list the commands)

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    sentences: dict[str, str] = {}
    folder = files("common") / "catalogue" / language
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".yaml"):
            groups: dict[str, Any] = yaml.load(file.read_text("utf-8"), Loader=loader) or {}  # noqa: S506  (a safe loader)
            for group, entries in groups.items():
                for name, sentence in entries.items():
                    sentences[f"{group}.{name}"] = str(sentence).strip()
    return sentences


@cache
def spoken() -> tuple[str, ...]:
    """Return the languages that answers are in, English first."""
    return tuple(one for one in languages() if _ANSWER in catalogue(one))


MINUTE, HOUR, DAY = 60, 3600, 86_400


def say(code: str, /, **values: object) -> str:
    """Return the sentence for a code with its values filled in.

    Raises KeyError for a code the catalogue does not have: a missing sentence is a bug, and
    `tests/unit/common/test_texts.py` looks for each code used in the source.
    """
    sentence = catalogue(_spoken.get()).get(code)
    return (catalogue()[code] if sentence is None else sentence).format_map(values)


def nothing() -> str:
    """Say nothing."""
    return ""


def speak(language: str | None) -> Token[str]:
    """Say everything in a language from here on, in this task and those it starts.

    None, or a language we do not have, is English.
    """
    known = language if language in languages() else None
    return _spoken.set(known or DEFAULT_LANGUAGE)


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """Say everything inside the block in a language, like `speak`."""
    token = speak(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def language() -> str:
    """Return the language everything is said in now."""
    return _spoken.get()


def ago(seconds: float) -> str:
    """Return how long ago something was, for the end of a sentence."""
    for unit, name in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
        if seconds >= 2 * unit:
            return say(f"age.{name}", count=int(seconds // unit))
    return say("age.now")


def knows(code: str) -> bool:
    """Tell whether the catalogue has a sentence for this code."""
    return code in catalogue()
