"""The check that stands before every endpoint: sexualised minors are refused, always.

It cannot be configured away and does not depend on where the picture would be made. It looks at
all words that shape the picture (prompt, negative prompt left out, style and LoRA names) after
undoing common disguises (letters replaced by digits or signs, letters spaced apart, look-alikes).
A word list errs on the side of refusing: it names a topic, it does not judge a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from common.errors import Refusal

ALWAYS = frozenset(
    """lolicon shotacon loli lolis shota shotas lolita lolitas toddlercon cunny jailbait
    pedo pedophile paedophile pedophilia paedophilia preteen preteens underage""".split()
)
MINORS = frozenset(
    """child children childlike kid kids kiddo toddler toddlers babies infant infants minors
    schoolgirl schoolgirls schoolboy schoolboys teen teens teenage teenager teenagers tween tweens
    juvenile juveniles youngster kindergarten kindergartner niece nephew adolescent adolescents
    pubescent prepubescent newborn kinder kindlich enfant enfants fillette niña niño niñas niños
    bambina bambino menina menino""".split()
)
YOUNG = re.compile(
    r"\b(?:little|young|younger|small|tiny|wee|underdeveloped|flat[- ]?chested|petite|innocent|junge[sn]?|kleine[sn]?"
    r"|petite?|pequeñ[ao]|piccol[ao])\W+(?:\w+\W+)?(?:girl|boy|girls|boys|lad|lass|son|daughter|mädchen|fille|garçon|ragazz[ao])\b"
)
"""Words for both the young and the grown (girl, boy) count when something makes them young."""
STRONG = frozenset(
    """nsfw nude nudes nudity naked topless bottomless sex sexual sexually sexy porn porno
    pornographic hentai ecchi erotic erotica erotism xxx rape raped incest orgasm orgy blowjob
    handjob cum cumshot creampie genital genitals penis vagina vulva pussy dick cock nipple nipples
    areola breasts boobs tits masturbate masturbating masturbation intercourse fellatio
    cunnilingus bdsm bondage fetish hardcore lewd horny slut whore undressed undressing
    unclothed stripper striptease panties upskirt nackt nackte nu nue desnuda desnudo nuda nudo
    pelada""".split()
)
MILD = frozenset(
    """bikini lingerie underwear thong seductive sensual provocative suggestive cleavage busty
    thighs aroused kinky swimsuit shirtless""".split()
)
DISGUISES = str.maketrans("013457@$!|€", "oieastasiie")
AGE = re.compile(
    r"\b(\d{1,2})\s*[-\s]?\s*(?:years?|yrs?|yo|y/o|y\.o\.?|jahre|ans|años|anni|anos)\b"
    r"|\bage[d]?\s*:?\s*(\d{1,2})\b"
)
WORD = re.compile(r"[^\W_]+")
SPACED = re.compile(r"\b(?:[^\W_][\s._*-]){2,}[^\W_]\b")


def check(texts: Iterable[str]) -> None:
    """Refuse if the texts together ask for a sexualised minor. Raises Refusal."""
    folded = " \n ".join(_fold(text) for text in texts)
    words = _words(folded)
    if words & ALWAYS or _sexualised_minor(words, folded):
        raise Refusal("refused.minors")


def _sexualised_minor(words: set[str], folded: str) -> bool:
    if not words & (STRONG | MILD):
        return False
    return bool(words & MINORS) or bool(YOUNG.search(folded)) or _names_age_under_18(folded)


def _names_age_under_18(folded: str) -> bool:
    return any(
        int(years or aged) < 18 for years, aged in AGE.findall(folded) if (years or aged)
    )


def _fold(text: str) -> str:
    """Return the text in lower case with look-alikes undone; accents stay."""
    return unicodedata.normalize("NFKC", text).casefold()


def _words(folded: str) -> set[str]:
    """Return the words as written, with disguises undone, and with spaced letters joined."""
    joined = SPACED.sub(lambda found: re.sub(r"[\s._*-]", "", found.group()), folded)
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", joined) if not unicodedata.combining(letter)
    )
    variants = (folded, joined, plain, plain.translate(DISGUISES), joined.translate(DISGUISES))
    return {word for variant in variants for word in WORD.findall(variant)}
