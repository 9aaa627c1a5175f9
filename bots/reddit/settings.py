"""An account on Reddit in `config.yaml`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bots.reddit.calls import Login
from common.config import Secret, Section
from common.horde.transport import client_agent


class RedditSection(Section):
    """An account on Reddit, with an application that Reddit has approved."""

    platform: Literal["reddit"] = "reddit"
    username: str = Field(min_length=1, description="The bot's name, without u/.")
    owner: str = Field(min_length=1, description="Who runs it, without u/: told to Reddit.")
    client_id: str = Field(min_length=1, description="Id of the application.")
    client_secret: Secret = Field(description="Secret of the application.")
    refresh_token: Secret | None = Field(default=None, description="Token that lets the bot in.")
    password: Secret | None = Field(
        default=None, description="In place of a token; two-factor login must be off."
    )
    gallery: str | None = Field(
        default=None,
        description="Subreddit in which pictures are posted, without r/; else they are linked "
        "from the web room.",
    )
    flair: str = Field(default="", description="Flair of those posts: its words or its id.")
    delete_below: int | None = Field(
        default=-1, description="Score below which an answer is deleted; null: never."
    )
    poll_seconds: float = Field(default=15, ge=0.1, description="Seconds between two looks.")
    url: str = Field(default="https://www.reddit.com", description="Where one logs in.")
    oauth_url: str = Field(default="https://oauth.reddit.com", description="Where the API is.")


def login_of(section: RedditSection) -> Login:
    """Return how praw gets in with an account."""
    agent = client_agent().partition(":")
    return Login(
        url=section.url,
        oauth_url=section.oauth_url,
        client_id=section.client_id,
        client_secret=section.client_secret,
        user_agent=f"python:{agent[0]}:{agent[2].partition(':')[0]} (by u/{section.owner})",
        username=section.username,
        refresh_token=section.refresh_token,
        password=section.password,
    )
