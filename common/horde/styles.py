"""The styles and collections that are kept on a Horde."""

from __future__ import annotations

from typing import Literal

from common.horde.connection import LIST, Connection, query, segment
from common.horde.limits import Budget
from common.horde.native import NativeCollection, NativeStyle

Order = Literal["popular", "age"]


class StyleCalls(Connection):
    """Styles and collections: one by name or id, and lists of those that are public."""

    async def style_by_name(self, name: str) -> NativeStyle:
        """Return a style kept on this Horde. Raises HordeGone if there is none."""
        answer = await self._ask(
            "GET",
            f"/styles/image_by_name/{segment(name)}",
            counted_by="style_by_name",
            limit_bytes=LIST,
            missing="horde.style_not_found",
        )
        return self._read(NativeStyle.model_validate, answer)

    async def style(self, style_id: str) -> NativeStyle:
        """Return a style by its id; the server allows 20 readings of one id in an hour.

        Raises HordeGone if there is none.
        """
        answer = await self._ask(
            "GET",
            f"/styles/image/{segment(style_id)}",
            budget=Budget.STYLE,
            counted_by=style_id,
            limit_bytes=LIST,
            missing="horde.style_not_found",
        )
        return self._read(NativeStyle.model_validate, answer)

    async def styles(
        self, *, page: int = 1, order: Order = "popular", tag: str = "", model: str = ""
    ) -> list[NativeStyle]:
        """Return up to 25 public styles, from number `page` on; an empty list is past the end.

        Today's servers count pages by single styles (page 2 begins with the second), so whoever
        wants all of them must drop what came before by its id.
        """
        path = query("/styles/image", {"sort": order, "page": page, "tag": tag, "model": model})
        answer = await self._ask(
            "GET", path, budget=Budget.STYLES, counted_by="styles", limit_bytes=LIST
        )
        return self._read_rows(NativeStyle, answer)

    async def collection_by_name(self, name: str) -> NativeCollection:
        """Return a collection of styles. Raises HordeGone if there is none."""
        answer = await self._ask(
            "GET",
            f"/collection_by_name/{segment(name)}",
            counted_by="collection_by_name",
            limit_bytes=LIST,
            missing="horde.style_not_found",
        )
        return self._read(NativeCollection.model_validate, answer, needs="styles")

    async def collection(self, collection_id: str) -> NativeCollection:
        """Return a collection by its id. Raises HordeGone if there is none."""
        answer = await self._ask(
            "GET",
            f"/collections/{segment(collection_id)}",
            budget=Budget.STYLES,
            counted_by=collection_id,
            limit_bytes=LIST,
            missing="horde.style_not_found",
        )
        return self._read(NativeCollection.model_validate, answer, needs="styles")

    async def collections(
        self, *, page: int = 1, order: Order = "popular"
    ) -> list[NativeCollection]:
        """Return up to 25 public collections of image styles; pages are those of `styles`."""
        path = query("/collections", {"sort": order, "page": page, "type": "image"})
        answer = await self._ask(
            "GET", path, budget=Budget.STYLES, counted_by="collections", limit_bytes=LIST
        )
        return self._read_rows(NativeCollection, answer)
