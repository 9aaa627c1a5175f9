"""`hordebots loras search`: what CivitAI has, and whether workers will load it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bots.cli.settings import WRONG, ConfigOption, JsonOption, read_settings

if TYPE_CHECKING:
    from rich.text import Text

    from common.civitai.assets import Asset
    from common.civitai.catalogue import Answer
    from common.config import Config
    from common.reference.models import ModelReference
    from styles.verdicts import Verdict


class Kind(StrEnum):
    """What is looked for."""

    LORA = "lora"
    TI = "ti"


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(no_args_is_help=True)
    group.command("search")(search)
    app.add_typer(
        group,
        name="loras",
        help="Look for LoRAs and textual inversions.",
        rich_help_panel="Draw, and see how",
    )


def search(
    text: Annotated[str, typer.Argument(help="Words of the name, or a number.")],
    model: Annotated[
        str | None, typer.Option(help="The model it is for; the verdict depends on it.")
    ] = None,
    nsfw: Annotated[
        bool, typer.Option("--nsfw", help="Adult pictures are allowed, whatever the file says.")
    ] = False,
    kind: Annotated[Kind, typer.Option(help="What to look for.")] = Kind.LORA,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look for LoRAs at CivitAI and judge each of them.

    Exit code: 0 answered, 1 CivitAI does not answer and nothing is known, 2 no such model.
    """
    import asyncio

    from common.running import logs

    logs.configure(level="error")
    settings = read_settings(config)
    allowed = nsfw or settings.defaults.nsfw
    reference = asyncio.run(_reference(settings))
    chosen = None if model is None else _model(model, reference)
    answer = asyncio.run(_search(text, kind, settings, nsfw=allowed))
    judged = [
        (asset, _judged(asset, chosen, reference, settings, nsfw=allowed))
        for asset in answer.assets
    ]
    if as_json:
        found = [_about(asset, verdict) for asset, verdict in judged]
        told = {"assets": found, "fetched_at": answer.fetched_at, "stale": answer.stale}
        typer.echo(json.dumps(told))
        return
    _print(text, answer, judged)


async def _reference(settings: Config) -> ModelReference:
    """Return what is known of models. Raises StartupError."""
    from bots.program import prepare_folder
    from common.reference.library import ReferenceLibrary

    cache = prepare_folder(settings.data_dir) / "reference"
    return (await ReferenceLibrary.open(settings.reference.url, cache=cache)).current


async def _search(text: str, kind: Kind, settings: Config, *, nsfw: bool) -> Answer:
    """Return what is found. Raises AssetError."""
    import aiohttp

    from bots.assembly.knowledge import open_catalogue
    from common.civitai.assets import AssetKind

    async with aiohttp.ClientSession() as session:
        catalogue = await open_catalogue(settings.civitai, settings.data_dir, session)
        try:
            return await catalogue.search(text, AssetKind[kind.name], nsfw=nsfw)
        finally:
            await catalogue.close()


def _model(name: str, reference: ModelReference) -> str:
    """Return the model's name as the Horde spells it. Ends the command for an unknown one."""
    from common import texts
    from styles.names import NameIndex

    models = NameIndex(reference.models)
    known = models.get(name)
    if known is not None:
        return known
    typer.echo(texts.say("lora_search.no_model", name=name), err=True)
    if near := ", ".join(models.suggest(name)):
        typer.echo(texts.say("draw.suggestions", names=near), err=True)
    raise typer.Exit(WRONG)


def _judged(
    asset: Asset, model: str | None, reference: ModelReference, settings: Config, *, nsfw: bool
) -> Verdict:
    from bots.assembly.core import MEGABYTE
    from styles.verdicts import judge

    return judge(
        asset,
        asset.version(),
        baseline=None if model is None else reference.baseline(model),
        model=model or "",
        nsfw=nsfw,
        max_bytes=settings.civitai.max_megabytes * MEGABYTE,
    )


def _about(asset: Asset, verdict: Verdict) -> dict[str, Any]:
    version = asset.version()
    newest = version and {
        "id": version.id,
        "name": version.name,
        "base_model": version.base_model,
        "size_bytes": version.size_bytes,
        "triggers": list(version.triggers),
    }
    return {
        "id": asset.id,
        "name": asset.name,
        "kind": asset.kind.name.lower(),
        "version": newest,
        "creator": asset.creator,
        "nsfw": asset.nsfw,
        "verdict": verdict.kind.value,
        "usable": verdict.usable,
        "sentence": verdict.sentence,
        "link": asset.credit().link,
    }


def _print(text: str, answer: Answer, judged: list[tuple[Asset, Verdict]]) -> None:
    from bots.cli.console import open_console, table
    from common import texts

    console = open_console()
    if answer.stale:
        since = texts.ago(time.time() - answer.fetched_at)
        console.print(texts.say("lora_search.stale", age=since), style="yellow", soft_wrap=True)
    if not judged:
        console.print(texts.say("help.loras_none", search=text), soft_wrap=True)
        return
    labels = ("name", "id", "version", "base", "size", "triggers", "creator", "verdict", "link")
    rows = table(console, *labels)
    for asset, verdict in judged:
        rows.add_row(*_cells(asset, verdict))
    console.print(rows)


def _cells(asset: Asset, verdict: Verdict) -> Iterator[Text]:
    """Yield a row of the table."""
    from rich.text import Text

    from bots.cli.console import plain
    from common import texts

    version = asset.version()
    size = version.size_bytes if version else None
    facts = (
        asset.name,
        str(asset.id),
        version.name if version else "",
        version.base_model if version else "",
        "" if size is None else texts.say("lora_search.size", megabytes=f"{size / 1e6:.0f}"),
        ", ".join(version.triggers) if version else "",
        asset.creator,
    )
    for fact in facts:
        yield Text(plain(fact))
    colour = "green" if verdict.usable else "red" if verdict.refused else "yellow"
    yield Text(verdict.sentence, style=colour)
    yield Text(asset.credit().link)
