"""How an event can be answered. It travels in `Incoming.context`, so it survives a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

TOKEN_LASTS = 14 * 60.0
"""Seconds an interaction's token is used: Discord lets it live for 15 minutes."""


@dataclass(frozen=True, slots=True)
class Route:
    """Ids are Discord's; 0 is none."""

    channel: int
    person: int
    created: float
    """Unix time: of an interaction by our clock, which tells when its token is over, however wrong
    it goes; of a message by Discord's."""
    guild: int = 0
    """The guild, if the bot itself is in it."""
    application: int = 0
    token: str = ""
    """Of an interaction; "" for a message."""
    message: int = 0
    """The message somebody wrote."""
    private: bool = False
    """Only the asker may see the answer."""
    question: bool = False
    """Words are asked for and no pictures: only the asker needs to see them."""
    update: bool = False
    """The answer takes the place of the message whose button was pressed."""
    foreign: bool = False
    """Used where the bot is not: only the token can answer."""

    def fresh(self, now: float) -> bool:
        """Tell whether the token can still be used."""
        return bool(self.token) and now - self.created < TOKEN_LASTS

    def to_context(self) -> dict[str, str]:
        """Return the route as `Incoming.context` holds it; what is not set is left out."""
        return {
            item.name: repr(value) if isinstance(value, float) else str(value)
            for item in fields(self)
            if (value := getattr(self, item.name)) not in {0, ""}
        }

    @classmethod
    def of(cls, context: Mapping[str, str]) -> Self:
        """Undo `to_context`."""
        values: dict[str, Any] = {}
        for name, text in context.items():
            match name:
                case "channel" | "person" | "guild" | "application" | "message":
                    values[name] = int(text)
                case "created":
                    values[name] = float(text)
                case "token":
                    values[name] = text
                case "private" | "question" | "update" | "foreign":
                    values[name] = text == "True"
                case _:
                    continue
        return cls(**values)
