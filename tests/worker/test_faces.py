"""Faces are found by OpenCV's own detector and restored by networks of GFPGAN's architecture.

The detector's network is one made here: it has the outputs of YuNet, and takes green for a face.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("cv2")
pytest.importorskip("onnx")

from tests.worker.spandrel_here import find_spandrel

find_spandrel()

from common.errors import WorkerError
from worker.finishing.faces import SIDE, FaceFixer
from worker.finishing.protocol import StoppedError
from worker.finishing.tools import find_tools

STRIDES = (8, 16, 32)
INSTALLED = {"torch", "spandrel", "cv2"}
BOX, POINTS = (0, 0, 1.5, 1.5), (-1, -1, 1, -1, 0, 0, -0.8, 1, 0.8, 1)


class GreenIsAFace(torch.nn.Module):
    """What YuNet answers, for cells of 32 pixels that are green."""

    def forward(self, pixels):
        found = []
        for kind in ("cls", "obj", "bbox", "kps"):
            for stride in STRIDES:
                cells = torch.nn.functional.avg_pool2d(pixels, stride, stride)
                green = ((cells[:, 1:2] - cells[:, 2:3]) / 255).permute(0, 2, 3, 1)
                flat = green.reshape(1, -1, 1)
                if kind in {"cls", "obj"}:
                    sure = torch.sigmoid((flat - 0.6) * 20)
                    found.append(sure if stride == 32 else sure * 0)
                else:
                    numbers = BOX if kind == "bbox" else POINTS
                    found.append(torch.cat([flat * 0 + each for each in numbers], 2))
        return tuple(found)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with the detector and a whole GFPGAN of random weights."""
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("models")
    (folder / "faces").mkdir()
    names = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            GreenIsAFace(),
            (torch.zeros(1, 3, 640, 640),),
            folder / "faces" / "face_detection_yunet_2023mar.onnx",
            input_names=["input"],
            output_names=names,
            dynamic_axes={"input": {2: "height", 3: "width"}},
            opset_version=13,
            dynamo=False,
        )
    file = folder / "faces" / "GFPGAN.safetensors"
    net = gfpgan(narrow=1, device="meta").to_empty(device="cpu").half()
    generator = torch.Generator().manual_seed(4)
    halves = {
        name: torch.randn(value.shape, generator=generator).mul_(0.02).half()
        for name, value in net.state_dict().items()
    }
    save_file(halves, file)
    return folder


def gfpgan(narrow, device="cpu"):
    from spandrel.architectures.GFPGAN import GFPGAN

    with torch.device(device):
        return GFPGAN(
            out_size=SIDE,
            num_style_feat=512,
            channel_multiplier=2,
            fix_decoder=False,
            num_mlp=8,
            input_is_latent=True,
            different_w=True,
            narrow=narrow,
            sft_half=True,
        )


@pytest.fixture(scope="module")
def fixer(models):
    """The detector with a restorer of the same architecture and few channels."""
    import cv2
    from spandrel import MAIN_REGISTRY, ImageModelDescriptor

    [gfpgan_here] = [
        one.architecture for one in MAIN_REGISTRY.architectures() if one.architecture.id == "GFPGAN"
    ]
    torch.manual_seed(8)
    net = gfpgan(narrow=0.03125)
    model = ImageModelDescriptor(
        net,
        net.state_dict(),
        architecture=gfpgan_here,
        purpose="FaceSR",
        tags=[],
        supports_half=False,
        supports_bfloat16=True,
        scale=1,
        input_channels=3,
        output_channels=3,
        call_fn=lambda model, image: model(image)[0],
    )
    [detector] = (models / "faces").glob("*.onnx")
    found = cv2.FaceDetectorYN.create(str(detector), "", (SIDE, SIDE), 0.8)
    return FaceFixer(model.eval(), found, "cpu")


def picture(*faces, size=(384, 256)):
    """Blue, with green where a face is: squares of 32 pixels on the grid."""
    canvas = Image.new("RGB", size, (30, 30, 200))
    for left, top in faces:
        canvas.paste((0, 255, 0), (left, top, left + 32, top + 32))
    return canvas


def never():
    return False


def difference(one, other):
    return np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16)).max(axis=2)


def test_only_the_face_changes(fixer):
    before = picture((96, 96))
    after = fixer.finish(before, never, 1.0)
    changed = difference(before, after)
    assert after.size == before.size
    assert changed[96:128, 96:128].mean() > 5
    assert changed[:, 300:].max() == 0
    assert changed[220:, :].max() == 0


def test_each_of_several_faces_is_restored(fixer):
    before = picture((64, 96), (288, 96))
    changed = difference(before, fixer.finish(before, never, 1.0))
    assert changed[96:128, 64:96].mean() > 5
    assert changed[96:128, 288:320].mean() > 5


def test_less_strength_changes_less_and_none_nothing(fixer):
    before = picture((96, 96))
    whole, half, none = (
        difference(before, fixer.finish(before, never, strength)) for strength in (1.0, 0.5, 0.0)
    )
    assert 0 < half.mean() < whole.mean()
    assert none.max() == 0


def test_without_a_face_a_picture_stays_as_it_is(fixer):
    before = picture()
    assert difference(before, fixer.finish(before, never)).max() == 0


def test_a_stop_is_heeded(fixer):
    with pytest.raises(StoppedError):
        fixer.finish(picture((96, 96)), lambda: True)


def test_a_file_of_the_real_size_is_read(models):
    [(name, build)] = find_tools(models, "cpu", INSTALLED.__contains__).items()
    assert name == "GFPGAN"
    assert build().finish(picture(), never).size == (384, 256)


def test_without_what_finds_faces_nothing_is_offered(models, tmp_path):
    assert find_tools(models, "cpu", (INSTALLED - {"cv2"}).__contains__) == {}
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "GFPGAN.safetensors").write_bytes(b"")
    assert find_tools(tmp_path, "cpu", INSTALLED.__contains__) == {}


def test_what_is_no_restorer_or_no_detector_is_a_sentence(models, tmp_path):
    from safetensors.torch import save_file
    from spandrel.architectures.ESRGAN import ESRGAN

    [detector] = (models / "faces").glob("*.onnx")
    upscaler = tmp_path / "GFPGAN.safetensors"
    net = ESRGAN(in_nc=3, out_nc=3, num_filters=8, num_blocks=1, scale=2)
    save_file({name: value.contiguous() for name, value in net.state_dict().items()}, upscaler)
    with pytest.raises(WorkerError, match="restores no faces"):
        FaceFixer.read(upscaler, detector, "cpu")
    broken = tmp_path / "yunet.onnx"
    broken.write_bytes(b"nothing")
    with pytest.raises(WorkerError, match=r"yunet\.onnx"):
        FaceFixer.read(upscaler, broken, "cpu")
