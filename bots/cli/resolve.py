"""`hordebots resolve`: what would be sent for a text, without sending it."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bots.cli.settings import WRONG, ConfigOption, read_settings

if TYPE_CHECKING:
    from rich.console import Console

    from common.config import Config
    from common.reference.models import ModelReference
    from request.rehearsal import Stage
    from styles.limits import Served
    from styles.lists.stylelist import StyleList

STANDARD_INPUT = Path("-")
LARGEST_FILE = 100_000_000
"""Bytes of a file of requests."""
LARGEST_JSON = 20_000_000
"""Bytes of an answer of `/v2/status/models`, or of a model reference."""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel="Draw, and see how")(resolve)


def resolve(
    text: Annotated[str | None, typer.Argument(help="A request, as one quoted text.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="A file with a request in each line; - is standard input.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Tell as JSON, one line for each request.")
    ] = False,
    seed: Annotated[str | None, typer.Option(help="Seed, where the text has none.")] = None,
    n: Annotated[int | None, typer.Option(help="Pictures, where the text does not say.")] = None,
    styles: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE", help="Folder or address of a list, instead of yours."),
    ] = None,
    served: Annotated[
        Path | None, typer.Option(help="What is served: an answer of /v2/status/models.")
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="Model reference, instead of the bundled one.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Print what would be sent to the Horde for a text, and what would be said. Sends nothing.

    Exit code: 0 resolved (with --file always), 2 refused, or something cannot be read.
    """
    from common import texts
    from common.errors import HordebotsError
    from common.running import logs

    if (text is None) == (file is None):
        raise typer.BadParameter(texts.say("resolve.one_of_both"), param_hint="TEXT, --file")
    logs.configure(level="error")
    try:
        requests = [text] if text is not None else _lines(file or STANDARD_INPUT)
        stage = _stage(config, styles or [], served, reference)
    except HordebotsError as error:
        typer.echo(f"hordebots: {error}", err=True)
        raise typer.Exit(WRONG) from error
    documents = (
        stage.rehearse(request, rng_seed=secrets.randbits(31), seed=seed, n=n)
        for request in requests
    )
    refused = _print(documents, as_json=as_json, numbered=file is not None)
    raise typer.Exit(WRONG if refused and file is None else 0)


def _lines(path: Path) -> list[str]:
    """Return the requests of a file; only a line feed ends one. Raises StartupError."""
    from common import texts
    from common.errors import StartupError

    name = texts.say("resolve.standard_input") if path == STANDARD_INPUT else str(path)
    content = _read(path, name, LARGEST_FILE)
    try:
        text = content.decode("utf-8", "surrogatepass")  # read as no character at all
    except UnicodeDecodeError as error:
        raise StartupError("resolve.not_utf8", file=name, position=error.start) from error
    lines = text.removeprefix("\ufeff").split("\n")
    return lines if lines[-1] else lines[:-1]


def _stage(
    config: Path | None, styles: list[str], served: Path | None, reference: Path | None
) -> Stage:
    """Put together what texts are rehearsed with. Raises HordebotsError."""
    import asyncio

    from common.reference.models import ModelReference
    from request.allowed import policy
    from request.rehearsal import Stage

    settings = read_settings(config)
    place = settings.defaults
    return Stage(
        asyncio.run(_styles(settings, styles)).only(place.styles),
        ModelReference.bundled() if reference is None else _reference(reference),
        policy.limits_of(place, settings.styles),
        None if served is None else _served(served),
        check_words=partial(policy.check_words, place),
    )


async def _styles(config: Config, named: list[str]) -> StyleList:
    """Return the lists that are named, as they are now, or else the configured ones, offline."""
    from styles.lists.library import OWN_STYLES, read_offline, read_once

    if named:
        return await read_once(named)
    own, cache = config.data_dir / OWN_STYLES, config.data_dir / "styles"
    return await read_offline(config.styles.sources, cache=cache, own=own)


def _served(path: Path) -> dict[str, Served]:
    """Return what an answer of `/v2/status/models` says is served. Raises StartupError."""
    from pydantic import TypeAdapter, ValidationError

    from common.errors import StartupError
    from common.horde.wire import ModelStatus
    from request.horde.offers import served_of

    try:
        return served_of(TypeAdapter(list[ModelStatus]).validate_python(_json(path)))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        problem = f"{where}: {first['msg']}" if where else first["msg"]
        raise StartupError("resolve.not_served", file=path, problem=problem) from error


def _reference(path: Path) -> ModelReference:
    """Return what a model reference says. Raises StartupError, also where none is a model.

    So an error message saved in its place is not taken for a reference that knows nothing.
    """
    from common.errors import StartupError
    from common.reference.models import ModelReference

    entries = _json(path)
    read = ModelReference.from_mapping(entries) if isinstance(entries, dict) else None
    if read is None or (entries and not read.models):
        raise StartupError("resolve.not_reference", file=path)
    return read


def _json(path: Path) -> Any:
    from common.errors import StartupError

    content = _read(path, str(path), LARGEST_JSON)
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise StartupError("resolve.not_json", file=path, problem=error) from error


def _read(path: Path, name: str, limit_bytes: int) -> bytes:
    from common.errors import StartupError

    try:
        if path == STANDARD_INPUT:
            content = sys.stdin.buffer.read(limit_bytes + 1)
        else:
            with path.open("rb") as stream:
                content = stream.read(limit_bytes + 1)
    except (OSError, ValueError) as error:  # a ValueError for a NUL in the name
        problem = getattr(error, "strerror", None) or str(error)
        raise StartupError("resolve.unreadable", file=name, problem=problem) from error
    if len(content) > limit_bytes:
        raise StartupError("resolve.too_large", file=name, limit=limit_bytes // 1_000_000)
    return content


def _print(documents: Iterator[dict[str, Any]], *, as_json: bool, numbered: bool) -> bool:
    """Print documents as they come; return whether one of them is a refusal."""
    refused = False
    console = None
    for number, document in enumerate(documents, start=1):
        refused = refused or document["error"] is not None
        if as_json:
            typer.echo(json.dumps(document))
            continue
        if console is None:
            from bots.cli.console import open_console

            console = open_console()
        _show(console, document, number if numbered else None)
    return refused


def _show(console: Console, document: dict[str, Any], number: int | None) -> None:
    """Print one document for people."""
    from bots.cli.console import fact
    from common import texts

    if number is not None:
        console.print(texts.say("resolve.line", number=number), style="bold", soft_wrap=True)
    for style, body in zip(document["styles"], document["jobs"], strict=True):
        for label, value in _facts(style, body):
            fact(console, label, value)
        console.print()
    if (error := document["error"]) is not None:
        fact(console, "refused", error["text"], style="red")
        if error["suggestions"]:
            names = ", ".join(error["suggestions"])
            fact(console, "", texts.say("draw.suggestions", names=names))
    for note in document["notes"]:
        fact(console, "note", note["text"], style="yellow")
    console.print()


def _facts(style: str, body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a body says, by label."""
    from common import texts

    params = body["params"]
    positive, _, negative = body["prompt"].partition("###")
    sampler = f"{params['sampler_name']}{' karras' if params['karras'] else ''}"
    cfg = f"{params['cfg_scale']:g}"
    yield "style", style
    yield "model", body["models"][0]
    yield "pictures", texts.say("resolve.pictures", **params)
    yield "made_in", texts.say("resolve.made", steps=params["steps"], cfg=cfg, sampler=sampler)
    if "seed" in params:
        yield "seed", params["seed"]
    assets = [_lora(lora) for lora in params.get("loras", ())]
    assets += [texts.say("style_list.ti_alone", name=ti["name"]) for ti in params.get("tis", ())]
    if assets:
        yield "loras", ", ".join(assets)
    extras = [*params.get("post_processing", ())]
    extras += [name for name in ("hires_fix", "tiling") if params.get(name)]
    if extras:
        yield "also", ", ".join(extras)
    yield "prompt", positive.strip()
    if negative.strip():
        yield "not_in_it", negative.strip()


def _lora(lora: dict[str, Any]) -> str:
    version = "v:" if lora.get("is_version") else ""
    return f"{version}{lora['name']}:{lora['model']:g}"
