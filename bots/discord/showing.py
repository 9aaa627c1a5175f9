"""Copies of answers in a channel that moderators, or the operator, have chosen for them."""

from __future__ import annotations

import asyncio
import contextlib

import discord
from discord import ui

from bots.discord import events, layout
from bots.discord.failures import translated
from bots.discord.uploads import opened, read
from common.errors import PlatformRefused
from request.adapter import Publication

MOST_LOOKED_AT = 200
"""Newest messages of the channel among which a copy is looked for."""
COLOUR = 0x5865F2


class Showing:
    """Posts copies, finds them and takes them down."""

    def __init__(self, caller: discord.Client) -> None:
        """Take a client that is logged in."""
        self._caller = caller

    async def publish(self, publication: Publication) -> str:
        """Post a copy; return its message's id. Raises PlatformError or PlatformRefused."""
        files = await asyncio.to_thread(read, publication.request, publication.pictures)
        with translated():
            message = await self._channel(publication.to).send(
                view=_view(publication),
                files=opened(files),
                nonce=f"copy-{publication.request}",
                allowed_mentions=discord.AllowedMentions.none(),
            )
        return str(message.id)

    async def find(self, publication: Publication) -> str | None:
        """Return the message of a copy already posted."""
        number = _marker(publication)
        with translated():
            async for message in self._channel(publication.to).history(limit=MOST_LOOKED_AT):
                if layout.is_ours(message, number):
                    return str(message.id)
        return None

    async def remove(self, to: str, post: str) -> None:
        """Delete a copy; gone already is fine."""
        with translated(), contextlib.suppress(discord.NotFound):
            await self._channel(to).get_partial_message(int(post)).delete()

    async def change(self, publication: Publication, post: str) -> None:
        """Have a message show what it is to show now. Raises PlatformError or PlatformRefused."""
        files = await asyncio.to_thread(read, publication.request, publication.pictures)
        message = self._channel(publication.to).get_partial_message(int(post))
        with translated():
            await message.edit(
                view=_view(publication),
                attachments=opened(files),
                allowed_mentions=discord.AllowedMentions.none(),
            )

    def _channel(self, to: str) -> discord.PartialMessageable:
        if not to.isdecimal():
            raise PlatformRefused(platform="Discord", problem=f"{to} is no channel's id")
        return self._caller.get_partial_messageable(int(to))


class Showcase:
    """The part of the adapter that posts copies; what is written in them calls nobody."""

    _showing: Showing

    async def publish(self, publication: Publication) -> str:
        """Post a copy of an answer in the channel for that."""
        return await self._showing.publish(publication)

    async def find_published(self, publication: Publication) -> str | None:
        """Return the message of a copy already posted."""
        return await self._showing.find(publication)

    async def unpublish(self, to: str, post: str) -> None:
        """Take a copy down."""
        await self._showing.remove(to, post)

    async def revise(self, publication: Publication, post: str) -> None:
        """Have a copy show what it is to show now."""
        await self._showing.change(publication, post)


def _marker(publication: Publication) -> int:
    return layout.marker(f"copy:{publication.request}", 0)


def _view(publication: Publication) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=COLOUR, id=_marker(publication))
    head, *rest = publication.text.split("\n")
    box.add_item(ui.TextDisplay(f"**{layout.escape(head)}**" if head.strip() else "\u200b"))
    if publication.pictures:
        box.add_item(_gallery(publication))
    small = "-# " if publication.pictures and not publication.buttons else ""
    lines = "\n".join(f"{small}{layout.escape(line)}" for line in rest if line.strip())
    if lines:
        box.add_item(ui.TextDisplay(lines))
    view.add_item(box)
    for row in events.rows(publication.buttons):
        view.add_item(row)
    return view


def _gallery(publication: Publication) -> ui.MediaGallery[ui.LayoutView]:
    return ui.MediaGallery(
        *(
            discord.MediaGalleryItem(
                f"attachment://{layout.file_name(publication.request, one)}",
                description=one.alt[: layout.GALLERY_ALT_LENGTH] or None,
            )
            for one in publication.pictures
        )
    )
