"""What holds where something was said, for the one who said it."""

from __future__ import annotations

from collections.abc import Callable

from common.config import Config, PlaceConfig
from common.model import Incoming, Place
from request.chat_settings import SettingsStore, tighten


class Places:
    """Puts together what the file, the chat, the platform and somebody's role say of a place."""

    def __init__(self, config: Callable[[], Config], settings: SettingsStore) -> None:
        """Take the configuration of the moment and the settings made in the chat."""
        self._config = config
        self._settings = settings

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
        return found.model_copy(
            update={
                "enabled": _works(found, chosen=not (opt_in and place.community)),
                "nsfw": found.nsfw and adult is not False,
            }
        )


def _works(place: PlaceConfig, *, chosen: bool) -> bool:
    return chosen if place.enabled is None else place.enabled
