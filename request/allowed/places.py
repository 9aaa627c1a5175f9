"""What holds where something was said, for the one who said it."""

from __future__ import annotations

from collections.abc import Callable

from common.config import Config, PlaceConfig
from common.model import Incoming, Place
from request.allowed.chat_settings import SettingsStore, tighten


class Places:
    """Puts together what the file, the chat, the platform and somebody's role say of a place."""

    def __init__(self, config: Callable[[], Config], settings: SettingsStore) -> None:
        """Take the configuration of the moment and the settings made in the chat."""
        self._config = config
        self._settings = settings
        self._copies: dict[tuple[bool, bool], tuple[PlaceConfig, PlaceConfig]] = {}
        """What was put together last from what: thousands of requests hold the same."""

    async def of(self, incoming: Incoming, *, opt_in: bool = False) -> PlaceConfig:
        """Return what holds for an event: its place, for its person.

        With `opt_in` the bot works in a community only where that was chosen.
        """
        return await self.holding(
            incoming.place, roles=incoming.roles, adult=incoming.adult, opt_in=opt_in
        )

    async def holding(
        self,
        place: Place,
        *,
        roles: tuple[str, ...] = (),
        adult: bool | None = None,
        opt_in: bool = False,
    ) -> PlaceConfig:
        """Return what holds in a place for somebody with these roles."""
        config = self._config()
        found = config.place(place.account, place.community)
        role = next((role for role in found.roles if role in roles), None)
        if role is not None:
            found = found.of_role(role)
        chat = await self._settings.holding(place)
        found = tighten(found, chat.for_roles(roles))
        works = _works(found, chosen=not (opt_in and place.community))
        return self._copy(found, enabled=works, nsfw=found.nsfw and adult is not False)

    def _copy(self, found: PlaceConfig, *, enabled: bool, nsfw: bool) -> PlaceConfig:
        source, copy = self._copies.get((enabled, nsfw), (None, None))
        if copy is None or source is not found:
            copy = found.model_copy(update={"enabled": enabled, "nsfw": nsfw})
            self._copies[enabled, nsfw] = found, copy
        return copy


def _works(place: PlaceConfig, *, chosen: bool) -> bool:
    return chosen if place.enabled is None else place.enabled
