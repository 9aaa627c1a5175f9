"""The forms of the server's answers, and reading JSON from both directions."""

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


def not_found(rc: str, message: str) -> web.HTTPNotFound:
    body = json.dumps({"message": message, "rc": rc})
    return web.HTTPNotFound(text=body, content_type="application/json")


async def json_of(request: web.Request) -> Any:
    try:
        return json.loads(await request.read())
    except ValueError:
        return None


def answer_of(response: web.StreamResponse) -> Any:
    if not isinstance(response, web.Response) or response.content_type != "application/json":
        return None
    try:
        return json.loads(bytes(response.body or b""))
    except ValueError:
        return None
