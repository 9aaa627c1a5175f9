"""What a reply says about the picture it stands under, in everyday words: `make the hat red`.

Only whole replies that name what is to be different, and only what people say to whoever draws:
what they say to each other is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from request.grammar.changes import COLOURS, read_change
from request.grammar.results import (
    Command,
    CommandName,
    FollowUp,
    FollowUpKind,
    NotARequest,
    WhyNot,
)
from request.grammar.words import Words
from styles.image_request import ImageRequest

LONGEST = 120
"""Characters of a remark."""
_THE = r"(?:the|his|her|its|their|my|this|that)\s+"
_OLD = r"(?P<old>[\w'-]{2,20}(?:\s[\w'-]{2,20}){0,2}?)"
_NEW = r"(?P<new>[^\n]{2,60}?)"
_LOOKS = rf"(?:{COLOURS}|(?:more|less)\s+[\w-]+|[\w-]{{2,}}er|old|young|big|small|happy|sad|angry)"
_ASPECTS = frozenset({"background", "sky", "scene", "lighting", "weather", "season", "setting"})
_PICTURE = frozenset({"it", "this", "that", "picture", "image", "pic", "photo", "style", "prompt"})
_HUES = frozenset({"color", "colour", "colors", "colours"})

_LEAD = re.compile(
    r"(?:(?:wow|oh|ok|okay|lol|haha|nice|cool|great|awesome|perfect|lovely|cute|thanks|thank\s+you|thx|ty"
    r"|no|nope|hmm?|but|and|now|then|please|so|also|rather|(?:can|could|would)\s+(?:you|u)|i\s+want\s+you\s+to|just)"
    r"[\s,.!…]+)+",
    re.IGNORECASE,
)
_BECOMES = re.compile(
    rf"(?:change|turn|switch|colou?r|recolou?r|paint|dye)\s+{_THE}?{_OLD}\s+(?:to|into)\s+(?:be\s+)?{_NEW}",
    re.IGNORECASE,
)
_LOOKS_SO = re.compile(
    rf"(?:make|paint|colou?r|turn|dye)\s+{_THE}{_OLD}\s+(?P<new>{_LOOKS})", re.IGNORECASE
)
_SWAPPED = re.compile(
    rf"(?:replace|swap|exchange|switch|substitute)\s+(?:out\s+)?(?:{_THE}|an?\s+)?{_OLD}\s+(?:with|by|for)\s+{_NEW}",
    re.IGNORECASE,
)
_NOT_BUT = re.compile(
    rf"not\s+(?:an?|the)\s+{_OLD}\s*,?\s*(?:but\s+)?(?P<new>(?:an?|the)\s+[^\n]{{2,60}})",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"(?:give\s+(?:it|him|her|them|the\s+[\w-]+)|put)\s+(?P<what>(?:an?|some|more|big|long|short|two|"
    rf"{COLOURS})\s+[^\n]{{2,60}}?)(?:\s+on\s+(?:it|him|her|them|(?:his|her|its)\s+head))?",
    re.IGNORECASE,
)
_NO_GIFT = re.compile(
    r"(?:a|another|some)\s+(?:try|go|shot|chance|rest|break|hand|moment|time|sec)\b", re.IGNORECASE
)
_MEANT = re.compile(
    r"(?:sorry,?\s+|wrong,?\s+)?(?:(?:it|that|this)\s+(?:should|was\s+supposed\s+to)\s+be|i\s+(?:said|meant|wanted"
    r"|asked\s+for)|actually|rather|wrong)[,:]?\s+(?P<prompt>(?:an?|the|two|three|some)\s+[^\n]{2,100})",
    re.IGNORECASE,
)
_ONE = re.compile(
    r"(?P<verb>(?:make|do|draw|paint|create)\s+)?(?:(?:me|us)\s+)?(?:(?:an?other|one)(?:\s+(?:one|more))?)"
    r"(?:\s+for\s+[\w ]{1,24}?)?\s+(?P<how>with|of|in|at|where)\s+(?P<what>[^\n]{2,80})",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"(?:an?|more|less|two|three|some|no)\s", re.IGNORECASE)
_SCENE = re.compile(
    r"(?:now|this\s+time|same|the\s+same|same\s+thing)[,:]?\s+(?:but\s+)?(?P<what>(?:at|in|on|from|under|during|inside"
    r"|near|as)\s+[^\n]{2,50})",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"(?:(?P<more>more|bigger|smaller|longer|shorter|better|larger)|not\s+enough|needs?\s+more)\s+"
    r"(?P<what>[\w'-]{3,20}(?:\s[\w'-]{3,20})?)",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"(?:(?:it'?s\s+)?(?:(?:way|far)\s+)?too\s+m(?:any|uch)|fewer)\s+(?P<what>[\w'-]{3,20}"
    r"(?:\s[\w'-]{3,20})?)"
    r"|no\s+(?:more\s+)?(?P<named>text|words|letters|writing|people|humans|watermarks?|signatures?"
    r"|backgrounds?|frames?|borders?|glasses|beard|hats?|hands|clouds|trees|animals)",
    re.IGNORECASE,
)
_NO_MORE = re.compile(
    r"(?:info|information|details?|pictures?|images?|pics?|please|than|like|from|this|that|these|those|of|time|luck"
    r"|power|ones?|examples?|variations?|work)\b",
    re.IGNORECASE,
)
_TOO = re.compile(
    r"(?:(?:it|that|this)(?:'s|\s+is)\s+)?(?:(?:way|far|still|a\s+bit|a\s+little|much)\s+)*too\s+"
    r"(?P<what>dark|bright|light|blurry|plain|simple|busy|realistic|cartoonish|scary|far\s+away|close|small|colou?rful)",
    re.IGNORECASE,
)
_RATHER = {
    "dark": "brighter",
    "bright": "darker",
    "light": "darker",
    "blurry": "sharp focus",
    "plain": "more detailed",
    "simple": "more detailed",
    "busy": "simple, uncluttered",
    "realistic": "stylised",
    "cartoonish": "realistic",
    "scary": "friendly",
    "far away": "close-up",
    "close": "seen from afar",
    "small": "close-up",
    "colorful": "muted colours",
    "colourful": "muted colours",
}
_FACES = re.compile(
    rf"(?:fix|repair|redo|correct)\s+(?:{_THE})?(?:face|faces|eyes|eye)"
    r"|(?:the\s+)?(?:face|faces|eyes)\s+(?:is|are|look|looks)\s+(?:wrong|weird|off|strange|bad|messed\s+up|creepy)",
    re.IGNORECASE,
)
_HANDS = re.compile(
    rf"(?:fix|repair|redo|correct)\s+(?:{_THE})?(?:hands?|fingers?|legs?|arms?|feet|anatomy)"
    r"|(?:the\s+)?(?:hands?|fingers)\s+(?:is|are|look|looks)\s+(?:wrong|weird|off|strange|bad|messed\s+up|creepy)"
    r"|(?:(?:it|he|she)\s+has\s+)?(?:six|seven|too\s+many|extra|three|four)\s+(?:fingers|hands|legs|arms)",
    re.IGNORECASE,
)
_TURNED = re.compile(
    r"(?:flip|mirror|rotate|crop|invert)(?:\s+(?:it|this|that|the\s+(?:picture|image|pic|photo)))?"
    r"(?:\s+(?:horizontally|vertically|around|upside\s+down|left|right|to\s+the\s+(?:left|right)))?"
    r"|turn\s+(?:it|this)\s+(?:around|upside\s+down|over)|cut\s+out\s+[^\n]{2,40}|cut\s+it\s+out",
    re.IGNORECASE,
)
_CHOSEN = re.compile(
    r"(?:i\s+(?:like|love|prefer|want|choose|pick|take|vote\s+for)\s+)?(?:(?:the|picture|image|pic|number|no\.?|nr\.?|option"
    r"|bild|nummer|numéro|número|imagen|die|das|la|le|el)\s+)*#?(?P<number>[1-9]|1\d|20|[a-zà-ÿ]{2,10}|[1-4](?:st|nd|rd|th|\.))"
    r"(?:\s+(?:one|picture|image|pic))?(?:\s+(?:best|most|please))?",
    re.IGNORECASE,
)

Scan = Callable[[str], ImageRequest]


def read_remark(plain: str, words: Words, scan: Scan) -> Command | FollowUp | NotARequest | None:
    """Return what a reply asks to be different, or which picture it picks out; None: neither.

    `scan` reads options and styles. Raises Refusal where one cannot be read.
    """
    if len(plain) > LONGEST:
        return None
    said = without_lead(plain)
    for one in dict.fromkeys((plain, said)):
        if meant := (_other(one, scan) or _added(one, scan) or _done_otherwise(one)):
            return meant
    for one in dict.fromkeys((plain, words.without_lead(plain))):
        if change := read_change(one):
            return _in_place(change.old, change.new, scan, gone=change.gone)
        if words.is_one(one, words.added):
            return _add(one, scan)
    if (found := _CHOSEN.fullmatch(plain)) and (number := _number(found["number"], words)):
        return NotARequest(WhyNot.CHOICE, str(number))
    return _add(said, scan) if words.is_one(said, words.added) else None


def _other(said: str, scan: Scan) -> FollowUp | None:
    """Return the follow-up that has something else in the place of something."""
    if found := _LOOKS_SO.fullmatch(said):
        if found["old"].casefold() in _PICTURE:
            larger = found["new"].casefold() in {"bigger", "larger"}  # which is upscaling
            return None if larger else _add(found["new"], scan)
        return _in_place(found["old"], f"{found['new']} {found['old']}", scan)
    if found := _BECOMES.fullmatch(said):
        return _become(found["old"], found["new"], scan)
    if found := _SWAPPED.fullmatch(said) or _NOT_BUT.fullmatch(said):
        return _in_place(found["old"], found["new"], scan, gone=True)
    if found := _MEANT.fullmatch(said):
        return FollowUp(FollowUpKind.EDIT, edit=scan(found["prompt"]))
    return None


def _become(old: str, new: str, scan: Scan) -> FollowUp | None:
    if old.casefold() in _PICTURE:
        return None
    if old.casefold() in _HUES:
        return _add(new, scan)
    if old.casefold() in _ASPECTS or re.fullmatch(_LOOKS, new, re.IGNORECASE):
        return _in_place(old, f"{new} {old}", scan)
    return _in_place(old, new, scan, gone=True)


def _in_place(old: str, new: str, scan: Scan, *, gone: bool = False) -> FollowUp:
    edit = scan(new)
    return FollowUp(FollowUpKind.EDIT, edit=edit, adds=True, replaces=old, gone=gone)


def _added(said: str, scan: Scan) -> FollowUp | None:
    """Return the follow-up that adds something to the picture, or takes it out."""
    if found := _found_one(said):
        return _one_more(found, scan)
    if found := _TOO.fullmatch(said):
        return _add(_RATHER[" ".join(found["what"].casefold().split())], scan)
    for pattern, nothing in ((_GIVEN, _NO_GIFT), (_SCENE, _NO_MORE), (_MORE, _NO_MORE)):
        found = pattern.fullmatch(said)
        if found is not None and not nothing.match(found["what"]):
            more = "" if pattern is not _MORE else found["more"] or "more"
            return _add(f"{more} {found['what']}".strip(), scan)
    found = _LESS.fullmatch(said)
    return None if found is None else _without(found["what"] or found["named"], scan)


def without_lead(plain: str) -> str:
    """Return a reply without what leads on to its point: `wow, thanks, now`, `could you also`."""
    lead = _LEAD.match(plain)
    return plain[lead.end() :] if lead else plain


def says_more(plain: str) -> bool:
    """Tell whether a reply asks for `one with a dog`, or adds something in another language."""
    if len(plain) > LONGEST:
        return False
    change = read_change(plain)
    return _found_one(plain) is not None or (change is not None and not change.old)


def _found_one(plain: str) -> re.Match[str] | None:
    return _ONE.fullmatch(without_lead(plain))


def _one_more(found: re.Match[str], scan: Scan) -> FollowUp | None:
    how, what = found["how"].casefold(), found["what"]
    if how == "of":
        return FollowUp(FollowUpKind.EDIT, edit=scan(what)) if found["verb"] else None
    if not found["verb"] and not (how == "with" and _ARTICLE.match(what)):
        return None
    return _add(what if how == "with" else f"{how} {what}", scan)


def _add(words: str, scan: Scan) -> FollowUp:
    return FollowUp(FollowUpKind.EDIT, edit=scan(words), adds=True)


def _without(words: str, scan: Scan) -> FollowUp:
    edit = scan(words)
    return FollowUp(
        FollowUpKind.EDIT, edit=ImageRequest("", negative=edit.prompt or words), adds=True
    )


def _done_otherwise(said: str) -> Command | FollowUp | None:
    """Return what helps on somebody who wishes for what is done otherwise here."""
    if _FACES.fullmatch(said):
        return FollowUp(FollowUpKind.SAME_SEED, edit=ImageRequest("", fix_faces=True))
    if _HANDS.fullmatch(said):
        return Command(CommandName.HELP, "hands", asked=True)
    return Command(CommandName.HELP, "flip", asked=True) if _TURNED.fullmatch(said) else None


def _number(said: str, words: Words) -> int | None:
    word = said.casefold().rstrip(".")
    if word[:1].isdecimal():
        return int(word.rstrip("stndrh"))
    return words.ordinals.get(word)
