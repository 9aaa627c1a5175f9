"""The schemas that help while one writes a list say what the loader says."""

import json
import os
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from referencing import Registry
from referencing.jsonschema import DRAFT7

from common.horde.wire import SAMPLERS
from common.reference.models import ModelReference
from styles import limits
from styles.lists import parsing, stylelist
from styles.lists.parsing import parse_enhancement, parse_style

FOLDER = files("styles") / "schema"
SCHEMAS = {
    file: json.loads((FOLDER / file.replace(".json", ".schema.json")).read_text("utf-8"))
    for file in stylelist.FILES
}
REGISTRY = Registry().with_resources(
    (file.replace(".json", ".schema.json"), DRAFT7.create_resource(schema))
    for file, schema in SCHEMAS.items()
)
VALIDATORS = {
    file: jsonschema.Draft7Validator(schema, registry=REGISTRY) for file, schema in SCHEMAS.items()
}
PARTS = SCHEMAS["styles.json"]["definitions"]
FIELDS = PARTS["style"]["properties"]
GOOD = {"prompt": "{p}, oil###flat, {np}", "model": "SDXL 1.0"}


def part(schema):
    """What a field's schema says, where it says so by reference."""
    reference = schema.get("$ref", "")
    return {**PARTS[reference.rpartition("/")[2]], **schema} if reference else schema


def problems(file, table):
    """`[(where, which rule)]`, innermost rules, where a table is not as its schema says."""
    return [
        ("/".join(map(str, error.absolute_path)), error.validator)
        for error in VALIDATORS[file].iter_errors(table)
    ]


@pytest.mark.parametrize("file", stylelist.FILES)
def test_each_is_a_schema_of_the_draft_editors_know_best(file):
    assert SCHEMAS[file]["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema.Draft7Validator.check_schema(SCHEMAS[file])


def test_they_know_the_same_fields_as_the_loader():
    enhancement = SCHEMAS["enhancements.json"]["additionalProperties"]["properties"]
    assert set(FIELDS) == parsing._STYLE_FIELDS
    assert set(enhancement) == parsing._LOOK_FIELDS
    assert set(PARTS["lora"]["properties"]) == parsing._LORA_FIELDS - {"weight"}
    assert set(PARTS["ti"]["properties"]) == parsing._TI_FIELDS
    for name, field in enhancement.items():
        assert field["$ref"] == "styles.schema.json" + FIELDS[name]["$ref"]


def test_every_field_tells_what_it_is_for():
    for properties in (FIELDS, PARTS["lora"]["properties"], PARTS["ti"]["properties"]):
        for name, field in properties.items():
            assert len(part(field)["description"]) > 20, name


@pytest.mark.parametrize(
    ("field", "bounds"),
    [
        (FIELDS["steps"], limits.STEPS_RANGE),
        (FIELDS["cfg_scale"], limits.CFG_RANGE),
        (FIELDS["clip_skip"], limits.CLIP_SKIP_RANGE),
        (FIELDS["width"], limits.SIZE_RANGE),
        (FIELDS["height"], limits.SIZE_RANGE),
        (PARTS["lora"]["properties"]["model"], limits.LORA_STRENGTH_RANGE),
        (PARTS["lora"]["properties"]["clip"], limits.LORA_STRENGTH_RANGE),
        (PARTS["ti"]["properties"]["strength"], limits.LORA_STRENGTH_RANGE),
    ],
)
def test_ranges_are_those_of_the_horde(field, bounds):
    assert (part(field)["minimum"], part(field)["maximum"]) == bounds


def test_lengths_and_numbers_are_those_of_the_loader():
    assert PARTS["side"]["multipleOf"] == limits.SIZE_STEP
    assert PARTS["loras"]["maxItems"] == limits.MOST_LORAS
    assert PARTS["tis"]["maxItems"] == limits.MOST_TIS
    assert PARTS["name"]["maxLength"] == parsing.LONGEST_NAME
    assert FIELDS["prompt"]["maxLength"] == parsing.LONGEST_PROMPT
    assert PARTS["asset_name"]["maxLength"] == parsing.LONGEST_LORA_NAME
    assert PARTS["lora"]["properties"]["inject_trigger"]["maxLength"] == parsing.LONGEST_TRIGGER
    assert tuple(PARTS["ti"]["properties"]["inject_ti"]["enum"]) == parsing._INJECT_TI


def test_the_samplers_are_those_of_the_horde():
    assert tuple(PARTS["sampler_name"]["enum"]) == SAMPLERS


def test_the_defaults_they_tell_are_those_that_hold():
    defaults = limits.Defaults()
    holding = {
        "steps": defaults.steps,
        "cfg_scale": defaults.cfg_scale,
        "sampler_name": defaults.sampler,
        "karras": defaults.karras,
        "clip_skip": defaults.clip_skip,
        "hires_fix": defaults.hires_fix,
    }
    assert {name: part(FIELDS[name])["default"] for name in holding} == holding


def test_the_models_and_snippets_they_offer_can_be_used():
    assert set(FIELDS["model"]["examples"]) <= set(ModelReference.bundled().models)
    for snippet in PARTS["style"]["defaultSnippets"]:
        assert problems("styles.json", {"mine": snippet["body"]}) == []
        assert parse_style("mine", snippet["body"], "styles.json")[1] == []


@pytest.mark.parametrize("file", stylelist.FILES)
@pytest.mark.parametrize("name", stylelist.BUNDLED)
def test_the_bundled_lists_are_as_they_say(name, file):
    table = json.loads((files("styles") / "bundled" / name / file).read_text("utf-8"))
    assert problems(file, table) == []


@pytest.mark.parametrize("file", stylelist.FILES)
def test_an_editor_finds_them_from_the_general_list(file):
    folder = Path(str(files("styles") / "bundled" / "general"))
    named = json.loads((folder / file).read_text("utf-8"))["$schema"]
    assert json.loads((folder / named).read_text("utf-8")) == SCHEMAS[file]


@pytest.mark.parametrize("file", stylelist.FILES)
def test_the_public_list_is_as_they_say_but_for_its_weights(file):
    folder = os.environ.get("STYLELIST_DIR")
    if not folder:
        pytest.skip("set STYLELIST_DIR to a public stylelist")
    table = json.loads((Path(folder) / file).read_text("utf-8"))
    loaded = stylelist.load_folder(Path(folder))
    weights = [fault for fault in loaded.faults if fault.field.endswith(".weight")]
    faulty = {fault.entry for fault in weights if fault.file == file}
    assert {where.split("/")[0] for where, _ in problems(file, table)} == faulty
    assert {rule for _, rule in problems(file, table)} <= {"additionalProperties"}


@pytest.mark.parametrize(
    ("wrong", "where", "rule"),
    [
        ({"prompt": "an oil painting"}, "prompt", "pattern"),
        ({"prompt": "oil###{p}, {np}"}, "prompt", "pattern"),
        ({"prompt": None}, "prompt", "type"),
        ({"model": " "}, "model", "pattern"),
        ({"steps": "30"}, "steps", "type"),
        ({"steps": 0}, "steps", "minimum"),
        ({"steps": 28.5}, "steps", "type"),
        ({"stepps": 30}, "", "additionalProperties"),
        ({"cfg_scale": 101}, "cfg_scale", "maximum"),
        ({"width": 1000}, "width", "multipleOf"),
        ({"height": 4096}, "height", "maximum"),
        ({"sampler_name": "euler a"}, "sampler_name", "enum"),
        ({"karras": "true"}, "karras", "type"),
        ({"clip_skip": 13}, "clip_skip", "maximum"),
        ({"loras": {"name": "1"}}, "loras", "type"),
        ({"loras": [{"model": 1}]}, "loras/0", "required"),
        ({"loras": [{"name": "1", "weight": 1}]}, "loras/0", "additionalProperties"),
        ({"loras": [{"name": "glow", "is_version": True}]}, "loras/0/name", "pattern"),
        ({"loras": [{"name": 0}]}, "loras/0/name", "minimum"),
        ({"loras": [{"name": 10**12}]}, "loras/0/name", "maximum"),
        ({"loras": [{"name": "1", "model": 9}]}, "loras/0/model", "maximum"),
        ({"loras": [{"name": str(number)} for number in range(6)]}, "loras", "maxItems"),
        ({"tis": [{"name": "1", "inject_ti": "negative"}]}, "tis/0/inject_ti", "enum"),
        ({"aliases": "fog"}, "aliases", "type"),
        ({"author": ""}, "author", "pattern"),
        ({"nsfw": "no"}, "nsfw", "type"),
    ],
)
def test_a_usual_mistake_is_shown_where_it_is_and_the_loader_agrees(wrong, where, rule):
    style = {**GOOD, **wrong}
    assert (f"mine/{where}".rstrip("/"), rule) in problems("styles.json", {"mine": style})
    assert parse_style("mine", style, "styles.json")[1]


def test_what_is_missing_doubled_or_no_name_is_shown():
    for needed in GOOD:
        style = {name: value for name, value in GOOD.items() if name != needed}
        assert problems("styles.json", {"mine": style}) == [("mine", "required")]
    assert problems("styles.json", {"mine": {**GOOD, "aliases": ["fog", "fog"]}})
    assert problems("styles.json", {" ": GOOD})
    assert problems("styles.json", {"x" * 101: GOOD})
    assert problems("styles.json", {"two\nlines": GOOD})


@pytest.mark.parametrize(
    ("file", "wrong"),
    [
        ("categories.json", {"mine": "a style"}),
        ("categories.json", {"mine": ["a", "a"]}),
        ("categories.json", {"mine": [""]}),
        ("categories.json", {"mine": [1]}),
        ("enhancements.json", {"stable diffusion 1": {"prompt": "{p}"}}),
        ("enhancements.json", {"stable diffusion 1": {"tis": [{"name": ""}]}}),
        ("enhancements.json", {"stable diffusion 1": {"steps": 0}}),
    ],
)
def test_mistakes_in_the_other_files_are_shown(file, wrong):
    assert problems(file, wrong)
    contents = {"styles.json": b"{}", file: json.dumps(wrong).encode()}
    assert stylelist.parse(contents).faults


# -- whatever is written, schema and loader think the same of it
WORDS = st.sampled_from(
    ["", " ", "any", "glow", "12", "prompt", "negprompt", "k_euler", "{p}", "x"]
)
NUMBERS = st.integers(-10, 4000) | st.sampled_from([0, 1, 5, 12, 64, 512, 1024, 3072, 10**12])
DECIMALS = st.floats(-10, 600).map(lambda number: round(number, 2)) | st.sampled_from([30.0, 7.5])
VALUES = WORDS | NUMBERS | DECIMALS | st.booleans()
NUMERIC = NUMBERS | DECIMALS


def some(fields, needed):
    """Dicts with all needed fields and any of the others, mostly of the right kind."""
    return st.fixed_dictionaries(
        {name: fields[name] for name in needed},
        optional={name: value for name, value in fields.items() if name not in needed},
    )


LORAS = some(
    {
        "name": WORDS | NUMBERS,
        "is_version": st.booleans() | WORDS,
        "model": NUMERIC,
        "clip": NUMERIC | WORDS,
        "inject_trigger": WORDS | st.just("x" * 31),
    },
    ["name"],
)
TIS = some({"name": WORDS | NUMBERS, "inject_ti": WORDS, "strength": NUMERIC, "id": VALUES}, [])
LOOKS = {
    "steps": NUMERIC,
    "cfg_scale": NUMERIC,
    "width": NUMBERS.map(lambda number: number // 64 * 64) | VALUES,
    "height": NUMERIC,
    "sampler_name": WORDS | st.sampled_from(SAMPLERS),
    "karras": st.booleans() | VALUES,
    "clip_skip": NUMERIC,
    "hires_fix": st.booleans(),
    "tiling": st.booleans() | WORDS,
    "loras": st.lists(LORAS, max_size=6) | VALUES,
    "tis": st.lists(TIS, max_size=3),
}
STYLES = {
    **LOOKS,
    "prompt": st.sampled_from(["{p}", "a {p}###{np}", "a###{p}", "none", "##{p}", "a\n{p}"]),
    "model": WORDS,
    "enhance": st.booleans() | WORDS,
    "aliases": st.lists(WORDS, unique=True, max_size=3) | VALUES,
    "author": WORDS,
    "nsfw": st.booleans(),
}


@given(
    st.sampled_from(sorted(STYLES)).flatmap(lambda name: some(STYLES, ["prompt", "model", name]))
)
def test_a_style_is_faultless_if_and_only_if_the_schema_takes_it(style):
    faults = parse_style("mine", style, "styles.json")[1]
    assert bool(faults) == bool(problems("styles.json", {"mine": style})), faults


@given(st.sampled_from(sorted(LOOKS)).flatmap(lambda name: some({name: LOOKS[name]}, [name])))
def test_so_it_is_with_each_field_alone(look):
    style = {**GOOD, **look}
    faults = parse_style("mine", style, "styles.json")[1]
    assert bool(faults) == bool(problems("styles.json", {"mine": style})), faults
    faults = parse_enhancement("flux_1", look, "enhancements.json")[1]
    assert bool(faults) == bool(problems("enhancements.json", {"flux_1": look})), faults
