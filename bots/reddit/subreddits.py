"""What is known of the subreddits the bot is called in, for an hour at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import structlog

from bots.reddit.bottiquette import unwanted
from bots.reddit.calls import Calls
from common.errors import PlatformError

log = structlog.get_logger()

FRESH = 3600.0
MOST = 1000
"""Subreddits that are remembered."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What matters of a subreddit."""

    community: str
    """Its name as the operator writes it."""
    moderators: frozenset[str] = frozenset()
    """In small letters."""
    unwanted: bool = False
    """Whether no bot may comment there."""


class Subreddits:
    """Asks Reddit, and remembers."""

    def __init__(
        self, account: str, communities: Callable[[], Iterable[str]], now: Callable[[], float]
    ) -> None:
        """Take the account's name, and what returns the keys of `communities` of the moment."""
        self._communities = communities
        self._account = account
        self._now = now
        self._facts: dict[str, tuple[float, Facts]] = {}
        self._unwanted: tuple[float, frozenset[str]] = (float("-inf"), frozenset())

    async def facts(self, calls: Calls, name: str) -> Facts:
        """Return what is known of a subreddit; what cannot be learnt is left out for an hour."""
        if not name:
            return Facts("")
        since, known = self._facts.get(name.lower(), (float("-inf"), Facts(name)))
        if self._now() - since > FRESH:
            known = await self._learn(calls, name)
            self._facts[name.lower()] = (self._now(), known)
            while len(self._facts) > MOST:
                del self._facts[next(iter(self._facts))]
        return replace(known, community=self.listed(name) or name)

    def listed(self, name: str) -> str | None:
        """Return a subreddit's name as the operator writes it; None if they do not."""
        own = (key.partition("/") for key in self._communities())
        ours = (place for account, _, place in own if account == self._account)
        return next((place for place in ours if place.lower() == name.lower()), None)

    async def _learn(self, calls: Calls, name: str) -> Facts:
        listed = await self._list(calls)
        try:
            names = await calls(
                lambda reddit: [str(one.name).lower() for one in reddit.subreddit(name).moderator()]
            )
        except PlatformError as error:
            log.info("moderators_unknown", subreddit=name, problem=str(error))
            names = []
        return Facts(name, frozenset(names), name.lower() in listed)

    async def _list(self, calls: Calls) -> frozenset[str]:
        """Return where bots are unwanted; the last list holds while there is no newer one."""
        since, listed = self._unwanted
        if self._now() - since > FRESH:
            try:
                listed = await calls(unwanted)
            except PlatformError as error:
                log.warning("bottiquette_unknown", account=self._account, problem=str(error))
            self._unwanted = (self._now(), listed)
        return listed
