"""The message catalogue: whole, and nothing in the source asks for a sentence it lacks."""

import re
from pathlib import Path
from string import Formatter

import pytest

from common import errors, texts

ROOT = Path(__file__).parents[3]
ROOMS = ("bots", "web", "events", "request", "styles", "common", "hub", "worker")
CODE = re.compile(
    r'(?:say|Note|_note|Refusal|[A-Z]\w*(?:Error|Refused|Busy|Gone|Lost|Rejected|Forbidden|Unreachable))\(\s*"([a-z_]+\.[a-z0-9_]+)"'
)


def sources():
    for room in ROOMS:
        yield from (ROOT / room).rglob("*.py")


def used_codes():
    return {
        code: path.relative_to(ROOT)
        for path in sources()
        for code in CODE.findall(path.read_text("utf-8"))
    }


def test_codes_are_found_in_the_source():
    assert "refused.minors" in used_codes()


def test_every_code_in_the_source_has_a_sentence():
    missing = {code: str(path) for code, path in used_codes().items() if not texts.knows(code)}
    assert missing == {}


def test_every_default_code_has_a_sentence():
    kinds = [kind for kind in vars(errors).values() if hasattr(kind, "default_code")]
    assert [kind.__name__ for kind in kinds if not texts.knows(kind.default_code)] == []
    assert len(kinds) > 15


def test_values_are_filled_in():
    assert "Port 8765 on 127.0.0.1 is taken" in texts.say(
        "startup.port_taken", port=8765, host="127.0.0.1", setting="web.port"
    )


def test_missing_sentence_is_a_bug():
    with pytest.raises(KeyError):
        texts.say("no.such_code")


def test_sentences_name_their_values():
    unnamed = [
        code
        for code, sentence in texts.catalogue().items()
        if any(
            name is not None and not name.isidentifier()
            for _, name, _, _ in Formatter().parse(sentence)
        )
    ]
    assert unnamed == []
