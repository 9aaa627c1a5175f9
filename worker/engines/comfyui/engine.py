"""The ComfyUI engine, as the worker sees it: blocking, with a small event loop for each task."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Self

import aiohttp
from PIL import Image, ImageFilter

from common import pictures
from common.config import WorkerConfig
from common.errors import PictureError, WorkerError
from worker.disk.models import listed_models
from worker.engines.comfyui.abilities import ASKED, Abilities, name_models, read_abilities
from worker.engines.comfyui.client import MAX_PICTURE, ComfyClient, Patience, connect
from worker.engines.comfyui.graph import Graph, build_graph
from worker.engines.comfyui.planning import Uploads, choose_loras, plan_task
from worker.engines.comfyui.watch import Watch, refusal
from worker.engines.protocol import EngineInfo, Generated, Task

NAME = "comfyui"
ADDRESS = "http://127.0.0.1:8188"
MAX_BATCH = 4
FEATHER = 4
"""Pixels over which what is painted anew fades into what stays."""
NOTHING = Image.new("RGB", (8, 8))
"""Takes the place of people's pictures when they are not needed any more."""


class ComfyUiEngine:
    """Makes pictures with a ComfyUI that runs somewhere: the graph is ours, the models are its."""

    def __init__(
        self,
        url: str,
        names: Mapping[str, str] | None = None,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take its address, and the files of models by the Horde's names."""
        self._url = url
        self._names = names or {}
        self._patience = patience or Patience()
        self._clock = clock
        self._client_id = uuid.uuid4().hex
        self._abilities: Abilities | None = None
        self._models: dict[str, str] = {}

    @classmethod
    def build(cls, config: WorkerConfig) -> Self:
        """Return the engine for the configured address. Raises WorkerError."""
        address = config.engine.partition(":")[2] or ADDRESS
        return cls(address, listed_models(config.models.folder))

    def info(self) -> EngineInfo:
        """Return what this ComfyUI can do; nothing before `load`."""
        able = self._abilities
        return EngineInfo(
            name=NAME,
            models=tuple(self._models),
            max_pixels=able.max_pixels if able else 0,
            max_batch=MAX_BATCH,
            features=able.features if able else frozenset(),
            post_processing=frozenset(able.upscalers) if able else frozenset(),
            assets=able.assets if able else frozenset(),
        )

    def load(self) -> None:
        """Ask what it can do. Raises WorkerError if it does not answer, or lacks what is needed."""
        asyncio.run(self._load())

    def generate(
        self,
        task: Task,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> list[Generated]:
        """Make one picture per seed; those finished so far when cancelled. Raises WorkerError."""
        return asyncio.run(self._generate(task, progress, cancelled))

    async def _load(self) -> None:
        async with connect(self._url, self._patience) as client:
            await self._ask(client)

    async def _ask(self, client: ComfyClient) -> Abilities:
        """Learn what it can do now."""
        able = await ask_abilities(client)
        if missing := able.missing:
            raise WorkerError("worker.comfyui_lacks", url=client.address, node=missing[0])
        models = name_models(able.checkpoints, self._names)
        if not models:
            raise WorkerError("worker.comfyui_empty", url=client.address)
        self._abilities, self._models = able, models
        return able

    async def _generate(
        self, task: Task, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> list[Generated]:
        async with connect(self._url, self._patience) as client:
            abilities = await self._current(client, task)
            if task.model not in self._models:
                raise WorkerError("worker.model_missing", model=task.model)
            uploads = await self._upload(client, task)
            checkpoint = self._models[task.model]
            try:
                plan, faults = plan_task(task, checkpoint, abilities, uploads)
                made: list[Generated] = []
                for seed in task.seeds:
                    if cancelled():
                        break

                    def part(value: float, done: int = len(made)) -> None:
                        progress((done + value) / len(task.seeds))

                    graph = build_graph(task, plan, seed)
                    data = await self._run(client, graph, part, cancelled)
                    if data is None:
                        break
                    made.append(Generated(await asyncio.to_thread(_read, data, task), seed, faults))
                return made
            finally:
                await self._forget(client, uploads)

    async def _current(self, client: ComfyClient, task: Task) -> Abilities:
        """Return what it can do: asked again if a file seems to be missing, for it may be new."""
        able = self._abilities
        if able is None or task.tis or task.model not in self._models:
            return await self._ask(client)
        return await self._ask(client) if choose_loras(task.loras, able.loras)[1] else able

    async def _upload(self, client: ComfyClient, task: Task) -> Uploads:
        """Send the task's own pictures, under names that no other worker uses."""
        if task.source_image is None:
            return Uploads()
        stem = f"hordebots-{self._client_id}"
        source = await client.upload(f"{stem}-source.png", task.source_image)
        if task.mask is None:
            return Uploads(source)
        return Uploads(source, await client.upload(f"{stem}-mask.png", task.mask.convert("RGB")))

    async def _forget(self, client: ComfyClient, uploads: Uploads) -> None:
        """Overwrite the task's own pictures; there is no way to have them removed."""
        with suppress(WorkerError):
            for name in filter(None, (uploads.source, uploads.mask)):
                await client.upload(name.partition(" [")[0], NOTHING)

    async def _run(
        self,
        client: ComfyClient,
        graph: Graph,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> bytes | None:
        """Return one picture as a file; None if it is not wanted any more. Raises WorkerError."""
        async with client.listen(self._client_id) as socket:
            body = {"prompt": graph.nodes, "client_id": self._client_id}
            status, answer = await client.post("prompt", body=body)
            prompt = answer.get("prompt_id") if isinstance(answer, dict) else None
            if status != 200 or not isinstance(prompt, str):
                raise refusal(answer)
            watch = Watch(prompt, graph)
            try:
                wanted = await self._follow(client, socket, watch, progress, cancelled)
                if not wanted:
                    await self._stop(client, socket, watch)
                    return None
                return watch.picture or await _kept_picture(client, watch, graph)
            except WorkerError as error:
                await self._clear_up(client, watch, error)
                raise
            finally:
                with suppress(WorkerError):
                    await client.post("history", body={"delete": [prompt]})

    async def _follow(
        self,
        client: ComfyClient,
        socket: aiohttp.ClientWebSocketResponse,
        watch: Watch,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> bool:
        """Listen until the prompt is done; False as soon as it is not wanted any more."""
        heard, ended = self._clock(), False
        while not watch.done:
            if cancelled():
                return False
            if await self._hear(client, socket, watch):
                heard = self._clock()
                progress(watch.part)
            elif self._clock() - heard > self._patience.silence:
                if ended:  # what it had to say of the end would have come by now
                    break
                ended = await _has_ended(client, watch)
                heard = self._clock()
        if watch.interrupted:
            raise WorkerError("worker.comfyui_interrupted")
        return True

    async def _hear(
        self, client: ComfyClient, socket: aiohttp.ClientWebSocketResponse, watch: Watch
    ) -> bool:
        """Take one message in; False if there was none for a moment."""
        try:
            message = await socket.receive(timeout=self._patience.poll)
        except TimeoutError:
            return False
        match message.type:
            case aiohttp.WSMsgType.TEXT:
                watch.hear(message.data)
            case aiohttp.WSMsgType.BINARY:
                watch.see(message.data)
            case _:
                raise client.gone()
        return True

    async def _stop(
        self, client: ComfyClient, socket: aiohttp.ClientWebSocketResponse, watch: Watch
    ) -> None:
        """Have a prompt stopped, and only this one. Raises WorkerError if it goes on."""
        await _interrupt(client, watch)
        if not watch.running:
            return
        until = self._clock() + self._patience.stop
        while not watch.done and self._clock() < until:
            await self._hear(client, socket, watch)
        if not watch.done:
            raise WorkerError("worker.comfyui_stuck", url=client.address)

    async def _clear_up(self, client: ComfyClient, watch: Watch, error: WorkerError) -> None:
        """Leave nothing of a failed prompt behind."""
        with suppress(WorkerError):
            if not watch.done:
                await _interrupt(client, watch)
            if error.code == "worker.comfyui_memory":
                await client.post("free", body={"unload_models": True, "free_memory": True})


async def ask_abilities(client: ComfyClient) -> Abilities:
    """Return what a ComfyUI can do; only the nodes this engine uses are asked for."""
    statistics = await client.get("system_stats")
    if not isinstance(statistics, dict) or "devices" not in statistics:
        raise client.gone()
    nodes: dict[str, Any] = {}
    for node in ASKED:
        answer = await client.get("object_info", node)
        nodes |= answer if isinstance(answer, dict) else {}
    embeddings = await client.get("embeddings")
    return read_abilities(nodes, embeddings if isinstance(embeddings, list) else [], statistics)


async def _has_ended(client: ComfyClient, watch: Watch) -> bool:
    """Tell whether a prompt nothing is heard of is done. Raises WorkerError if it is lost."""
    queue = await client.get("queue")
    if any(_holds(queue, part, watch.prompt) for part in ("queue_running", "queue_pending")):
        return False
    history = await client.get("history", watch.prompt)
    if not isinstance(history, dict) or watch.prompt not in history:
        raise WorkerError("worker.comfyui_lost")
    return True


def _holds(queue: object, part: str, prompt: str) -> bool:
    """Tell whether a part of the queue has a prompt: its entries are lists: number, id and more."""
    entries = queue.get(part) if isinstance(queue, dict) else None
    if not isinstance(entries, list):
        return False
    return any(isinstance(entry, list) and prompt in entry[:2] for entry in entries)


async def _kept_picture(client: ComfyClient, watch: Watch, graph: Graph) -> bytes:
    """Return a picture that was written to its disk. Raises WorkerError if there is none."""
    history = await client.get("history", watch.prompt)
    try:
        picture = history[watch.prompt]["outputs"][graph.result]["images"][0]
        return await client.view(dict(picture))
    except (LookupError, TypeError, ValueError) as error:
        raise WorkerError("worker.comfyui_no_picture") from error


async def _interrupt(client: ComfyClient, watch: Watch) -> None:
    """Take a prompt from the queue; interrupt it if it runs, and nobody else's."""
    await client.post("queue", body={"delete": [watch.prompt]})
    watch.running = _holds(await client.get("queue"), "queue_running", watch.prompt)
    if watch.running:
        await client.post("interrupt", body={"prompt_id": watch.prompt})


def _read(data: bytes, task: Task) -> Image.Image:
    """Return the picture of a file, with the parts of the source that were to stay."""
    try:
        image = pictures.decode(data, max_bytes=MAX_PICTURE).convert("RGB")
    except PictureError as error:
        raise WorkerError("worker.comfyui_no_picture") from error
    size = (task.width, task.height)
    if task.control is not None and task.control.return_map and image.size != size:
        image = image.resize(size)
    # an enlarged one keeps its parts only as well as the model's mask does
    if task.mask is None or task.source_image is None or image.size != size:
        return image
    soft = task.mask.filter(ImageFilter.GaussianBlur(FEATHER))
    return Image.composite(image, task.source_image, soft)
