"""`hordebots draw` against a Horde: what is written, what is said, and how it ends."""

from __future__ import annotations

import asyncio
import re
import signal
import socket

import pytest
import yaml

from tests.component.bots.programs import START, Program, run
from tests.fakes.horde import Fate

PATIENCE = 90
"""Seconds within which it must say that a Horde does not answer; it takes a dozen where nobody else
is at work, and half an hour is what a request gets."""


@pytest.fixture(scope="module", autouse=True)
def unanswered(tmp_path_factory):
    """A `draw` whose Horde is down; started first, since it is patient."""
    folder = tmp_path_factory.mktemp("down")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody listens, and nobody else gets this port
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/api"
        config = folder / "config.yaml"
        config.write_text(yaml.safe_dump({"horde": {"endpoints": [{"name": "h", "url": url}]}}))
        with Program("draw", "a fox style: raw --n 1", "--config", config, cwd=folder) as program:
            yield program


@pytest.fixture
def draw(tmp_path, horde, config_for):
    """Return a function that draws with the fake Horde while its loop runs."""
    config = config_for(horde.url)

    async def draw(text, *options):
        arguments = ("draw", text, "--config", config, "--out", tmp_path / "out", *options)
        return await asyncio.to_thread(run, *arguments, cwd=tmp_path)

    return draw


async def test_all_pictures_are_written_under_names_that_say_what_they_are(draw, tmp_path, horde):
    done = await draw("a fox in the snow style: raw --n 2")
    assert done.code == 0
    assert "Here you are, 2 pictures: a fox in the snow" in done.out
    written = sorted((tmp_path / "out").iterdir())
    names = [re.fullmatch(r"([a-z0-9]{8})-([12])-raw\.webp", path.name) for path in written]
    assert [name[2] for name in names] == ["1", "2"]
    assert len({name[1] for name in names}) == 1
    assert [str(path) in done.out for path in written] == [True, True]
    assert all(path.read_bytes()[8:12] == b"WEBP" for path in written)
    assert len({path.read_bytes() for path in written}) == 2
    assert horde.journal.of("submit")[0].headers["apikey"] == "a key"
    assert "a key" not in done.out + done.err


async def test_json_says_it_all_on_one_line(draw, tmp_path):
    done = await draw("a fox style: raw --n 1 --seed 7", "--json")
    assert done.code == 0
    told = done.json
    assert done.out.count("\n") == 1
    assert set(told) == {"request", "ending", "text", "notes", "suggestions", "pictures"}
    assert (told["ending"], told["notes"], told["suggestions"]) == ("done", [], [])
    [picture] = told["pictures"]
    assert picture == {
        "file": str(tmp_path / "out" / f"{told['request']}-1-raw.webp"),
        "style": "raw",
        "model": "stable_diffusion",
        "seed": "7",
        "width": 64,
        "height": 64,
    }


async def test_fewer_pictures_than_asked_for_is_exit_code_1(draw, tmp_path, horde):
    horde.plan.extend([Fate.OK, Fate.CENSORED])
    done = await draw("a castle style: stylepunks --n 2")
    assert done.code == 1
    assert "1 of 2 pictures: a castle" in done.out
    assert "censored" in done.out
    assert len(list((tmp_path / "out").iterdir())) == 1


async def test_no_picture_is_exit_code_1(draw, tmp_path, horde):
    horde.fate = Fate.FAULTED
    done = await draw("a castle style: raw --n 1", "--json")
    assert done.code == 1
    assert done.json["ending"] == "failed"
    assert "the workers gave up on it" in done.json["text"]
    assert horde.journal.count("submit") == 2
    assert not (tmp_path / "out").exists()


async def test_unknown_style_is_refused_with_suggestions(draw, horde):
    done = await draw("a castle style: watercolourish")
    assert done.code == 2
    assert "I know no style “watercolourish”" in done.err
    assert "Did you mean: watercolour" in done.err
    assert done.out == ""
    assert horde.journal.count("submit") == 0


@pytest.mark.parametrize("text", ["", "  \t "])
async def test_empty_prompt_is_refused_with_an_example(draw, horde, text):
    done = await draw(text, "--json")
    assert done.code == 2
    assert done.json["ending"] == "refused"
    assert "draw for me a fox" in done.json["text"]
    assert horde.journal.count("submit") == 0


async def test_absurd_size_is_cut_and_said_so(draw, horde):
    done = await draw("a castle style: raw --n 1 --size 99999x1")
    assert done.code == 0
    assert "99999×1 became 3072×64" in done.out
    params = horde.journal.of("submit")[0].body["params"]
    assert (params["width"], params["height"]) == (3072, 64)


async def test_wrong_key_is_a_sentence(draw, horde):
    horde.keys = {"another key"}
    done = await draw("a castle style: raw --n 1")
    assert done.code == 1
    assert "key" in done.err
    assert len(done.err.strip().splitlines()) == 1


async def test_ctrl_c_tells_the_horde_that_nobody_waits(tmp_path, horde, config_for):
    horde.seconds = None
    checked = asyncio.Event()
    horde.journal.on_exchange(lambda exchange: exchange.route == "check" and checked.set())
    arguments = ("draw", "a fox style: raw --n 1", "--config", config_for(horde.url))
    with Program(*arguments, cwd=tmp_path) as program:
        await asyncio.wait_for(checked.wait(), START)
        assert await asyncio.to_thread(program.end, signal.SIGINT) == 130
    [made] = horde.requests.values()
    assert made.cancelled
    assert not (tmp_path / "pictures").exists()


def test_horde_that_is_down_is_a_sentence_soon(unanswered):
    unanswered.wait_for("No picture came of this: h does not answer", PATIENCE)
    assert unanswered.wait() == 1
    assert unanswered.ended - unanswered.started < PATIENCE
