"""Which models to fetch: what the Hordes wait for, weighed against what fits here. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from common.horde.wire_status import ModelStatus
from common.reference.models import MOST_MODELS, baseline_key
from worker.engines.diffusers.families import Family

GIGABYTE = 1024**3
WEEK = 7 * 24 * 3600.0
"""Seconds between two looks at what the Hordes wait for."""
FAMILIES = {
    "stable_diffusion_1": Family.SD1,
    "stable_diffusion_2": Family.SD2,
    "stable_diffusion_2_512": Family.SD2,
    "stable_diffusion_2_768": Family.SD2,
    "stable_diffusion_xl": Family.SDXL,
}
"""Baselines whose checkpoints are single files that the engine reads."""
USUAL_SIZES = {Family.SD1: 2 * GIGABYTE, Family.SD2: 3 * GIGABYTE, Family.SDXL: 7 * GIGABYTE}
"""Bytes of a file, where nobody says."""
NEEDED = {Family.SD1: 3 * GIGABYTE, Family.SD2: 4 * GIGABYTE, Family.SDXL: 6 * GIGABYTE}
"""Memory of the smallest card that serves a family."""
LOYALTY = 2.0
"""A model that was fetched is replaced only by one that is wanted so many times as much."""
ENDING = ".safetensors"
CHECKSUM = re.compile(r"[0-9a-fA-F]{64}")
ODD = re.compile(r"[^\w.+-]+")
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Known:
    """A model of the reference that can be fetched and served here."""

    name: str
    family: Family
    nsfw: bool
    file: str
    """What its file is called here."""
    url: str
    sha256: str
    size: int
    """Bytes; a guess where the reference does not tell."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a host has for models that are fetched by themselves."""

    room: int
    """Bytes on the disk, for all of them."""
    memory: int
    """Bytes of the card."""
    nsfw: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done about the models that were, or are to be, fetched by themselves."""

    fetch: tuple[Known, ...] = ()
    """The most wanted first."""
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    """Fetched once, and in the way of what is wanted more."""
    missing: tuple[str, ...] = ()
    """Asked for by name, and not to be had."""

    @property
    def size(self) -> int:
        """Bytes that are to be fetched."""
        return sum(each.size for each in self.fetch)

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.fetch or self.drop)


def read_known(entries: Mapping[str, Any]) -> dict[str, Known]:
    """Return the models of a reference that can be fetched, by name.

    Those are whole .safetensors files with a checksum, of a family the engine reads from one file,
    and no models that only paint into pictures.
    """
    read = (_known(name, entry) for name, entry in islice(entries.items(), MOST_MODELS))
    return {each.name: each for each in read if each is not None}


def _known(name: str, entry: Any) -> Known | None:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("baseline"), str):
        return None
    family = FAMILIES.get(baseline_key(entry["baseline"]))
    download, checksum, size = _file(entry)
    url, file = _text(download.get("file_url")), _text(download.get("file_name"))
    if family is None or entry.get("inpainting") is True or not url:
        return None
    if not file.endswith(ENDING) or not CHECKSUM.fullmatch(checksum):
        return None
    stem = ODD.sub("_", file.removesuffix(ENDING)).strip("_.")[:100] or "model"
    told = size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else None
    return Known(
        name,
        family,
        entry.get("nsfw") is True,
        f"{stem}{ENDING}",
        url,
        checksum.lower(),
        told or USUAL_SIZES[family],
    )


def _file(entry: Mapping[str, Any]) -> tuple[Mapping[str, Any], str, Any]:
    """Return where the only file of an entry comes from, its checksum and its size, if told."""
    config = entry.get("config")
    parts = config if isinstance(config, Mapping) else {}
    downloads, files = _mappings(parts.get("download")), _mappings(parts.get("files"))
    if len(downloads) != 1:
        return {}, "", None
    [download] = downloads
    named = (each for each in files if each.get("path") == download.get("file_name"))
    sums = (_text(each.get("sha256sum")) for each in (download, *named))
    checksum = next((each for each in sums if each), "")
    return download, checksum, entry.get("size_on_disk_bytes") or download.get("size_bytes")


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    """Return a text of sensible length, or "" for anything else."""
    return value if isinstance(value, str) and len(value) <= LONGEST else ""


def choose(
    known: Mapping[str, Known],
    hordes: Sequence[Iterable[ModelStatus]],
    *,
    fetched: Mapping[str, int],
    own: Collection[str],
    limits: Limits,
) -> Plan:
    """Return which models to have: those most waited for, by the first Horde before the others.

    `hordes` is what each tells of its models; `fetched` the sizes of those that were fetched by
    themselves, `own` the names of those the host has put there, which stay and take no room.
    """
    wanted = [_waits(rows) for rows in hordes]

    def worth(name: str) -> tuple[float, ...]:
        loyalty = LOYALTY if name in fetched else 1.0
        return tuple(-loyalty * waits.get(name, 0.0) for waits in wanted)

    fit = [
        each
        for each in known.values()
        if each.name not in own
        and NEEDED[each.family] <= limits.memory
        and (limits.nsfw or not each.nsfw)
        and any(worth(each.name))
    ]
    ranked = sorted(fit, key=lambda each: (worth(each.name), each.name))
    taken, room = _fill(ranked, fetched, limits.room)
    keep = [name for name in fetched if name in taken]
    for name, size in fetched.items():
        if name not in taken and size <= room:
            keep.append(name)
            room -= size
    fetch = tuple(each for each in ranked if each.name in taken and each.name not in fetched)
    return Plan(fetch, tuple(keep), tuple(sorted(set(fetched) - set(keep))))


def _waits(rows: Iterable[ModelStatus]) -> dict[str, float]:
    """Return what would be this worker's share of the work that waits for each model."""
    return {row.name: max(row.queued, 0.0) / (max(row.count, 0) + 1) for row in rows}


def _fill(ranked: Iterable[Known], fetched: Mapping[str, int], room: int) -> tuple[set[str], int]:
    """Take the models that find room, in their order; return them and the room that is left."""
    taken: set[str] = set()
    for each in ranked:
        size = fetched.get(each.name, each.size)
        if size <= room:
            taken.add(each.name)
            room -= size
    return taken, room


def complete(
    known: Mapping[str, Known], names: Iterable[str], here: Collection[str], room: int
) -> Plan:
    """Return what to fetch so that all of these names are here, in their order."""
    absent = [name for name in names if name not in here]
    wanted = [known[name] for name in absent if name in known]
    taken, _ = _fill(wanted, {}, room)
    fetch = tuple(each for each in wanted if each.name in taken)
    return Plan(fetch, missing=tuple(name for name in absent if name not in taken))
