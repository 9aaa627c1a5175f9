"""`hordebots styles preview`: what styles look like, on one sheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bots.cli.settings import WRONG, ConfigOption, JsonOption, read_settings

if TYPE_CHECKING:
    from common.config import Config

SHEET = "sheet.png"


def register(group: typer.Typer) -> None:
    """Add the command to the group."""
    group.command("preview")(preview)


def preview(
    names: Annotated[list[str], typer.Argument(help="Styles; a category stands for all its own.")],
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("previews"),
    keep: Annotated[
        bool, typer.Option("--keep", help="Show them to people who look at the styles.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make three standard pictures in each style, and a sheet of them all.

    Exit code: 0 all pictures, 1 fewer, 2 there is no style of that name.
    """
    import tempfile

    from bots.assembly.knowledge import KEPT_PREVIEWS
    from bots.cli.drawing import check_folder
    from bots.cli.loop import run_until_stopped
    from bots.cli.rendering import render
    from bots.program import point_at_hub
    from common.running import logs

    logs.configure(level="error")
    settings = point_at_hub(read_settings(config))
    styles = _styles(names, settings)
    check_folder(out)
    kept = settings.data_dir / KEPT_PREVIEWS if keep else None
    with tempfile.TemporaryDirectory(prefix="hordebots-") as temporary:
        own = _apart(settings, Path(temporary))
        raise typer.Exit(
            run_until_stopped(
                lambda stop: render(own, styles, out / SHEET, kept, stop=stop, as_json=as_json)
            )
        )


def _styles(names: list[str], settings: Config) -> list[str]:
    """Return the styles meant, each once. Ends the command for a name that is not known."""
    import asyncio

    from common import texts
    from styles.lists.library import OWN_STYLES, StyleLibrary

    own, cache = settings.data_dir / OWN_STYLES, settings.data_dir / "styles"
    library = asyncio.run(StyleLibrary.open(settings.styles.sources, own=own, cache=cache))
    current = library.current
    styles: dict[str, None] = {}
    for name in names:
        canonical = current.names.get(name)
        if canonical is None:
            typer.echo(texts.say("style_list.unknown", name=name), err=True)
            if near := ", ".join(current.names.suggest(name)):
                typer.echo(texts.say("draw.suggestions", names=near), err=True)
            raise typer.Exit(WRONG)
        members = (canonical,) if canonical in current.styles else current.expand(canonical)
        styles.update(dict.fromkeys(members))
    return list(styles)


def _apart(settings: Config, folder: Path) -> Config:
    """Return the configuration with a data folder of its own that knows what the usual one does."""
    import shutil

    from styles.lists.library import OWN_STYLES

    for known in ("styles", OWN_STYLES, "reference", "civitai"):
        if (settings.data_dir / known).is_dir():
            shutil.copytree(settings.data_dir / known, folder / known)
    return settings.model_copy(update={"data_dir": folder, "database": None})
