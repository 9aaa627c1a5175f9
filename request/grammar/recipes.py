"""What people copy along with a prompt from A1111 and CivitAI: a line of facts, tags of LoRAs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from common.model import Note
from request.grammar.known import SAMPLER_NAMES
from styles.image_request import LoraWish
from styles.limits import LORA_STRENGTH_RANGE
from styles.names import NameIndex
from styles.notes import changed

_FACTS = re.compile(
    r"(?:\A|[\s,.])Steps:[^\S\n]*\d{1,4},(?=[^\n]{0,200}\b(?:Sampler|CFG scale|Seed|Size):).*",
    re.IGNORECASE | re.DOTALL,
)
_FACT = re.compile(r"\b([A-Z][A-Za-z ]{1,20}):\s*(\"[^\"]{0,500}\"|[^,\n]{1,200})")
_KARRAS = re.compile(r"\s+karras\Z", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,20}(?:\.\d{1,9})?(?:x\d{1,5})?")
_NUMBERS = {
    "steps": "steps",
    "cfg scale": "cfg",
    "seed": "seed",
    "size": "size",
    "clip skip": "clip-skip",
}
"""Options that facts stand for."""
_TAG = re.compile(
    r" ?<(?:lora|lyco|hypernet):([^:<>\n]{1,200})(?::(-?[\d.]{1,8})?[^<>\n]{0,40})?>,?"
    r"(?=[\s,]|\Z)|<(?:lora|lyco):([^:<>\n]{1,200})(?::(-?[\d.]{1,8})?[^<>\n]{0,40})?>",
    re.IGNORECASE,
)


def with_facts_as_options(text: str, models: NameIndex) -> tuple[str, tuple[Note, ...]]:
    """Return a text with the line of facts at its end as options, and what is told of it."""
    found = _FACTS.search(text)
    if found is None:
        return text, ()
    facts = {one[1].strip().casefold(): one[2].strip(' "') for one in _FACT.finditer(found[0])}
    options = " ".join(_options(facts, models))
    words = f"{' '.join(found[0].split())[:30]} …"
    return f"{text[: found.start()]}\n{options}", (
        changed("note.read_as", words=words, used=options),
    )


def take_tags(prompt: str) -> tuple[str, tuple[LoraWish, ...], tuple[Note, ...]]:
    """Return a prompt without `<lora:…>`, the LoRAs that are meant, and what is told of them.

    A number is taken for CivitAI's; a name is that of a file, which nobody here has.
    """
    loras: list[LoraWish] = []
    notes: list[Note] = []
    files: list[str] = []
    for found in _TAG.finditer(prompt):
        name, weight = (found[1] or found[3]).strip(), found[2] or found[4] or ""
        if not (name.isascii() and name.isdigit()):
            files.append(name)
            continue
        low, high = LORA_STRENGTH_RANGE
        strength = min(high, max(low, float(weight))) if _NUMBER.fullmatch(weight) else 1.0
        loras.append(LoraWish(name, strength))
        used = f"--lora {name}:{strength:g}"
        notes.append(changed("note.read_as", words=found[0].strip(" ,"), used=used))
    if files:
        names, like = ", ".join(dict.fromkeys(files)), files[0].replace("_", " ")
        notes.append(changed("note.lora_files", names=names, like=like))
    left = _TAG.sub("", prompt).strip(" ,") if loras or files else prompt
    return left, tuple(loras), tuple(notes)


def _options(facts: Mapping[str, str], models: NameIndex) -> Iterator[str]:
    for fact, option in _NUMBERS.items():
        if _NUMBER.fullmatch(facts.get(fact, "")):
            yield f"--{option} {facts[fact]}"
    sampler = facts.get("sampler", "")
    if known := SAMPLER_NAMES.get(_KARRAS.sub("", sampler)):
        yield f"--sampler {known}"
    if _KARRAS.search(sampler) or facts.get("schedule type", "").casefold() == "karras":
        yield "--karras"
    if model := models.get(facts.get("model", "")):
        yield f'--model "{model}"'
