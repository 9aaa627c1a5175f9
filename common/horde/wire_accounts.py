"""Accounts of a Horde: users, shared keys and the kudos that go from one to the other.

A shared key is spent by whoever knows its id; so its id is a secret everywhere.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr

from common.wire import Answer, Sent

UNLIMITED = -1
"""In the limits of a shared key: none."""


def _moment(value: Any) -> datetime | None:
    """Return a time with its zone, of either spelling servers use; None for anything else."""
    if not isinstance(value, str):
        return None
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(value)
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


class User(Answer):
    """`GET /v2/find_user` and `GET /v2/users/{id}`, the fields we use."""

    username: str
    """`alias#id`; of a shared key, followed by ` (Shared Key: name)`."""
    id: int | None = None
    kudos: float = 0
    concurrency: int | None = None
    trusted: bool = False
    moderator: bool = False
    service: bool = False
    education: bool = False
    customizer: bool = False
    flagged: bool = False
    pseudonymous: bool = False
    """Registered without another service vouching for them."""
    account_age: int = 0
    """Seconds."""
    worker_count: int = 0
    worker_ids: list[str] | None = None
    """None where the server does not show them to us."""
    sharedkey_ids: list[SecretStr] | None = None
    """The same."""


class SharedKey(Answer):
    """`GET /v2/sharedkeys/{id}`. Limits are `UNLIMITED` (-1) or a number."""

    id: SecretStr
    username: str = ""
    """Whose kudos it spends."""
    name: str = ""
    kudos: int = 0
    """What is left to be spent."""
    utilized: int = 0
    """What has been spent."""
    expiry: Annotated[datetime | None, BeforeValidator(_moment)] = None
    """None: never."""
    max_image_pixels: int = UNLIMITED
    max_image_steps: int = UNLIMITED
    max_text_tokens: int = UNLIMITED


class SharedKeyBody(Sent):
    """Body of `PUT /v2/sharedkeys` and of its PATCH. What is left out of a PATCH stays."""

    name: str | None = Field(default=None, min_length=3, max_length=255)
    kudos: int | None = Field(default=None, ge=UNLIMITED, le=50_000_000)
    expiry: int | None = Field(default=None, ge=UNLIMITED, le=36_500)
    """Days from now."""
    max_image_pixels: int | None = Field(default=None, ge=UNLIMITED, le=4_194_304)
    max_image_steps: int | None = Field(default=None, ge=UNLIMITED, le=500)
    max_text_tokens: int | None = Field(default=None, ge=UNLIMITED, le=500)


class TransferBody(Sent):
    """Body of `POST /v2/kudos/transfer`."""

    username: str = Field(min_length=1, max_length=255)
    """`alias#id`, or the id of a shared key."""
    amount: int = Field(ge=1)


class Transferred(Answer):
    """200 of a transfer."""

    transferred: float
