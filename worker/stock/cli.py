"""The commands `hordebots worker models` and `hordebots worker check`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.stock import wanted_cli
from worker.stock.terminal import (
    ConfigOption,
    FolderOption,
    JsonOption,
    or_sentence,
    progress_bar,
    settings_of,
)

if TYPE_CHECKING:
    from worker.stock.listing import Entry
    from worker.stock.sources import Sites


def register(app: typer.Typer) -> None:
    """Add the commands to those of the worker."""
    group = typer.Typer(no_args_is_help=True)
    group.command("list")(list_)
    group.command("add")(add)
    group.command("remove")(remove)
    wanted_cli.register(group)
    app.add_typer(group, name="models", help="What the worker's models are; add and remove them.")
    app.command("check")(check)


def list_(
    config: ConfigOption = None, models: FolderOption = None, as_json: JsonOption = False
) -> None:
    """Show the models on the disk: the Horde's name, file, size and family."""
    from worker.stock.listing import list_models

    folder = settings_of(config, models).worker.models.folder
    entries = or_sentence(lambda: list_models(folder))
    if as_json:
        typer.echo(json.dumps([_fields(entry) for entry in entries]))
        return
    if not entries:
        typer.echo(f"There is no model in {folder}. Add one: hordebots worker models add SOURCE")
        return
    _show(entries, folder)


def add(
    source: Annotated[
        str,
        typer.Argument(help="Number or link of a CivitAI model, or link to a Hugging Face file."),
    ],
    name: Annotated[
        str | None, typer.Option(help="What the Horde calls it; else as where it comes from.")
    ] = None,
    config: ConfigOption = None,
    models: FolderOption = None,
    hugging_face: Annotated[
        str, typer.Option(envvar="HF_ENDPOINT", help="Address of Hugging Face, or of a mirror.")
    ] = "https://huggingface.co",
    hugging_face_key: Annotated[
        str | None, typer.Option(envvar="HF_TOKEN", help="Key there, for what needs one.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch a model: gone on with where it broke off, verified, and written into models.json."""
    import asyncio

    from pydantic import SecretStr

    from worker.stock.sources import Sites

    settings = settings_of(config, models)
    civitai = settings.civitai
    sites = Sites(
        civitai.url or "https://civitai.com",
        hugging_face,
        civitai.key,
        SecretStr(hugging_face_key) if hugging_face_key else None,
    )
    work = _add(source, name, settings.worker.models.folder, sites, quiet=as_json)
    entry = or_sentence(lambda: asyncio.run(work))
    if as_json:
        typer.echo(json.dumps(_fields(entry)))
    else:
        _show([entry], settings.worker.models.folder)


def remove(
    name: Annotated[str, typer.Argument(help="What `list` calls it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigOption = None,
    models: FolderOption = None,
) -> None:
    """Take a model off the list and off the disk."""
    from worker.stock.listing import remove as forget

    folder = settings_of(config, models).worker.models.folder
    if not yes:
        typer.confirm(f"Remove {name} from {folder} for good?", abort=True)
    path = or_sentence(lambda: forget(folder, name))
    typer.echo(f"{name} is removed ({path}).")


def check(
    config: ConfigOption = None, models: FolderOption = None, as_json: JsonOption = False
) -> None:
    """Show what this machine can serve, and what to install. Exit code 1: something is missing."""
    from worker.stock.machine import look, this_machine

    settings = settings_of(config, models)
    findings = or_sentence(lambda: look(settings.worker, this_machine()))
    findings += wanted_cli.findings(settings)
    for finding in findings:
        if as_json:
            from dataclasses import asdict

            typer.echo(json.dumps(asdict(finding)))
        else:
            typer.echo(f"{'ok  ' if finding.ok else 'look'}  {finding.what}: {finding.sentence}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


async def _add(source: str, name: str | None, folder: Path, sites: Sites, *, quiet: bool) -> Entry:
    """Find, fetch, recognise and enlist a model. What is none is not kept."""
    import aiohttp

    from common.errors import WorkerError
    from worker.stock.listing import describe, enlist
    from worker.stock.sources import bring, find

    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        found = await find(source, sites, session)
        with progress_bar(quiet=quiet) as bar:
            task = bar.add_task(found.file, total=found.size)
            path = await bring(
                found,
                folder,
                session,
                lambda done, whole: bar.update(task, completed=done, total=whole),
            )
    entry = describe(name or found.name, path)
    if entry.problem:
        path.unlink()
        raise WorkerError("worker.not_kept", problem=entry.problem)
    enlist(folder, entry.name, path)
    return entry


def _fields(entry: Entry) -> dict[str, object]:
    return {
        "name": entry.name,
        "file": str(entry.file),
        "size": entry.size,
        "family": entry.family,
        "inpainting": entry.inpainting,
        "problem": entry.problem,
    }


def _show(entries: list[Entry], folder: Path) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("model", "file", "size", "family", box=None, pad_edge=False, header_style="bold")
    for entry in entries:
        near = entry.file.is_relative_to(folder)
        file = entry.file.relative_to(folder) if near else entry.file
        family = entry.problem or f"{entry.family}{', inpainting' if entry.inpainting else ''}"
        size = f"{entry.size / 1024**3:.2f} GB"
        table.add_row(*map(escape, (entry.name, str(file), size, family)))
    Console().print(table)
