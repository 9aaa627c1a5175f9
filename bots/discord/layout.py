"""How answers look: one message in Discord's component layout. Pure, but for reading the files."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import discord
from discord import ui
from discord.utils import escape_markdown, escape_mentions

from bots.discord import events
from bots.discord.buttons import LOOKS, Choice, Press, Verb
from bots.discord.suggestions import MODEL, STYLE, Suggestion
from common import texts
from common.model import Ending, Outcome, Part, Phase, Picture, Progress

COLOURS = {
    Ending.DONE: 0x5865F2,
    Ending.PARTIAL: 0xF0B232,
    Ending.REFUSED: 0xF0B232,
    Ending.FAILED: 0xDA373C,
}
WORKING = 0x80848E
ALT_LENGTH = 1024
"""Characters of alternative text that Discord takes with a file; a gallery takes fewer."""
GALLERY_ALT_LENGTH = 256
NO_MODEL = "refused.model_not_served"
"""Code of the one answer whose suggestions are models, not styles."""
MOST_IN_ROW = 5
SINGLE_BUTTONS = 4
"""Pictures that get buttons of their own; more go into a list."""
SQUARES = {True: "🟩", False: "⬜"}
NEXT = "🟨"
ENDINGS = {"image/webp": "webp", "image/png": "png", "image/jpeg": "jpg"}

Row = ui.ActionRow[Any]


def marker(event: str, part: int) -> int:
    """Return by what an answer of ours is found again: its box's id, which people never see."""
    return zlib.crc32(f"{event}:{part}".encode()) & 0x3FFFFFFF | 0x40000000


def file_name(request: str, picture: Picture) -> str:
    """Return what a picture's file is called."""
    return f"{request}-{picture.number}.{ENDINGS.get(picture.mime, 'webp')}"


def answer(
    outcome: Outcome, part: Part, *, event: str, person: int, ping: bool, buttons: bool = True
) -> ui.LayoutView:
    """Return the message for one part of an answer.

    `ping`: it stands where the asker is not told by itself, so it names them. Without `buttons`
    nothing can be pressed (a message only the asker sees, whose token ends).
    """
    view = ui.LayoutView(timeout=None)
    if ping:
        view.add_item(ui.TextDisplay(f"<@{person}>"))
    box: ui.Container[Any] = ui.Container(
        accent_colour=COLOURS.get(outcome.ending), id=marker(event, part.number)
    )
    for text in _texts(outcome, part):
        box.add_item(ui.TextDisplay(text))
    if part.pictures:
        box.add_item(_gallery(outcome, part.pictures))
        box.add_item(ui.TextDisplay(_details(outcome, part, person)))
    view.add_item(box)
    if buttons:
        for row in _rows(outcome, part):
            view.add_item(row)
    return view


def progress(news: Progress, *, event: str, now: float, note: str = "") -> ui.LayoutView:
    """Return the message that shows how far a request is, with a way to take it back."""
    view = ui.LayoutView(timeout=None)
    lines = [f"### {_headline(news)}", _squares(news)]
    if news.wait_seconds and news.phase in (Phase.WAITING, Phase.GENERATING):
        lines.append(texts.say("discord.eta", when=f"<t:{int(now + news.wait_seconds)}:R>"))
    lines += [f"-# {text}" for text in (escape(news.note), note) if text]
    box: ui.Container[Any] = ui.Container(
        ui.TextDisplay("\n".join(filter(None, lines))), accent_colour=WORKING
    )
    view.add_item(box)
    view.add_item(ui.ActionRow(Press(Verb.CANCEL, event)))
    return view


def words(text: str, *, colour: int | None = None) -> ui.LayoutView:
    """Return a message of words in Discord's markdown."""
    view = ui.LayoutView(timeout=None)
    view.add_item(box(text, colour=colour))
    return view


def box(text: str, *, colour: int | None = None) -> ui.Container[Any]:
    """Return a box of words, to stand in a message."""
    return ui.Container(ui.TextDisplay(text[:4000]), accent_colour=colour)


def escape(text: str) -> str:
    """Return plain text as it must be written to look like itself; what is to be typed is code."""
    pieces = texts.TYPED.split(text)
    return escape_mentions(
        "".join(
            piece if texts.TYPED.fullmatch(piece) else escape_markdown(piece) for piece in pieces
        )
    )


def _texts(outcome: Outcome, part: Part) -> Iterator[str]:
    """Yield the answer's words: what it says first, and smaller what happened on the way."""
    if not part.text:
        return
    head, rest = part.text, ""
    if outcome.pictures and part.text.startswith(outcome.text):
        head, rest = outcome.text, part.text.removeprefix(outcome.text)
    yield f"**{escape(head)}**" if outcome.pictures and "\n" not in head else escape(head)
    small = [f"-# {escape(line)}" for line in rest.splitlines() if line.strip()]
    if part.number == part.total and _lacks_picture(outcome):
        small.append(f"-# {texts.say('discord.remix_hint')}")
    if small:
        yield "\n".join(small)


def _lacks_picture(outcome: Outcome) -> bool:
    """Tell whether a picture was meant that we cannot see: Discord shows us only what is ours."""
    codes = {outcome.code, *(note.code for note in outcome.notes)}
    return bool(codes & {"refused.no_parent", "note.needs_picture"})


def _gallery(outcome: Outcome, pictures: Sequence[Picture]) -> ui.MediaGallery[Any]:
    items = [
        discord.MediaGalleryItem(
            f"attachment://{file_name(outcome.request, picture)}",
            description=picture.alt[:GALLERY_ALT_LENGTH] or None,
            spoiler=outcome.spoiler,
        )
        for picture in pictures
    ]
    return ui.MediaGallery(*items)


def _details(outcome: Outcome, part: Part, person: int) -> str:
    """Return style, model and seed of each picture, who asked, and what it cost.

    What is alike stands once.
    """
    pictures = part.pictures
    styles = dict.fromkeys(picture.style for picture in pictures)
    models = dict.fromkeys(picture.model for picture in pictures)
    if len(styles) == 1 and len(models) == 1:
        seeds = ", ".join(f"`{picture.seed}`" for picture in pictures)
        values = {"style": escape(*styles), "model": escape(*models), "seeds": seeds}
        code = "discord.details_one" if len(pictures) == 1 else "discord.details"
        lines = [texts.say(code, **values)]
    else:
        lines = [
            texts.say(
                "discord.details_each",
                number=picture.number,
                style=escape(picture.style),
                model=escape(picture.model),
                seed=f"`{picture.seed}`",
            )
            for picture in pictures
        ]
    lines.append(texts.say("discord.asked_by", person=f"<@{person}>"))
    if outcome.kudos and part.number == part.total:
        lines[-1] += " · " + texts.say("discord.cost", kudos=f"{outcome.kudos:,.0f}")
    return "\n".join(f"-# {line}" for line in lines)


def _rows(outcome: Outcome, part: Part) -> Iterator[Row]:
    """Yield the rows of buttons an answer offers."""
    request = outcome.request
    if not part.pictures:
        names = [name for name in outcome.suggestions if len(name) <= Suggestion.LONGEST]
        if names and part.number == part.total:
            verb = MODEL if outcome.code == NO_MODEL else STYLE
            yield ui.ActionRow(*(Suggestion(verb, request, name) for name in names[:MOST_IN_ROW]))
        lines = [line for line in outcome.follow_ups if line.startswith("enter ")]
        if part.number == part.total and lines:
            yield from events.rows(lines)
        elif outcome.follow_ups and part.number == part.total:
            yield ui.ActionRow(Press(Verb.AGAIN, request), Press(Verb.EDIT, request))
        return
    numbers = [str(picture.number) for picture in part.pictures]
    listed: list[Verb] = [Verb.ZOOM]
    if len(numbers) == 1:
        of_one = (Verb.VARY, Verb.UPSCALE, Verb.ZOOM)
        yield ui.ActionRow(*(Press(verb, request, numbers[0]) for verb in of_one))
        listed = []
    elif len(numbers) <= SINGLE_BUTTONS:
        for verb in (Verb.VARY, Verb.UPSCALE):
            yield ui.ActionRow(*(Press(verb, request, number) for number in numbers))
    else:
        listed = [Verb.VARY, Verb.UPSCALE]
    if listed:
        yield ui.ActionRow(_listed(request, listed, numbers))
    anew = (Verb.AGAIN, Verb.EDIT, Verb.STYLE, Verb.SEED)
    yield ui.ActionRow(*(Press(verb, request) for verb in anew))
    offered = [verb for verb in (Verb.SHARE, Verb.ENTER) if verb in outcome.follow_ups]
    last = [Verb.INFO, *offered, Verb.DELETE]
    yield ui.ActionRow(*(Press(verb, request) for verb in last))


def _listed(request: str, verbs: Sequence[Verb], numbers: Sequence[str]) -> Choice:
    options = [
        (
            LOOKS[verb].text.format(number=number),
            f"{texts.say(f'discord_buttons.{verb.value}')} {number}",
            LOOKS[verb].emoji,
        )
        for verb in verbs
        for number in numbers
    ]
    code = "discord.choose_zoom" if verbs == [Verb.ZOOM] else "discord.choose_picture"
    return Choice(request, options, placeholder=texts.say(code))


def _headline(news: Progress) -> str:
    match news.phase:
        case Phase.GENERATING:
            values = {"finished": news.finished, "asked": news.asked}
            return texts.say("discord.making", **values)
        case Phase.WAITING if news.position:
            return texts.say("discord.position", position=news.position)
        case Phase.FINISHING:
            return texts.say("discord.finishing")
        case _:
            return texts.say("discord.waiting")


def _squares(news: Progress) -> str:
    if news.asked < 2:
        return ""
    squares = [SQUARES[number < news.finished] for number in range(news.asked)]
    if news.phase is Phase.GENERATING and news.finished < news.asked:
        squares[news.finished] = NEXT
    return "".join(squares)


def is_ours(message: discord.Message, number: int) -> bool:
    """Tell whether a message is the answer with this marker."""
    return any(getattr(component, "id", None) == number for component in message.components)
