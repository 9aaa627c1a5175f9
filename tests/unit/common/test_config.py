"""config.yaml: what is read, what is refused, and what the refusal says."""

from pathlib import Path

import pytest
import yaml

from common.config import Config, load, parse
from common.errors import ConfigError

EXAMPLE = Path(__file__).parents[3] / "config.example.yaml"


def settings_of(model, prefix=""):
    for name, field in model.model_fields.items():
        yield prefix + name, field
        inner = getattr(field.annotation, "model_fields", None)
        if inner:
            yield from settings_of(field.annotation, f"{prefix}{name}.")


def test_example_is_valid_and_says_the_defaults():
    example = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    assert parse(example).model_dump(exclude={"horde"}) == Config().model_dump(exclude={"horde"})


def test_example_names_every_setting():
    text = EXAMPLE.read_text("utf-8")
    missing = [path for path, _ in settings_of(Config) if f"{path.rsplit('.', 1)[-1]}:" not in text]
    assert missing == []


def test_every_setting_has_a_sentence():
    without = [path for path, field in settings_of(Config) if not field.description]
    assert without == []


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"dat_dir": "x"}, ["dat_dir", "did you mean data_dir?"]),
        (
            {"horde": {"endpoints": [{"url": "http://x", "kye": "1"}]}},
            ["horde.endpoints.0.kye", "did you mean key?"],
        ),
        ({"web": {"port": 99999}}, ["web.port", "65535"]),
        ({"hub": {"users": [{"name": "x", "key": {"env": "NO_SUCH"}}]}}, ["NO_SUCH", "not set"]),
        ({"communities": {"a/b": {"pictures": 0}}}, ["pictures"]),
        ({"defaults": {"language": "tlh"}}, ["defaults.language", "tlh", "en, de, es, fr"]),
        ({"horde": {"endpoints": []}}, ["horde.endpoints"]),
        (
            {"styles": {"parameters": {"sampler": "k_best"}}},
            ["styles.parameters.sampler", "k_best"],
        ),
    ],
)
def test_mistake_is_named_with_what_to_write(document, words):
    with pytest.raises(ConfigError) as caught:
        parse(document, file="config.yaml")
    for word in ["config.yaml", *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xff", b"- 1", b"x" * 1_000_001])
def test_file_that_is_no_configuration(tmp_path, content):
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"config\.yaml"):
        load(path)


def test_missing_file_names_init(tmp_path):
    with pytest.raises(ConfigError, match="hordebots init"):
        load(tmp_path / "config.yaml")


def test_secrets_from_environment_and_file_are_never_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("A_KEY", "from-environment")
    (tmp_path / "key").write_text("from-file\n")
    config = parse(
        {
            "horde": {"endpoints": [{"url": "http://x", "key": {"env": "A_KEY"}}]},
            "worker": {"key": {"file": str(tmp_path / "key")}},
        }
    )
    assert config.horde.endpoints[0].key.get_secret_value() == "from-environment"
    assert config.worker.endpoints[0].key.get_secret_value() == "from-file"
    assert "from-" not in repr(config)


def test_community_overrides_defaults():
    config = parse({"defaults": {"pictures": 3}, "communities": {"web/web": {"max_steps": 20}}})
    assert config.place("web", "web").pictures == 3
    assert config.place("web", "web").max_steps == 20
    assert config.place("web", "other").max_steps == 50


def test_data_dir_is_taken_from_the_file(tmp_path):
    (tmp_path / "config.yaml").write_text("data_dir: here\n")
    assert load(tmp_path / "config.yaml").data_dir == (tmp_path / "here").resolve()


def test_organisers_are_named_by_an_account_there_is():
    told = {"accounts": {"mastodon": {}}, "events": {"organisers": ["mastodon/ada@example.org"]}}
    assert parse(told).events.organisers == ("mastodon/ada@example.org",)
    with pytest.raises(ConfigError, match=r"the account lemmy; there are mastodon"):
        parse({**told, "events": {"organisers": ["lemmy/ada"]}})
    for wrong in ("ada", "/ada", "mastodon/", "mastodon/" + "x" * 512):
        with pytest.raises(ConfigError, match=r"events\.organisers"):
            parse({**told, "events": {"organisers": [wrong]}})
