"""A worker that is started by the program gets all that the configuration says of it."""

import pytest
from pydantic import SecretStr

from bots.children import handed_on
from common.config import (
    CivitaiConfig,
    ModelsConfig,
    ReferenceConfig,
    WorkerConfig,
    WorkerEndpoint,
)
from common.errors import ConfigError
from worker.cli import _settings


def test_all_settings_reach_the_worker_and_options_come_first(tmp_path):
    worker = WorkerConfig(
        nsfw=True,
        safety="open_nsfw",
        endpoints=(WorkerEndpoint(key=SecretStr("k")),),
        models=ModelsConfig(folder=tmp_path, serve=("Deliberate",), gigabytes=7),
        unload_minutes=3,
    )
    civitai = CivitaiConfig(url=None, key=SecretStr("c"))
    settings = _settings(None, handed_on(worker, civitai, ReferenceConfig(url=None)))
    assert settings.worker == worker
    assert (settings.civitai, settings.reference.url) == (civitai, None)
    named = _settings(
        None, handed_on(worker, civitai, ReferenceConfig(url=None)), name="attic card"
    )
    assert (named.worker.name, named.worker.nsfw) == ("attic card", True)


def test_settings_that_are_none_are_a_sentence():
    with pytest.raises(ConfigError, match="HORDEBOTS_WORKER_SETTINGS"):
        _settings(None, "{")
