"""Names of written pictures, and folders that cannot take them."""

from __future__ import annotations

import pytest

from bots.cli.drawing import EXIT_CODES, check_folder, write
from common.errors import StartupError
from common.model import Ending, Outcome, Picture

OUTCOME = Outcome(request="abcd2345", ending=Ending.DONE, text="")


def picture(path, *, style="raw", mime="image/webp", number=1):
    return Picture(
        number=number,
        path=path,
        sha256="0" * 64,
        mime=mime,
        width=64,
        height=64,
        style=style,
        model="m",
        seed="1",
        worker="w",
        alt="",
    )


@pytest.fixture
def kept(tmp_path):
    path = tmp_path / "kept"
    path.write_bytes(b"bytes")
    return path


@pytest.mark.parametrize(
    ("style", "mime", "name"),
    [
        ("raw", "image/webp", "abcd2345-1-raw.webp"),
        ("Cyber Punk 2!", "image/png", "abcd2345-1-cyber-punk-2.png"),
        ("../../etc/passwd", "image/jpeg", "abcd2345-1-etc-passwd.jpg"),
        ("水彩", "image/webp", "abcd2345-1-picture.webp"),
        ("", "image/gif", "abcd2345-1-picture.bin"),
    ],
)
def test_name_says_what_it_is_and_stays_in_the_folder(tmp_path, kept, style, mime, name):
    written = write(picture(kept, style=style, mime=mime), OUTCOME, tmp_path / "a" / "b")
    assert written == tmp_path / "a" / "b" / name
    assert written.read_bytes() == b"bytes"


def test_folder_that_cannot_be_made_is_a_sentence(tmp_path, kept):
    for attempt in (check_folder, lambda out: write(picture(kept), OUTCOME, out)):
        with pytest.raises(StartupError, match=r"cannot be written .* Choose another with --out"):
            attempt(kept / "below")


def test_folder_still_to_be_made_is_fine_and_not_made_yet(tmp_path):
    check_folder(tmp_path / "new" / "deep")
    assert list(tmp_path.iterdir()) == []


def test_every_ending_has_an_exit_code():
    assert set(EXIT_CODES) == set(Ending)
