"""The section of an account that is served through Mastodon's API."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from common.config import Secret, Section


class Caps(Section):
    """How many answers others may see; what is beyond goes unlisted, or to the asker alone."""

    public_per_hour: int = Field(
        default=0, ge=0, description="Answers to public requests that are public, in an hour."
    )
    public_per_day: int | None = Field(
        default=None, ge=0, description="The same in a day; null: any number."
    )
    visible_per_hour: int | None = Field(
        default=None, ge=0, description="Answers that are public or unlisted, in an hour."
    )
    visible_per_day: int | None = Field(default=None, ge=0, description="The same in a day.")


class MastodonSection(Section):
    """The account's section of `config.yaml`."""

    platform: Literal["mastodon"] = "mastodon"
    url: str = Field(pattern=r"^https?://", description="Address of the server.")
    token: Secret = Field(description="Access token of the bot's account.")
    owner: str = Field(default="", description="Who answers for the bot: @name@server.")
    serves: Literal["everyone", "local", "followers"] = Field(
        default="everyone", description="Whose requests are taken."
    )
    allow: tuple[str, ...] = Field(
        default=(), description="Servers whose people are heard, and no others; empty: all."
    )
    deny: tuple[str, ...] = Field(default=(), description="Servers whose people are not heard.")
    caps: Caps = Field(default=Caps(), description="How many answers others may see.")
    content_warning: str = Field(
        default="", max_length=60, description="Content warning of every answer with pictures."
    )
    footer: str = Field(
        default="", max_length=60, description="Last line of every answer, for a hashtag of bots."
    )
    showcase: Literal["unlisted", "public"] = Field(
        default="unlisted", description="Who sees what this account posts as a showcase."
    )
    poll_minutes: int = Field(
        default=0,
        ge=0,
        le=7 * 24 * 60,
        description="Minutes for which people are asked which picture they like best; 0: never.",
    )
    catch_up_seconds: float = Field(
        default=180.0, gt=0, description="Seconds between two looks for what the stream has missed."
    )
    poll_seconds: float = Field(
        default=15.0, gt=0, description="The same while there is no stream."
    )
