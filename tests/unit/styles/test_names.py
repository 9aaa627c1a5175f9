"""Finding names: longest, quoted, near, suggested."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styles.names import NameIndex, fold, key

NAMES = (
    "anime",
    "anime portrait",
    "cascade",
    "cascade+",
    "leaping–fire–cascade",
    "wizard's book",
    "faetastic (flux)",
    "raw",
    "flux-tall",
    "Straße",
)


@pytest.fixture
def index():
    return NameIndex(NAMES, {"cel": "anime", "wc": "raw"})


def name_and_rest(index, region):
    found = index.find(region)
    return (found.name, region[found.end :]) if found else None


@pytest.mark.parametrize(
    ("region", "name", "rest"),
    [
        ("anime", "anime", ""),
        ("ANIME portrait of a cat", "anime portrait", " of a cat"),
        ("anime   portrait x", "anime portrait", " x"),
        ("anime portraits", "anime", " portraits"),
        ("anime #cats", "anime", " #cats"),
        ("anime.", "anime", ""),
        ("anime, a cat", "anime", " a cat"),
        ("cascade+ x", "cascade+", " x"),
        ("leaping-fire-cascade", "leaping–fire–cascade", ""),
        ("leaping—fire—cascade!", "leaping–fire–cascade", ""),
        ("wizard’s book x", "wizard's book", " x"),
        ("faetastic (flux) fox", "faetastic (flux)", " fox"),
        ("  raw fox", "raw", " fox"),
        ("cel shaded", "anime", " shaded"),
        ("strasse x", "Straße", " x"),
        ("STRASSE", "Straße", ""),
    ],
)
def test_the_longest_known_name_that_starts_the_region_wins(index, region, name, rest):
    assert name_and_rest(index, region) == (name, rest)


@pytest.mark.parametrize("region", ["anim", "cascade-big", "raw_x", "rawer", "raw2", "", "  "])
def test_a_name_that_goes_on_is_another_name(index, region):
    found = index.find(region)
    assert found is None or not found.exact


@pytest.mark.parametrize("quotes", ['""', "''", "“”", "„“", "«»", "‘’"])
def test_quotes_delimit_exactly(index, quotes):
    region = f"{quotes[0]}anime{quotes[1]} portrait"
    assert name_and_rest(index, region) == ("anime", " portrait")


def test_an_apostrophe_inside_single_quotes_does_not_close_them(index):
    assert name_and_rest(index, "'wizard's book' x") == ("wizard's book", " x")


def test_a_quote_that_is_never_closed_is_passed_over(index):
    assert name_and_rest(index, '"raw fox') == ("raw", " fox")


def test_quoted_words_that_are_no_name_are_not_read_past_the_quotes(index):
    assert index.find('"anime zzz" raw') is None


def test_a_typing_mistake_in_quotes_is_near(index):
    found = index.find('"cascadee" x')
    assert (found.name, found.words, found.exact) == ("cascade", "cascadee", False)


def test_one_typing_mistake_is_near(index):
    found = index.find("anime portait of a cat")
    assert (found.name, found.words, found.exact) == ("anime", "anime", True)
    found = index.find("cascadee fox")
    assert (found.name, found.words, found.exact) == ("cascade", "cascadee", False)


def test_near_must_be_ninety(index):
    assert index.find("cascxxde") is None


def test_near_must_be_five_ahead_of_the_next():
    index = NameIndex(("dark painting", "bark painting"))
    assert index.find("gark painting") is None
    assert index.find("dark paintin").name == "dark painting"


def test_names_under_four_characters_match_only_exactly(index):
    assert index.find("raww") is None


def test_the_style_wins_over_a_category_and_an_alias_that_fold_alike():
    index = NameIndex(("Pony", "pony"), {"PONY": "other"})
    assert index.get("pony") == "Pony"


def test_suggestions_are_the_likeliest_and_at_most_five(index):
    assert index.suggest("animee")[0] == "anime"
    assert "cascade+" in index.suggest("casc")
    assert len(index.suggest("a")) <= 5
    assert index.suggest("qqqqqq") == ()


def test_only_what_is_offered_is_suggested(index):
    assert index.suggest("anime")[:2] == ("anime", "anime portrait")
    assert index.suggest("anime", lambda name: name != "anime")[0] == "anime portrait"


def test_search_wants_each_word(index):
    assert index.search("portrait anime") == ("anime portrait",)
    assert index.search("") == tuple(dict.fromkeys(NAMES))


def test_folding_knows_the_way_back():
    folded = fold("Aß  “İ”")
    assert folded.text == 'ass "i̇"'
    assert [("Aß  “İ”" + "$")[start] for start in folded.starts] == list("Aßß “İİ”$")


@given(st.text(st.characters(codec="ascii"), max_size=40))
def test_plain_text_is_folded_like_any_other(text):
    quickly, slowly = fold(text), fold(f"{text}é")
    assert slowly.text == f"{quickly.text}é"
    assert list(slowly.starts) == [*quickly.starts, len(text) + 1]


def test_an_empty_index_finds_nothing():
    index = NameIndex()
    assert not index
    assert index.find("anything") is None
    assert index.suggest("anything") == ()
    assert not NameIndex(("", " "))


def test_thousands_of_names_are_found_at_once():
    index = NameIndex(f"style number {number} of many" for number in range(5000))
    started = time.process_time()
    assert index.find("style number 77 of many, please").name == "style number 77 of many"
    index.find("style nomber 77x of many words that are none")
    index.suggest("style numbr")
    assert time.process_time() - started < 10


def test_key_is_the_same_for_composed_and_decomposed():
    assert key("café") == key("cafe\u0301")


COMPLETED = NameIndex(
    ("raw", "punk", "steampunk", "night punk", "cyber punk", "zebra"), {"sp": "steampunk"}
)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("punk", ("punk", "night punk", "cyber punk", "steampunk")),
        ("st", ("steampunk",)),
        ("sp", ("steampunk",)),
        ("PU", ("punk", "night punk", "cyber punk", "steampunk")),
        ("steampnk", ("steampunk",)),
        ("punc", ("punk",)),
        ("xq", ()),
        ("", ("raw", "punk", "steampunk", "night punk", "cyber punk", "zebra")),
    ],
)
def test_completing_puts_the_likeliest_first(typed, names):
    assert COMPLETED.complete(typed)[: len(names)] == names
    assert bool(COMPLETED.complete(typed)) == bool(names)


@pytest.mark.parametrize("typed", ["aspect", "flux", "ratio"])
def test_a_word_begins_after_any_sign_that_is_no_letter(typed):
    names = NameIndex(("superaspectfluxratio", "sdxl-aspect-ratio (flux)"))
    assert names.complete(typed)[0] == "sdxl-aspect-ratio (flux)"


def test_names_that_begin_so_come_before_those_with_a_word_that_does():
    names = NameIndex(("night punk", "punkish", "punk", "steampunk"))
    assert names.complete("punk") == ("punk", "punkish", "night punk", "steampunk")


def test_near_names_are_completed_as_many_as_others():
    names = NameIndex(f"style-{number}" for number in range(10))
    assert len(names.complete("stlye-")) == 10
    assert names.complete("stlye-", most=2) == ("style-0", "style-1")


def test_completing_offers_only_what_may_be_offered_and_not_too_much():
    assert "punk" not in COMPLETED.complete("punk", lambda name: name != "punk")
    assert len(NameIndex(str(number) for number in range(100)).complete("")) == 25


def test_more_names_win_over_those_that_fold_alike():
    more = NameIndex(("raw", "anime")).extended(("Raw", "horde/x"))
    assert (more.get("raw"), more.get("anime"), more.get("horde/x")) == ("Raw", "anime", "horde/x")
