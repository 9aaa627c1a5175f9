"""The accounts that the configuration names: their platforms, and the adapters that serve them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from common.config import Config
from common.errors import ConfigError
from request.adapter import Adapter
from request.lending import Built, Services

ADAPTERS = "hordebots.adapters"
"""Entry point group under which adapters are found."""
PARTS = ("web", "hub", "worker")
"""What `run:` may name beside accounts."""


def platform_of(name: str, section: Mapping[str, Any]) -> str:
    """Return the platform of an account; one that does not say is named after it."""
    return str(section.get("platform", name))


def find_adapter(name: str, section: Mapping[str, Any]) -> tuple[type[Built], dict[str, Any]]:
    """Return the adapter for an account's platform, and its own settings. Raises ConfigError."""
    platform = platform_of(name, section)
    found = {entry.name: entry for entry in entry_points(group=ADAPTERS)}
    if platform not in found:
        known = ", ".join(sorted(found))
        raise ConfigError("config.no_platform", account=name, platform=platform, known=known)
    rest = {key: value for key, value in section.items() if key != "platform"}
    return found[platform].load(), rest


async def build(name: str, section: Mapping[str, Any], services: Services) -> Adapter:
    """Return the adapter of an account. Raises ConfigError or StartupError."""
    adapter, rest = find_adapter(name, section)
    return await adapter.build(name, rest, services)


def check_names(config: Config) -> None:
    """Check that `run:` names what exists, each once. Raises ConfigError."""
    if not config.run:
        raise ConfigError("config.runs_nothing", known=", ".join((*PARTS, *config.accounts)))
    for name in config.run:
        if config.run.count(name) > 1:
            raise ConfigError("config.named_twice", name=name)
        if name not in PARTS and name not in config.accounts:
            known = ", ".join((*PARTS, *config.accounts))
            raise ConfigError("config.unknown_part", name=name, known=known)


def accounts_of(config: Config) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the accounts to serve with their sections; the web room needs none."""
    names = [name for name in config.run if name not in ("hub", "worker")]
    return [(name, config.accounts.get(name, {})) for name in names]


def names_of(config: Config) -> tuple[str, ...]:
    """Return all accounts that the configuration knows, served by this process or not."""
    return tuple(dict.fromkeys((*config.accounts, *(name for name, _ in accounts_of(config)))))
