"""The configuration of the moment: who asks it each time sees a reload at once."""

from __future__ import annotations

from common.config import Config


class LiveConfig:
    """Holds the current configuration; `bots/operator/reload.py` puts another in its place."""

    def __init__(self, config: Config) -> None:
        self.current = config

    def __call__(self) -> Config:
        """Return the configuration of this moment."""
        return self.current
