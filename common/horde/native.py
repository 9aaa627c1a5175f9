"""Styles and collections that are kept on a Horde, as its API tells them (`/v2/styles/image`)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from common.horde.wire import Answer

MOST_MEMBERS = 25
"""Styles of a collection that are used; each has to be asked for."""


class NativeStyle(Answer):
    """`GET /v2/styles/image/{id}` and `/v2/styles/image_by_name/{name}`, the fields we use."""

    id: str
    name: str = ""
    prompt: str = Field(max_length=100_000)
    params: dict[str, Any] = Field(default={})
    models: list[str] = Field(default=[])
    nsfw: bool = False
    creator: str = ""


class Member(Answer):
    """`styles[]` of a collection."""

    id: str
    name: str = ""
    """As `alias#1::style::name`."""


class NativeCollection(Answer):
    """`GET /v2/collection_by_name/{name}`."""

    id: str
    name: str = ""
    type: str = "image"
    styles: list[Member] = Field(default=[])
