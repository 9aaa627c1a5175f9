"""The words of the field, explained: `help WORD`, and the page of them all.

The words and what else they are called stand in `glossary.yaml` of each language of the catalogue.
`python -m request.talking.glossary` prints the page `docs/reference/glossary.md`.
"""

from __future__ import annotations

from functools import cache

from rapidfuzz import fuzz, process

from common import texts
from common.config import PlaceConfig

ENTRY, ALSO = "glossary.", "glossary_also."
NEAR = 72.0
"""Likeness (of 100) from which a word may have been meant."""
MOST = 3
DECORATION = "-–—_'\"“”„`*?!.:,;()[]<> "


def find(word: str) -> str | None:
    """Return the term of the glossary that a word means; None if it is not in it."""
    known = _terms()
    plain = _plain(word)
    singular = plain.removesuffix("s")
    return next((known[one] for one in (plain, singular) if one in known), None)


def nearest(word: str) -> tuple[str, ...]:
    """Return the terms a misspelt word may mean, the likeliest first."""
    known = _terms()
    found = process.extract(
        _plain(word), list(known), scorer=fuzz.ratio, limit=3 * MOST, score_cutoff=NEAR
    )
    return tuple(dict.fromkeys(known[name] for name, _score, _ in found))[:MOST]


def explain(term: str, *, log_days: float) -> str:
    """Return the sentences on a term; `log_days` is how long moderators can read what was asked."""
    return texts.say(f"{ENTRY}{term}", days=f"{log_days:g}")


def page() -> str:
    """Return the page of all words."""
    log_days = PlaceConfig().log_days
    lines = [
        "# The field's words",
        "",
        "`help WORD` in a chat says the same. Written by `python -m request.talking.glossary`.",
    ]
    for term in sorted(_entries()):
        also = texts.catalogue().get(f"{ALSO}{term}", "")
        lines += ["", f"**{term}**: {explain(term, log_days=log_days)}"]
        if also:
            lines[-1] += f" *(also: {also})*"
    return "\n".join(lines) + "\n"


@cache
def _terms() -> dict[str, str]:
    """Return the term for each word that means one."""
    terms = {_plain(term): term for term in _entries()}
    for language in texts.languages():  # all are read in every place, as in a request
        for term in _entries():
            for other in texts.catalogue(language).get(f"{ALSO}{term}", "").split(","):
                if other.strip():
                    terms.setdefault(_plain(other), term)
    return terms


def _entries() -> list[str]:
    return [code.removeprefix(ENTRY) for code in texts.catalogue() if code.startswith(ENTRY)]


def _plain(word: str) -> str:
    """Return a word without capitals, decoration and the difference of hyphen and space."""
    spaced = word.casefold().strip(DECORATION).replace("-", " ").replace("_", " ")
    return " ".join(spaced.split())


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201  (that is what it is for)
