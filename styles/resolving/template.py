"""Putting a person's words into a style's prompt template.

Substitution is one pass and literal: braces, `$&`, `{p}` or `embedding:` in the person's words
stay text, and the template's own words stay whole whatever is put between them.
"""

from __future__ import annotations

import re

SEPARATOR = "###"
PLAIN_TEMPLATE = "{p}###{np}"
"""What stands in where a list has no `raw` style."""
_RUN = re.compile(r"\s*#{3,}\s*")
_DANGLING = re.compile(r"\A[\s,]+|[\s,]+\Z")
_PLACEHOLDER = re.compile(r"\{(p|np)\}")


def commas_for_separators(text: str) -> str:
    """Return the text with runs of three or more `#` as `, `."""
    return _RUN.sub(", ", text) if SEPARATOR in text else text


def fill(template: str, prompt: str, negative: str) -> str:
    """Return `POSITIVE###NEGATIVE`, or only `POSITIVE` if there is no negative.

    `template` is split at its first `###`; later ones become `, `.
    """
    prompt = commas_for_separators(prompt).strip()
    negative = commas_for_separators(negative).strip()
    positive, _, rest = template.partition(SEPARATOR)
    positive = _single_hashes(_positive(positive, prompt)).strip()
    against = _DANGLING.sub("", _single_hashes(_negative(rest, prompt, negative)))
    if not against:
        return positive
    glue = " " if positive.endswith("#") else ""  # else the server would cut one # early
    return f"{positive}{glue}{SEPARATOR}{against}"


def _positive(template: str, prompt: str) -> str:
    return _PLACEHOLDER.sub(lambda hit: prompt if hit[1] == "p" else "", template)


def _negative(template: str, prompt: str, negative: str) -> str:
    """Return the negative part: the person's words at the first `{np}`, else at the end."""
    parts = commas_for_separators(template).partition("{np}")
    before, after = _positive(parts[0], prompt), _positive(parts[2], prompt)
    return before + _joined(before, negative, after) + after


def _joined(before: str, words: str, after: str) -> str:
    """Return the words with `, ` before and after where they would be glued on."""
    if not words:
        return ""
    start = ", " if before and before[-1] not in ", \n\t" else ""
    end = ", " if after[:1].isalpha() else ""
    return f"{start}{words}{end}"


def _single_hashes(text: str) -> str:
    """Keep the person's `#` and the template's from meeting in a new separator."""
    return re.sub(r"#{3,}", "##", text) if SEPARATOR in text else text
