"""The configuration of commands that also work without one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from common.config import Config

CONFIG = Path("config.yaml")
WRONG = 2
"""Exit code where what was named is not there or cannot be used."""

ConfigOption = Annotated[
    Path | None, typer.Option(help="Configuration; config.yaml if there is one.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Tell as JSON.")]


def read_settings(path: Path | None, *, keyless: bool = False) -> Config:
    """Return the configuration that is named, else config.yaml, else what holds without.

    `keyless`: for what needs no secret. Raises ConfigError.
    """
    from common.config import Config, load

    chosen = path or (CONFIG if CONFIG.exists() else None)
    return Config() if chosen is None else load(chosen, keyless=keyless)
