"""Texts that count only as a whole: commands and follow-ups."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from common.errors import Refusal
from common.model import Note
from request.grammar.prose import take_shape
from request.grammar.remarks import read_remark, says_more, without_lead
from request.grammar.results import Command, CommandName, FollowUp, FollowUpKind, NotARequest
from request.grammar.values import decimal, past
from request.grammar.words import Words
from styles.image_request import ImageRequest
from styles.limits import STRENGTH_RANGE
from styles.notes import changed

LONGEST_COMMAND = 200
"""Characters of a text that may be a command; `edit` may be longer."""
_SHORTEST_STYLE = 3
"""Characters that a reply is longer than which is nothing but a style's name."""
LONGEST_OTHER = 2000
"""The same for commands of a room above."""

_PLAIN = {
    name.value: Command(name)
    for name in (
        *(CommandName.HELP, CommandName.STYLES, CommandName.MODELS, CommandName.LORAS),
        *(CommandName.STATUS, CommandName.QUEUE, CommandName.STOP, CommandName.START),
        *(CommandName.FORGET_ME, CommandName.CANCEL, CommandName.DELETE, CommandName.REPORT),
        *(CommandName.PAUSE, CommandName.RESUME, CommandName.BAN, CommandName.UNBAN),
        *(CommandName.LOG, CommandName.DESCRIBE, CommandName.HORDE),
        *(CommandName.SHARE, CommandName.UNSHARE, CommandName.MY),
    )
} | {"unpause": Command(CommandName.RESUME)}
_DEGREES = {"subtle": 0.35, "strong": 0.75}
_SEARCH = re.compile(r"(styles|models|loras)\s+([^\n]{1,64})", re.IGNORECASE)
_PLACE = re.compile(r"(pause|resume)\s+(here)", re.IGNORECASE)
_BAN = re.compile(r"(ban|unban)\s+([^\n]{1,100})", re.IGNORECASE)
_DESCRIBE = re.compile(r"(describe)\s+#?(\d{1,3})", re.IGNORECASE)
_SHARE = re.compile(r"(share)\s+(always|ask|never)", re.IGNORECASE)
_MY = re.compile(
    r"(my)\s+(defaults|(?:style|size|model|sharing)(?:\s*[:=]|\s)\s*\S[^\n]{0,180})", re.IGNORECASE
)
_UNSHARE = re.compile(r"(unshare)\s+(all)", re.IGNORECASE)
_LOG = re.compile(r"(log)\s+([0-9]{1,3})", re.IGNORECASE)
_REPORT = re.compile(r"(report)(?:[:,]\s*|\s+)(\S.*)", re.IGNORECASE | re.DOTALL)
_WORD = r"(?P<word>-{0,2}[^\W\d_][\w-]{1,20}(?:\s[\w-]{2,20})?)"
_EXPLAIN = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"what(?:['’]?s|\s+is|\s+are)\s+(?:an?\s+|the\s+)?{_WORD}",
        rf"what\s+does\s+(?:an?\s+|the\s+)?{_WORD}\s+(?:do|mean|stand\s+for)",
        rf"how\s+(?:do|can)\s+i\s+use\s+(?:an?\s+|the\s+)?{_WORD}",
        rf"how\s+does\s+(?:an?\s+|the\s+)?{_WORD}\s+work",
    )
)
_RIGHTS = re.compile(
    r"(?:can|may|could)\s+(?:i|we)\s+(?:use|sell|print|post|repost|publish)\s+"
    r"(?:(?:this|these|that|it|them)(?:\s+(?:pictures?|images?))?|(?:the|your)\s+(?:pictures?|images?))"
    r"(?:\s+(?:for|as|in|on|commercially|freely)\b[^\n]{0,60})?",
    re.IGNORECASE,
)
_STYLES_FOR = re.compile(
    r"(?:(?:what|which)\s+)?styles\s+(?:are\s+there\s+|do\s+you\s+have\s+|do\s+i\s+use\s+)?"
    r"(?:for|of|like|with|about)\s+(?:an?\s+)?(?P<word>[^\n]{2,40})",
    re.IGNORECASE,
)
_STYLES_CALLED = re.compile(
    r"(?:(?:show|list)(?:\s+me)?|do\s+you\s+have|are\s+there|what|which)\s+"
    r"(?:(?:any|all|the|some)\s+)*(?P<word>(?!your\b)[^\W\d_][\w -]{1,30}?)\s+styles"
    r"(?:\s+(?:are\s+there|do\s+you\s+have))?",
    re.IGNORECASE,
)
_INFO = re.compile(r"info(?:\s+#?(?P<picture>\d{1,3}))?", re.IGNORECASE)
_OF_REQUEST = re.compile(
    r"(?P<what>again|same\s+seed|info)\s+#?(?P<request>[2-9a-hjkmnp-z]{8})"
    r"(?:\s+#?(?P<picture>\d{1,3}))?",
    re.IGNORECASE,
)
"""A follow-up that names the short id of an answer's request."""
_UPSCALE = re.compile(
    r"(?:upscale(?:\s+#?(?P<long>\d{1,3}))?|u\s?#?(?P<short>\d{1,3}))", re.IGNORECASE
)
_ZOOM = re.compile(r"zoom(?:\s+out)?(?:\s+#?(?P<picture>\d{1,3}))?", re.IGNORECASE)
_VARY = re.compile(
    r"(?:vary(?:\s+#?(?P<long>\d{1,3}))?|v\s?#?(?P<short>\d{1,3}))"
    r"(?:[,:]?\s+\(?(?P<strength>subtle|strong|[+-]?(?:\d{0,3}[.,]\d{1,6}|\d{1,2}))\)?)?",
    re.IGNORECASE,
)
_STYLE = re.compile(r"(?:style[^\S\n]*[:：]|--style\s)[^\n]+", re.IGNORECASE)
_STYLE_IN_WORDS = re.compile(
    r"style\s+(?P<behind>[^\n]+)|(?:(?:use|try|switch\s+to)\s+(?:the\s+)?(?:style\s+)?"
    r"|(?:change|set)\s+(?:the\s+)?style\s+to\s+)(?P<used>[^\n]+?)(?:\s+style)?|(?:(?:this|same|the\s+same|it)[\s,]+)?(?:but\s+)?"
    r"(?:in|as)\s+(?:an?\s+|the\s+)?(?P<before>[^\n]+?)[\s-]+style",
    re.IGNORECASE,
)
_AGAIN_WITH = re.compile(
    r"(?:again|(?P<seed>same\s+seed)),?(?:\s+(?:but|in|with))*\s+(?=--|—|–|style)", re.IGNORECASE
)
_LARGER = re.compile(
    r"(?:make\s+)?(?:the\s+|picture\s+|image\s+|number\s+|#)*"
    r"(?P<number>\d{1,3}|one|two|three|four|first|second|third|fourth|1st|2nd|3rd|4th)"
    r"(?:\s+one)?,?\s+(?:but\s+)?(?:bigger|larger)",
    re.IGNORECASE,
)
_BECOMES = re.compile(r"(?:now\s+)?(?:make|turn|change)\s+(?:it|this)\b", re.IGNORECASE)
_AS_SUCH = re.compile(
    r"(?:but\s+|now\s+)?(?:as|like)\s+(?P<what>an?\s+[^\n]{0,40}\b(?:painting|drawing|sketch|photo|photograph"
    r"|cartoon|comic|watercolou?r|poster|sculpture|statue|sticker|logo|mosaic|tattoo|woodcut|engraving"
    r"|render|icon|collage|colou?ring\s+page|stained\s+glass|plush|toy|emoji|stamp|card|cover))",
    re.IGNORECASE,
)
_NO_THING = re.compile(
    r"(?:you|your|yourself|me|my|him|her|it|this|that|us|them|is|than|doubt|further|any\s+doubt)\b",
    re.IGNORECASE,
)
"""How words begin that are said to people."""
_INSTEAD = re.compile(r"(?P<prompt>.+?),?\s+instead", re.IGNORECASE)
_LEADING_TO_STYLE = re.compile(r"\A(?:in|as|like)\s+(?:an?\s+)?", re.IGNORECASE)
_NUMBERS = {
    word: number
    for number, *words in (
        ("1", "one", "first", "1st"),
        ("2", "two", "second", "2nd"),
        ("3", "three", "third", "3rd"),
        ("4", "four", "fourth", "4th"),
    )
    for word in words
}
_NAMED_AS = dict.fromkeys(
    ("variation", "variations", "variation of", "variations of", "more like"), "vary"
) | {"enlarge": "upscale"}
_NAMED = re.compile(
    r"(?P<what>vary|variations?(?:\s+of)?|more\s+like|upscale|enlarge|zoom(?:\s+out)?|info)\s+"
    r"(?:the\s+|picture\s+|image\s+|number\s+)*#?"
    rf"(?P<number>\d{{1,3}}|{'|'.join(_NUMBERS)})(?:\s+(?:one|picture|image))?(?P<rest>(?:[,:\s].*)?)",
    re.IGNORECASE,
)
_MARKS = " \t\n.,!?…¿¡？！。"
_EDIT = re.compile(r"[/!]?edit(?![\w-])[:：,]?\s*", re.IGNORECASE)

Scan = Callable[[str], ImageRequest]


def read_whole(
    text: str,
    words: Words,
    scan: Scan,
    others: Mapping[str, re.Pattern[str]],
    *,
    reply: bool = False,
) -> Command | FollowUp | NotARequest | None:
    """Return the command or follow-up a whole text is, or None.

    `scan` reads options and styles, `others` are the commands of a room above, by their word;
    `reply`: what is said can be about a picture. Raises Refusal for one that cannot be read.
    """
    if other := _other(text, words, others):
        return other
    edit = _EDIT.match(text, past(words.polite_start, text, 0))
    if edit is not None:
        said = text[edit.end() :]
        return _edit(take_shape(scan(words.without_verb(said, ()) or said)))
    if len(text) > LONGEST_COMMAND:
        return None
    plain = words.without_politeness(text)
    if _STYLE.fullmatch(plain):
        return _style(scan(plain))
    folded = _fold(plain)
    if folded in words.again:
        return FollowUp(FollowUpKind.AGAIN)
    instead = words.instead.get(folded) or words.instead.get(_fold(text.strip(_MARKS)), "")
    plain = instead or plain
    return (
        _about(instead, words)
        or _fixed(_fold(plain))
        or (read_remark(plain, words, scan) if reply else None)
        or _on_picture(_numbered(plain))
        or _with_argument(plain, words, reply=reply)
        or _changed(plain, words, scan)
        or _in_style(plain, scan)
        or (_about_picture(plain, words, scan) if reply else None)
    )


def read_as_prompt(text: str, words: Words) -> Command | FollowUp | None:
    """Return the command or follow-up that somebody means who wrote it where a prompt goes.

    Only what nobody is likely to want drawn: a command by its own name, or a sentence for it.
    """
    if len(text) > LONGEST_COMMAND:
        return None
    plain = words.without_politeness(text)
    folded = _fold(plain)
    if " " in folded and folded in words.again:
        return FollowUp(FollowUpKind.AGAIN)
    instead = words.instead.get(folded, "") if " " in folded else ""
    meant = instead or plain
    return _about(instead, words) or _fixed(_fold(meant)) or _on_picture(_numbered(meant))


def says_again(text: str, words: Words, *, reply: bool = False) -> bool:
    """Tell whether a whole text is one for `again` (some begin like a request: draw it again).

    In reply, also whether it asks for more in the picture: `draw one with a dog`, `mach einen Hut
    drauf`.
    """
    if len(text) > LONGEST_COMMAND:
        return False
    plain = words.without_politeness(text)
    return _fold(plain) in words.again or (reply and says_more(plain))


def _about(instead: str, words: Words) -> Command | None:
    """Return the question that is meant by a sentence of its own."""
    found = words.help_with.fullmatch(instead)
    return None if found is None else Command(CommandName.HELP, found[1], asked=True)


def _fold(plain: str) -> str:
    return " ".join(plain.casefold().replace("’", "'").split())


def _numbered(plain: str) -> str:
    """Return a follow-up on a picture with the picture's number in digits."""
    if larger := _LARGER.fullmatch(plain):
        number = larger["number"].casefold()
        return f"upscale {_NUMBERS.get(number, number)}"
    found = _NAMED.fullmatch(plain)
    if found is None:
        return plain
    what = _NAMED_AS.get(" ".join(found["what"].casefold().split()), found["what"])
    number = found["number"].casefold()
    return f"{what} {_NUMBERS.get(number, number)}{found['rest']}"


def _changed(plain: str, words: Words, scan: Scan) -> FollowUp | None:
    """Return a follow-up that changes the earlier request a little, if the text is one."""
    if again := _AGAIN_WITH.match(plain):
        change = scan(plain[again.end() :])
        if not change.prompt:
            kind = FollowUpKind.SAME_SEED if again["seed"] else FollowUpKind.AGAIN
            return FollowUp(kind, edit=change)
    if adding := words.add.match(plain):
        added = plain[adding.end() :]
        if _BECOMES.match(plain) and (style := _named_style(added, scan)):
            return style
        return FollowUp(FollowUpKind.EDIT, edit=scan(added), adds=True)
    return None


def _about_picture(plain: str, words: Words, scan: Scan) -> FollowUp | None:
    """Return the follow-up that only a reply to a picture can be: `without the dog`, `16:9`."""
    said = without_lead(plain)
    if change := (_more_or_less(plain, words, scan) or _changed(said, words, scan)):
        return change
    named = _LEADING_TO_STYLE.sub("", plain)
    if len(named) > _SHORTEST_STYLE and (style := _named_style(named, scan)):
        return style
    try:
        options = take_shape(scan(f", {plain}"))
    except Refusal:
        return None
    options = replace(options, prompt=options.prompt.strip(" ,"), notes=())
    asks = not options.prompt and options != ImageRequest("")
    return FollowUp(FollowUpKind.AGAIN, edit=options) if asks else None


def _more_or_less(plain: str, words: Words, scan: Scan) -> FollowUp | None:
    """Return the follow-up that adds words, takes some out, or has others instead."""
    if _fold(plain) in words.added:
        return FollowUp(FollowUpKind.EDIT, edit=ImageRequest(plain), adds=True)
    if as_such := _AS_SUCH.fullmatch(plain):
        return FollowUp(FollowUpKind.EDIT, edit=scan(as_such["what"]), adds=True)
    minus = words.minus.match(plain)
    if minus is not None and _is_thing(plain[minus.end() :], named=bool(minus["article"])):
        edit = scan(plain[minus.end() :])
        edit = replace(edit, prompt="", negative=edit.negative or edit.prompt)
        return FollowUp(FollowUpKind.EDIT, edit=edit, adds=True)
    if (found := _INSTEAD.fullmatch(plain)) and words.articles.match(plain):
        return FollowUp(FollowUpKind.EDIT, edit=scan(found["prompt"]))
    return None


def _is_thing(words: str, *, named: bool) -> bool:
    """Tell whether words can name something in a picture; `named`: with an article before them."""
    return bool(words) and len(words.split()) <= (3 if named else 2) and not _NO_THING.match(words)


def _in_style(plain: str, scan: Scan) -> FollowUp | None:
    """Return the follow-up if the text names a style in words: `in anime style`."""
    found = _STYLE_IN_WORDS.fullmatch(plain)
    if found is None:
        return None
    return _named_style(found["behind"] or found["before"] or found["used"], scan)


def _named_style(name: str, scan: Scan) -> FollowUp | None:
    """Return the follow-up if a style is called exactly so."""
    try:
        named = scan(f"style: {name}")
    except Refusal:
        return None
    return None if named.notes else _style(named)


def _other(text: str, words: Words, others: Mapping[str, re.Pattern[str]]) -> Command | None:
    if len(text) > LONGEST_OTHER:
        return None
    plain = words.without_politeness(text)
    named = (word for word, pattern in others.items() if pattern.fullmatch(plain))
    word = next(named, None)
    return None if word is None else Command(CommandName.OTHER, plain, word)


def _fixed(folded: str) -> Command | FollowUp | None:
    if folded in {FollowUpKind.AGAIN, FollowUpKind.SAME_SEED}:
        return FollowUp(FollowUpKind(folded))
    return _PLAIN.get(folded)


def _on_picture(plain: str) -> FollowUp | None:
    """Return what is asked about one picture of the answer, or about an answer by its id."""
    if found := _OF_REQUEST.fullmatch(plain):
        kind = FollowUpKind(" ".join(found["what"].casefold().split()))
        request = found["request"].casefold()
        return FollowUp(kind, picture=_picture(found["picture"]), request=request)
    if found := _INFO.fullmatch(plain):
        return FollowUp(FollowUpKind.INFO, picture=_picture(found["picture"]))
    if found := _UPSCALE.fullmatch(plain):
        return FollowUp(FollowUpKind.UPSCALE, picture=_picture(found["long"] or found["short"]))
    if found := _ZOOM.fullmatch(plain):
        return FollowUp(FollowUpKind.ZOOM, picture=_picture(found["picture"]))
    if found := _VARY.fullmatch(plain):
        return _vary(_picture(found["long"] or found["short"]), found["strength"])
    return None


def _vary(picture: int | None, degree: str | None) -> FollowUp:
    if degree is None:
        return FollowUp(FollowUpKind.VARY, picture=picture)
    low, high = STRENGTH_RANGE
    asked = _DEGREES.get(degree.casefold())
    asked = decimal(degree) if asked is None else asked
    strength = min(high, max(low, asked))
    notes: tuple[Note, ...] = ()
    if strength != asked:
        values = {"used": f"{strength:g}", "low": f"{low:g}", "high": f"{high:g}"}
        notes = (changed("note.vary_clamped", asked=degree[:20], **values),)
    return FollowUp(FollowUpKind.VARY, picture=picture, strength=strength, notes=notes)


def _picture(digits: str | None) -> int | None:
    return None if digits is None else int(digits)


def _with_argument(plain: str, words: Words, *, reply: bool) -> Command | None:
    if found := words.help_with.fullmatch(plain):
        return Command(CommandName.HELP, found[1])
    if found := _first((_STYLES_FOR, _STYLES_CALLED), plain):
        return Command(CommandName.STYLES, found["word"])
    if _RIGHTS.fullmatch(plain):
        return Command(CommandName.HELP, "rights", asked=True)
    if not reply and (found := _first(_EXPLAIN, plain)):
        return Command(CommandName.HELP, found["word"], asked=True)
    for pattern in (_SEARCH, _PLACE, _BAN, _LOG, _REPORT, _DESCRIBE, _SHARE, _UNSHARE, _MY):
        found = pattern.fullmatch(plain)
        if found is not None:
            return Command(CommandName(found[1].casefold()), found[2].strip())
    return None


def _first(patterns: Iterable[re.Pattern[str]], plain: str) -> re.Match[str] | None:
    return next((found for one in patterns if (found := one.fullmatch(plain))), None)


def _edit(edit: ImageRequest) -> FollowUp:
    if edit == ImageRequest(""):
        raise Refusal("refused.edit_empty", example="a red fox at night")
    return FollowUp(FollowUpKind.EDIT, edit=edit)


def _style(named: ImageRequest) -> FollowUp | None:
    """Return the follow-up if the text named a style and nothing else."""
    if named != ImageRequest("", style=named.style, notes=named.notes) or named.style is None:
        return None
    return FollowUp(FollowUpKind.STYLE, style=named.style, notes=named.notes)
