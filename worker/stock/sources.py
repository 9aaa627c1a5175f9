"""Where a model comes from: a number or link at CivitAI, or a file at Hugging Face."""

from __future__ import annotations

import asyncio
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from pydantic import SecretStr
from yarl import URL

from common.civitai.assets import AssetVersion
from common.civitai.client import CivitaiClient
from common.errors import AssetRefused, WorkerError
from common.fetching.fetch import without_password
from worker.disk.downloads import Downloader, Report, Wanted

LARGEST = 64 * 1024**3
SPARE = 1024**3
"""Bytes of a model; bytes that stay free on the disk."""
ENDING = ".safetensors"
SECONDS = 20.0
CHECKSUM = re.compile(r"[0-9a-f]{64}")
ODD = re.compile(r"[^\w.+-]+")
HUGGING_FACE_FILE = re.compile(r"/([^/]+/[^/]+)/(?:blob|resolve)/([^/]+)/(.+)")
CIVITAI_PATH = re.compile(r"/(?:api/)?(?:v1/)?(?:(models|model-versions)|download/models)/(\d+)")


@dataclass(frozen=True, slots=True)
class Sites:
    """The two sites, and the keys for them. Addresses may be those of mirrors."""

    civitai: str
    hugging_face: str
    civitai_key: SecretStr | None = None
    hugging_face_key: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A model that can be fetched."""

    name: str
    file: str
    """What its file is called here."""
    url: str
    size: int | None = None
    sha256: str | None = None
    key: SecretStr | None = None


async def find(text: str, sites: Sites, session: aiohttp.ClientSession) -> Found:
    """Return the model that a text means. Raises WorkerError, or AssetError as CivitAI says."""
    if text.isascii() and text.isdigit():
        return await _at_civitai(int(text), None, sites, session)
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    place = HUGGING_FACE_FILE.fullmatch(url.path)
    if place and url.host in {URL(sites.hugging_face).host, "huggingface.co"}:
        return await _at_hugging_face(place, sites, session)
    place = CIVITAI_PATH.match(url.path)
    if place and (url.host == URL(sites.civitai).host or "civitai" in (url.host or "")):
        version = url.query.get("modelVersionId", "")
        if place[1] == "models":
            wanted = int(version) if version.isdigit() else None
            return await _at_civitai(int(place[2]), wanted, sites, session)
        return await _at_civitai(None, int(place[2]), sites, session)
    raise WorkerError("worker.odd_source", source=without_password(text)[:200])


async def _at_civitai(
    model: int | None, version: int | None, sites: Sites, session: aiohttp.ClientSession
) -> Found:
    client = CivitaiClient(sites.civitai, session, sites.civitai_key)
    if model is None:
        assert version is not None
        model = await client.model_of_version(version)
    try:
        name, versions = await client.checkpoint(model)
    except AssetRefused as error:
        if error.code != "civitai.gone" or version is not None:
            raise
        version = model  # a number may be that of a version as well
        name, versions = await client.checkpoint(await client.model_of_version(version))
    chosen = next((one for one in versions if version in {None, one.id}), None)
    if chosen is None:
        raise AssetRefused("civitai.no_version")
    _check(chosen, name, sites)
    return Found(
        name,
        f"{ODD.sub('_', f'{name} {chosen.name}').strip('_.')[:100]}{ENDING}",
        f"{sites.civitai.rstrip('/')}/api/download/models/{chosen.id}",
        chosen.size_bytes,
        chosen.sha256,
        sites.civitai_key,
    )


def _check(version: AssetVersion, name: str, sites: Sites) -> None:
    if not version.safetensors:
        raise WorkerError("worker.pickle", file=name)
    if not (version.downloadable or sites.civitai_key):
        raise AssetRefused("verdict.members_only")


async def _at_hugging_face(
    place: re.Match[str], sites: Sites, session: aiohttp.ClientSession
) -> Found:
    """Return a file with the size and the checksum that the site tells of it, if it does."""
    repository, revision, path = place.groups()
    file = path.rpartition("/")[2]
    if not file.endswith(ENDING):
        raise WorkerError("worker.pickle", file=file[:100])
    base = URL(sites.hugging_face.rstrip("/"))
    url = str(base / repository / "resolve" / revision / path)
    key = sites.hugging_face_key
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with session.head(url, headers=headers, timeout=timeout) as answer:
            status, told = answer.status, answer.headers
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise WorkerError("worker.site_silent", site=base.host) from error
    if status in {401, 403, 404}:
        raise WorkerError("worker.site_refuses", address=without_password(url), status=status)
    mark = told.get("X-Linked-Etag", "").strip('"').lower()
    size = told.get("X-Linked-Size", "")
    stem = file.removesuffix(ENDING)
    return Found(
        stem,
        f"{ODD.sub('_', stem).strip('_.')[:100]}{ENDING}",
        url,
        int(size) if size.isascii() and size.isdigit() else None,
        mark if CHECKSUM.fullmatch(mark) else None,
        key,
    )


def _free(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free


async def bring(
    found: Found,
    folder: Path,
    session: aiohttp.ClientSession,
    report: Report,
    *,
    limit_bytes: int = LARGEST,
) -> Path:
    """Fetch a model into a folder and return its file. Raises WorkerError."""
    target = folder / found.file
    if target.exists():
        raise WorkerError("worker.model_there", file=target)
    free = await asyncio.to_thread(_free, folder) - SPARE
    if found.size is not None and found.size > free:
        gigabytes = f"{(found.size + SPARE) / 1024**3:.1f}"
        raise WorkerError("worker.disk_full", folder=folder, gigabytes=gigabytes)
    wanted = Wanted(found.url, target, min(limit_bytes, free), found.sha256, found.key)
    await Downloader(session).fetch(wanted, report)
    return target
