"""Values that are names of a list: styles, models, samplers, ControlNets, upscalers."""

from __future__ import annotations

from dataclasses import dataclass

from common.errors import Refusal
from common.horde.wire import CONTROL_TYPES, SAMPLERS
from common.horde.wire_names import SAMPLER_TITLES, UPSCALERS
from common.model import Note
from request.grammar.source import Source, Taken
from request.grammar.values import AFTER_VALUE, GAP, past, text
from styles.image_request import RANDOM_STYLE
from styles.names import LONGEST_REGION, QUOTES, NameIndex, ends_word, fold, quoted
from styles.notes import changed

_ARTICLE = " a"
"""Behind `euler` it may begin the prompt: whoever means the other sampler writes `euler_a`."""
SAMPLER_NAMES = NameIndex(
    SAMPLERS,
    {
        **{name.removeprefix("k_"): name for name in SAMPLERS},
        **{title: name for name, title in SAMPLER_TITLES.items() if not title.endswith(_ARTICLE)},
    },
)
CONTROL_NAMES = NameIndex(
    CONTROL_TYPES,
    {"pose": "openpose", "segmentation": "seg", "fake scribbles": "fakescribbles"},
)
UPSCALER_NAMES = NameIndex(
    UPSCALERS,
    {
        **dict.fromkeys(("x2", "2x"), "RealESRGAN_x2plus"),
        **dict.fromkeys(("x4", "4x"), "RealESRGAN_x4plus"),
        "anime": "RealESRGAN_x4plus_anime_6B",
        "AnimeSharp": "4x_AnimeSharp",
        "Siax": "NMKD_Siax",
    },
)
_AFTER_NAME = (*AFTER_VALUE, *QUOTES, ")", "]", "}")


@dataclass(frozen=True, slots=True)
class _List:
    """A list of names, the field one of them fills, and how an unknown one is refused."""

    field: str
    index: NameIndex
    refusal: str


def style(source: Source, start: int, option: str, example: str) -> Taken:
    """Read the longest known style, category or alias; `random`; or one that is clearly near."""
    del option, example
    if source.text[start : start + 1] in {":", "："}:  # --style: NAME
        start += 1
    begin, region = _region(source, start)
    if not region.strip():
        raise Refusal("refused.style_missing", suggestions=())
    found = source.names.find(region)
    if found is None or not found.exact:
        end = _random(region)
        if end is not None:
            return Taken(begin + end, {"style": RANDOM_STYLE}, rest=region[end:].strip())
    if found is None:
        words = _first_words(region)
        suggestions = source.names.suggest(words, source.offer)
        raise Refusal("refused.style_unknown", words=words, suggestions=suggestions)
    notes: tuple[Note, ...] = ()
    if not found.exact:
        notes = (changed("note.style_near", words=found.words, name=found.name),)
    end = _past_punctuation(region, found.end)
    return Taken(begin + end, {"style": found.name}, notes=notes, rest=region[end:].strip())


def model(source: Source, start: int, option: str, example: str) -> Taken:
    """Read the longest known model; any word where no models are known."""
    if not source.models:
        return text("model")(source, start, option, example)
    models = _List("model", source.models, "refused.model_unknown")
    return _known(source, start, option, example, models)


def sampler(source: Source, start: int, option: str, example: str) -> Taken:
    """Read a sampler, with or without its `k_`, or as other programs call it."""
    samplers = _List("sampler", SAMPLER_NAMES, "refused.sampler_unknown")
    return _known(source, start, option, example, samplers)


def control(source: Source, start: int, option: str, example: str) -> Taken:
    """Read what a ControlNet takes from the picture."""
    types = _List("control", CONTROL_NAMES, "refused.control_unknown")
    return _known(source, start, option, example, types)


def upscale(source: Source, start: int, option: str, example: str) -> Taken:
    """Read an upscaler if the next words are one; else the usual one, and they stay prompt."""
    del option, example
    begin, region = _region(source, start)
    found = UPSCALER_NAMES.find(region)
    if found is not None and found.exact:
        return Taken(begin + found.end, {"upscale": found.name})
    if "=" in source.text[start:begin]:
        words = _first_words(region)
        suggestions = UPSCALER_NAMES.suggest(words)
        raise Refusal("refused.upscaler_unknown", words=words, suggestions=suggestions)
    return Taken(start, {"upscale": UPSCALERS[0]})


def _known(source: Source, start: int, option: str, example: str, names: _List) -> Taken:
    """Read the longest name of a list, or one that is clearly near."""
    begin, region = _region(source, start)
    if not region.strip():
        raise Refusal("refused.value_missing", option=option, example=example)
    found = names.index.find(region)
    if found is None:
        words = _first_words(region)
        raise Refusal(names.refusal, words=words, suggestions=names.index.suggest(words))
    notes: tuple[Note, ...] = ()
    if not found.exact:
        notes = (changed("note.name_near", words=found.words, name=found.name),)
    return Taken(begin + found.end, {names.field: found.name}, notes=notes)


def _region(source: Source, start: int) -> tuple[int, str]:
    """Return where a name's region begins, and its text up to a line's end or a marker."""
    begin = past(GAP, source.text, start)
    end = min(source.region_end(begin), begin + LONGEST_REGION)
    line = source.text.find("\n", begin, end)
    return begin, source.text[begin : end if line == -1 else line]


def _random(region: str) -> int | None:
    """Return where `random` ends if the region begins with it."""
    folded = fold(region)
    inner, end = quoted(folded.text)
    if inner is not None:
        return folded.starts[end] if inner.strip() == RANDOM_STYLE else None
    length = len(RANDOM_STYLE)
    if folded.text.startswith(RANDOM_STYLE) and ends_word(folded.text, length):
        return _past_punctuation(region, folded.starts[length])
    return None


def _past_punctuation(region: str, end: int) -> int:
    while region.startswith(_AFTER_NAME, end):
        end += 1
    return end


def _first_words(region: str) -> str:
    """Return the words that were to be a name: those in quotes, else the first four."""
    folded = fold(region)
    inner, end = quoted(folded.text)
    words = region if inner is None else region[1 : folded.starts[end - 1]]
    return " ".join(words.split()[:4]).strip("\"'“”„«».,;:!? ")[:40] or region.strip()[:40]
