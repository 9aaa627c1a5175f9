"""Making faces whole: found by YuNet, turned upright, restored by a network, put back softly.

The restorers are those of GFPGAN's kind, which know upright faces of 512 pixels and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
import torch
from PIL import Image

from common.errors import WorkerError
from worker.finishing.protocol import StoppedError

SIDE = 512
"""Pixels of the faces a restorer knows."""
UPRIGHT = np.array(
    [[192.98, 239.95], [318.90, 240.19], [256.63, 314.02], [201.26, 371.41], [313.09, 371.15]],
    np.float32,
)
"""Where eyes, nose and corners of the mouth are in such a face; (x, y)."""
SURE = 0.8
LONGEST_LOOK = 1280
"""Pixels of the longer side in which faces are looked for."""
SMALLEST = 24
"""Pixels between the left and the right of a face; in smaller ones there is nothing to restore."""
MOST_FACES = 16
BORDER = 48
"""Pixels over which a restored face goes over into the picture."""


class FaceFixer:
    """Restores the faces of a picture; where there are none it stays as it is."""

    def __init__(self, model: Any, detector: Any, device: str) -> None:
        """Take a restorer as spandrel describes it, and OpenCV's detector."""
        self._model = model
        self._detector = detector
        self._device = device

    @classmethod
    def read(cls, file: Path, detector: Path, device: str) -> Self:
        """Read the weights of both. Raises WorkerError with a sentence."""
        from spandrel import ImageModelDescriptor, ModelLoader  # noqa: PLC0415

        try:
            finder = cv2.FaceDetectorYN.create(str(detector), "", (SIDE, SIDE), SURE)
        except cv2.error as error:
            raise WorkerError("worker.bad_checkpoint", file=detector.name, problem=error) from error
        try:
            model = ModelLoader("cpu").load_from_file(file)
        except Exception as error:  # whatever a library makes of a broken file
            raise WorkerError("worker.bad_checkpoint", file=file.name, problem=error) from error
        if not isinstance(model, ImageModelDescriptor) or model.purpose != "FaceSR":
            raise WorkerError("worker.no_face_fixer", file=file.name)
        return cls(model.to(device).eval(), finder, device)

    def finish(
        self, image: Image.Image, cancelled: Callable[[], bool], strength: float = 1.0
    ) -> Image.Image:
        """Return the picture with its faces restored; `strength` 0 leaves them, 1 takes all."""
        picture = np.asarray(image.convert("RGB"))
        for landmarks in self._faces(picture):
            if cancelled():
                raise StoppedError
            picture = self._with_face(picture, landmarks, strength)
        return Image.fromarray(picture)

    def _faces(self, picture: Any) -> list[Any]:
        """Return five points, shape (5, 2), of each face, the surest first."""
        height, width = picture.shape[:2]
        scale = min(1.0, LONGEST_LOOK / max(width, height))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        seen = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        self._detector.setInputSize(size)
        _, found = self._detector.detect(seen[:, :, ::-1].copy())  # OpenCV's order: BGR
        rows = [] if found is None else sorted(found, key=lambda row: -row[14])
        points = [row[4:14].reshape(5, 2) / scale for row in rows]
        return [each for each in points if np.ptp(each[:, 0]) >= SMALLEST][:MOST_FACES]

    def _with_face(self, picture: Any, landmarks: Any, strength: float) -> Any:
        """Return the picture with one face restored; shapes (h, w, 3)."""
        turned, _ = cv2.estimateAffinePartial2D(
            landmarks.astype(np.float32), UPRIGHT, method=cv2.LMEDS
        )
        if turned is None:  # points no face can have
            return picture
        face = cv2.warpAffine(
            picture, turned, (SIDE, SIDE), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT_101
        )
        height, width = picture.shape[:2]
        back = cv2.invertAffineTransform(turned)
        restored = cv2.warpAffine(
            self._restored(face), back, (width, height), flags=cv2.INTER_LINEAR
        )
        share = cv2.warpAffine(_soft_square(), back, (width, height))[..., None] * strength
        mixed = picture * (1 - share) + restored * share
        return mixed.round().clip(0, 255).astype(np.uint8)

    @torch.inference_mode()
    def _restored(self, face: Any) -> Any:
        """Return an upright face restored; shapes (512, 512, 3), numbers 0..255."""
        tensor = torch.from_numpy(face.astype(np.float32) / 255).permute(2, 0, 1)[None]
        made = self._model(tensor.to(self._device))
        return (made[0].permute(1, 2, 0).float() * 255).clamp(0, 255).cpu().numpy()


def _soft_square() -> Any:
    """Return how much of a restored face is taken where: all inside, none at the border."""
    ramp = np.minimum(np.arange(SIDE), np.arange(SIDE)[::-1]).astype(np.float32)
    side = (ramp / BORDER).clip(0, 1)
    return np.minimum.outer(side, side)
