"""Who may use the hub: the users of `config.yaml`, known by their keys.

Keys are kept as hashes, and all of them are compared, so that the time taken tells nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from common.config import HubUser
from common.errors import ConfigError
from common.horde.wire import ANONYMOUS_KEY
from hub.errors import Declined, Malformed

MOST_KEY_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a key. `id` is stable as long as the name stays."""

    id: int
    name: str
    trusted: bool = False
    moderator: bool = False
    """Whether they may pause and change other people's workers."""

    @property
    def username(self) -> str:
        """The public form, unique: `name#id`."""
        return f"{self.name}#{self.id}"

    @property
    def anonymous(self) -> bool:
        """Whether this is everybody without a key."""
        return self.id == 0


ANONYMOUS = User(id=0, name="Anonymous")


class Users:
    """The register of users, made once at start."""

    def __init__(
        self, configured: Sequence[HubUser], ids: dict[str, int], *, anonymous: bool
    ) -> None:
        self._by_hash = {
            _hash(user.key.get_secret_value()): User(
                ids[user.name], user.name, user.trusted, user.moderator
            )
            for user in configured
        }
        if anonymous:
            self._by_hash[_hash(ANONYMOUS_KEY)] = ANONYMOUS
        self._by_id = {user.id: user for user in self._by_hash.values()}

    def authenticate(self, key: str | None) -> User:
        """Return whose key this is. Raises Malformed without one, Declined for an unknown one."""
        if not key:
            raise Malformed({"apikey": "Missing required parameter in the HTTP headers"})
        user = self.find(key)
        if user is None:
            raise Declined("InvalidAPIKey")
        return user

    def find(self, key: str) -> User | None:
        """Return whose key this is, if anybody's."""
        given = _hash(key[:MOST_KEY_CHARACTERS])
        found = None
        for known, user in self._by_hash.items():
            if hmac.compare_digest(known, given):
                found = user
        return found

    def by_id(self, user_id: int) -> User | None:
        """Return the user with this number, if they still are one."""
        return self._by_id.get(user_id)

    def by_username(self, username: str) -> User | None:
        """Return the user `name#id`. Raises Declined if it is not of that form."""
        name, mark, number = username.rpartition("#")
        if not mark or not number.isascii() or not number.isdigit():
            raise Declined("InvalidPriorityUsername", name=username[:100])
        user = self._by_id.get(int(number[:10]))
        return user if user is not None and user.name == name else None

    def numbers(self, usernames: Iterable[str]) -> set[int]:
        """Return the numbers of those that are users. Raises Declined like `by_username`."""
        found = [self.by_username(name) for name in usernames]
        return {user.id for user in found if user is not None}


def check(configured: Sequence[HubUser]) -> None:
    """Raise ConfigError if two users share a name or a key, or have the anonymous one."""
    names = [ANONYMOUS.name, *(user.name for user in configured)]
    keys = [user.key.get_secret_value() for user in configured]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError("hub.user_twice", name=name)
    for user, key in zip(configured, keys, strict=True):
        if not key or key == ANONYMOUS_KEY or keys.count(key) > 1:
            raise ConfigError("hub.user_key", name=user.name)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()
