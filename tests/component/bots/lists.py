"""Stylelists in folders and at addresses, for the commands that read them."""

from __future__ import annotations

import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

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


class ListServer:
    """Serves a folder on 127.0.0.1; `status` other than 200 is what it answers instead."""

    def __init__(self, folder: Path) -> None:
        outer = self

        class Handler(SimpleHTTPRequestHandler):
            def __init__(self, *arguments: Any) -> None:
                super().__init__(*arguments, directory=str(folder))

            def do_GET(self) -> None:
                outer.journal.append(self.path)
                if outer.status == 200:
                    super().do_GET()
                else:
                    self.send_error(outer.status)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.journal: list[str] = []
        self.status = 200
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
