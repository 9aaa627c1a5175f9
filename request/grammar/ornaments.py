"""What stands in a prompt and is no part of the picture: people's names, emoji codes, signatures.

Where such a thing is a word of the sentence (`a portrait of @bob`, `a :heart:`) the word stays;
before and behind the prompt it goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from request.grammar.clean import A_NAME, without_fences
from request.grammar.words import Words
from styles.image_request import ImageRequest

_PERSON = re.compile(
    rf"(?<![\w@/.])(?:@(?P<at>{A_NAME})(?:@{A_NAME})?|/?u/(?P<user>[\w-]+))(?![\w@])", re.IGNORECASE
)
_CODE = re.compile(r"(?<![\w:]):(?=\w*[a-z])(?P<code>[\w+-]{2,40}):(?![\w:])", re.IGNORECASE)
_TAG = re.compile(r"(?<![\w/&#])#(?=\w*[^\W\d_])(?P<tag>\w+)")
_TICKED = re.compile(r"`([^`\n]+)`")
_SIGNATURE = re.compile(
    r"(?:\n[^\S\n]*-{2,3}[^\S\n]*(?:\n[^\n]{0,100}){1,3}"
    r"|(?:\n\s*|(?<=[.!?])\s+)(?:sent from (?:my|a|the|boost|voyager|jerboa|thunder|mail|outlook)\b"
    r"|get outlook for\b|gesendet von|von meinem \w+ gesendet|envoyé de mon|enviado desde mi"
    r"|\[?anti[- ]commercial[- ]ai licen[cs]e)[^\n]{0,100}"
    r"|\n[^\S\n]*🧵[^\n]{0,12})\s*\Z",
    re.IGNORECASE,
)
"""Lines below what somebody wrote that their program adds, or that count a thread."""
_LONGEST_SIGNATURE = 400
_TAIL = 80
"""Characters before such a thing that tell whether it is a word of the sentence."""


def without_signature(text: str) -> str:
    """Return a text without the signature below it."""
    found = _SIGNATURE.search(text, max(0, len(text) - _LONGEST_SIGNATURE))
    return text if found is None else text[: found.start()]


def without_codes_before(text: str) -> str:
    """Return a text without the emoji codes (`:blobcat:`) it begins with."""
    return _without_first(_CODE, text)


def without_hashtags(text: str, words: Words) -> str:
    """Return a text without the hashtags around it; within it their words stay."""
    return _settled(_TAG, _without_first(_TAG, text), lambda found: found["tag"], words)


def without_ornaments(text: str, words: Words) -> str:
    """Return a text without names of people and emoji codes around it; within it they are words."""
    text = _settled(_PERSON, text, lambda found: found["at"] or found["user"], words)
    return _settled(_CODE, text, lambda found: found["code"].replace("_", " "), words)


def settle(request: ImageRequest, words: Words) -> ImageRequest:
    """Return a request whose prompt is nothing but what is to be drawn."""
    prompt = without_ornaments(without_fences(request.prompt), words)
    return replace(request, prompt=_TICKED.sub(r"\1", prompt))


def _without_first(pattern: re.Pattern[str], text: str) -> str:
    rest = text.lstrip()
    while found := pattern.match(rest):
        behind = rest[found.end() :].lstrip(" \t\n,:")
        if not behind:
            return text
        text = rest = behind
    return text


def _settled(
    pattern: re.Pattern[str], text: str, word: Callable[[re.Match[str]], str], words: Words
) -> str:
    """Return a text without such things at its end; elsewhere each is the word it stands for."""
    while all_of_them := list(pattern.finditer(text)):
        last = all_of_them[-1]
        before, behind = text[: last.start()].rstrip(), text[last.end() :]
        if behind.strip(" \t\n.,;!?)") or not before.strip(" \t\n,"):
            break
        tail = before[-_TAIL:]
        if given := words.given.search(tail):
            before = before[: len(before) - len(tail) + given.start()]
        elif words.linking.search(tail) and all(one.end() != len(before) for one in all_of_them):
            break
        text = before.rstrip(" \t\n,(") + behind.strip(" \t\n,)")
    return pattern.sub(word, text)
