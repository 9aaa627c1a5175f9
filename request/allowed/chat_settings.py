"""What moderators set for a place from the chat: it may tighten the file's word, never widen it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from common.config import PlaceConfig
from common.database import Database
from common.model import Place
from request.kept.queries import ID_LENGTH
from request.kept.tables import chat_settings

FRESH = 10.0
"""Seconds for which what was read is not read again; another process may have changed it."""
MOST_ROLES = 25
"""Roles of a place that have limits of their own."""
MOST_REMEMBERED = 10_000
"""Places whose settings are kept in memory."""


class RoleLimits(BaseModel):
    """Limits for those who have a role, instead of those for all; None is what is not set."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    pictures: int | None = Field(default=None, ge=1, le=20)
    max_pictures: int | None = Field(default=None, ge=1, le=20)
    requests_per_hour: int | None = Field(default=None, ge=1)
    running_per_person: int | None = Field(default=None, ge=1)


LIMITS = tuple(RoleLimits.model_fields)


class ChatSettings(BaseModel):
    """Settings of a community or of a channel in it; None is what was not set there."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    enabled: bool | None = None
    paused: bool | None = None
    nsfw: bool | None = None
    default_style: str | None = Field(default=None, max_length=100)
    styles: tuple[str, ...] | None = Field(default=None, max_length=100)
    pictures: int | None = Field(default=None, ge=1, le=20)
    max_pictures: int | None = Field(default=None, ge=1, le=20)
    requests_per_hour: int | None = Field(default=None, ge=1)
    running_per_person: int | None = Field(default=None, ge=1)
    showcase: str | None = Field(default=None, max_length=ID_LENGTH)
    """Id of the channel where finished pictures may be shown."""
    roles: dict[str, RoleLimits] | None = Field(default=None, max_length=MOST_ROLES)
    """By the platform's id of the role."""

    def over(self, wider: ChatSettings) -> ChatSettings:
        """Return these settings (a channel's) where set, else the wider ones (its community's)."""
        both = ChatSettings(**{**wider.set_here(), **self.set_here()})
        roles = {**(wider.roles or {}), **(self.roles or {})}
        return both.model_copy(update={"roles": roles or None})

    def for_roles(self, roles: Collection[str]) -> ChatSettings:
        """Return what holds for somebody with these roles: the best that one of them gives."""
        theirs = [limits for role, limits in (self.roles or {}).items() if role in roles]
        given = {name: [getattr(one, name) for one in theirs] for name in LIMITS}
        best = {
            name: max(value for value in values if value is not None)
            for name, values in given.items()
            if any(value is not None for value in values)
        }
        return self.model_copy(update=best)

    def set_here(self) -> dict[str, Any]:
        """Return what is set, as plain values."""
        return self.model_dump(exclude_none=True, mode="json")


def tighten(place: PlaceConfig, chat: ChatSettings) -> PlaceConfig:
    """Return what holds in a place, given the file's word and the chat's. Pure."""
    least = {
        name: min(getattr(place, name), getattr(chat, name) or getattr(place, name))
        for name in ("max_pictures", "requests_per_hour", "running_per_person")
    }
    chosen = place.enabled if chat.enabled is None else chat.enabled
    changes = {
        **least,
        "pictures": min(chat.pictures or place.pictures, least["max_pictures"]),
        "enabled": False if place.enabled is False else chosen,
        "paused": place.paused or bool(chat.paused),
        "nsfw": place.nsfw and chat.nsfw is not False,
        "default_style": chat.default_style or place.default_style,
        "styles": _styles(place, chat),
    }
    if all(getattr(place, name) == value for name, value in changes.items()):
        return place  # most places have no settings of their own
    return place.model_copy(update=changes)


def _styles(place: PlaceConfig, chat: ChatSettings) -> tuple[str, ...]:
    """Return the styles that may be used: the chat's choice, within the file's if it has one."""
    if not chat.styles:
        return place.styles
    if not place.styles:
        return chat.styles
    return tuple(name for name in chat.styles if name in place.styles) or place.styles


class SettingsStore:
    """Reads and changes the settings that moderators made in the chat."""

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._now = now
        self._monotonic = monotonic
        self._known: dict[tuple[str, str, str], tuple[float, ChatSettings]] = {}
        self._changing = asyncio.Lock()

    async def holding(self, place: Place) -> ChatSettings:
        """Return what holds in a channel: its own settings over its community's."""
        community = await self.of(place.account, place.community)
        if not place.channel:
            return community
        return (await self.of(place.account, place.community, place.channel)).over(community)

    async def of(self, account: str, community: str, channel: str = "") -> ChatSettings:
        """Return what was set for a community, or for a channel in it."""
        key = (account, community[:ID_LENGTH], channel[:ID_LENGTH])
        before = self._known.get(key)
        if before is not None and self._monotonic() - before[0] < FRESH:
            return before[1]
        query = sa.select(chat_settings.c.settings).where(_is(key))
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        now = self._known.get(key)
        if now is not None and now is not before:  # changed while it was read
            return now[1]
        return self._remember(key, ChatSettings() if row is None else ChatSettings(**row.settings))

    async def enabled_in(self, account: str, community: str) -> list[str]:
        """Return the channels of a community in which moderators let the bot work."""
        query = sa.select(chat_settings.c.channel, chat_settings.c.settings).where(
            chat_settings.c.account == account,
            chat_settings.c.community == community[:ID_LENGTH],
            chat_settings.c.channel != "",
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(chat_settings.c.channel))).all()
        return [row.channel for row in rows if ChatSettings(**row.settings).enabled]

    async def change(
        self, account: str, community: str, channel: str = "", **changes: Any
    ) -> ChatSettings:
        """Change some settings (None unsets one) and return all of them.

        It is the moderator's own word, so it needs no lease. Raises pydantic's ValidationError.
        """
        return await self._change((account, community, channel), lambda _kept: changes)

    async def change_role(
        self, account: str, community: str, channel: str, role: str, limits: Mapping[str, Any]
    ) -> ChatSettings:
        """Set the limits of a role (None unsets one, and without any it has none).

        Raises pydantic's ValidationError, also for one role too many.
        """

        def changed(kept: ChatSettings) -> dict[str, Any]:
            roles = dict(kept.roles or {})
            roles.pop(role, None)
            given = RoleLimits(**limits)
            if given != RoleLimits():
                roles[role] = given
            plain = {name: one.model_dump(exclude_none=True) for name, one in roles.items()}
            return {"roles": plain or None}

        return await self._change((account, community, channel), changed)

    async def _change(
        self, place: tuple[str, str, str], change: Callable[[ChatSettings], dict[str, Any]]
    ) -> ChatSettings:
        account, community, channel = place
        key = (account, community[:ID_LENGTH], channel[:ID_LENGTH])
        async with self._changing, self._database.write() as connection:
            query = sa.select(chat_settings.c.settings).where(_is(key))
            row = (await connection.execute(query)).first()
            before = {} if row is None else row.settings
            kept = ChatSettings(**{**before, **change(ChatSettings(**before))})
            values = {"settings": kept.set_here(), "changed": self._now()}
            await connection.execute(chat_settings.delete().where(_is(key)))
            names = dict(zip(("account", "community", "channel"), key, strict=True))
            await connection.execute(chat_settings.insert().values(**names, **values))
        return self._remember(key, kept)

    def _remember(self, key: tuple[str, str, str], settings: ChatSettings) -> ChatSettings:
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[key] = (self._monotonic(), settings)
        return settings


def _is(key: tuple[str, str, str]) -> sa.ColumnElement[bool]:
    account, community, channel = key
    return sa.and_(
        chat_settings.c.account == account,
        chat_settings.c.community == community,
        chat_settings.c.channel == channel,
    )
