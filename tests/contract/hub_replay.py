"""Recorded exchanges sent again, and answers held against them and against the Swagger document."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema

from tests.component.hub.callers import Caller

FOLDER = os.environ.get("CONTRACTS_DIR")


def recording(name):
    return json.loads((Path(FOLDER) / "aihorde-recordings" / f"{name}.json").read_text("utf-8"))


async def replay(room, name, *, caller=None, path=None, change=None):
    """Send a recorded request to the hub; `caller` holds the key the recording left out."""
    sent = recording(name)["request"]
    key = sent["headers"].get("apikey")
    if caller is None:
        caller = {None: room.nobody, "<apikey>": room.bot}.get(key) or Caller(
            room.bot.session, room.running.url, key
        )
    target = path or sent["url"].split("/api/v2")[1]
    if sent["method"] in {"GET", "DELETE"}:
        return await caller.call(sent["method"], target)
    body = json.dumps(sent["body"] | (change or {})).encode()
    return await caller.call(
        sent["method"], target, data=body, headers={"Content-Type": "application/json"}
    )


def assert_same(answer, name, *, may_lack=frozenset(), may_add=frozenset()):
    """Compare status, rc and shape with the recorded answer."""
    expected = recording(name)["response"]
    assert answer.status == expected["status"], answer.body
    if isinstance(expected["body"], dict):
        assert answer.body.get("rc") == expected["body"].get("rc")
        assert set(answer.body.get("errors", ())) == set(expected["body"].get("errors", ()))
    compare(answer.body, expected["body"], name, may_lack, may_add)


def compare(ours, theirs, where, may_lack=frozenset(), may_add=frozenset()):
    """The same fields of the same types, all the way down; null fits what was null once."""
    if isinstance(theirs, dict):
        assert isinstance(ours, dict), where
        assert set(theirs) - set(ours) <= may_lack, where
        assert set(ours) - set(theirs) <= may_add, where
        for name in set(ours) & set(theirs):
            compare(ours[name], theirs[name], f"{where}.{name}", may_lack, may_add)
    elif isinstance(theirs, list):
        assert isinstance(ours, list), where
        assert bool(ours) == bool(theirs), where
        for index, entry in enumerate(ours):
            like = theirs[min(index, len(theirs) - 1)]
            compare(entry, like, f"{where}.{index}", may_lack, may_add)
    elif theirs is not None:
        kinds = (int, float) if type(theirs) in {int, float} else type(theirs)
        assert isinstance(ours, kinds), f"{where}: {ours!r} is not like {theirs!r}"


def read_document():
    """Return the server's Swagger document, with null allowed."""
    text = (Path(FOLDER) / "aihorde-swagger.json").read_text("utf-8")
    return json.loads(text, object_hook=_nullable)


def read_definitions():
    return read_document()["definitions"]


def _nullable(node):
    """Swagger 2.0 cannot say null, which the server sends; where, the recordings decide above."""
    if isinstance(node.get("type"), str) and ("properties" not in node or "description" in node):
        node["type"] = [node["type"], "null"]
        if "enum" in node:
            node["enum"] = [*node["enum"], None]
    return node


def assert_valid(definitions, body, name):
    schema = {"$ref": f"#/definitions/{name}", "definitions": definitions}
    jsonschema.Draft4Validator(schema).validate(body)
    assert set(body) <= fields(definitions, name), name


def fields(definitions, name):
    """Return all field names of a definition, its ancestors' included."""
    node = definitions[name]
    found = set(node.get("properties", ()))
    for part in node.get("allOf", ()):
        found |= set(part.get("properties", ()))
        if "$ref" in part:
            found |= fields(definitions, part["$ref"].rsplit("/", 1)[1])
    return found


def example(definitions, name, field):
    """Return a value the document gives for a field, or None."""
    node = definitions[name]
    for part in [node, *node.get("allOf", ())]:
        if field in part.get("properties", {}):
            found = part["properties"][field]
            return found.get("default", found.get("example"))
        if "$ref" in part:
            value = example(definitions, part["$ref"].rsplit("/", 1)[1], field)
            if value is not None:
                return value
    return None
