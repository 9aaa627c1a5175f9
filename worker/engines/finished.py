"""An engine whose pictures are finished before they leave it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from PIL import Image

from common.errors import WorkerError
from worker.engines.protocol import Engine, EngineInfo, Fault, Generated, Task
from worker.finishing.protocol import Build, Finisher, StoppedError
from worker.finishing.tools import FACE_FIXERS, STRIP_BACKGROUND

MAKING = 0.85
"""Share of the time of a task that goes into making a picture that is finished afterwards."""


class FinishingEngine:
    """Makes pictures with an engine, and finishes them as their task says."""

    def __init__(self, engine: Engine, tools: Mapping[str, Build]) -> None:
        """Take the engine, and what builds the finishers by the Horde's names."""
        self._engine = engine
        self._tools = tools
        self._built: dict[str, Finisher] = {}

    def info(self) -> EngineInfo:
        """Return what the engine offers, and the finishers."""
        info = self._engine.info()
        return replace(info, post_processing=info.post_processing | self._tools.keys())

    def load(self) -> None:
        """Read the engine's weights; a finisher is read when the first task asks for it."""
        self._engine.load()

    def unload(self) -> None:
        """Give the memory back."""
        self._built.clear()
        unload = getattr(self._engine, "unload", None)
        if unload is not None:
            unload()

    def generate(
        self,
        task: Task,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> list[Generated]:
        """Make one picture per seed and finish each; what fails is told with the picture."""
        own = [name for name in task.post_processing if name in self._tools]
        own.sort(key=_turn)
        if not own:
            return self._engine.generate(task, progress, cancelled)
        left = tuple(name for name in task.post_processing if name not in self._tools)
        bare = replace(task, post_processing=left)
        made = self._engine.generate(bare, lambda part: progress(part * MAKING), cancelled)
        finished: list[Generated] = []
        for picture in made:
            finished.append(self._finished(picture, own, cancelled, task.face_strength))
            progress(MAKING + (1 - MAKING) * len(finished) / len(made))
        return finished

    def _finished(
        self, picture: Generated, names: list[str], cancelled: Callable[[], bool], strength: float
    ) -> Generated:
        for name in names:
            try:
                image = self._finish(picture.image, name, cancelled, strength)
                picture = replace(picture, image=image)
            except StoppedError:
                picture = _without(picture, name, "no time was left")
            except WorkerError as error:
                picture = _without(picture, name, str(error))
            except Exception as error:  # noqa: BLE001  (a library's; the picture itself is fine)
                picture = _without(picture, name, type(error).__name__)
        return picture

    def _finish(
        self, image: Image.Image, name: str, cancelled: Callable[[], bool], strength: float
    ) -> Image.Image:
        if cancelled():
            raise StoppedError
        if name not in self._built:
            self._built[name] = self._tools[name]()
        return self._built[name].finish(image, cancelled, strength)


def _turn(name: str) -> int:
    """Faces first, in the size they were drawn in; last what upscalers know nothing of."""
    return 0 if name in FACE_FIXERS else 2 if name == STRIP_BACKGROUND else 1


def _without(picture: Generated, name: str, reason: str) -> Generated:
    fault = Fault("information", "see_ref", f"made without {name}: {reason}")
    return replace(picture, faults=(*picture.faults, fault))
