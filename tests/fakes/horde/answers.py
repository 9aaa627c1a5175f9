"""The forms of the server's answers."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web


def error(status: int, rc: str, message: str) -> web.Response:
    return web.json_response({"message": message, "rc": rc}, status=status)


def invalid(errors: dict[str, str]) -> web.Response:
    """Return the schema check's refusal, which has no `rc`."""
    answer = {"errors": errors, "message": "Input payload validation failed"}
    return web.json_response(answer, status=400)


KINDS = {
    "prompt": str,
    "params": dict,
    "params.n": int,
    "params.width": int,
    "params.height": int,
    "params.seed": str,
    "models": list,
    "r2": bool,
    "dry_run": bool,
    "webhook": str,
    "forms": list,
    "source_image": str,
    "username": str,
    "amount": int,
    "name": str,
    "kudos": int,
    "expiry": int,
    "max_image_pixels": int,
    "max_image_steps": int,
    "max_text_tokens": int,
}
"""Types of the fields the fake reads."""
NAMES = {str: "string", int: "integer", bool: "boolean", dict: "object", list: "array"}


def mistyped(body: Any) -> web.Response | None:
    """Return the schema check's refusal of a body whose fields have other types, or None."""
    if not isinstance(body, dict):
        return web.json_response({"message": "The browser sent nonsense."}, status=400)
    errors = {
        field: f"{value!r} is not of type '{NAMES[kind]}'"
        for field, kind in KINDS.items()
        if (value := _value(body, field)) is not None and type(value) is not kind
    }
    for field, kind in (("models", str), ("forms", dict)):
        entries = body.get(field)
        if isinstance(entries, list) and not all(isinstance(entry, kind) for entry in entries):
            errors[field] = f"{entries!r} is not a list of type '{NAMES[kind]}'"
    n = _value(body, "params.n")
    if type(n) is int and not 1 <= n <= 20:
        errors["params.n"] = f"{n} is not between 1 and 20"
    return invalid(errors) if errors else None


def _value(body: dict[str, Any], field: str) -> Any:
    outer, _, inner = field.partition(".")
    value = body.get(outer)
    if inner:
        return value.get(inner) if isinstance(value, dict) else None
    return value


def not_found(rc: str, message: str) -> web.HTTPNotFound:
    body = json.dumps({"message": message, "rc": rc})
    return web.HTTPNotFound(text=body, content_type="application/json")
