"""The pages of the reference that are written from the code: commands, settings, the glossary.

`python -m bots.reference` (`make docs`) writes them into `docs/reference/`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer
import yaml
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from bots.assembly.accounts import ADAPTERS
from bots.operator.reload import LIVE
from common.config import Config, EndpointConfig, PlaceConfig
from common.horde.wire import ANONYMOUS_KEY
from request.talking import glossary

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
_EACH: Mapping[str, type[BaseModel]] = {
    "horde.endpoints": EndpointConfig,
    "communities": PlaceConfig,
}
"""Settings that hold several of a kind, and the kind, where the type does not tell it."""
_PLATFORM = "platform"
"""Of an account; which platform it is, its heading says."""
_MACHINE = {"instance": "the machine's name"}
"""Settings whose default is not the same everywhere."""


_SETTINGS_HEAD = """\
# Settings

All of `config.yaml`, written from the code by `make docs`; the file with every setting in its place
is [`config.example.yaml`](../../config.example.yaml). A secret is written as text, as `{env: NAME}`
or as `{file: PATH}`, seen from the file's folder. `hordebots check` reads all and names each
mistake.

**now** in the third column: the setting changes while the program runs, by `hordebots reload`; all
others count from the next start on.""".splitlines()
_COMMANDS_HEAD = """\
# All commands and options

Written from the code by `make docs`; `--help` says the same. What they are for, exit codes and
output as JSON: [Commands](cli.md).""".splitlines()


def settings_page() -> str:
    """Return the page of all settings. Raises ValueError for one without a sentence."""
    lines = [
        *_SETTINGS_HEAD,
        "",
        "## At the top",
        *_table(Config, ""),
    ]
    for name, field in Config.model_fields.items():
        lines += _section(name, field)
    for platform, model in platforms():
        lines += [
            "",
            f"## An account on {platform.capitalize()}",
            f"`accounts.NAME`, where NAME is `{platform}`, or any with `platform: {platform}`.",
            *_table(model, "accounts."),
        ]
        for name, field in model.model_fields.items():
            inside = _model_in(field)
            if inside is not None:
                lines += [
                    "",
                    f"### `{name}` on {platform.capitalize()}",
                    *_table(inside, "accounts."),
                ]
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """Return the page of all commands. Raises ValueError for an option without a sentence."""
    from bots.__main__ import app  # noqa: PLC0415  (it imports every command)

    root: Any = typer.main.get_command(app)
    lines = [*_COMMANDS_HEAD]
    for path, command in _commands(root, "hordebots"):
        lines += _command(path, command)
    return "\n".join(lines) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "config.md": settings_page,
    "glossary.md": glossary.page,
}


# --- settings ----------------------------------------------------------------------------------


def _section(name: str, field: FieldInfo) -> Iterator[str]:
    """Yield a section of the configuration and, below it, those inside it."""
    model = _EACH.get(name) or _model_in(field)
    if model is None or name == "communities":
        return
    yield from ("", f"## `{name}`", str(field.description), *_table(model, f"{name}."))
    for inner, below in model.model_fields.items():
        path = f"{name}.{inner}"
        inside = _EACH.get(path) or _model_in(below)
        if inside is not None:
            yield from ("", f"### `{path}`", str(below.description), *_table(inside, f"{path}."))


def _table(model: type[BaseModel], path: str) -> Iterator[str]:
    yield from ("", "| setting | left out | changes | |", "|---|---|---|---|")
    for name, field in model.model_fields.items():
        if name == _PLATFORM:
            continue
        if not field.description:
            raise ValueError(f"{path}{name} has no sentence that says what it is for")
        changes = "now" if _is_live(f"{path}{name}") else ""
        cells = (f"`{name}`", _default(f"{path}{name}", field), changes, _cell(field.description))
        yield f"| {' | '.join(cells)} |"


def _is_live(path: str) -> bool:
    parts = path.split(".")
    return any(".".join(parts[: count + 1]) in LIVE for count in range(len(parts)))


def _default(path: str, field: FieldInfo) -> str:
    if path in _MACHINE:
        return _MACHINE[path]
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        return f"`{ANONYMOUS_KEY}`" if value.get_secret_value() == ANONYMOUS_KEY else ""
    if isinstance(value, BaseModel) or _holds_models(value):
        return "see below"
    if value is None:
        return "`null`"
    return f"`{_cell(_as_yaml(value))}`"


def _as_yaml(value: Any) -> str:
    """Return a value as it would be written in the file, in one line."""
    if isinstance(value, Path):
        value = str(value)
    if isinstance(value, tuple | frozenset | set):
        value = [str(one) if isinstance(one, Path) else one for one in value]
    written = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True)
    return written.removesuffix("...\n").strip()


def _holds_models(value: Any) -> bool:
    return isinstance(value, tuple) and any(isinstance(one, BaseModel) for one in value)


def _model_in(field: FieldInfo) -> type[BaseModel] | None:
    """Return the kind of section a field is, or holds."""
    kinds = [field.annotation, *get_args(field.annotation)]
    found = (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
    return next(found, None)


def platforms() -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield the platforms that come along and their sections of `accounts`."""
    for entry in sorted(entry_points(group=ADAPTERS)):
        if entry.value.startswith("bots."):
            section = get_type_hints(entry.load().__init__).get("section")
            if isinstance(section, type) and issubclass(section, BaseModel):
                yield entry.name, section


# --- commands ----------------------------------------------------------------------------------


def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield each command that people use, with its whole name."""
    for name, below in sorted(getattr(command, "commands", {}).items()):
        if below.hidden:
            continue
        yield f"{path} {name}", below
        yield from _commands(below, f"{path} {name}")


def _command(path: str, command: Any) -> Iterator[str]:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    options = [one for one in options if not one.hidden]
    names = "".join(f" {one.name.upper()}" for one in arguments)
    yield from ("", f"## `{path}{names}`", "", *_paragraphs(command.help or "", path))
    if options:
        yield from ("", "| option | left out | |", "|---|---|---|")
    for option in options:
        if not option.help:
            raise ValueError(f"{path} {option.opts[0]} has no sentence that says what it is for")
        value = "" if option.is_flag else f" {option.metavar or 'VALUE'}"
        shown = ", ".join(f"`{name}{value}`" for name in (*option.opts, *option.secondary_opts))
        left_out = "needed" if option.required else _left_out(option)
        yield f"| {shown} | {left_out} | {_cell(option.help)} |"


def _left_out(option: Any) -> str:
    if option.is_flag or callable(option.default) or option.default in {None, ""}:
        return ""
    return f"`{_cell(str(option.default))}`"


def _paragraphs(text: str, path: str) -> Iterable[str]:
    if not text.strip():
        raise ValueError(f"{path} has no sentence that says what it is for")
    return [line.strip().replace("*", r"\*") for line in text.strip().splitlines()]


def _cell(text: str) -> str:
    """Return a text as a cell of a table holds it."""
    return re.sub(r"\s+", " ", text).strip().replace("|", r"\|")


def write() -> None:
    """Write all pages anew."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
