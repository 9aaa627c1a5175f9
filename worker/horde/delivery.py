"""Bringing pictures to the server: written as WebP with their recipe, uploaded, submitted."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from PIL import Image

from common import pictures, texts
from common.errors import HordeError
from common.horde.work import SubmitBody
from common.version import version
from worker.engines.protocol import Fault, Task
from worker.events import Failed, Report, Submitted
from worker.horde.client import WireClient
from worker.horde.persistence import persist
from worker.order import Order, Result, Verdict, Withheld, gen_metadata
from worker.safety.guard import Guard
from worker.timing import Timing

QUALITY = 95
BLANK = (40, 40, 40)
"""Colour of what is handed in where nothing may be shown."""
UPLOAD_TRIES = 2
UPLOADED = "R2"
"""What stands in place of the picture when it was uploaded."""
FAULTED = "faulted"
HAND_IN_SECONDS = 900.0
"""How long a finished picture, or the word that none will come, is offered to a lost server. When
it is back, it is the server that knows whether anybody still wants it."""

T = TypeVar("T")


class Delivery:
    """Hands results in. What goes wrong is reported, never raised: the next job must not suffer."""

    def __init__(
        self,
        horde: WireClient,
        *,
        worker: str,
        guard: Guard,
        stop: asyncio.Event,
        report: Report,
        timing: Timing,
    ) -> None:
        self._horde = horde
        self._worker = worker
        self._guard = guard
        self._stop = stop
        self._report = report
        self._timing = timing

    async def hand_in(self, order: Order, results: Sequence[Result]) -> None:
        """Deliver the pictures of an order that may be shown; tell of those that will not come."""
        try:
            results = await asyncio.to_thread(self._guard.look, order, results)
        except Exception as error:  # noqa: BLE001  (a job nobody hears of again is lost)
            await self._lost(order.ids, error)
            return
        await asyncio.gather(
            *(self._hand_in_one(order, number, result) for number, result in enumerate(results))
        )

    async def _lost(self, ids: Sequence[str], error: Exception) -> None:
        kind = type(error).__name__
        fault = Fault("information", "see_ref", f"delivery error {kind}")
        sentence = texts.say("worker.not_delivered", problem=f"{kind}: {error}")
        await self.give_up(ids, fault, sentence)

    async def give_up(self, ids: Sequence[str], fault: Fault, reason: str) -> None:
        """Say at once that these pictures will not come, so that another worker gets them."""
        await asyncio.gather(*(self._give_up_one(each, [fault], reason) for each in ids))

    async def _hand_in_one(self, order: Order, number: int, result: Result) -> None:
        horde_id = order.ids[number]
        if isinstance(result, Fault):
            await self._give_up_one(horde_id, [result, *order.faults], result.ref)
            return
        if isinstance(result, Withheld):
            await self._tell_withheld(order, number, result)
            return
        recipe = pictures.Metadata(
            parameters=describe(order.task, result.seed), software=f"hordebots, {self._worker}"
        )
        try:
            data = await asyncio.to_thread(
                pictures.encode_webp, result.image, quality=QUALITY, metadata=recipe
            )
        except Exception as error:  # noqa: BLE001  (memory, or a library's)
            await self._lost([horde_id], error)
            return
        body = SubmitBody(
            id=horde_id,
            generation=await self._place(order.uploads[number], data),
            seed=result.seed,
            gen_metadata=gen_metadata([*result.faults, *order.faults]),
        )
        await self._submit(body)

    async def _tell_withheld(self, order: Order, number: int, result: Withheld) -> None:
        """Hand in an empty picture in place of one that must not be shown, and say why."""
        size = (order.task.width, order.task.height)
        data = await asyncio.to_thread(pictures.encode_webp, Image.new("RGB", size, BLANK))
        verdict = result.verdict
        body = SubmitBody(
            id=order.ids[number],
            generation=await self._place(order.uploads[number], data),
            state="csam" if verdict is Verdict.CSAM else "censored",
            seed=result.seed,
            gen_metadata=gen_metadata([Fault("censorship", verdict.value), *order.faults]),
        )
        self._report(Failed(body.id, texts.say(f"worker.withheld_{verdict.value}")))
        await self._submit(body)

    async def _place(self, address: str | None, data: bytes) -> str:
        """Upload the picture; if that is impossible, return it as text for the submission."""
        if address is not None:
            try:
                await self._persist(lambda: self._horde.upload(address, data), tries=UPLOAD_TRIES)
            except HordeError:
                pass  # the server takes it in the submission as well
            else:
                return UPLOADED
        return base64.b64encode(data).decode("ascii")

    async def _give_up_one(self, horde_id: str, faults: Sequence[Fault], reason: str) -> None:
        body = SubmitBody(
            id=horde_id, generation=FAULTED, state="faulted", gen_metadata=gen_metadata(faults)
        )
        self._report(Failed(horde_id, reason))
        await self._submit(body)

    async def _submit(self, body: SubmitBody) -> None:
        """Hand in one result. A server that wants it no more, or not at all, is not asked twice."""
        try:
            rewarded = await self._persist(lambda: self._horde.submit(body))
        except HordeError as error:
            if body.state == "ok" and error.rc != "DuplicateGen":  # that one: an answer was lost
                self._report(Failed(body.id, str(error)))
            return
        if body.state == "ok":
            self._report(Submitted(body.id, body.seed, rewarded.reward))

    async def _persist(self, call: Callable[[], Awaitable[T]], *, tries: int = 1000) -> T:
        return await persist(
            call, seconds=HAND_IN_SECONDS, stop=self._stop, timing=self._timing, tries=tries
        )


def describe(task: Task, seed: int) -> str:
    """Return the recipe of a picture in the text form A1111 and CivitAI read."""
    lines = [task.prompt]
    if task.negative:
        lines.append(f"Negative prompt: {task.negative}")
    sampler = f"{task.sampler} karras" if task.karras else task.sampler
    facts = {
        "Steps": task.steps,
        "Sampler": sampler,
        "CFG scale": f"{task.cfg_scale:g}",
        "Seed": seed,
        "Size": f"{task.width}x{task.height}",
        "Model": task.model,
    }
    if task.clip_skip > 1:
        facts["Clip skip"] = task.clip_skip
    if task.source_image is not None:
        facts["Denoising strength"] = f"{task.denoise:g}"
    if task.loras:
        facts["Lora"] = " ".join(f"{lora.name}:{lora.model:g}" for lora in task.loras)
    facts["Version"] = f"hordebots {version()}"
    lines.append(", ".join(f"{name}: {value}" for name, value in facts.items()))
    return "\n".join(lines)
