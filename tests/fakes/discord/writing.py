"""From what a client sends to the message it becomes: flags, components, files, and their rules."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fakes.discord.payloads import COMPONENTS_V2, LOADING, Payload, iso
from tests.fakes.discord.world import World

MOST_COMPONENTS = 40
MOST_TEXT = 4000
MEDIA = {".webp": "image/webp", ".png": "image/png", ".jpg": "image/jpeg"}


class Refused(Exception):
    """An error answer: HTTP status, Discord's code, and its sentence."""

    def __init__(self, status: int, code: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, **more}


def form(problem: str) -> Refused:
    errors = {"_errors": [{"code": 50035, "message": problem}]}
    return Refused(400, 50035, "Invalid Form Body", errors=errors)


def unknown(code: int, what: str) -> Refused:
    return Refused(404, code, f"Unknown {what}")


def write(
    world: World, origin: str, message: Payload, body: Mapping[str, Any], files: Mapping[str, bytes]
) -> None:
    """Change a message as a request says; what it does not name stays."""
    body = dict(body)
    flags = body.get("flags") or 0
    message["flags"] = (message["flags"] | flags) & ~LOADING
    if body.get("attachments") is not None or files:
        message["attachments"] = _attachments(world, origin, message, body, files)
    for name in ("content", "embeds"):
        if name in body:
            message[name] = body[name] or ([] if name == "embeds" else "")
    if body.get("components") is not None:
        message["components"] = _components(body["components"], message)
    if message["flags"] & COMPONENTS_V2 and (message["content"] or message["embeds"]):
        raise form("MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2")
    if not (message["content"] or message["embeds"] or message["components"]) and not files:
        raise Refused(400, 50006, "Cannot send an empty message")


def edited(world: World, message: Payload) -> None:
    message["edited_timestamp"] = iso(world.now())


def _attachments(
    world: World,
    origin: str,
    message: Payload,
    body: Mapping[str, Any],
    files: Mapping[str, bytes],
) -> list[Payload]:
    kept = {known["id"]: known for known in message["attachments"]}
    made = []
    for entry in body.get("attachments") or []:
        key = f"files[{entry['id']}]"
        if key not in files:
            if str(entry["id"]) not in kept:
                raise form(f"there is no attachment {entry['id']}")
            made.append(kept[str(entry["id"])])
            continue
        name = entry["filename"]
        mime = MEDIA.get(name[name.rfind(".") :], "application/octet-stream")
        more = {"description": entry["description"]} if entry.get("description") else {}
        if mime.startswith("image/"):
            more |= {"width": 512, "height": 512}
        made.append(world.attach(origin, name, files[key], mime, **more))
    return made


def _components(sent: list[Payload], message: Payload) -> list[Payload]:
    """Return components as they come back: numbered, with their files' addresses."""
    made = _without_nulls(copy.deepcopy(sent))
    every = list(walk(made))
    if len(every) > MOST_COMPONENTS:
        raise form("COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED")
    if sum(len(one.get("content", "")) for one in every if one["type"] == 10) > MOST_TEXT:
        raise form("COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED")
    taken = [one["custom_id"] for one in every if "custom_id" in one]
    if len(taken) != len(set(taken)):
        raise form("COMPONENT_CUSTOM_ID_DUPLICATED")
    numbers = itertools.count(1)
    used = {one["id"] for one in every if one.get("id")}
    shown: set[str] = set()
    for one in every:
        if not one.get("id"):
            one["id"] = next(number for number in numbers if number not in used)
        _complete(one, message, shown)
    if message["flags"] & COMPONENTS_V2:
        hidden = [a for a in message["attachments"] if a["filename"] not in shown]
        if hidden:
            raise form("UNREFERENCED_ATTACHMENT")
    return made


def _without_nulls(value: Any) -> Any:
    """Return what is sent without what is not said: Discord does not send nulls back."""
    if isinstance(value, list):
        return [_without_nulls(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {name: _without_nulls(entry) for name, entry in value.items() if entry is not None}


def _complete(one: Payload, message: Payload, shown: set[str]) -> None:
    match one["type"]:
        case 3 | 5 | 6 | 7 | 8:
            one.setdefault("min_values", 1)
            one.setdefault("max_values", 1)
            for chosen in one.get("default_values", []):
                chosen["id"] = str(chosen["id"])
        case 9 if len(one["components"]) > 3:
            raise form("BASE_TYPE_BAD_LENGTH")
        case 11:
            one["media"] = _media(one["media"], message, shown)
        case 12:
            for item in one["items"]:
                item["media"] = _media(item["media"], message, shown)
                item.setdefault("description", None)
                item["spoiler"] = bool(item.get("spoiler"))
        case 17:
            one.setdefault("accent_color", None)
    if one["type"] in (11, 17):
        one["spoiler"] = bool(one.get("spoiler"))
    if one["type"] == 11:
        one.setdefault("description", None)


def _media(media: Payload, message: Payload, shown: set[str]) -> Payload:
    name = media["url"].removeprefix("attachment://")
    if name == media["url"]:
        for known in message["attachments"]:
            if known["url"] == name:
                shown.add(known["filename"])
        return {"id": "1", "url": name, "proxy_url": name}
    found = [a for a in message["attachments"] if a["filename"] == name]
    if not found:
        raise form(f"there is no attachment called {name}")
    shown.add(name)
    return {
        "id": found[0]["id"],
        "url": found[0]["url"],
        "proxy_url": found[0]["url"],
        "width": 512,
        "height": 512,
        "content_type": found[0]["content_type"],
        "attachment_id": found[0]["id"],
    }


def walk(components: list[Payload]) -> Iterator[Payload]:
    """Yield every component, outer ones first."""
    for one in components:
        yield one
        yield from walk(one.get("components", []))
        if "accessory" in one:
            yield one["accessory"]
        if isinstance(one.get("component"), dict):
            yield from walk([one["component"]])
