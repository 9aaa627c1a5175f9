"""What discord.py raises, in the language of the project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import discord

from common import texts
from common.errors import PlatformBusy, PlatformError, PlatformRefused

ALREADY_ANSWERED = 40060
UNKNOWN_INTERACTION = 10062
UNKNOWN_WEBHOOK = 10015
INVALID_WEBHOOK_TOKEN = 50027
TOKEN_OVER = frozenset({UNKNOWN_INTERACTION, UNKNOWN_WEBHOOK, INVALID_WEBHOOK_TOKEN})
"""Codes that say an interaction can be answered no more."""
MISSING_PERMISSIONS = 50013
MISSING_ACCESS = 50001
PASSING = frozenset({408, 429})
"""Statuses below 500 that say nothing of the next try."""


class TokenOver(PlatformError):
    """An interaction can be answered no more; there may be another way."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn the library's errors into PlatformError, PlatformBusy, PlatformRefused, TokenOver."""
    try:
        yield
    except discord.RateLimited as error:
        raise PlatformBusy(platform="Discord", retry_after=error.retry_after) from error
    except discord.HTTPException as error:
        raise _of_http(error) from error
    except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
        raise PlatformError(platform="Discord", problem=type(error).__name__) from error


def _of_http(error: discord.HTTPException) -> PlatformError:
    problem = f"{error.status} {error.text}".strip()[:300]
    if error.code in TOKEN_OVER:
        return TokenOver(platform="Discord", problem=problem)
    if error.status >= 500 or error.status in PASSING:
        return PlatformError(platform="Discord", problem=problem)
    if error.code in {MISSING_PERMISSIONS, MISSING_ACCESS}:
        problem = texts.say("discord.no_permission")
    return PlatformRefused(platform="Discord", problem=problem)
