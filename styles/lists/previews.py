"""What styles look like: pictures named by a `previews.json` in folders or at addresses.

The file is `{STYLE: address}` or `{STYLE: {SUBJECT: address}}`, as published beside the AI Horde's
stylelist. In a folder an address may be a file beside it: `hordebots styles preview --keep` writes
such a folder. Pictures at addresses are only named, never fetched.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import structlog

from common import pictures
from common.errors import FetchError
from common.fetching.kept import KeptFiles
from styles.names import key

log = structlog.get_logger()

FILE = "previews.json"
LARGEST_FILE = 5 * 1024 * 1024
"""Bytes."""
MOST_STYLES, MOST_SUBJECTS = 10_000, 12
LONGEST_ADDRESS = 1000
LONGEST_SIDE = 768
"""Pixels of a picture that is kept: what people see on one page beside others."""
FETCH_TIMEOUT = 30.0
REMOTE = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Subject:
    """What every style is shown on."""

    kind: str
    """In a word."""
    text: str
    seed: int


SUBJECTS = (
    Subject("person", "portrait of an old fisherman with a grey beard", 11),
    Subject("place", "a village by a lake in the mountains", 22),
    Subject("animal", "a red fox in tall grass", 33),
)


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture in a style: a file here, or an https address."""

    subject: str
    """What is on it, in a word; "" if nobody said."""
    address: str = ""
    file: Path | None = None


Looks = Mapping[str, tuple[Preview, ...]]
"""Pictures of styles, by the folded name."""


class Previews:
    """The previews of several places; later ones win over earlier ones, style by style."""

    def __init__(
        self,
        sources: Sequence[str],
        *,
        kept: Path | None = None,
        cache: Path | None = None,
        timeout: float = FETCH_TIMEOUT,
    ) -> None:
        """Take folders and addresses, and the folder for last good copies of the latter.

        The pictures of a folder `kept` win over all others.
        """
        self._kept = kept
        self._cache = cache
        self._timeout = timeout
        self.use(sources)

    def use(self, sources: Sequence[str]) -> None:
        """Look in these folders and addresses from now on; addresses are asked by `refresh`."""
        own = () if self._kept is None else (str(self._kept),)
        self._places = tuple(
            _Place(source, self._cache, self._timeout) for source in (*sources, *own)
        )

    async def refresh(self) -> None:
        """Ask the addresses again; what fails keeps what it had. Raises nothing."""
        await asyncio.gather(*(place.refresh() for place in self._places if place.remote))

    async def of(self, names: Sequence[str]) -> dict[str, tuple[Preview, ...]]:
        """Return the pictures of those of the styles that have some. Waits for no network."""
        looks = await asyncio.to_thread(self._read)
        return {name: looks[key(name)] for name in names if key(name) in looks}

    def _read(self) -> dict[str, tuple[Preview, ...]]:
        merged: dict[str, tuple[Preview, ...]] = {}
        for place in self._places:
            merged.update(place.looks())
        return merged


class _Place:
    """One folder or address."""

    def __init__(self, source: str, cache: Path | None, timeout: float) -> None:
        self.remote = source.casefold().startswith(REMOTE)
        self._source = source
        self._timeout = timeout
        self._address = source if source.endswith(".json") else f"{source.rstrip('/')}/{FILE}"
        self._kept = KeptFiles(self._address, (FILE,), cache, limit_bytes=LARGEST_FILE)
        self._looks: Looks | None = None
        self._changed: tuple[int, int] | None = None
        """By what the file of a folder is known again: when it changed, and its size."""

    async def refresh(self) -> None:
        if self._looks is None:
            await asyncio.to_thread(self.looks)
        try:
            files = await self._kept.fetch(timeout=self._timeout)
            if files is None:
                return
            looks = await asyncio.to_thread(parse, files.contents[FILE], self._address, None)
        except (FetchError, ValueError) as error:
            log.warning("previews_not_read", source=self._address, problem=str(error))
            return
        self._looks = looks
        await asyncio.to_thread(self._kept.keep, files, 0.0)

    def looks(self) -> Looks:
        """Return what is known; a folder is read again if its file has changed."""
        if self.remote:
            if self._looks is None:
                self._looks = self._copied()
            return self._looks
        return self._of_folder(Path(self._source).expanduser())

    def _copied(self) -> Looks:
        copy = self._kept.copy()
        if copy is None:
            return {}
        try:
            return parse(copy[0][FILE], self._address, None)
        except ValueError:
            self._kept.forget()
            return {}

    def _of_folder(self, folder: Path) -> Looks:
        try:
            seen = (folder / FILE).stat()
            mark = (seen.st_mtime_ns, seen.st_size)
            if self._looks is None or mark != self._changed:
                self._looks = parse(_bounded(folder / FILE), "", folder)
                self._changed = mark
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            log.warning("previews_not_read", source=self._source, problem=str(error))
            return {}
        return self._looks


def parse(content: bytes, base: str, folder: Path | None) -> Looks:
    """Return what a `previews.json` says. Raises ValueError if it is none.

    What it names that is neither an https address nor a file of the folder is left out.
    """
    if len(content) > LARGEST_FILE:
        raise ValueError(f"it is larger than {LARGEST_FILE} bytes")
    try:
        table = json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(table, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004  (of a file, not of a caller)
    looks: dict[str, tuple[Preview, ...]] = {}
    for name, value in islice(table.items(), MOST_STYLES):
        subjects = value if isinstance(value, dict) else {"": value}
        shown = (
            _preview(str(subject), address, base, folder)
            for subject, address in islice(subjects.items(), MOST_SUBJECTS)
        )
        if found := tuple(one for one in shown if one is not None):
            looks[key(name)] = found
    return looks


def _preview(subject: str, named: Any, base: str, folder: Path | None) -> Preview | None:
    if not isinstance(named, str) or not 0 < len(named) <= LONGEST_ADDRESS:
        return None
    subject = subject[:40]
    if folder is not None and not named.casefold().startswith(REMOTE):
        plain = named == Path(named).name and named.isprintable() and not named.startswith(".")
        return Preview(subject, file=folder / named) if plain else None
    try:
        address = urljoin(base, named)
        parts = urlsplit(address)
    except ValueError:
        return None
    usable = parts.scheme == "https" and parts.hostname and address.isascii()
    return Preview(subject, address) if usable else None


def keep(folder: Path, made_in: Mapping[str, Mapping[str, bytes]], *, beside: bool = False) -> None:
    """Write pictures of styles, by subject, into a folder and its `previews.json`.

    A style's new pictures take the place of its old ones, or with `beside` of those of the same
    subjects; other styles keep theirs. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        table = json.loads(_bounded(folder / FILE))
    except (FileNotFoundError, ValueError):
        table = {}
    for style, made in made_in.items():
        if not made:
            continue
        old = table.get(style)
        names = {**old} if beside and isinstance(old, dict) else {}
        for number, (subject, content) in enumerate(made.items(), start=1):
            named = f"{plain_name(style)}-{hashlib.sha256(style.encode()).hexdigest()[:8]}"
            small = _smaller(content)
            digest = hashlib.sha256(small).hexdigest()[:8]
            names[subject] = f"{named}-{number}-{digest}.webp"
            (folder / names[subject]).write_bytes(small)
        table[style] = names
        for stale in {*(old.values() if isinstance(old, dict) else ())} - {*names.values()}:
            (folder / Path(str(stale)).name).unlink(missing_ok=True)
    fresh = folder / f".{FILE}"
    fresh.write_text(json.dumps(table, indent=1, ensure_ascii=False), "utf-8")
    fresh.replace(folder / FILE)


def _smaller(content: bytes) -> bytes:
    image = pictures.decode(content)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return pictures.encode_webp(image, quality=90)


def plain_name(style: str) -> str:
    """Return a style's name as it may stand in a file's."""
    return re.sub(r"[^a-z0-9]+", "-", style.casefold()).strip("-") or "style"


def _bounded(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(LARGEST_FILE + 1)
