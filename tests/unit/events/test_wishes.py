"""What people write to events, read as a whole or not at all."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.model import Shown
from events.wishes import COMMANDS, ENTER, Enter, read_enter, read_numbers

BARE = Enter(None, None, None, None, "", False, None, "", "", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("enter", {}),
        ("Enter autumn", {"event": "autumn"}),
        ("enter 3", {"picture": 3}),
        ("enter autumn-27 #2", {"event": "autumn-27", "picture": 2}),
        ("enter autumn ab23cd45 2", {"event": "autumn", "request": "ab23cd45", "picture": 2}),
        ("enter autumn as me", {"event": "autumn", "shown": Shown.NAME}),
        ("enter as me", {"shown": Shown.NAME}),
        ("enter anonymous", {"shown": Shown.ANONYMOUS}),
        (
            "enter autumn 1 as Zelda the  Fan cc0",
            {
                "event": "autumn",
                "picture": 1,
                "shown": Shown.NICKNAME,
                "nickname": "Zelda the Fan",
                "cc0": True,
            },
        ),
        (
            "enter styles as me cc0 called: harbour fog subject: a red fox",
            {
                "event": "styles",
                "shown": Shown.NAME,
                "cc0": True,
                "called": "harbour fog",
                "subject": "a red fox",
            },
        ),
        (
            "enter autumn as me replace 4 made: in Krita,\nby hand",
            {"event": "autumn", "shown": Shown.NAME, "replaces": 4, "made": "in Krita,\nby hand"},
        ),
    ],
)
def test_enter(text, expected):
    from dataclasses import replace

    assert ENTER.fullmatch(text)
    assert read_enter(text) == replace(BARE, **expected)


@pytest.mark.parametrize(
    "text",
    [
        "enter the dragon, painted in oil",
        "entering autumn",
        "vote for me",
        "event",
        "withdraw my troops from the city",
        "theme park at night",
        "events in the city",
    ],
)
def test_what_is_something_else_is_no_command(text):
    assert [word for word, pattern in COMMANDS.items() if pattern.fullmatch(text)] == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("vote autumn 3 7 12", (3, 7, 12)),
        ("vote 7,3, 7 and #2", (2, 3, 7)),
        ("vote autumn", ()),
        ("vote", ()),
    ],
)
def test_votes(text, numbers):
    assert read_numbers(text) == numbers


@given(st.text(alphabet="enter autumn0123#:,as me\n", max_size=300))
def test_each_text_is_one_command_at_most(text):
    for word in ("enter ", "vote ", "withdraw ", "event ", "theme "):
        read_by = [one for one, pattern in COMMANDS.items() if pattern.fullmatch(word + text)]
        assert read_by in ([], [word.strip()])


@pytest.mark.parametrize("word", ["enter", "vote", "withdraw", "event", "theme"])
@pytest.mark.parametrize("noise", [" ", "\n", "a ", "1 ", "#1,", " as a", " as: ", " and #1", ":"])
def test_no_text_takes_long_to_read(word, noise):
    text = f"{word} autumn{noise * 1000}!"
    started = time.process_time()
    for pattern in COMMANDS.values():
        pattern.fullmatch(text)
    assert time.process_time() - started < 10  # some milliseconds, unless it tries without end
