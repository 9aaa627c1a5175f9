"""Addresses of pictures in the text."""

import pytest

from common.errors import Refusal
from request.grammar import read
from styles.names import NameIndex

NAMES = NameIndex(("raw", "anime"))
HERE = "https://x.y/a.png"


def request(text, **context):
    return read(f"draw {text}", NAMES, **context)


@pytest.mark.parametrize(
    "option", ["--strength 0.5", "--inpaint", "--outpaint", "--blend", "--control canny", "--iw 1"]
)
def test_addresses_are_pictures_in_a_request_that_works_on_pictures(option):
    for text in (
        f"{HERE} a fox {option}",
        f"a fox {option} {HERE}",
        f"a fox {HERE} ### bad {option}",
    ):
        found = request(text)
        assert (found.prompt, found.addresses) == ("a fox", (HERE,))


@pytest.mark.parametrize("option", ["", "--n 2", "--upscale", "--no cars", "style: raw", "--price"])
def test_elsewhere_addresses_are_left_out_and_the_answer_says_so(option):
    found = request(f"a fox {HERE} in <http://x.y> snow {option}")
    assert found.addresses == ()
    assert found.prompt == "a fox in snow"
    assert f"{HERE} is no part of a picture" in found.notes[0].text


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (f"<{HERE}>", HERE),
        (f"({HERE})", HERE),
        (f"“{HERE}”", HERE),
        (f"{HERE},", HERE),
        (f"{HERE}...", HERE),
        (f"![a picture]({HERE})", HERE),
        (f"[it]({HERE} 'title')", HERE),
        (f"[it](<{HERE}>)", HERE),
        ("HTTPS://X.Y/a.png", "HTTPS://X.Y/a.png"),
        (f"({HERE}.)", HERE),
        ("https://x.y/a_(b)", "https://x.y/a_(b)"),
        ("(https://x.y/a_(b))", "https://x.y/a_(b)"),
        ("https://x.y/a_(b).png", "https://x.y/a_(b).png"),
        ("https://x.y/a.png?b=1&c=2#d", "https://x.y/a.png?b=1&c=2#d"),
        ("https://x.y/red::2.png", "https://x.y/red::2.png"),
        ("https://例え.jp/絵.png", "https://例え.jp/絵.png"),
    ],
)
def test_how_an_address_may_stand_in_the_text(text, address):
    found = request(f"a fox {text} in snow --inpaint")
    assert (found.prompt, found.addresses) == ("a fox in snow", (address,))


@pytest.mark.parametrize(
    "text", ["https://", "https://.", "xhttps://x.y", "ftp://x.y", "https:x.y"]
)
def test_what_is_no_address_stays(text):
    found = request(f"a fox {text} --inpaint")
    assert (found.prompt, found.addresses) == (f"a fox {text}", ())


def test_addresses_in_a_negative_prompt_are_pictures_too():
    found = request(f"a fox --blend ### bad {HERE} --no cars https://x.y/b.png")
    assert (found.prompt, found.negative) == ("a fox", "bad, cars")
    assert found.addresses == (HERE, "https://x.y/b.png")


def test_six_addresses_are_used_and_more_are_noted():
    seven = [f"https://x.y/{number}.png" for number in range(7)]
    found = request(f"a fox --blend {' '.join(seven)}")
    assert found.addresses == tuple(seven[:6])
    assert [note.code for note in found.notes] == ["note.addresses_left"]
    assert request(f"a fox --blend {' '.join(seven[:6])}").notes == ()


def test_an_address_without_encryption_is_refused():
    with pytest.raises(Refusal, match="https://") as refusal:
        request("a fox http://x.y/a.png --inpaint")
    assert refusal.value.code == "refused.address_plain"


def test_an_address_of_more_than_a_thousand_characters_is_refused():
    fits = "https://x.y/" + "a" * 988
    assert request(f"a fox {fits} --inpaint").addresses == (fits,)
    with pytest.raises(Refusal) as refusal:
        request(f"a fox {fits}a --inpaint")
    assert refusal.value.code == "refused.address_long"


def test_an_address_alone_is_no_prompt():
    with pytest.raises(Refusal) as refusal:
        request(f"{HERE} --inpaint")
    assert refusal.value.code == "refused.empty_prompt"
