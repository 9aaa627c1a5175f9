"""What the messages of a ComfyUI tell about one prompt."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

from common.errors import WorkerError
from worker.engines.comfyui.graph import Graph

PREVIEW_IMAGE = 1
"""Kind of a binary message: a picture, after eight bytes that say so."""
PNG = 2
HEADER = struct.Struct(">II")
MEMORY_WORDS = ("out of memory", "outofmemory", "allocation on device")
LONGEST_NAME = 80


class Watch:
    """Follows one prompt from message to message."""

    def __init__(self, prompt: str, graph: Graph) -> None:
        self.prompt = prompt
        self.running = False
        self.done = False
        self.interrupted = False
        self.picture = b""
        """A PNG, where the graph sends it over the socket."""
        self._graph = graph
        self._node: str | None = None
        self._finished = 0
        self._part = 0.0

    @property
    def part(self) -> float:
        """How much of the work is done, 0..1."""
        return min((self._finished + self._part) / max(sum(self._graph.work.values()), 1), 1.0)

    def hear(self, text: str) -> None:
        """Take a message in. Raises WorkerError if it says that the prompt failed."""
        try:
            message = json.loads(text)
            kind, data = message["type"], message["data"]
        except (ValueError, KeyError, TypeError):
            return
        if not isinstance(data, dict) or data.get("prompt_id") != self.prompt:
            # somebody else's work has come: ours is not what binary messages belong to
            if kind == "executing":
                self._node = None
            return
        match kind:
            case "execution_start":
                self.running = True
            case "executing":
                self._enter(data.get("node"))
            case "progress":
                self._advance(data)
            case "execution_success":
                self.done = True
            case "execution_interrupted":
                self.done = self.interrupted = True
            case "execution_error":
                self.done = True
                raise failure(data)

    def see(self, data: bytes) -> None:
        """Take a binary message in: the picture, or a preview, which is passed over."""
        if self._node != self._graph.result or len(data) < HEADER.size:
            return
        if HEADER.unpack_from(data) == (PREVIEW_IMAGE, PNG):
            self.picture = data[HEADER.size :]

    def _enter(self, node: object) -> None:
        self._finished += self._graph.work.get(self._node or "", 0)
        self._part = 0.0
        self.running = True
        self._node = node if isinstance(node, str) else None
        if node is None:
            self.done = True

    def _advance(self, data: Mapping[str, Any]) -> None:
        node = str(data.get("node") or self._node)
        value, top = data.get("value"), data.get("max")
        if isinstance(value, int | float) and isinstance(top, int | float) and top > 0:
            self._part = self._graph.work.get(node, 0) * min(max(value / top, 0.0), 1.0)


def failure(data: Mapping[str, Any]) -> WorkerError:
    """Return what an `execution_error` means.

    Its own words stay in ComfyUI's log: they tell of paths, and the Horde need not read those.
    """
    kind = str(data.get("exception_type", "")).rpartition(".")[2][:LONGEST_NAME]
    words = f"{kind} {data.get('exception_message', '')}".casefold()
    if any(word in words for word in MEMORY_WORDS):
        return WorkerError("worker.comfyui_memory")
    node = str(data.get("node_type", "?"))[:LONGEST_NAME]
    return WorkerError("worker.comfyui_failed", node=node, problem=kind or "?")


def refusal(answer: object) -> WorkerError:
    """Return what the answer to a prompt that was not taken means."""
    document = answer if isinstance(answer, dict) else {}
    problems = []
    nodes = document.get("node_errors")
    for node in nodes.values() if isinstance(nodes, dict) else ():
        kind = node.get("class_type", "?") if isinstance(node, dict) else "?"
        errors = node.get("errors") if isinstance(node, dict) else None
        first = errors[0] if isinstance(errors, list) and errors else {}
        said = first.get("message", "?") if isinstance(first, dict) else "?"
        problems.append(f"{str(kind)[:LONGEST_NAME]}: {str(said)[:LONGEST_NAME]}")
    error = document.get("error")
    if not problems:
        said = error.get("message", "?") if isinstance(error, dict) else error or "?"
        problems.append(str(said)[:LONGEST_NAME])
    return WorkerError("worker.comfyui_refused", problem="; ".join(problems[:3]))
