"""A ComfyUI that draws plain colours: checks graphs as the real one does, with scripted faults."""

from __future__ import annotations

import asyncio
import json
import struct
import uuid
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any

from aiohttp import web
from PIL import Image

from tests.fakes.comfyui_nodes import NODES, TYPES, run_node
from tests.fakes.pictures import encoded
from tests.fakes.server import FakeServer

CHECKPOINTS = ["deliberate_v2.safetensors", "xl/albedo.safetensors", "old.ckpt"]
LORAS = ["glitter.safetensors", "sub\\paint.safetensors"]
CONTROLNETS = ["control_canny_sd15.safetensors", "canny_xl.safetensors"]
GIGABYTE = 1024**3


class FakeComfyUi(FakeServer):
    """The server. `plan` is what becomes of the next prompts, in turn.

    `oom` and `error` fail in the sampler, `refuse` does not take the prompt, `hang` samples until
    it is interrupted, `deaf` even then, `lose` forgets the prompt without a word, `drop` closes
    the socket, `end` ends the whole server, `garbage` sends no picture that can be read,
    `mute` does everything without a word, None: nothing goes wrong.

    Routes: statistics, node, embeddings, upload, socket, prompt, queue, delete, interrupt, free,
    past, forget, view.
    """

    def __init__(self) -> None:
        super().__init__()
        self.nodes = dict(NODES)
        self.checkpoints = list(CHECKPOINTS)
        self.loras = list(LORAS)
        self.controlnets = list(CONTROLNETS)
        self.upscalers = ["RealESRGAN_x4plus.pth", "mine.pth"]
        self.embeddings = ["easynegative"]
        self.samplers: list[str] | None = None
        self.vram = 8 * GIGABYTE
        self.new_style = False
        """Writes lists of choices as newer versions do."""
        self.html = False
        """Answers everything with a web page, as another program at this port would."""
        self.plan: deque[str | None] = deque()
        self.prompts: list[dict[str, Any]] = []
        self.files: dict[str, Image.Image] = {}
        self.history: dict[str, Any] = {}
        self.step = asyncio.Event()
        """Set with the first step of each prompt."""
        self.misbehaves = asyncio.Event()
        """Set when a fault begins."""
        self._running: str | None = None
        self._pending: list[str] = []
        self._interrupted = asyncio.Event()
        self._sockets: dict[str, web.WebSocketResponse] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    def add_routes(self, app: web.Application) -> None:
        app.add_routes(
            [
                web.get("/system_stats", self._statistics, name="statistics"),
                web.get("/object_info/{node}", self._node, name="node"),
                web.get("/embeddings", self._embeddings, name="embeddings"),
                web.post("/upload/image", self._upload, name="upload"),
                web.get("/ws", self._socket, name="socket"),
                web.post("/prompt", self._prompt, name="prompt"),
                web.get("/queue", self._queue, name="queue"),
                web.post("/queue", self._delete, name="delete"),
                web.post("/interrupt", self._interrupt, name="interrupt"),
                web.post("/free", self._done, name="free"),
                web.get("/history/{id}", self._past, name="past"),
                web.post("/history", self._forget, name="forget"),
                web.get("/view", self._view, name="view"),
            ]
        )

    async def hang_up(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for socket in list(self._sockets.values()):
            await socket.close()

    async def respond(
        self, route: str, request: web.Request, handler: Callable[..., Any]
    ) -> web.StreamResponse:
        if self.html:
            return web.Response(text="<html>hello</html>", content_type="text/html")
        return await super().respond(route, request, handler)

    async def _statistics(self, _request: web.Request) -> web.Response:
        device = {"name": "cuda:0 a card", "type": "cuda", "vram_total": self.vram}
        return web.json_response({"system": {"comfyui_version": "0.3"}, "devices": [device]})

    def _choices(self, node: str, name: str) -> list[str]:
        files = {
            "ckpt_name": self.checkpoints,
            "lora_name": self.loras,
            "control_net_name": self.controlnets,
            "model_name": self.upscalers,
        }
        if name == "sampler_name" and self.samplers is not None:
            return self.samplers
        return files.get(name) or list(self.nodes[node][0][name])

    async def _node(self, request: web.Request) -> web.Response:
        node = request.match_info["node"]
        if node not in self.nodes:
            return web.json_response({})
        inputs, outputs = self.nodes[node]
        required = {name: self._described(node, name, kind) for name, kind in inputs.items()}
        return web.json_response({node: {"input": {"required": required}, "output": outputs}})

    def _described(self, node: str, name: str, kind: Any) -> list[Any]:
        if not isinstance(kind, list):
            return [kind]
        options = self._choices(node, name)
        return ["COMBO", {"options": options}] if self.new_style else [options]

    async def _embeddings(self, _request: web.Request) -> web.Response:
        return web.json_response(self.embeddings)

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        picture = form["image"]
        assert isinstance(picture, web.FileField)
        assert form["overwrite"] == "true"
        image = Image.open(BytesIO(picture.file.read()))
        image.load()
        self.files[f"{picture.filename} [{form['type']}]"] = image
        answer = {"name": picture.filename, "subfolder": "", "type": form["type"]}
        return web.json_response(answer)

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(timeout=0.1)
        await socket.prepare(request)
        name = request.query["clientId"]
        self._sockets[name] = socket
        await socket.send_json({"type": "status", "data": {"status": {"exec_info": {}}}})
        async for _message in socket:
            pass
        if self._sockets.get(name) is socket:
            del self._sockets[name]
        return socket

    async def _prompt(self, request: web.Request) -> web.Response:
        body = await request.json()
        fault = self.plan.popleft() if self.plan else None
        errors = {"7": _node_error("X", "too odd")} if fault == "refuse" else self._check(body)
        if errors:
            error = {"type": "prompt_outputs_failed_validation", "message": "Prompt is wrong"}
            return web.json_response({"error": error, "node_errors": errors}, status=400)
        name = str(uuid.uuid4())
        self.prompts.append(body["prompt"])
        if fault != "lose":
            self._pending.append(name)
            task = asyncio.create_task(self._work(name, body, fault))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return web.json_response({"prompt_id": name, "number": 1, "node_errors": {}})

    def _check(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return what is wrong with a graph, by node."""
        graph = body["prompt"]
        errors = {}
        for name, node in graph.items():
            kind = node["class_type"]
            if kind not in self.nodes:
                errors[name] = _node_error(kind, "unknown node")
                continue
            for wanted, shape in self.nodes[kind][0].items():
                value = node["inputs"].get(wanted)
                if problem := self._problem(graph, kind, wanted, shape, value):
                    errors[name] = _node_error(kind, f"{wanted}: {problem}")
        return errors

    def _problem(self, graph: Any, kind: str, name: str, shape: Any, value: Any) -> str | None:
        if value is None:
            return "Required input is missing"
        if isinstance(shape, list):
            return None if value in self._choices(kind, name) else "Value not in list"
        if shape == "FILE":
            return None if value in self.files else "Invalid image file"
        if shape in TYPES:
            return None if isinstance(value, TYPES[shape]) else f"not of type {shape}"
        if not isinstance(value, list) or len(value) != 2 or value[0] not in graph:
            return "Bad linked input"
        outputs = self.nodes.get(graph[value[0]]["class_type"], ({}, []))[1]
        fits = value[1] < len(outputs) and outputs[value[1]] == shape
        return None if fits else "Return type mismatch between linked nodes"

    async def _work(self, name: str, body: dict[str, Any], fault: str | None) -> None:
        async with self._turn:
            if name not in self._pending:
                return
            self._pending.remove(name)
            self._running = name
            self._interrupted.clear()
            talk = Talk(None if fault == "mute" else self._sockets.get(body["client_id"]), name)
            try:
                await talk.say("execution_start")
                await talk.say("execution_cached", nodes=[])
                outputs = await self._execute(talk, body["prompt"], fault)
                self.history[name] = {"outputs": outputs, "status": {"completed": True}}
                await talk.say("execution_success")
                await talk.say("executing", node=None)
            except InterruptedError:
                await talk.say("execution_interrupted", node_id="1")
            except RuntimeError as error:
                kind, words = error.args
                more = {"exception_type": kind, "exception_message": words}
                await talk.say("execution_error", node_type="KSampler", **more)
            finally:
                self._running = None

    async def _execute(self, talk: Talk, graph: Any, fault: str | None) -> dict[str, Any]:
        values: dict[str, tuple[Any, ...]] = {}
        outputs = {}
        for name, node in graph.items():  # they come in an order that works
            kind, inputs = node["class_type"], node["inputs"]
            await talk.say("executing", node=name)
            given = {
                key: values[value[0]][value[1]] if isinstance(value, list) else value
                for key, value in inputs.items()
            }
            if kind == "KSampler":
                await self._sample(talk, name, given["steps"], fault)
            if kind in {"SaveImageWebsocket", "PreviewImage"}:
                outputs[name] = await self._hand_over(talk, kind, given["images"], fault)
            else:
                values[name] = run_node(kind, given, self.files)
        return outputs

    async def _sample(self, talk: Talk, node: str, steps: int, fault: str | None) -> None:
        for step in range(steps):
            if self._interrupted.is_set() and fault != "deaf":
                raise InterruptedError
            await talk.say("progress", value=step + 1, max=steps, node=node)
            await talk.picture(Image.new("RGB", (8, 8)), "JPEG", 1)  # a preview
            self.step.set()
            if step == 0:
                await self._misbehave(talk, fault)

    async def _misbehave(self, talk: Talk, fault: str | None) -> None:
        if fault is not None:
            self.misbehaves.set()
        match fault:
            case "oom":
                raise RuntimeError("torch.OutOfMemoryError", "Allocation on device at /home/ada")
            case "error":
                raise RuntimeError("ValueError", "no such file: /home/ada/secret")
            case "hang":
                await self._interrupted.wait()
            case "deaf":
                await asyncio.Event().wait()
            case "drop":
                await talk.hang_up()
                await self._interrupted.wait()
            case "end":
                self._ending = asyncio.create_task(self.stop())
                await asyncio.Event().wait()

    async def _hand_over(
        self, talk: Talk, kind: str, image: Image.Image, fault: str | None
    ) -> dict[str, Any]:
        if kind == "SaveImageWebsocket":
            await talk.picture(image, "PNG", 2, broken=fault == "garbage")
            return {}
        name = f"ComfyUI_temp_{len(self.history)}.png"
        self.files[name] = image
        return {"images": [{"filename": name, "subfolder": "", "type": "temp"}]}

    async def _queue(self, _request: web.Request) -> web.Response:
        running = [[0, self._running, {}, {}, []]] if self._running else []
        pending = [[number, name, {}, {}, []] for number, name in enumerate(self._pending)]
        return web.json_response({"queue_running": running, "queue_pending": pending})

    async def _delete(self, request: web.Request) -> web.Response:
        for name in (await request.json())["delete"]:
            with suppress(ValueError):
                self._pending.remove(name)
        return web.Response()

    async def _interrupt(self, _request: web.Request) -> web.Response:
        self._interrupted.set()
        return web.Response()

    async def _done(self, _request: web.Request) -> web.Response:
        return web.Response()

    async def _past(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        return web.json_response({name: self.history[name]} if name in self.history else {})

    async def _forget(self, request: web.Request) -> web.Response:
        for name in (await request.json())["delete"]:
            self.history.pop(name, None)
        return web.Response()

    async def _view(self, request: web.Request) -> web.Response:
        image = self.files.get(request.query["filename"])
        if image is None:
            return web.Response(status=404)
        return web.Response(body=encoded(image), content_type="image/png")


class Talk:
    """What one prompt has its client told."""

    def __init__(self, socket: web.WebSocketResponse | None, prompt: str) -> None:
        self._socket = socket
        self._prompt = prompt

    async def say(self, kind: str, **data: Any) -> None:
        message = {"type": kind, "data": {**data, "prompt_id": self._prompt}}
        await self._send(json.dumps(message))

    async def picture(
        self, image: Image.Image, form: str, number: int, *, broken: bool = False
    ) -> None:
        data = encoded(image, form)[: 20 if broken else None]
        await self._send(struct.pack(">II", 1, number) + data)

    async def hang_up(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def _send(self, message: str | bytes) -> None:
        if self._socket is None or self._socket.closed:
            return
        with suppress(ConnectionError):
            if isinstance(message, str):
                await self._socket.send_str(message)
            else:
                await self._socket.send_bytes(message)


def _node_error(kind: str, message: str) -> dict[str, Any]:
    errors = [{"type": "invalid", "message": message, "details": "/home/ada/models"}]
    return {"errors": errors, "dependent_outputs": [], "class_type": kind}
