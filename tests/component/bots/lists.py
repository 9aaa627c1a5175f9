"""Stylelists in folders and at addresses, for the commands that read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import Result
from typer.testing import CliRunner

from bots.__main__ import app

STYLES = {
    "raw": {"prompt": "{p}###{np}", "model": "sd"},
    "neon": {"prompt": "{p}, neon", "model": "sd", "aliases": ["glow"], "author": "ann"},
    "oil": {
        "prompt": "{p}, oil###photo, {np}",
        "model": "xl",
        "steps": 12,
        "loras": [{"name": "77", "model": 0.5}, {"name": "88", "is_version": True}],
    },
}
CATEGORIES = {"paints": ["oil", "neon"], "all": ["paints", "raw"]}


def write_list(
    folder: Path, styles: dict[str, Any] = STYLES, categories: dict[str, Any] | None = None
) -> Path:
    """Write a list into a folder and return the folder."""
    folder.mkdir(exist_ok=True)
    (folder / "styles.json").write_text(json.dumps(styles))
    (folder / "categories.json").write_text(json.dumps(categories or {}))
    return folder


def styles(*arguments: object) -> Result:
    """Run `hordebots styles` in this process."""
    return CliRunner().invoke(app, ["styles", *map(str, arguments)])
