"""`hordebots worker models` and `hordebots worker check`, as somebody at a terminal uses them."""

from __future__ import annotations

import asyncio
import json
import struct

import pytest
import typer
from typer.testing import CliRunner

from common.config import WorkerConfig
from tests.fakes.civitai import FakeCivitai
from tests.fakes.hugging_face import FakeHuggingFace
from tests.fakes.weights import checkpoint
from worker.cli import register
from worker.engines.diffusers.families import XL_TEXT
from worker.stock.machine import NEEDED, SAFETY, Machine, built_for, look

app = typer.Typer(pretty_exceptions_enable=False)
app.callback()(lambda: None)
register(app)


LORA = struct.pack("<Q", 60) + b'{"a": {"dtype": "F16", "shape": [], "data_offsets": [0, 0]}}'


@pytest.fixture
async def civitai():
    async with FakeCivitai() as server:
        server.add_file(3200, checkpoint(1024))
        yield server


@pytest.fixture
async def hugging_face():
    async with FakeHuggingFace() as server:
        yield server


@pytest.fixture
def hordebots(tmp_path, civitai):
    """Run a command on a folder; return what it printed, and its exit code."""
    (tmp_path / "config.yaml").write_text(
        f"civitai: {{url: '{civitai.url}'}}\nworker: {{models: '{tmp_path / 'models'}'}}\n"
    )
    where = ["--config", str(tmp_path / "config.yaml")]

    async def run(*command, code=0, environment=None):
        result = await asyncio.to_thread(
            CliRunner().invoke, app, ["worker", *command, *where], env=environment or {}
        )
        assert result.exit_code == code, result.output
        return result.output

    return run


async def test_a_model_is_added_by_its_number_listed_and_removed(hordebots, tmp_path):
    told = json.loads(await hordebots("models", "add", "32", "--json"))
    file = tmp_path / "models" / "A_Checkpoint_v3200.safetensors"
    assert told == {
        "name": "A Checkpoint",
        "file": str(file),
        "size": len(checkpoint(1024)),
        "family": "stable diffusion 2",
        "inpainting": False,
        "problem": "",
    }
    assert json.loads((tmp_path / "models" / "models.json").read_text()) == {
        "A Checkpoint": file.name
    }
    assert file.name in await hordebots("models", "list")
    assert "there already" in await hordebots("models", "add", "32", code=1)
    await hordebots("models", "remove", "A Checkpoint", "--yes")
    assert not file.exists()
    assert "no model in" in await hordebots("models", "list")
    assert json.loads(await hordebots("models", "list", "--json")) == []


@pytest.mark.parametrize(
    "path",
    ["/models/32/a-checkpoint?modelVersionId=3200", "/api/download/models/3200", "/models/3200"],
)
async def test_links_of_civitai_lead_to_the_model(hordebots, civitai, path):
    told = json.loads(await hordebots("models", "add", civitai.url + path, "--json"))
    assert told["name"] == "A Checkpoint"


async def test_a_file_of_hugging_face_is_verified_and_may_need_a_key(
    hordebots, hugging_face, tmp_path
):
    path = "org/repo/resolve/main/sub/paint-xl.safetensors"
    hugging_face.files[path] = checkpoint(2048, 9, XL_TEXT)
    hugging_face.locked.add(path)
    link = f"{hugging_face.url}/{path.replace('resolve', 'blob')}"
    add = ("models", "add", link, "--name", "Paint XL", "--json")
    environment = {"HF_ENDPOINT": hugging_face.url, "HF_TOKEN": ""}
    assert "status 401" in await hordebots(*add, code=1, environment=environment)
    told = json.loads(await hordebots(*add, environment={**environment, "HF_TOKEN": "secret"}))
    assert (told["name"], told["family"]) == ("Paint XL", "stable_diffusion_xl")
    assert told["inpainting"]
    assert (tmp_path / "models" / "paint-xl.safetensors").read_bytes() == hugging_face.files[path]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("11", "no model but a LORA"),
        ("ftp://example.org/x", "is nothing a model can be fetched from"),
        ("model.ckpt", "is nothing a model can be fetched from"),
        ("https://huggingface.co/org/repo/resolve/main/model.ckpt", "may hold a program"),
        ("https://civitai.com/models/32?modelVersionId=7", "has no file of this"),
        ("4711", "does not have this"),
    ],
)
async def test_what_is_no_model_is_one_sentence(hordebots, source, sentence):
    assert sentence in " ".join((await hordebots("models", "add", source, code=1)).split())


async def test_a_file_the_worker_cannot_use_is_not_kept(hordebots, civitai, tmp_path):
    civitai.add_file(3200, LORA)
    assert "not kept" in await hordebots("models", "add", "32", code=1)
    assert list((tmp_path / "models").iterdir()) == []


async def test_a_name_that_is_not_there_is_one_sentence(hordebots):
    assert "no model called" in await hordebots("models", "remove", "x", "--yes", code=1)


async def test_what_lies_elsewhere_is_only_taken_off_the_list(hordebots, tmp_path):
    elsewhere = tmp_path / "mine.safetensors"
    elsewhere.write_bytes(checkpoint())
    (tmp_path / "models").mkdir()
    listed = tmp_path / "models" / "models.json"
    listed.write_text(json.dumps({"Mine": str(elsewhere), "Broken": "gone.safetensors"}))
    entries = json.loads(await hordebots("models", "list", "--json"))
    assert [(entry["name"], entry["family"]) for entry in entries] == [
        ("Broken", None),
        ("Mine", "stable diffusion 1"),
    ]
    assert "not on the disk" in entries[0]["problem"]
    await hordebots("models", "remove", "Mine", "--yes")
    assert elsewhere.exists()
    assert json.loads(listed.read_text()) == {"Broken": "gone.safetensors"}


async def test_check_says_what_is_missing(hordebots):
    lines = (await hordebots("check", code=1)).splitlines()
    seen = [line.split(":")[0].split() for line in lines]
    assert [what for _, what in seen] == ["card", "models", "key"]
    assert seen[1:] == [["ok", "models"], ["look", "key"]]


ALL = frozenset({*NEEDED, SAFETY})


def findings(tmp_path, card="RTX", torch_for="cuda 12.6", has=ALL, **fields):
    machine = Machine(card, torch_for, has.__contains__)
    config = WorkerConfig(engine="diffusers", models=tmp_path, key="k", **fields)
    return {f.what: (f.ok, f.sentence) for f in look(config, machine)}


def test_a_card_with_a_torch_for_the_processor_is_noticed(tmp_path):
    ok, sentence = findings(tmp_path, torch_for="cpu")["card"]
    assert not ok
    assert "processor alone" in sentence
    assert "no torch" in findings(tmp_path, torch_for=None)["card"][1]
    assert findings(tmp_path)["card"] == (True, "RTX, with torch for cuda 12.6")


def test_models_libraries_and_the_safety_check_are_looked_for(tmp_path):
    assert "models add" in findings(tmp_path)["models"][1]
    (tmp_path / "Good.safetensors").write_bytes(checkpoint())
    (tmp_path / "Bad.safetensors").write_bytes(LORA)
    told = findings(tmp_path, has=ALL - {"peft", SAFETY})
    assert told["Good"][0]
    assert not told["Bad"][0]
    assert told["engine"] == (False, "peft is not installed: pip install 'hordebots[worker]'")
    assert not told["safety"][0]
    assert findings(tmp_path, safety="open_nsfw")["safety"][0]


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("cuda = '12.6'\nhip = None\n", "cuda 12.6"),
        ("cuda: Optional[str] = '13.0'\nhip: Optional[str] = None\n", "cuda 13.0"),
        ("cuda = None\nhip: Optional[str] = '6.2.4'\n", "hip 6.2.4"),
        ("cuda: Optional[str] = None\n", "cpu"),
    ],
)
def test_what_torch_was_built_for_stands_in_its_file(tmp_path, text, means):
    (tmp_path / "version.py").write_text(text)
    assert built_for(tmp_path / "version.py") == means
    assert built_for(tmp_path / "none.py") == "cpu"


def test_what_an_alchemist_finds_is_told(tmp_path):
    assert "alchemy" not in findings(tmp_path)
    ok, sentence = findings(tmp_path, alchemy=True)["alchemy"]
    assert not ok
    assert "alchemy/caption" in sentence
    folder = tmp_path / "alchemy" / "caption"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    assert findings(tmp_path, alchemy=True)["alchemy"] == (True, "caption")


def test_restorers_of_faces_need_what_reads_and_what_finds_them(tmp_path):
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "gfpgan.safetensors").write_bytes(b"")
    assert "hordebots[faces]" in findings(tmp_path)["faces"][1]
    here = ALL | {"spandrel", "cv2"}
    assert "yunet" in findings(tmp_path, has=here)["faces"][1]
    (tmp_path / "faces" / "face_detection_yunet_2023mar.onnx").write_bytes(b"")
    assert findings(tmp_path, has=here)["faces"] == (True, "GFPGAN")
