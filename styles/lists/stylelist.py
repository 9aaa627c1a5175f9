"""The stylelist: what its files say, as values, and what is wrong in them.

The format is the Horde's public one (`styles.json`, `categories.json`, `enhancements.json`);
styles may add `aliases`, `author`, `nsfw`. One faulty style is left out and reported, the others
stay. `parsing.py` reads one style, `library.py` keeps the lists of several sources.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.resources import files as package_files
from importlib.resources.abc import Traversable
from itertools import islice
from pathlib import Path
from typing import Any

from common.errors import StyleListError
from common.reference.models import baseline_key
from styles.lists.fields import Fault
from styles.lists.parsing import LONGEST_NAME, Enhancement, Style, parse_enhancement, parse_style
from styles.names import NameIndex, key

STYLES_FILE = "styles.json"
CATEGORIES_FILE = "categories.json"
ENHANCEMENTS_FILE = "enhancements.json"
FILES = (STYLES_FILE, CATEGORIES_FILE, ENHANCEMENTS_FILE)
BUNDLED = ("general", "demo")
LARGEST_FILE = 5 * 1024 * 1024
"""Bytes of one file of a list, some forty times the public one."""
MOST_ENTRIES = 10_000
"""Styles, and categories, of one list."""
MOST_FIELDS = 100
"""Of one style."""
MOST_MEMBERS = 20_000
"""Of all categories of a list together."""
MOST_FAULTS = 1_000
"""Faults of one list that are kept; the rest is only counted."""


@dataclass(frozen=True)
class StyleList:
    """Styles, categories and enhancements of one source, or of several merged."""

    styles: Mapping[str, Style] = field(default_factory=dict)
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    enhancements: Mapping[str, Enhancement] = field(default_factory=dict)
    """By baseline as `common.reference.models` spells it."""
    faults: tuple[Fault, ...] = ()

    @cached_property
    def names(self) -> NameIndex:
        """Styles, then categories, then aliases: a name that is both means the style."""
        return NameIndex((*self.styles, *self.categories), _aliases(self.styles))

    def style(self, name: str) -> Style | None:
        """Return the style a name or alias means, if it means one."""
        canonical = self.names.get(name)
        return self.styles.get(canonical) if canonical is not None else None

    def meant(self, name: str) -> tuple[str, ...] | None:
        """Return the style that a name means, or those of the category; None if it means none."""
        canonical = self.names.get(name)
        if canonical is None:
            return None
        return (canonical,) if canonical in self.styles else self.expand(canonical)

    def expand(self, category: str) -> tuple[str, ...]:
        """Return the styles of a category in list order, nested ones expanded, each once.

        A member that is both style and category is the style; unknown members are dropped.
        """
        known = self._expanded.get(category)
        if known is None:
            known = self._expanded[category] = self._expand(category)
        return known

    @cached_property
    def _expanded(self) -> dict[str, tuple[str, ...]]:
        return {}

    def overlay(
        self, styles: Mapping[str, Style], categories: Mapping[str, tuple[str, ...]]
    ) -> StyleList:
        """Return this list with some more styles and categories, which win over its own."""
        overlaid = StyleList(
            {**self.styles, **styles},
            {**self.categories, **categories},
            self.enhancements,
            self.faults,
        )
        # what `names` would work out from all of them, without beginning anew
        overlaid.__dict__["names"] = self.names.extended((*styles, *categories), _aliases(styles))
        return overlaid

    def joined(self, added: StyleList) -> StyleList:
        """Return this list with what a community has added; it takes the place of nothing here.

        A category of both has the members of both, the added ones first.
        """
        styles = {n: one for n, one in added.styles.items() if self.names.get(n) is None}
        dropped = {key(name) for name in added.styles} - {key(name) for name in styles}
        spelled = {key(name): name for name in self.categories}
        categories: dict[str, tuple[str, ...]] = {}
        for name, members in added.categories.items():
            there = spelled.get(key(name), name)
            kept = (member for member in members if key(member) not in dropped)
            categories[there] = (*kept, *self.categories.get(there, ()))
        return self.overlay(styles, categories) if styles or categories else self

    def only(self, names: Iterable[str]) -> StyleList:
        """Return the part of this list that some names mean: styles, and whole categories.

        Without names it is the whole list. Names that mean nothing here are left out.
        """
        wanted = tuple(names)
        if not wanted:
            return self
        meant = [canonical for name in wanted if (canonical := self.names.get(name)) is not None]
        categories = {name: self.expand(name) for name in meant if name not in self.styles}
        members = [name for name in meant if name in self.styles]
        members += [member for styles in categories.values() for member in styles]
        kept = set(members)
        styles = {name: style for name, style in self.styles.items() if name in kept}
        return StyleList(styles, categories, self.enhancements, self.faults)

    def _expand(self, category: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        visited = {category}
        waiting = [*reversed(self.categories.get(category, ()))]
        while waiting:
            name = self.names.get(waiting.pop())
            if name is None:
                continue
            if name in self.styles:
                found[name] = None
            elif name not in visited:
                visited.add(name)
                waiting.extend(reversed(self.categories[name]))
        return tuple(found)


def _aliases(styles: Mapping[str, Style]) -> dict[str, str]:
    return {alias: style.name for style in styles.values() for alias in style.aliases}


def merge(lists: Iterable[StyleList]) -> StyleList:
    """Return one list of several; later ones override earlier ones, name by name.

    Names are compared folded, so `Neon` of a later list takes the place of `neon`. What can
    only be seen in the whole (unknown members, names that clash) is added to the faults.
    """
    styles: dict[str, Style] = {}
    categories: dict[str, tuple[str, ...]] = {}
    enhancements: dict[str, Enhancement] = {}
    faults: list[Fault] = []
    for stylelist in lists:
        _override(styles, stylelist.styles)
        _override(categories, stylelist.categories)
        enhancements |= stylelist.enhancements
        faults += stylelist.faults
    merged = StyleList(styles, categories, enhancements)
    return replace(merged, faults=(*faults, *_first(_faults_of_whole(merged))))


def parse(contents: Mapping[str, bytes], source: str = "") -> StyleList:
    """Read the files of one list: `{file name: bytes}`, of which only the styles are required.

    Raises StyleListError if a file is missing, too large, not JSON, or not an object.
    """
    if STYLES_FILE not in contents:
        raise StyleListError("styles.no_file", source=source, file=STYLES_FILE)
    tables = {file: _table(contents.get(file, b"{}"), file, source) for file in FILES}
    faults: list[Fault] = []
    styles: dict[str, Style] = {}
    for name, values in _entries(tables, STYLES_FILE, faults):
        style, wrong = parse_style(name, values, STYLES_FILE)
        faults += wrong
        if style is not None:
            styles[name] = style
    categories: dict[str, tuple[str, ...]] = {}
    room = MOST_MEMBERS
    for name, members in _entries(tables, CATEGORIES_FILE, faults):
        kept, wrong = _members(name, members, room)
        faults += wrong
        if kept is not None:
            categories[name] = kept
            room -= len(kept)
    enhancements: dict[str, Enhancement] = {}
    for name, values in _entries(tables, ENHANCEMENTS_FILE, faults):
        enhancement, wrong = parse_enhancement(baseline_key(name), values, ENHANCEMENTS_FILE)
        faults += wrong
        if enhancement is not None:
            enhancements[enhancement.baseline] = enhancement
    named = tuple(_fit_to_show(fault, source) for fault in _first(faults))
    return StyleList(styles, categories, enhancements, named)


def load_folder(folder: Path) -> StyleList:
    """Read a list from a folder. Raises StyleListError if it cannot be read."""
    return parse(read_folder(folder), str(folder))


def load_bundled(name: str) -> StyleList:
    """Read a list that comes with the package (`general`, `demo`)."""
    return parse(read_bundled(name), f"bundled:{name}")


def read_bundled(name: str) -> dict[str, bytes]:
    """Return the files of a bundled list. Raises StyleListError for a name there is not."""
    if name not in BUNDLED:
        raise StyleListError("styles.not_bundled", name=name, known=", ".join(BUNDLED))
    return read_folder(package_files("styles") / "bundled" / name)


def read_folder(folder: Path | Traversable) -> dict[str, bytes]:
    """Return the list's files in a folder. Raises StyleListError if one is too large or closed."""
    contents: dict[str, bytes] = {}
    for file in FILES:
        try:
            with (folder / file).open("rb") as stream:
                contents[file] = stream.read(LARGEST_FILE + 1)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise StyleListError("styles.unreadable", source=folder, problem=error) from error
    return contents


def _table(content: bytes, file: str, source: str) -> dict[str, Any]:
    if len(content) > LARGEST_FILE:
        raise StyleListError(
            "styles.too_large", source=source, file=file, limit=LARGEST_FILE // 2**20
        )
    try:
        table = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise StyleListError(
            "styles.not_json", source=source, file=file, problem=str(error)
        ) from error
    if not isinstance(table, dict):
        raise StyleListError("styles.not_object", source=source, file=file)
    table.pop("$schema", None)
    return table


def _entries(
    tables: Mapping[str, Mapping[str, Any]], file: str, faults: list[Fault]
) -> Iterator[tuple[str, Any]]:
    """Yield the entries of a file that are worth reading, and name the others."""
    table = tables[file]
    if len(table) > MOST_ENTRIES:
        problem = f"{len(table)} entries, at most {MOST_ENTRIES}; the first are used"
        faults.append(Fault(file, "", "", problem))
    for name, values in islice(table.items(), MOST_ENTRIES):
        if isinstance(values, dict) and len(values) > MOST_FIELDS:
            faults.append(Fault(file, name, "", f"has over {MOST_FIELDS} fields", left_out=True))
        else:
            yield name, values


def _members(name: str, members: Any, room: int) -> tuple[tuple[str, ...] | None, list[Fault]]:
    if not _is_name(name):
        problem = f"not 1 to {LONGEST_NAME} printable characters"
        return None, [Fault(CATEGORIES_FILE, name, "name", problem, left_out=True)]
    if not isinstance(members, list):
        return None, [Fault(CATEGORIES_FILE, name, "", "is not a list of names", left_out=True)]
    named = tuple(member for member in members if _is_name(member))
    kept = named[:room]
    faults = []
    if len(named) < len(members):
        faults.append(Fault(CATEGORIES_FILE, name, "", "has members that are no names; dropped"))
    if len(kept) < len(named):
        problem = f"all categories together have over {MOST_MEMBERS} members; the rest is dropped"
        faults.append(Fault(CATEGORIES_FILE, name, "", problem))
    if len({key(member) for member in kept}) < len(kept):
        faults.append(Fault(CATEGORIES_FILE, name, "", "names a member twice; counted once"))
    return kept, faults


def _is_name(name: Any) -> bool:
    return (
        isinstance(name, str)
        and bool(name.strip())
        and len(name) <= LONGEST_NAME
        and name.isprintable()
    )


def _first(faults: Sequence[Fault]) -> list[Fault]:
    """Return as many faults as are kept, the last of them telling how many there are."""
    kept = list(faults[:MOST_FAULTS])
    if len(faults) > MOST_FAULTS:
        last = faults[-1]
        kept.append(Fault(last.file, "", "", f"{len(faults)} faults in all; these are the first"))
    return kept


def _fit_to_show(fault: Fault, source: str) -> Fault:
    """Return a fault whose names, which a stranger chose, fit into a line."""
    return replace(fault, entry=_line(fault.entry), field=_line(fault.field), source=source)


def _line(text: str) -> str:
    cut = text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
    return cut if cut.isprintable() else "".join(c if c.isprintable() else "�" for c in cut)


def _override(table: dict[str, Any], later: Mapping[str, Any]) -> None:
    spelled = {key(name): name for name in table}
    for name, value in later.items():
        table.pop(spelled.get(key(name), name), None)
        spelled[key(name)] = name
        table[name] = value


def _faults_of_whole(merged: StyleList) -> list[Fault]:
    faults = []
    for name, members in merged.categories.items():
        for member in members:
            canonical = merged.names.get(member)
            if canonical is None:
                faults.append(
                    Fault(
                        CATEGORIES_FILE, name, member, "there is no style or category of this name"
                    )
                )
            elif canonical == name and name not in merged.styles:
                faults.append(Fault(CATEGORIES_FILE, name, member, "contains itself; ignored"))
    taken: dict[str, str] = {key(name): name for name in (*merged.categories, *merged.styles)}
    for style in merged.styles.values():
        for alias in style.aliases:
            owner = taken.setdefault(key(alias), style.name)
            if owner != style.name:
                faults.append(
                    Fault(STYLES_FILE, style.name, "aliases", f"“{alias}” means “{owner}” already")
                )
    return faults
