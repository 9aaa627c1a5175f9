"""An account's section of `config.yaml` on Discord."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from common.config import Secret, Section


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
