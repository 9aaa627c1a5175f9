"""Loading lists: one faulty style is left out and named, the others stay."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import StyleListError
from styles.lists import stylelist
from styles.lists.parsing import parse_style

GOOD = {"prompt": "{p}{np}", "model": "sd"}


def parsed(styles, categories=None, enhancements=None):
    contents = {
        "styles.json": json.dumps(styles).encode(),
        "categories.json": json.dumps(categories or {}).encode(),
        "enhancements.json": json.dumps(enhancements or {}).encode(),
    }
    return stylelist.parse(contents, "here")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prompt", None),
        ("prompt", 5),
        ("prompt", "no place"),
        ("prompt", "x###{p}"),
        ("prompt", "{p}" + "x" * 10_000),
        ("prompt", "{p}\ud800"),
        ("model", None),
        ("model", ["sd"]),
        ("model", ""),
        ("steps", "30"),
        ("steps", True),
        ("cfg_scale", float("nan")),
        ("cfg_scale", float("inf")),
        ("sampler_name", "k_unknown"),
        ("karras", "yes"),
        ("enhance", 1),
        ("nsfw", "no"),
        ("loras", {}),
        ("loras", ["1"]),
        ("loras", [{}]),
        ("loras", [{"name": "a name", "is_version": True}]),
        ("loras", [{"name": "1", "inject_trigger": "x" * 31}]),
        ("tis", [{"name": "1", "inject_ti": "both"}]),
    ],
)
def test_a_style_that_cannot_be_used_is_left_out_and_named(field, value):
    loaded = parsed({"bad": {**GOOD, field: value}, "good": GOOD})
    assert list(loaded.styles) == ["good"]
    (fault,) = [fault for fault in loaded.faults if fault.left_out]
    assert (fault.file, fault.entry, fault.source) == ("styles.json", "bad", "here")
    assert field in fault.field
    assert "left out" in str(fault)


@pytest.mark.parametrize("value", [None, 5, "text", [], [GOOD]])
def test_a_style_that_is_no_object_is_left_out(value):
    assert list(parsed({"bad": value, "good": GOOD}).styles) == ["good"]


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb"])
def test_a_name_nobody_can_type_is_left_out(name):
    assert list(parsed({name: GOOD, "good": GOOD}).styles) == ["good"]


@pytest.mark.parametrize(
    ("field", "value", "used"),
    [
        ("steps", 900, 500),
        ("steps", 20.4, 20),
        ("cfg_scale", -3, 0.0),
        ("width", 500, 512),
        ("height", 10, 64),
        ("clip_skip", 99, 12),
    ],
)
def test_a_number_out_of_range_is_clamped_and_reported(field, value, used):
    loaded = parsed({"x": {**GOOD, field: value}})
    assert getattr(loaded.styles["x"].look, field) == used
    assert [fault.field for fault in loaded.faults] == [field]


def test_weight_means_model_and_is_a_fault():
    loaded = parsed({"x": {**GOOD, "loras": [{"name": "1", "weight": 0.4}]}})
    assert loaded.styles["x"].look.loras[0].model == 0.4
    assert [fault.field for fault in loaded.faults] == ["loras[0].weight"]


def test_more_than_five_loras_are_cut_and_reported():
    loaded = parsed({"x": {**GOOD, "loras": [{"name": str(n)} for n in range(7)]}})
    assert len(loaded.styles["x"].look.loras) == 5
    assert loaded.faults


def test_the_id_of_an_inversion_is_known_and_not_kept():
    loaded = parsed({"x": GOOD}, enhancements={"sd 9": {"tis": [{"name": "5", "id": 5}]}})
    assert loaded.enhancements["sd_9"].look.tis[0].name == "5"
    assert loaded.faults == ()


def test_an_unknown_field_is_reported_and_the_style_kept():
    loaded = parsed({"x": {**GOOD, "stpes": 5}})
    assert "x" in loaded.styles
    assert [fault.field for fault in loaded.faults] == ["stpes"]


def test_faulty_categories_and_enhancements_are_reported():
    loaded = parsed({"x": GOOD}, {"a": "x", "b": ["x", 5, "x"]}, {"e": [], "f": {"steps": "x"}})
    assert loaded.categories == {"b": ("x", "x")}
    assert loaded.enhancements == {}
    assert {fault.entry for fault in loaded.faults} == {"a", "b", "e", "f"}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 200_000, b'{"a": ' + b"9" * 5000 + b"}"],
)
@pytest.mark.parametrize("file", stylelist.FILES)
def test_a_file_that_is_no_object_of_json_is_refused_in_a_sentence(file, content):
    contents = {"styles.json": b"{}", file: content}
    with pytest.raises(StyleListError, match=file):
        stylelist.parse(contents, "here")


def test_a_file_over_5_megabytes_is_refused():
    with pytest.raises(StyleListError, match="larger than 5 MB"):
        stylelist.parse({"styles.json": b" " * (5 * 2**20 + 1)}, "here")


def test_a_flood_of_entries_is_cut_and_its_faults_are_counted():
    loaded = parsed({"good": GOOD, **{str(number): number for number in range(20_000)}})
    assert list(loaded.styles) == ["good"]
    assert "20001 entries" in str(loaded.faults[0])
    assert "10000 faults in all" in str(loaded.faults[-1])
    assert len(loaded.faults) == stylelist.MOST_FAULTS + 1


def test_a_style_with_very_many_fields_is_left_out():
    loaded = parsed({"x": {**GOOD, **{str(number): 1 for number in range(200)}}, "good": GOOD})
    assert list(loaded.styles) == ["good"]
    assert len(loaded.faults) == 1


def test_a_flood_of_members_is_cut_and_named():
    many = [str(number) for number in range(15_000)]
    loaded = parsed({"x": GOOD}, {"a": many, "b": many, "c": ["x"]})
    assert [len(members) for members in loaded.categories.values()] == [15_000, 5_000, 0]
    assert {fault.entry for fault in loaded.faults} == {"b", "c"}
    merged = stylelist.merge([loaded])
    assert len(merged.faults) <= len(loaded.faults) + stylelist.MOST_FAULTS + 1


@pytest.mark.parametrize("name", ["", "x" * 101, "a\nb", "\x1b[2J", "\ud800"])
def test_a_category_or_member_nobody_can_type_is_dropped_and_named(name):
    loaded = parsed({"x": GOOD}, {name: ["x"], "all": ["x", name]})
    assert loaded.categories == {"all": ("x",)}
    assert len(loaded.faults) == 2


def test_faults_show_the_names_strangers_chose_in_one_printable_line():
    bad = {"a\x1b[2Jb\n" + "x" * 5000: 5, "y": {**GOOD, "\x1b]0;z" + "w" * 5000: 1}}
    faults = parsed(bad).faults
    assert len(faults) > 1
    for fault in faults:
        assert str(fault).isprintable()
        assert len(str(fault)) < 400


def test_a_folder_without_styles_is_refused(tmp_path):
    with pytest.raises(StyleListError, match=r"styles\.json"):
        stylelist.load_folder(tmp_path)


def test_a_byte_order_mark_is_no_fault():
    assert stylelist.parse({"styles.json": b"\xef\xbb\xbf{}"}).styles == {}


def test_an_unknown_bundled_list_is_refused():
    with pytest.raises(StyleListError, match="general"):
        stylelist.load_bundled("../secret")


def test_later_lists_override_earlier_ones_name_by_name():
    first = parsed({"Neon": GOOD, "raw": GOOD}, {"all": ["neon"]}, {"sd 1": {"steps": 5}})
    second = parsed({"neon": {**GOOD, "model": "xl"}}, {"ALL": ["raw"]}, {"sd_1": {"steps": 9}})
    merged = stylelist.merge([first, second])
    assert {name: style.model for name, style in merged.styles.items()} == {
        "raw": "sd",
        "neon": "xl",
    }
    assert merged.categories == {"ALL": ("raw",)}
    assert merged.enhancements["sd_1"].look.steps == 9


def test_members_of_an_earlier_list_are_known_in_a_later_one():
    merged = stylelist.merge([parsed({"raw": GOOD}), parsed({}, {"all": ["raw"]})])
    assert merged.expand("all") == ("raw",)
    assert merged.faults == ()


def test_what_only_the_whole_shows_is_reported():
    merged = stylelist.merge(
        [parsed({"a": {**GOOD, "aliases": ["b", "B"]}, "b": GOOD}, {"c": ["c", "gone"]})]
    )
    assert {(fault.entry, fault.field) for fault in merged.faults} == {
        ("a", "aliases"),
        ("c", "c"),
        ("c", "gone"),
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = ["prompt", "model", "steps", "width", "loras", "tis", "aliases", "enhance", "cfg_scale"]


@settings(max_examples=60)
@given(st.dictionaries(st.text(max_size=5), st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON))
def test_no_json_raises_anything(styles):
    loaded = parsed(styles)
    stylelist.merge([loaded]).names.find("x")
    assert len(loaded.styles) <= len(styles)


def test_a_list_with_more_styles_keeps_its_own(build):
    usual = build()
    native = replace(usual.styles["raw"], name="horde/x")
    more = usual.overlay({"horde/x": native}, {"horde/y": ("horde/x", "neon")})
    assert more.names.get("Horde/X") == "horde/x"
    assert more.expand("horde/y") == ("horde/x", "neon")
    assert more.style("good") is usual.style("good")
    assert (more.enhancements, more.faults) == (usual.enhancements, usual.faults)
    assert more.faults != ()
    assert "horde/x" not in usual.styles


def test_the_aliases_of_more_styles_are_known_unless_they_mean_something_already(build):
    usual = build()
    native = replace(usual.styles["raw"], name="horde/x", aliases=("its alias", "neon"))
    more = usual.overlay({"horde/x": native}, {})
    assert more.style("Its Alias") is native
    assert more.style("neon") is usual.style("neon")


LORA = [{"name": "1"}]
FAULTS = {
    "steps": (True, "True is not a number (left out)"),
    "cfg_scale": (float("nan"), "nan is not a number (left out)"),
    "clip_skip": (99, "99 is outside 1 to 12; clamped"),
    "height": (100, "100 is not a multiple of 64; rounded"),
    "width": (512.5, "512.5 is not a whole number; rounded"),
    "karras": (1, "1 is not true or false (left out)"),
    "author": (["o"] * 40, f"{str(['o'] * 40)[:39]}… is not a text (left out)"),
    "model": ("o" * 256, "longer than 255 characters (left out)"),
    "loras": ("1", "is not a list of objects (left out)"),
    "tis": (LORA * 21, "21 entries, at most 20; the first are used"),
    "aliases": ([""], "is not a list of names; ignored"),
    "sampler_name": ("magic", "the Horde has no 'magic' (left out)"),
    "colour": ("red", "is not a field I know; ignored"),
    "prompt": ("a fox", "has no {p} for what people write (left out)"),
    "loras[0].name": (None, "is missing (left out)"),
    "loras[0].weight": (0.5, "is no field of the Horde; read as `model`"),
    "loras[0].is_version": (True, "'a' is no version number (left out)"),
    "tis[0].inject_ti": ("end", "'end' is not prompt or negprompt (left out)"),
}


@pytest.mark.parametrize(("field", "fault"), FAULTS.items(), ids=FAULTS)
def test_a_fault_says_where_it_is_what_is_there_and_what_became_of_it(field, fault):
    value, sentence = fault
    outer, _, inner = field.partition("[0].")
    written = [{"name": "a", inner: value}] if inner else value
    style = {"prompt": "{p}", "model": "sd", outer: written}
    _, faults = parse_style("x", style, "styles.json")
    assert [str(one) for one in faults] == [f"styles.json: “x”, {field}: {sentence}"]
