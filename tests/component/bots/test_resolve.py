"""`hordebots resolve`: the document, the files it takes, its exit codes and streams."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from bots.__main__ import app
from tests.component.bots.lists import CATEGORIES, write_list
from tests.component.bots.programs import ENVIRONMENT, run
from tests.fakes import faults
from tests.fakes.pages import FakePages
from tests.fakes.server import in_thread

NETLESS = """
import socket, sys

def refuse(*_):
    raise AssertionError("the network was used")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
sys.argv = ["hordebots", *sys.argv[1:]]
from bots.__main__ import main
main()
"""


pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def styles(tmp_path):
    return write_list(tmp_path / "list", categories=CATEGORIES)


@pytest.fixture
def resolve(styles):
    """Return a function that resolves with the small list, in this process."""

    def resolve(*arguments, typed=None):
        words = ["resolve", "--styles", str(styles), *map(str, arguments)]
        return CliRunner().invoke(app, words, input=typed)

    return resolve


def lines(done):
    assert done.stdout.endswith("\n")
    return [json.loads(line) for line in done.stdout[:-1].split("\n")]


def prompts(done):
    return [document["jobs"][0]["prompt"] for document in lines(done)]


def assert_told(done, *words):
    """One sentence on standard error, nothing on standard output, exit code 2."""
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("hordebots: ")
    assert done.stderr.count("\n") == 1
    assert all(word in done.stderr for word in words), done.stderr


# --- one text --------------------------------------------------------------------------------


def test_json_is_one_line_of_ascii(resolve):
    done = resolve("ein Bär style: raw --seed 1", "--json")
    assert done.exit_code == 0
    [document] = lines(done)
    assert set(document) == {"jobs", "styles", "notes", "error"}
    assert (document["styles"], document["notes"], document["error"]) == (["raw"], [], None)
    assert document["jobs"][0]["prompt"] == "ein Bär"
    assert done.stdout.isascii()


def test_a_refusal_is_exit_code_2_with_the_document_on_standard_output(resolve):
    done = resolve("a fox style: nexn", "--json")
    assert (done.exit_code, done.stderr) == (2, "")
    [document] = lines(done)
    assert (document["jobs"], document["error"]["code"]) == ([], "style_unknown")
    assert document["error"]["suggestions"] == ["neon"]


def test_the_seed_and_number_of_the_options_are_only_defaults(resolve):
    given = lines(resolve("a fox style: raw", "--seed", "7", "--n", "3", "--json"))
    own = lines(resolve("a fox style: raw --seed 7 --n 3", "--seed", "8", "--n", "1", "--json"))
    assert given == own
    assert given[0]["jobs"][0]["params"]["seed"] == "7"


def test_a_number_out_of_range_is_clamped_and_one_that_is_none_is_wrong_usage(resolve):
    [document] = lines(resolve("a fox style: raw", "--n", "0", "--json"))
    assert document["jobs"][0]["params"]["n"] == 1
    assert [note["code"] for note in document["notes"]] == ["clamped"]
    done = resolve("a fox", "--n", "many")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "'--n'" in done.stderr


def test_without_a_seed_it_is_drawn_by_chance(resolve):
    drawn = {
        lines(resolve("a fox --n 1 style: paints", "--json"))[0]["styles"][0] for _ in "x" * 30
    }
    assert drawn == {"oil", "neon"}


def test_people_read_everything_in_full_and_plain(resolve):
    prompt = "a fox and " + "a very long story " * 30 + "[red]not markup[/red]"
    done = resolve(f"{prompt} style: oil --n 99 --lora v:5:0.3 ### text")
    assert done.exit_code == 0
    assert f"{prompt}, oil" in done.stdout
    words = ("oil", "xl", "8 of 512×512", "12 steps, cfg 7.5, k_euler_a karras", "photo, text")
    assert [word for word in words if word not in done.stdout] == []
    assert "77:0.5, v:88:1, v:5:0.3" in done.stdout
    assert "--n 99 became 8" in done.stdout
    assert "\x1b" not in done.stdout


def test_people_read_why_it_is_refused(resolve):
    done = resolve("a fox style: nexn")
    assert done.exit_code == 2
    assert "I know no style “nexn”" in done.stdout
    assert "Did you mean: neon?" in done.stdout


@pytest.mark.parametrize("arguments", [(), ("a fox", "--file", "x")])
def test_it_is_either_a_text_or_a_file(resolve, arguments):
    done = resolve(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Usage" in done.stderr


def test_an_empty_text_is_a_text(resolve):
    done = resolve("", "--json")
    assert done.exit_code == 2
    assert lines(done)[0]["error"]["code"] == "not_a_request"


# --- a file ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a style: raw\nb style: raw\n", ["a", "b"]),
        ("a style: raw\nb style: raw", ["a", "b"]),
        ("\ufeffa style: raw\n", ["a"]),
        ("a\fb\x0b style: raw\r\nc style: raw\n", ["ab", "c"]),
        ("a\u2028b\x85c style: raw\n", ["a\u2028bc"]),
        ("a\rb style: raw\n", ["ab"]),
    ],
)
def test_only_a_line_feed_ends_a_line(resolve, tmp_path, content, expected):
    file = tmp_path / "requests.txt"
    file.write_bytes(content.encode())
    done = resolve("--file", file, "--json")
    assert done.exit_code == 0
    assert prompts(done) == expected


def test_a_lone_surrogate_in_a_file_is_read_as_no_character(resolve, tmp_path):
    file = tmp_path / "requests.txt"
    file.write_bytes(b"a \xed\xa0\x80fox style: raw\n")
    assert prompts(resolve("--file", file, "--json")) == ["a fox"]


def test_there_is_an_object_for_every_line_the_empty_ones_too(resolve, tmp_path):
    file = tmp_path / "requests.txt"
    file.write_text("a style: raw\n\n   \nb style: nosuch\n\n")
    done = resolve("--file", file, "--json")
    assert done.exit_code == 0
    found = [document["error"] and document["error"]["code"] for document in lines(done)]
    assert found == [None, "not_a_request", "not_a_request", "style_unknown", "not_a_request"]


def test_an_empty_file_has_no_lines(resolve, tmp_path):
    (tmp_path / "empty.txt").write_bytes(b"")
    done = resolve("--file", tmp_path / "empty.txt", "--json")
    assert (done.exit_code, done.stdout) == (0, "")


def test_a_dash_is_standard_input(resolve):
    done = resolve("--file", "-", "--json", typed="ä style: raw\nb style: raw".encode())
    assert prompts(done) == ["ä", "b"]


def test_people_read_a_block_for_each_line(resolve, tmp_path):
    (tmp_path / "f").write_text("a fox style: raw\nb style: nosuch\n")
    done = resolve("--file", tmp_path / "f")
    assert done.exit_code == 0
    assert done.stdout.index("line 1") < done.stdout.index("a fox") < done.stdout.index("line 2")
    assert "I know no style" in done.stdout


def test_a_thousand_lines_take_a_second_or_two(resolve, tmp_path):
    file = tmp_path / "many.txt"
    text = "draw for me a fox in {{red, blue}} number {} style: all --ar 3:2 ### bad hands\n"
    file.write_text("".join(text.replace("{}", str(n)) for n in range(1000)))
    started = time.process_time()
    done = resolve("--file", file, "--json")
    assert len(lines(done)) == 1000
    assert time.process_time() - started < 60


@pytest.mark.parametrize(
    ("content", "words"), [(b"fine\n\xff\xfe\n", ("UTF-8", "byte 5")), (None, ("No such file",))]
)
def test_a_file_that_cannot_be_read_is_told(resolve, tmp_path, content, words):
    file = tmp_path / "requests.txt"
    if content is not None:
        file.write_bytes(content)
    assert_told(resolve("--file", file, "--json"), str(file), *words)


def test_standard_input_that_is_no_text_is_told(resolve):
    assert_told(resolve("--file", "-", typed=b"\xff"), "standard input")


# --- styles ----------------------------------------------------------------------------------


def test_later_lists_override_earlier_ones(resolve, tmp_path):
    later = {"neon": {"prompt": "{p}, later", "model": "xl"}}
    more = write_list(tmp_path / "more", later)
    done = resolve("a fox style: neon", "--styles", more, "--json")
    assert prompts(done) == ["a fox, later"]
    done = resolve("a fox style: oil", "--styles", more, "--json")
    assert prompts(done) == ["a fox, oil###photo"]


def test_lists_that_are_named_replace_the_configured_ones(resolve, write_config, tmp_path):
    own = write_list(tmp_path / "own", {"mine": {"prompt": "{p}, mine", "model": "sd"}})
    config = write_config(styles={"sources": [str(own)], "default": "mine"})
    words = ["resolve", "a fox", "--config", str(config), "--json"]
    done = CliRunner().invoke(app, words)
    assert prompts(done) == ["a fox, mine"]
    assert resolve("a fox style: mine", "--config", config).exit_code == 2


def test_a_list_may_be_at_an_address(styles, tmp_path):
    with in_thread(FakePages(styles)) as server:
        words = ["resolve", "a fox style: neon", "--styles", server.url, "--json"]
        done = CliRunner().invoke(app, words)
        assert prompts(done) == ["a fox, neon"]
        server.fail("list", faults.answer(503, ""), 99)
        assert_told(CliRunner().invoke(app, words), server.url, "503")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["list"]


def test_no_old_copy_stands_in_for_a_list_that_is_named(styles, write_config, tmp_path):
    with in_thread(FakePages(styles)) as server:
        config = write_config(styles={"sources": [server.url]}, data_dir="data")
        assert CliRunner().invoke(app, ["styles", "sync", "--config", str(config)]).exit_code == 0
        server.fail("list", faults.answer(500, ""), 99)
        words = ["resolve", "a fox style: neon", "--config", str(config), "--json"]
        asked = len(server.asked())
        assert prompts(CliRunner().invoke(app, words)) == ["a fox, neon"]
        assert len(server.asked()) == asked
        assert_told(CliRunner().invoke(app, [*words, "--styles", server.url]), server.url)


@pytest.mark.parametrize("content", [None, "[]", "{", '{"a": {}}'])
def test_a_list_that_cannot_be_read_is_told(tmp_path, content):
    folder = tmp_path / "broken"
    folder.mkdir()
    if content is not None:
        (folder / "styles.json").write_text(content)
    words = ["resolve", "a fox", "--styles", str(folder), "--json"]
    assert_told(CliRunner().invoke(app, words), str(folder))


# --- what is served, and known ---------------------------------------------------------------


def test_only_what_is_served_is_used(resolve, tmp_path):
    row = {"count": 2, "queued": 0, "jobs": 0, "eta": 10, "performance": 1.5, "type": "image"}
    file = tmp_path / "models.json"
    idle = {**row, "name": "sd", "count": 0}
    file.write_text(
        json.dumps([{**row, "name": "xl"}, idle, {**row, "name": "sd", "type": "text"}])
    )
    [document] = lines(resolve("a fox --n 4 style: all", "--served", file, "--json"))
    assert document["styles"] == ["oil"]
    done = resolve("a fox style: neon", "--served", file, "--json")
    assert lines(done)[0]["error"]["code"] == "style_not_served"


def test_an_empty_answer_serves_nothing(resolve, tmp_path):
    (tmp_path / "models.json").write_text("[]")
    done = resolve("a fox style: raw", "--served", tmp_path / "models.json", "--json")
    assert (done.exit_code, lines(done)[0]["error"]["code"]) == (2, "nothing_served")


@pytest.mark.parametrize(
    "content",
    [None, "", "{}", "[1]", '[{"count": 1}]', '[{"name": "a", "count": "many"}]', "[" * 9000],
)
def test_an_answer_of_another_shape_is_told(resolve, tmp_path, content):
    file = tmp_path / "models.json"
    if content is not None:
        file.write_text(content)
    assert_told(resolve("a fox", "--served", file, "--json"), str(file))


def test_the_reference_tells_sizes_and_models(resolve, tmp_path):
    file = tmp_path / "reference.json"
    file.write_text(json.dumps({"xl": {"baseline": "stable_diffusion_xl"}}))
    params = lines(resolve("a fox style: oil", "--reference", file, "--json"))[0]["jobs"][0][
        "params"
    ]
    assert (params["width"], params["height"]) == (1024, 1024)
    done = resolve("a fox --model nosuch", "--reference", file, "--json")
    assert lines(done)[0]["error"]["code"] == "model_unknown"


def test_an_empty_reference_knows_nothing_and_refuses_no_model(resolve, tmp_path):
    (tmp_path / "reference.json").write_text("{}")
    done = resolve("a fox --model whatever", "--reference", tmp_path / "reference.json", "--json")
    assert lines(done)[0]["jobs"][0]["models"] == ["whatever"]


@pytest.mark.parametrize(
    "content",
    [None, "[]", "words", "", "\ud800", '{"message": "slow down"}', '{"a": {"nsfw": true}}'],
)
def test_a_reference_that_cannot_be_read_is_told(resolve, tmp_path, content):
    file = tmp_path / "reference.json"
    if content is not None:
        file.write_text(content, "utf-8", "surrogatepass")
    assert_told(resolve("a fox", "--reference", file), str(file))


# --- the place -------------------------------------------------------------------------------


def test_the_place_is_that_of_the_configuration(resolve, write_config):
    config = write_config(defaults={"pictures": 2, "max_pictures": 3, "trusted_workers": False})
    [job] = lines(resolve("a fox style: raw", "--config", config, "--json"))[0]["jobs"]
    assert (job["params"]["n"], job["trusted_workers"]) == (2, False)
    given = lines(resolve("a fox style: raw", "--n", "99", "--config", config, "--json"))
    assert given[0]["jobs"][0]["params"]["n"] == 3


def test_words_that_the_operator_blocks_are_refused(resolve, write_config):
    config = write_config(defaults={"blocked": ["soup"]})
    done = resolve("a fox in soup style: raw", "--config", config, "--json")
    assert (done.exit_code, lines(done)[0]["error"]["code"]) == (2, "blocked")


def test_config_yaml_is_read_if_it_is_there(resolve, write_config):
    write_config(defaults={"pictures": 1})
    [job] = lines(resolve("a fox style: raw", "--json"))[0]["jobs"]
    assert job["params"]["n"] == 1


def test_a_configuration_that_cannot_be_used_is_told(resolve, write_config):
    assert_told(resolve("a fox", "--config", "nosuch.yaml"), "nosuch.yaml")
    assert_told(resolve("a fox", "--config", write_config(nosuch=1)), "nosuch")


# --- as a program ----------------------------------------------------------------------------


def test_the_network_is_not_used(tmp_path, styles):
    (tmp_path / "config.yaml").write_text(
        "styles: {sources: ['http://127.0.0.1:9/x', bundled:general]}"
    )
    words = ["a fox style: gouache --lora 'a name'", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", NETLESS, "resolve", *words],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    assert json.loads(done.stdout)["styles"] == ["gouache"]


def test_the_program_prints_refusals_and_ends_with_2(tmp_path):
    done = run("resolve", "a fox style: nosuchstyle", "--json", cwd=tmp_path)
    assert (done.code, done.err) == (2, "")
    assert done.json["error"]["code"] == "style_unknown"
    assert list(tmp_path.iterdir()) == []
