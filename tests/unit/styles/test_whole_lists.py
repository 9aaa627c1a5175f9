"""A list as a whole: what its names mean, parts of it, where it comes from, what it has to say."""

import json
from itertools import islice

import pytest

from common.errors import StyleListError
from common.model import LoraUse, TiUse
from styles.lists import stylelist
from styles.lists.fields import Fault
from styles.lists.parsing import Look, parse_enhancement, parse_style

GOOD = {"prompt": "{p}{np}", "model": "sd"}


def sentences(styles=None, categories=None, enhancements=None):
    """Return what is said of a list that is merged of these tables."""
    tables = dict(
        zip(stylelist.FILES, (styles or {}, categories or {}, enhancements or {}), strict=True)
    )
    contents = {file: json.dumps(table).encode() for file, table in tables.items()}
    return [str(fault) for fault in stylelist.merge([stylelist.parse(contents)]).faults]


# --- what names mean --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "styles"),
    [
        ("Good", ("fine",)),
        ("pony", ("pony",)),
        ("three", ("neon", "oil", "fast")),
        ("empty", ()),
        ("nosuch", None),
    ],
)
def test_a_name_means_a_style_or_those_of_a_category(build, name, styles):
    assert build().meant(name) == styles


def test_the_part_some_names_mean_has_their_styles_in_the_lists_order(build):
    usual = build()
    part = usual.only(["good", "three", "nosuch"])
    assert list(part.styles) == ["neon", "oil", "fast", "fine"]
    assert part.categories == {"three": ("neon", "oil", "fast")}
    assert part.enhancements == usual.enhancements != {}
    assert part.faults == usual.faults != ()
    assert part.style("good") is usual.style("good")
    assert part.style("raw") is None


def test_without_names_the_part_is_the_whole(build):
    usual = build()
    assert usual.only(iter(())) is usual


@pytest.mark.parametrize(
    ("categories", "styles"),
    [
        ({"a": ["nobody", "neon"]}, ("neon",)),
        ({"a": ["neon", "b", "oil"], "b": ["a", "fast"]}, ("neon", "fast", "oil")),
        ({"a": ["b"], "b": ["b", "neon"]}, ("neon",)),
        ({"a": ["neon", "oil", "neon"]}, ("neon", "oil")),
        ({}, ()),
    ],
)
def test_a_category_that_contains_others_or_itself_has_each_style_once(build, categories, styles):
    assert build(categories=categories).expand("a") == styles


# --- where a list comes from ------------------------------------------------------------------


def test_a_fault_names_the_folder_it_was_read_from(tmp_path):
    (tmp_path / "styles.json").write_text('{"x": 5}')
    [fault] = stylelist.load_folder(tmp_path).faults
    assert str(fault) == f"{tmp_path}: styles.json: “x”: is not an object (left out)"


def test_of_a_folder_the_files_of_a_list_are_read_and_no_others(tmp_path):
    for name in ("styles.json", "enhancements.json", "others.json"):
        (tmp_path / name).write_text("{}")
    assert stylelist.read_folder(tmp_path) == {"styles.json": b"{}", "enhancements.json": b"{}"}


def test_of_a_huge_file_no_more_is_read_than_shows_that_it_is_too_large(tmp_path):
    with (tmp_path / "styles.json").open("wb") as file:
        file.truncate(stylelist.LARGEST_FILE * 4)
    [content] = stylelist.read_folder(tmp_path).values()
    assert len(content) == stylelist.LARGEST_FILE + 1
    (tmp_path / "styles.json").write_bytes(b"{}".ljust(stylelist.LARGEST_FILE))
    assert stylelist.load_folder(tmp_path).styles == {}


def test_a_folder_that_cannot_be_read_is_refused_by_its_name(tmp_path):
    (tmp_path / "styles.json").mkdir()
    with pytest.raises(StyleListError) as refused:
        stylelist.load_folder(tmp_path)
    assert str(refused.value).startswith(f"The stylelist {tmp_path} cannot be read: ")
    assert "Is a directory" in str(refused.value)


REFUSALS = {
    "no styles": ({}, "The stylelist here has no styles.json."),
    "too large": (
        {"styles.json": b" " * (stylelist.LARGEST_FILE + 1)},
        "styles.json of the stylelist here is larger than 5 MB; that is no stylelist.",
    ),
    "no JSON": (
        {"styles.json": b"{}", "categories.json": b"{"},
        (
            "categories.json of the stylelist here is not valid JSON: Expecting property name"
            " enclosed in double quotes: line 1 column 2 (char 1)"
        ),
    ),
    "no object": (
        {"styles.json": b"[]"},
        "styles.json of the stylelist here must be an object of names.",
    ),
}


@pytest.mark.parametrize(("contents", "sentence"), REFUSALS.values(), ids=REFUSALS)
def test_a_list_that_cannot_be_read_is_refused_in_a_sentence(contents, sentence):
    with pytest.raises(StyleListError) as refused:
        stylelist.parse(contents, "here")
    assert str(refused.value) == sentence


def test_a_bundled_list_there_is_not_is_refused_with_those_there_are():
    with pytest.raises(StyleListError) as refused:
        stylelist.load_bundled("nosuch")
    assert str(refused.value) == (
        "There is no bundled stylelist “nosuch”; there are: general, demo."
    )


def test_the_schemas_address_is_no_style():
    assert sentences({"$schema": "styles.schema.json", "x": GOOD}) == []


# --- what is said of it -----------------------------------------------------------------------

NO_NAME = "not 1 to 100 printable characters (left out)"
MANY = {str(number): GOOD for number in range(stylelist.MOST_ENTRIES + 1)}
SAID = {
    "a style without a name": (
        ({"": GOOD}, {}, {}),
        [f"styles.json: name: {NO_NAME}"],
    ),
    "a style whose name is too long": (
        ({"x" * 101: GOOD}, {}, {}),
        [f"styles.json: “{'x' * 99}…”, name: {NO_NAME}"],
    ),
    "a field whose name is not printable": (
        ({"x": {**GOOD, "a\nb": 1}}, {}, {}),
        ["styles.json: “x”, a�b: is not a field I know; ignored"],
    ),
    "a style of very many fields": (
        ({"x": {**GOOD, **dict.fromkeys(map(str, range(99)))}}, {}, {}),
        ["styles.json: “x”: has over 100 fields (left out)"],
    ),
    "too many styles": (
        (MANY, {}, {}),
        ["styles.json: 10001 entries, at most 10000; the first are used"],
    ),
    "a category without a name": (
        ({"x": GOOD}, {" ": ["x"]}, {}),
        [f"categories.json: “ ”, name: {NO_NAME}"],
    ),
    "a category that is no list": (
        ({"x": GOOD}, {"a": "x"}, {}),
        ["categories.json: “a”: is not a list of names (left out)"],
    ),
    "a member that is no name": (
        ({"x": GOOD}, {"a": ["x", 5]}, {}),
        ["categories.json: “a”: has members that are no names; dropped"],
    ),
    "a member named twice": (
        ({"x": GOOD}, {"a": ["x", "X"]}, {}),
        ["categories.json: “a”: names a member twice; counted once"],
    ),
    "too many members": (
        ({"x": GOOD}, {"a": ["x"] * stylelist.MOST_MEMBERS, "b": ["x"]}, {}),
        [
            "categories.json: “a”: names a member twice; counted once",
            (
                "categories.json: “b”: all categories together have over 20000 members; the rest"
                " is dropped"
            ),
        ],
    ),
    "an enhancement that is no object": (
        ({"x": GOOD}, {}, {"sd 1": 5}),
        ["enhancements.json: “sd_1”: is not an object (left out)"],
    ),
    "an unknown field of an enhancement": (
        ({"x": GOOD}, {}, {"sd 1": {"prompt": "a"}}),
        ["enhancements.json: “sd_1”, prompt: is not a field I know; ignored"],
    ),
    "a member nobody knows": (
        ({"x": GOOD}, {"a": ["x", "gone"]}, {}),
        ["categories.json: “a”, gone: there is no style or category of this name"],
    ),
    "a category that contains itself": (
        ({"x": GOOD}, {"a": ["x", "A"]}, {}),
        ["categories.json: “a”, A: contains itself; ignored"],
    ),
    "a style in the category of its name": (
        ({"x": GOOD}, {"x": ["x"]}, {}),
        [],
    ),
    "an alias that is a style": (
        ({"x": {**GOOD, "aliases": ["Y", "own"]}, "y": GOOD}, {}, {}),
        ["styles.json: “x”, aliases: “Y” means “y” already"],
    ),
    "an alias that is a category": (
        ({"x": {**GOOD, "aliases": ["all"]}}, {"All": ["x"]}, {}),
        ["styles.json: “x”, aliases: “all” means “All” already"],
    ),
    "an alias of two styles": (
        ({"x": {**GOOD, "aliases": ["z"]}, "y": {**GOOD, "aliases": ["z"]}}, {}, {}),
        ["styles.json: “y”, aliases: “z” means “x” already"],
    ),
}


@pytest.mark.parametrize(("tables", "said"), SAID.values(), ids=SAID)
def test_what_is_wrong_in_a_list_is_said_where_it_is(tables, said):
    assert sentences(*tables) == said


def test_the_largest_list_there_may_be_has_no_fault():
    largest = dict(islice(MANY.items(), stylelist.MOST_ENTRIES))
    fields = {**GOOD, **dict.fromkeys(["steps", "author", "nsfw"])}
    assert sentences({**largest, "0": fields}, {"a": [*largest, "x" * 100][:-1]}) == []


def test_a_fault_of_a_whole_file_names_no_entry():
    assert str(Fault("styles.json", "", "", "is empty")) == "styles.json: is empty"
    assert str(Fault("a", "b", "c", "d", left_out=True, source="e")) == "e: a: “b”, c: d (left out)"


# --- one style --------------------------------------------------------------------------------


def test_a_style_that_says_nothing_has_the_usual_traits():
    style, faults = parse_style("x", GOOD, "styles.json")
    assert faults == []
    assert (style.name, style.prompt, style.model) == ("x", "{p}{np}", "sd")
    assert (style.enhance, style.nsfw, style.author, style.aliases) == (False, False, "", ())
    assert style.look == Look()


def test_all_that_a_style_says_is_kept():
    look = {
        "steps": 30,
        "cfg_scale": 7,
        "width": 512,
        "height": 768,
        "karras": True,
        "clip_skip": 2,
        "hires_fix": False,
        "tiling": True,
    }
    lora = {"name": 7, "model": 0.5, "clip": 0, "inject_trigger": "any", "is_version": True}
    ti = {"name": "a", "inject_ti": "prompt", "strength": 0, "id": 5}
    assets = {"loras": [lora, {"name": "b"}], "tis": [ti]}
    traits = {"enhance": True, "nsfw": True, "author": "Ann", "aliases": ["why"]}
    style, faults = parse_style(
        "x", {**GOOD, **look, **traits, **assets, "sampler_name": "k_euler"}, "styles.json"
    )
    assert faults == []
    assert (style.enhance, style.nsfw, style.author, style.aliases) == (True, True, "Ann", ("why",))
    assert style.look == Look(
        **look,
        sampler="k_euler",
        loras=(
            LoraUse("7", model=0.5, clip=0.0, inject_trigger="any", is_version=True),
            LoraUse("b", model=1.0, clip=1.0, inject_trigger=None, is_version=False),
        ),
        tis=(TiUse("a", "prompt", 0.0),),
    )


def test_what_is_as_long_as_may_be_is_taken():
    name = "x" * 100
    values = {
        "prompt": "{p}".ljust(10_000, "x"),
        "model": "m" * 255,
        "author": "a" * 100,
        "aliases": ["b" * 100],
        "loras": [{"name": 10**12 - 1, "inject_trigger": "t" * 30}],
        "tis": [{"name": "n" * 255, "inject_ti": "negprompt"}],
    }
    style, faults = parse_style(name, values, "styles.json")
    assert faults == []
    assert (style.name, style.author, style.aliases) == (name, "a" * 100, ("b" * 100,))
    assert style.look.loras[0].name == "9" * 12


LONG = {
    "name": ("x" * 101, {}, f"name: {NO_NAME}"),
    "prompt": ("x", {"prompt": "{p}".ljust(10_001, "x")}, "prompt: longer than 10000 characters"),
    "author": ("x", {"author": "a" * 101}, "author: longer than 100 characters"),
    "trigger": (
        "x",
        {"loras": [{"name": "1"}, {"name": "1", "inject_trigger": "t" * 31}]},
        "loras[1].inject_trigger: longer than 30 characters",
    ),
    "inversion": (
        "x",
        {"tis": [{"name": "1"}, {"name": "n" * 256}]},
        "tis[1].name: longer than 255 characters",
    ),
    "number": ("x", {"loras": [{"name": 10**12}]}, f"loras[0].name: {10**12} is not a text"),
    "nothing": ("x", {"tis": [{"name": 0}]}, "tis[0].name: 0 is not a text"),
    "truth": ("x", {"tis": [{"name": True}]}, "tis[0].name: True is not a text"),
    "alias": ("x", {"aliases": ["b" * 101]}, "aliases: is not a list of names; ignored"),
    "version": (
        "x",
        {"loras": [{"name": "²", "is_version": True}]},
        "loras[0].is_version: '²' is no version number",
    ),
}


@pytest.mark.parametrize(("name", "values", "said"), LONG.values(), ids=LONG)
def test_what_is_longer_or_something_else_is_named(name, values, said):
    _, [fault] = parse_style(name, {**GOOD, **values}, "styles.json")
    assert said.removesuffix(" (left out)") in str(fault)


def test_a_fault_in_a_lora_or_inversion_leaves_out_all_that_needs_it():
    for faulty in ({"loras": [{"name": ""}]}, {"tis": [{"name": "a", "strength": "much"}]}):
        style, style_faults = parse_style("x", {**GOOD, **faulty}, "styles.json")
        enhancement, faults = parse_enhancement("sd_1", faulty, "enhancements.json")
        assert (style, enhancement) == (None, None)
        assert [fault.left_out for fault in (*style_faults, *faults)] == [True, True]
