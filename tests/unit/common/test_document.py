"""A file of settings: however it was saved, it is read, or the sentence names the line."""

import pytest

from common.config import load
from common.errors import ConfigError

PLAIN = "run: [web]\nweb:\n  port: 8790\n"


@pytest.mark.parametrize(
    "raw",
    [
        PLAIN.encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r\n").encode("utf-8-sig"),
        PLAIN.replace("\n", "\r\n").encode("utf-16"),
    ],
    ids=["as on Linux", "line ends of Windows", "a mark before UTF-8", "UTF-16 of PowerShell"],
)
def test_file_is_read_as_any_editor_saves_it(tmp_path, raw):
    file = tmp_path / "config.yaml"
    file.write_bytes(raw)
    assert load(file).web.port == 8790


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"run: [web\nweb: {}\n", "is not valid YAML: line 2: "),
        (b'web:\n  host: "127.0.0.1\n', "is not valid YAML: line 3: "),
        (b"run: [web]\n\tweb: {port: 1}\n", "has a tab in line 2. Indent with spaces"),
        ("name: Käthe".encode("latin-1"), "is not text in UTF-8"),
        (b"\x00\x01\x02", "is not text in UTF-8"),
        (b"keep_days: 2026-99-99", "is not valid YAML"),
        (b"hello", "must be a list of settings"),
    ],
)
def test_broken_file_is_a_sentence_with_the_line(tmp_path, raw, sentence):
    file = tmp_path / "config.yaml"
    file.write_bytes(raw)
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert sentence in str(caught.value)
    assert "<unicode string>" not in str(caught.value)


def test_secret_that_is_not_set_says_how_to_set_it(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("horde: {endpoints: [{url: http://x, key: {env: NO_SUCH_KEY}}]}")
    with pytest.raises(
        ConfigError, match=r"NO_SUCH_KEY is not set; set it before .* \{file: PATH\}"
    ):
        load(file)


def test_a_file_with_a_secret_is_looked_for_beside_the_settings(tmp_path, monkeypatch):
    (tmp_path / "horde.key").write_text("from the file\n")
    file = tmp_path / "config.yaml"
    file.write_text("horde: {endpoints: [{url: http://x, key: {file: horde.key}}]}")
    monkeypatch.chdir("/")
    [endpoint] = load(file).horde.endpoints
    assert endpoint.key.get_secret_value() == "from the file"
