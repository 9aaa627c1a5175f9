"""Which models lie in the worker's folder."""

import pytest

from common.config import WorkerConfig, parse
from common.errors import WorkerError
from worker.disk.models import find_models, served
from worker.engines import ENGINES, build_engine


def test_files_and_folders_go_by_their_own_names_or_by_the_list(tmp_path):
    (tmp_path / "Deliberate.safetensors").touch()
    (tmp_path / "odd_name_v2.safetensors").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "Flux.1").mkdir()
    (tmp_path / "Flux.1" / "model_index.json").touch()
    (tmp_path / "loras").mkdir()
    (tmp_path / "models.json").write_text('{"AlbedoBase XL (SDXL)": "odd_name_v2.safetensors"}')
    assert find_models(tmp_path) == {
        "AlbedoBase XL (SDXL)": tmp_path / "odd_name_v2.safetensors",
        "Deliberate": tmp_path / "Deliberate.safetensors",
        "Flux.1": tmp_path / "Flux.1",
    }
    assert find_models(tmp_path / "none") == {}


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}'])
def test_a_list_that_is_none_is_a_sentence(tmp_path, content):
    (tmp_path / "models.json").write_text(content)
    with pytest.raises(WorkerError, match=r"models\.json"):
        find_models(tmp_path)


def test_the_folder_is_taken_from_where_the_configuration_lies(tmp_path):
    assert parse({}, base=tmp_path).worker.models.folder == tmp_path / "models"


def test_an_engine_nobody_knows_names_the_others():
    with pytest.raises(WorkerError, match="demo"):
        build_engine(WorkerConfig(engine="magic"))


@pytest.mark.filterwarnings("default")  # of other people's libraries, where they are installed
@pytest.mark.parametrize("name", sorted(set(ENGINES) - {"demo", "comfyui"}))
def test_an_engine_without_models_or_libraries_says_what_to_do(name, tmp_path):
    with pytest.raises(WorkerError, match=rf"pip install|{tmp_path}"):
        build_engine(WorkerConfig(engine=name, models=tmp_path)).load()


def test_the_settings_say_which_models_are_served():
    models = {"a": 1, "b": 2, "c": 3}
    assert served(models, "all") == served(models, "most wanted") == models
    assert served(models, ["c", "a", "z"]) == {"c": 3, "a": 1}


def test_a_folder_alone_stands_for_all_that_lie_there(tmp_path):
    assert WorkerConfig.model_validate({"models": str(tmp_path)}) == WorkerConfig.model_validate(
        {"models": {"folder": tmp_path, "serve": "all"}}
    )


def test_a_host_has_ten_settings_at_most():
    assert len(WorkerConfig.model_fields) <= 10
