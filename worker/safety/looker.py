"""`python -m worker.safety.looker CHECKER`: one of our own checkers, in a process of its own."""

from __future__ import annotations

import json
import os
import struct
import sys
from io import BytesIO
from typing import BinaryIO, TextIO

from PIL import Image

from common.errors import WorkerError
from worker.safety.checkers import build_inside
from worker.safety.protocol import Checker

MOST_BYTES = 256 * 1024 * 1024


def main() -> int:
    """Look at the pictures on the standard input until it ends; say what is seen in each."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    checker = build_inside(sys.argv[1])
    try:
        checker.load()
    except WorkerError as error:
        _say(answers, error=str(error.values.get("problem", error)))
        return 1
    serve(checker, sys.stdin.buffer, answers)
    return 0


def serve(checker: Checker, pictures: BinaryIO, answers: TextIO) -> None:
    """Answer each picture with a line of JSON."""
    while len(head := pictures.read(4)) == 4:
        (size,) = struct.unpack("<I", head)
        if size > MOST_BYTES:
            return
        try:
            with Image.open(BytesIO(pictures.read(size))) as image:
                _say(answers, nsfw=checker.nudity(image.convert("RGB")))
        except Exception as error:  # noqa: BLE001  (whatever it is, the picture is kept back)
            _say(answers, error=f"{type(error).__name__}: {error}")


def _say(answers: TextIO, **told: object) -> None:
    answers.write(json.dumps(told) + "\n")
    answers.flush()


if __name__ == "__main__":
    sys.exit(main())
