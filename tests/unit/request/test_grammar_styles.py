"""`style:` anywhere in a request."""

import pytest

from common.errors import Refusal
from request.grammar import read
from styles.names import NameIndex

NAMES = NameIndex(
    (
        "raw",
        "anime",
        "anime portrait",
        "stylepunks",
        "jim eidomode",
        "faetastic (flux)",
        "cascade+",
    ),
    {"cel": "anime"},
)


def request(text):
    return read(f"draw {text}", NAMES)


@pytest.mark.parametrize(
    ("text", "prompt", "style"),
    [
        ("a fox style: anime", "a fox", "anime"),
        ("a fox style:anime", "a fox", "anime"),
        ("a fox STYLE : Anime", "a fox", "anime"),
        ("a fox style：anime", "a fox", "anime"),
        ("a fox --style anime", "a fox", "anime"),
        ("a fox --style=anime", "a fox", "anime"),
        ("a fox -style anime", "a fox", "anime"),
        ("a fox —style anime", "a fox", "anime"),
        ("style: anime a fox", "a fox", "anime"),
        ("a fox style: anime portrait in snow", "a fox in snow", "anime portrait"),
        ("a fox style: anime #cats", "a fox #cats", "anime"),
        ("a fox style: anime.", "a fox", "anime"),
        ("a fox style: anime please", "a fox", "anime"),
        ("a fox, style: anime, in snow", "a fox, in snow", "anime"),
        ("a fox style: anime\nin snow", "a fox\nin snow", "anime"),
        ('a fox style: "anime" portrait', "a fox portrait", "anime"),
        ("a fox style: “faetastic (flux)”", "a fox", "faetastic (flux)"),
        ("a fox style: faetastic (flux)", "a fox", "faetastic (flux)"),
        ("a fox style: cascade+ --n 2", "a fox", "cascade+"),
        ("a fox style: cel", "a fox", "anime"),
        ("a fox style: random", "a fox", "random"),
        ("a fox style: RANDOM, in snow", "a fox in snow", "random"),
        ('a fox style: "random" things', "a fox things", "random"),
        ("a fox ### bad style: anime", "a fox", "anime"),
        ("a fox (style: anime)", "a fox", "anime"),
        ("a fox(style: anime) in snow", "a fox in snow", "anime"),
        ("a fox --style：anime", "a fox", "anime"),
        ("a fox style: random,red", "a fox red", "random"),
        ("a fox [style: anime] in snow", "a fox in snow", "anime"),
        ("a (red fox style: anime) in snow", "a (red fox) in snow", "anime"),
        ("a {red, blue style: anime} fox", "a {red, blue} fox", "anime"),
        ("a fox style: anime) in snow", "a fox in snow", "anime"),
        ("a fox (style: faetastic (flux)) in snow", "a fox in snow", "faetastic (flux)"),
        ("a fox (style: faetastic (flux) in snow)", "a fox ( in snow)", "faetastic (flux)"),
        ("a fox (style: anime in snow)", "a fox ( in snow)", "anime"),
        ('a fox style: "anime", in snow', "a fox in snow", "anime"),
        ("a fox --style: anime", "a fox", "anime"),
        ("a fox style: 'anime' portrait", "a fox portrait", "anime"),
        ("a fox style: “anime", "a fox", "anime"),
        ("a fox style:  anime   portrait", "a fox", "anime portrait"),
        ("a fox style: faetastic  (FLUX)", "a fox", "faetastic (flux)"),
    ],
)
def test_where_and_how_a_style_may_be_written(text, prompt, style):
    found = request(text)
    assert (found.prompt, found.style) == (prompt, style)
    assert "note.style_near" not in [note.code for note in found.notes]


@pytest.mark.parametrize(
    "text", ["a lifestyle: photo", "old-style: photo", "my_style: x", "styles: x"]
)
def test_a_word_that_ends_in_style_is_prompt(text):
    found = request(text)
    assert (found.prompt, found.style) == (text, None)


def test_a_typing_mistake_is_read_and_noted():
    found = request("a fox style: stylpunks")
    assert found.style == "stylepunks"
    assert [note.text for note in found.notes] == [
        "“stylpunks” was read as the style “stylepunks”."
    ]


def test_the_last_style_counts_and_the_earlier_is_noted():
    found = request("a fox style: raw style: anime")
    assert (found.prompt, found.style) == ("a fox", "anime")
    assert [note.code for note in found.notes] == ["note.style_replaced"]


def test_words_that_go_back_to_the_prompt_are_told():
    found = request("a fox style: anime cats")
    assert [note.code for note in found.notes] == ["note.style_rest"]
    assert request("style: anime cats").notes == ()


def test_an_unknown_style_is_refused_naming_the_words_with_suggestions():
    with pytest.raises(Refusal, match="animate fox") as refusal:
        request("x style: animate fox")
    assert refusal.value.code == "refused.style_unknown"
    assert "anime" in refusal.value.suggestions
    assert len(refusal.value.suggestions) <= 5


@pytest.mark.parametrize("text", ["x style:", "x style: --n 2", "x style:\nanime", "x --style"])
def test_a_style_without_a_name_is_refused(text):
    with pytest.raises(Refusal) as refusal:
        request(text)
    assert refusal.value.code == "refused.style_missing"


def test_a_single_dash_before_an_unknown_style_is_prose():
    assert request("a house -style of old").prompt == "a house -style of old"


def test_only_what_may_be_offered_is_suggested():
    with pytest.raises(Refusal) as refusal:
        read("draw x style: animate", NAMES, offer=lambda name: name != "anime")
    assert "anime" not in refusal.value.suggestions


def test_a_style_called_random_is_that_style():
    assert read("draw x style: random", NameIndex(["Random"])).style == "Random"


def test_the_region_of_a_name_is_sixty_four_characters():
    near, far = " " * 57, " " * 58
    assert request(f'x style: "anime{near}" portrait').prompt == "x portrait"
    assert request(f'x style: "anime{far}" portrait').prompt.startswith("x portrait") is False


def test_a_name_of_fewer_than_four_characters_must_be_exact():
    with pytest.raises(Refusal) as refusal:
        request("x style: ra")
    assert refusal.value.suggestions[0] == "raw"
    assert read("draw x style: rawr", NameIndex(["rawr"])).style == "rawr"


def test_of_two_names_as_near_none_is_taken():
    with pytest.raises(Refusal):
        read("draw x style: watercolorx", NameIndex(["watercolora", "watercolorb"]))


def test_a_native_style_of_the_horde_is_a_name_of_the_list():
    found = read("draw a fox style: horde/neon nights in snow", NameIndex(["horde/neon nights"]))
    assert (found.prompt, found.style) == ("a fox in snow", "horde/neon nights")


@pytest.mark.parametrize("dash", ["-", "–", "—", "‐"])
def test_dashes_and_quotes_of_a_name_are_read_however_they_are_typed(dash):
    names = NameIndex(["leaping-fire-cascade", "it's"])
    name = "leaping-fire-cascade".replace("-", dash)
    assert read(f"draw a fox style: {name}", names).style == "leaping-fire-cascade"
    assert read("draw a fox style: it’s", names).style == "it's"
