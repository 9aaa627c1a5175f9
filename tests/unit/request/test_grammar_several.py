"""Several requests in one message: the first is drawn, and the answer tells of the next."""

import pytest

from request.grammar import ImageRequest, read
from styles.names import NameIndex

NAMES = NameIndex(("raw", "anime"))


def reading(text):
    return read(text, NAMES, bot_names=("painter",))


@pytest.mark.parametrize(
    ("text", "prompt", "next_one"),
    [
        ("draw for me a cat\ndraw for me a dog", "a cat", "draw for me a dog"),
        ("@painter draw a cat\n\n@painter draw me a dog\ndraw a fish", "a cat", "draw me a dog"),
        ("can you draw a cat?\ncan you draw a dog?", "a cat", "can you draw a dog?"),
        ("Hi all!\ndraw a cat\nin snow\ndraw a dog", "a cat\nin snow", "draw a dog"),
        ("1. draw a cat\n2. draw a dog", "a cat", "draw a dog"),
        ("Zeichne eine Katze\nzeichne mir einen Hund", "eine Katze", "zeichne mir einen Hund"),
        ("猫を描いて\n犬を描いて", "猫", "犬を描いて"),
    ],
)
def test_one_message_is_one_request_and_the_answer_says_so(text, prompt, next_one):
    request = reading(text)
    assert request.prompt == prompt
    assert [note.code for note in request.notes] == ["note.next_one"]
    assert f"“{next_one}”" in request.notes[0].text


def test_options_go_with_the_request_they_stand_in():
    request = reading("draw a cat\n--n 2\ndraw a dog style: anime")
    assert (request.prompt, request.n, request.style) == ("a cat", 2, None)


def test_a_long_line_is_told_of_by_its_beginning():
    note = reading(f"draw a cat\ndraw a dog {'and a dog ' * 50}").notes[0]
    assert len(note.text) < 200


@pytest.mark.parametrize(
    "prompt",
    [
        *("a cat\nwith a hat\nin snow", "two pets:\n- a cat\n- a dog", "a fox\ndraw it at night"),
        *("a scene:\nImagine all the people\nliving", "a line\ndraws near"),
    ],
)
def test_lines_that_ask_for_nothing_else_stay_together(prompt):
    assert reading(f"draw {prompt}") == ImageRequest(prompt)
