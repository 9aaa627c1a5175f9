"""What the program lends an adapter when it builds it.

An adapter is found by the entry point group `hordebots.adapters`, which names a class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from common.config import Config
from common.database import Database
from common.texts import Line, nothing
from request.adapter import Adapter
from request.allowed.chat_settings import SettingsStore
from request.allowed.places import Places
from request.extension import Extension
from request.kept.cursors import Cursors
from request.talking.enquiries import Enquiries


@dataclass(frozen=True, slots=True)
class Services:
    """What is there to ask, and where."""

    config: Config
    """As it was at the start."""
    live: Callable[[], Config]
    """As it is at the moment: what a reload may change is asked here each time."""
    database: Database
    pictures: Path
    """Folder of finished pictures, named by their SHA-256."""
    enquiries: Enquiries
    """What can be asked of styles, LoRAs, models and earlier requests."""
    settings: SettingsStore
    """What moderators set in the chat."""
    places: Places
    """What holds in a place, all things considered."""
    cursors: Cursors
    """Where catching up starts."""
    extension: Extension | None = None
    """The room above that adds to requests; pages of its own ask it."""
    about: Line = nothing
    """A line on what the Horde in use can draw, for pages and help ("" if nothing special)."""


class Built(Adapter, Protocol):
    """An adapter's class, as the program finds it."""

    @classmethod
    async def build(cls, name: str, section: Mapping[str, Any], services: Services) -> Self:
        """Check the account's section of `config.yaml`, connect, and return the adapter.

        Raises ConfigError or StartupError with a sentence that says what to do.
        """
        ...
