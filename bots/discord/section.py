"""An account's section of `config.yaml` on Discord."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

import discord
import yarl
from pydantic import Field, ValidationError, model_validator

from common.config import Secret, Section, explain
from common.errors import ConfigError


class ShardsSection(Section):
    """Which shards this account serves, where several processes share the work."""

    count: int = Field(ge=1, le=10_000, description="Shards of all processes together.")
    mine: tuple[int, ...] = Field(min_length=1, description="Numbers of those served here, from 0.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if any(not 0 <= number < self.count for number in self.mine):
            raise ValueError(f"the numbers of shards go from 0 to {self.count - 1}")
        return self


class DiscordSection(Section):
    """A bot's account on Discord."""

    platform: Literal["discord"] = "discord"
    token: Secret = Field(description="The bot's token, from Discord's developer portal.")
    url: str | None = Field(
        default=None, description="Address of another server that speaks Discord's API, for tests."
    )
    gateway: str | None = Field(default=None, description="Address of that server's gateway.")
    shards: ShardsSection | None = Field(
        default=None, description="null: as many as Discord advises, all of them here."
    )
    message_content: bool = Field(
        default=False,
        description="Whether the privileged Message Content intent is on for the application: then "
        "a reply to one's own picture can start from it.",
    )


def read_section(name: str, section: Mapping[str, Any]) -> DiscordSection:
    """Return an account's settings. Raises ConfigError."""
    try:
        return DiscordSection.model_validate(section)
    except ValidationError as error:
        raise ConfigError(
            "config.invalid", file=f"accounts.{name}", problem=explain(error)
        ) from error


def point_library(section: DiscordSection) -> None:
    """Let discord.py speak with another server, if the section names one.

    The library keeps its addresses in class attributes, so it is one server for the whole process.
    """
    if section.url is not None:
        discord.http.Route.BASE = section.url.rstrip("/")
    if section.gateway is not None:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(section.gateway)
