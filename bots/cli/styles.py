"""`hordebots styles list` and `show`: what styles there are; other commands join here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bots.cli import preview, sources
from bots.cli.settings import WRONG, ConfigOption, JsonOption, read_settings

if TYPE_CHECKING:
    from common.model import LoraUse, TiUse
    from common.reference.models import ModelReference
    from styles.lists.parsing import Look, Style
    from styles.lists.stylelist import StyleList

_NUMBERS = ("width", "height", "steps", "cfg_scale", "sampler")
_SWITCHES = ("karras", "clip_skip", "hires_fix", "tiling")
"""Parameters a style may set."""


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(no_args_is_help=True)
    group.command("list")(list_styles)
    group.command("show")(show_style)
    preview.register(group)
    sources.register(group)
    app.add_typer(
        group, name="styles", help="Look at the stylelists.", rich_help_panel="Draw, and see how"
    )


async def _open(config: Path | None) -> tuple[StyleList, ModelReference]:
    """Return the styles and what is known of their models, as of now."""
    from common.reference.library import ReferenceLibrary
    from common.running import logs
    from styles.lists.library import OWN_STYLES, StyleLibrary

    logs.configure(level="error")
    settings = read_settings(config)
    folder = settings.data_dir
    library = await StyleLibrary.open(
        settings.styles.sources, own=folder / OWN_STYLES, cache=folder / "styles"
    )
    reference = await ReferenceLibrary.open(settings.reference.url, cache=folder / "reference")
    return library.current, reference.current


def list_styles(
    search: Annotated[str, typer.Argument(help="Words that must be in the name.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the styles and categories, or those whose names have these words."""
    import asyncio

    from common import texts

    current, reference = asyncio.run(_open(config))
    names = current.names.search(search)
    styles = [current.styles[name] for name in names if name in current.styles]
    categories = [name for name in current.categories if name in names]
    if as_json:
        facts = [_about(style, current, reference) for style in styles]
        members = {name: list(current.categories[name]) for name in categories}
        typer.echo(json.dumps({"styles": facts, "categories": members}))
        return
    if not names:
        typer.echo(texts.say("style_list.none", search=search), err=True)
        return
    _print_list(current, [_about(style, current, reference) for style in styles], categories)


def _print_list(current: StyleList, styles: list[dict[str, Any]], categories: list[str]) -> None:
    from bots.cli.console import fact, open_console, plain, table
    from common import texts

    console = open_console()
    rows = table(console, "name", "model", "baseline", "categories", "loras", "author")
    for about in styles:
        adult = f" ({texts.say('style_list.adult')})" if about["nsfw"] else ""
        loras = ", ".join(lora["name"] for lora in about["loras"])
        cells = [f"{about['name']}{adult}", about["model"], about["baseline"] or ""]
        cells += [", ".join(about["categories"]), loras, about["author"]]
        rows.add_row(*map(plain, cells))
    if styles:
        console.print(rows)
    for name in categories:
        members = current.expand(name)
        sentence = texts.say("style_list.members", count=len(members), names=", ".join(members))
        console.print(f"\n{plain(name)}", style="bold", soft_wrap=True)
        fact(console, "styles", sentence)
    counts = {"styles": len(styles), "categories": len(categories)}
    console.print(f"\n{texts.say('style_list.count', **counts)}")


def show_style(
    name: Annotated[str, typer.Argument(help="A style, a category, or another name of one.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show all of a style or category.

    Exit code: 0 shown, 2 there is none of that name.
    """
    import asyncio

    from common import texts

    current, reference = asyncio.run(_open(config))
    canonical = current.names.get(name)
    if canonical is None:
        typer.echo(texts.say("style_list.unknown", name=name), err=True)
        if near := ", ".join(current.names.suggest(name)):
            typer.echo(texts.say("draw.suggestions", names=near), err=True)
        raise typer.Exit(WRONG)
    if as_json:
        typer.echo(json.dumps(_document(canonical, current, reference)))
    else:
        _show(canonical, current, reference)


def _show(canonical: str, current: StyleList, reference: ModelReference) -> None:
    from bots.cli.console import fact, open_console
    from common import texts

    console = open_console()
    if canonical in current.styles:
        for label, value in _style_facts(current.styles[canonical], current, reference):
            fact(console, label, value)
        if canonical in current.categories:
            fact(console, "note", texts.say("style_list.clash"))
        return
    members = current.expand(canonical)
    fact(console, "name", canonical)
    fact(console, "members", ", ".join(current.categories[canonical]))
    sentence = texts.say("style_list.members", count=len(members), names=", ".join(members))
    fact(console, "styles", sentence)


def _document(canonical: str, current: StyleList, reference: ModelReference) -> dict[str, Any]:
    """Return all of a style or category, for programs."""
    style = current.styles.get(canonical)
    if style is None:
        members = list(current.categories[canonical])
        styles = list(current.expand(canonical))
        return {"kind": "category", "name": canonical, "members": members, "styles": styles}
    look = {name: getattr(style.look, name) for name in (*_NUMBERS, *_SWITCHES)}
    return {
        "kind": "style",
        **_about(style, current, reference),
        "prompt": style.prompt,
        "enhance": style.enhance,
        "parameters": {name: value for name, value in look.items() if value is not None},
        "loras": [_plain(lora) for lora in style.look.loras],
        "tis": [_plain(ti) for ti in style.look.tis],
    }


def _plain(use: LoraUse | TiUse) -> dict[str, Any]:
    from dataclasses import asdict

    return {name: value for name, value in asdict(use).items() if value is not None}


def _about(style: Style, current: StyleList, reference: ModelReference) -> dict[str, Any]:
    """Return what is listed of a style."""
    loras = [
        {"name": lora.name, "is_version": lora.is_version, "model": lora.model}
        for lora in style.look.loras
    ]
    return {
        "name": style.name,
        "model": style.model,
        "baseline": reference.baseline(style.model),
        "categories": [c for c in current.categories if style.name in current.expand(c)],
        "loras": loras,
        "author": style.author,
        "aliases": list(style.aliases),
        "nsfw": style.nsfw or reference.nsfw(style.model),
    }


def _style_facts(
    style: Style, current: StyleList, reference: ModelReference
) -> Iterator[tuple[str, str]]:
    """Yield all of a style, by label; what it does not say is left out."""
    from common import texts

    about = _about(style, current, reference)
    yield "name", style.name
    for label in ("aliases", "categories"):
        if about[label]:
            yield label, ", ".join(about[label])
    if style.author:
        yield "author", style.author
    if about["nsfw"]:
        yield "note", texts.say("style_list.adult")
    yield "model", style.model
    if about["baseline"]:
        yield "baseline", about["baseline"]
    if look := ", ".join(_look(style.look, enhance=style.enhance)):
        yield "look", look
    if assets := [*map(_lora, style.look.loras), *map(_ti, style.look.tis)]:
        yield "loras", "\n".join(assets)
    yield "template", style.prompt


def _look(look: Look, *, enhance: bool) -> Iterator[str]:
    """Yield the parameters a style sets."""
    for name in _NUMBERS:
        if (value := getattr(look, name)) is not None:
            yield f"{name} {value:g}" if isinstance(value, int | float) else f"{name} {value}"
    for name in _SWITCHES:
        if (value := getattr(look, name)) is not None:
            yield f"{name} {json.dumps(value)}"
    if enhance:
        yield "enhance true"


def _lora(use: LoraUse) -> str:
    from common import texts

    values = {"name": use.name, "strength": f"{use.model:g}"}
    path = "model-versions" if use.is_version else "models"
    link = _link(path, use.name)
    return texts.say("style_list.lora", **values, link=link) if link else use.name


def _ti(use: TiUse) -> str:
    from common import texts

    link = _link("models", use.name)
    return texts.say("style_list.ti", name=use.name, link=link) if link else use.name


def _link(path: str, name: str) -> str:
    """Return where a number of CivitAI's leads to; "" for what is no number."""
    from common.civitai.assets import SITE

    return f"{SITE}/{path}/{name}" if name.isascii() and name.isdigit() else ""
