"""Discord's own OpenAPI document as a judge of what is sent and answered.

Without `CONTRACTS_DIR` nothing is judged.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jsonschema_rs import Draft202012Validator, Registry

NAME = "discord-openapi.json"
URI = "urn:discord"
FLAKES = frozenset({"id", "message_id", "channel_id", "guild_id", "recipient_id"})


class ContractBroken(AssertionError):
    """Something went over the wire that the document does not allow."""


@cache
def document() -> dict[str, Any] | None:
    folder = os.environ.get("CONTRACTS_DIR")
    path = Path(folder) / NAME if folder else None
    return json.loads(path.read_text("utf-8")) if path and path.exists() else None


@cache
def _registry() -> Registry:
    return Registry([(URI, document())])


@cache
def _validator(pointer: str) -> Draft202012Validator:
    where = quote(pointer, safe="/~")
    return Draft202012Validator({"$ref": f"{URI}#{where}"}, registry=_registry())


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def check_request(method: str, template: str, body: Any, *, multipart: bool) -> None:
    """Raise ContractBroken if the document does not allow such a body there."""
    found = document()
    if found is None:
        return
    operation = _operation(found, method, template)
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        if body is not None:
            raise ContractBroken(f"{method} {template} takes no body")
        return
    # the schema of multipart is that of JSON, and fields for the files
    kind = "application/json" if "application/json" in content else next(iter(content))
    assert "multipart/form-data" in content or not multipart, f"{template} takes no files"
    pointer = (
        f"/paths/{_escape(template)}/{method.lower()}/requestBody/content/{_escape(kind)}/schema"
    )
    _judge(pointer, _with_flakes(body), f"request {method} {template}")


def check_response(method: str, template: str, status: int, body: Any) -> None:
    """Raise ContractBroken if the document does not know such an answer."""
    found = document()
    if found is None:
        return
    responses = _operation(found, method, template)["responses"]
    key = str(status) if str(status) in responses else f"{status // 100}XX"
    if key not in responses:
        raise ContractBroken(f"{method} {template} does not answer {status}")
    answer, base = responses[key], f"/paths/{_escape(template)}/{method.lower()}/responses/{key}"
    if "$ref" in answer:
        base = answer["$ref"].removeprefix("#")
        answer = found["components"]["responses"][base.rsplit("/", 1)[1]]
    if "application/json" in answer.get("content", {}):
        _judge(f"{base}/content/application~1json/schema", body, f"answer {method} {template}")


def _with_flakes(value: Any) -> Any:
    """Return a body with ids as text: the library writes numbers, and Discord reads both."""
    if isinstance(value, list):
        return [_with_flakes(entry) for entry in value]
    if isinstance(value, dict) and isinstance(value.get("allowed_mentions"), dict):
        meant = value["allowed_mentions"]
        users = {"users": [str(user) for user in meant["users"]]} if "users" in meant else {}
        value = {**value, "allowed_mentions": {**meant, **users}}
    if not isinstance(value, dict):
        return value
    return {
        name: str(entry)
        if isinstance(entry, int) and name in FLAKES and _is_flake(name, value)
        else _with_flakes(entry)
        for name, entry in value.items()
    }


def _is_flake(name: str, holder: dict[str, Any]) -> bool:
    """Tell whether this is the id of a thing, and not the number of a component."""
    return name != "id" or not isinstance(holder.get("type"), int)


def _operation(found: dict[str, Any], method: str, template: str) -> dict[str, Any]:
    try:
        return found["paths"][template][method.lower()]
    except KeyError:
        raise ContractBroken(f"Discord has no {method} {template}") from None


def _judge(pointer: str, body: Any, what: str) -> None:
    for error in _validator(pointer).iter_errors(body):
        where = "/".join(map(str, error.instance_path))
        raise ContractBroken(f"{what}: {where}: {error.message[:500]}")
