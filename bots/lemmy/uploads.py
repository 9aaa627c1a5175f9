"""How pictures get into a comment: linked from our own gallery, or put on the server as one."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress

from bots.lemmy.client import LemmyClient
from bots.lemmy.writing import Shown
from bots.shared.budget import Budget
from bots.shared.fitting import ENDINGS, fit
from bots.shared.links import picture_address
from common.errors import PlatformRefused
from common.model import Picture

PICTURE_BYTES = 8_000_000
"""Largest picture that is sent to a server that does not say how large it may be."""
REMEMBERED = 100


def names_in(text: str, url: str) -> list[str]:
    """Return the names of the pictures on a server that an answer shows."""
    found = re.findall(rf"{re.escape(url)}/(?:pictrs|api/v4)/image/([\w.-]+)", text)
    return list(dict.fromkeys(found))


async def remove_answer(client: LemmyClient, post: str) -> None:
    """Delete an answer of ours, `comment:5` or `message:5`, with its pictures.

    Raises PlatformRefused if it is gone.
    """
    kind, _, number = post.partition(":")
    if kind == "message":
        await client.delete_message(int(number))
        return
    for name in names_in(await client.text_of(int(number)), client.url):
        with suppress(PlatformRefused):
            await client.delete_picture(name)
    await client.delete_comment(int(number))


class Uploads:
    """Shows pictures, and keeps count of those put on the server."""

    def __init__(self, public_url: str | None) -> None:
        """Take where our own gallery is, if it is."""
        self.budget = Budget(1, 1.0)
        """As many as may be put on the server; set once that is known."""
        self._public_url = public_url
        self._done: OrderedDict[tuple[str, int], str] = OrderedDict()
        """Where the pictures of an answer are that is not posted yet, by event and part."""

    async def show(
        self,
        client: LemmyClient,
        event: str,
        part: int,
        shown: Sequence[Picture],
        *,
        private: bool = False,
    ) -> list[Shown]:
        """Return the pictures of a part, reachable for everybody.

        Our own gallery shows nothing that is `private`: that is put on the server.

        Raises PlatformBusy if no more may be put on the server for now, PlatformRefused if it
        takes none, or not these.
        """
        if not shown:
            return []
        addresses = [picture_address(self._public_url, picture.sha256) for picture in shown]
        if all(addresses) and not private:
            return [
                Shown(address or "", picture.alt)
                for address, picture in zip(addresses, shown, strict=True)
            ]
        return [Shown(await self._put(client, (event, part), shown), _alt(shown))]

    def forget(self, event: str) -> None:
        """Put the pictures of something on the server anew when they are shown next."""
        for key in [key for key in self._done if key[0] == event]:
            del self._done[key]

    async def _put(
        self, client: LemmyClient, key: tuple[str, int], shown: Sequence[Picture]
    ) -> str:
        """Return where the pictures are on the server, as one; they are put there once."""
        if key in self._done:
            return self._done[key]
        if not client.site.takes_pictures:
            raise PlatformRefused("lemmy.no_uploads", url=client.url)
        limit = client.site.picture_bytes or PICTURE_BYTES
        paths = (picture.path for picture in shown)
        data, mime = await fit(*paths, platform=client.url, max_bytes=limit)
        self.budget.spend(client.url)
        address = await client.upload(data, f"picture.{ENDINGS[mime]}", mime)
        self._done[key] = address
        while len(self._done) > REMEMBERED:
            self._done.popitem(last=False)
        return address


def _alt(shown: Sequence[Picture]) -> str:
    if len(shown) == 1:
        return shown[0].alt
    return " ".join(f"{picture.number}: {picture.alt}" for picture in shown)
