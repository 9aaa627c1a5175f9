"""Section 3 of the rules: which styles are drawn, and how many pictures each gets."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import Refusal
from common.model import NoteKind
from styles.image_request import ImageRequest, Painting
from styles.limits import Limits, Served
from styles.lists.parsing import Style
from styles.resolving.choice import alternatives, may_use
from styles.resolving.situation import Situation

ADULT = Limits(nsfw=True)


def test_a_name_that_is_style_and_category_means_the_style(resolved):
    assert resolved(style="pony").styles == ("pony",)


def test_inside_a_category_too(build):
    assert build(categories={"x": ["pony"], "pony": ["oil"]}).expand("x") == ("pony",)


def test_categories_expand_in_list_order_once_without_unknown_members(build):
    assert build().expand("all") == ("neon", "oil", "pony", "fast")


def test_a_category_that_holds_itself_ends(build):
    assert build(categories={"a": ["b"], "b": ["a", "raw"]}).expand("a") == ("raw",)


def test_very_deep_categories_end(build):
    deep = {f"c{number}": [f"c{number + 1}"] for number in range(5000)} | {"c5000": ["raw"]}
    assert build(categories=deep).expand("c0") == ("raw",)


def test_an_alias_means_its_style(resolved):
    assert resolved(style="Good").styles == ("fine",)


@pytest.mark.parametrize(
    ("place", "names", "expected"),
    [
        ("oil", ("raw", "oil", "featured"), {"oil"}),
        (None, ("raw", "featured"), {"raw"}),
        ("gone", ("raw",), {"raw"}),
    ],
)
def test_no_style_named_takes_the_places_default_else_featured_else_raw(
    resolved, build, place, names, expected
):
    styles = {name: {"prompt": "{p}", "model": "sd"} for name in names if name != "featured"}
    categories = {"featured": ["raw"]} if "featured" in names else {}
    found = resolved(stylelist=build(styles, categories), limits=Limits(default_style=place))
    assert set(found.styles) == expected


def test_a_model_without_a_style_means_raw(job):
    made = job(model="xl", negative="bad")
    assert (made.style, made.model, made.prompt) == ("raw", "xl", "a fox###bad")
    assert (made.width, made.height) == (1024, 1024)


def test_a_source_picture_without_a_style_means_raw(job):
    made = job(source_picture="sha256:00", strength=0.5)
    assert (made.style, made.source_processing) == ("raw", "img2img")
    assert made.denoising_strength == 0.5


def test_a_list_without_raw_gets_a_plain_one(job, build):
    made = job(stylelist=build({"x": {"prompt": "{p}", "model": "m"}}, {}), negative="bad")
    assert (made.style, made.prompt, made.model) == ("raw", "a fox###bad", "stable_diffusion")


def test_a_model_replaces_the_styles_model_and_its_unfit_loras_go(job, resolved):
    made = job(style="neon", model="xl")
    assert (made.model, made.loras) == ("xl", ())
    codes = [note.code for note in resolved(style="neon", model="xl").notes]
    assert "note.style_loras_unfit" in codes


def test_a_model_of_the_same_baseline_keeps_the_styles_loras(job):
    made = job(style="neon", model="adult", limits=ADULT)
    assert [lora.name for lora in made.loras] == ["1"]


def test_with_another_model_enhance_is_judged_anew(job):
    assert job(style="fine", model="xl").tis == ()
    assert [ti.name for ti in job(style="fine xl", model="sd").tis] == ["7"]


@pytest.mark.parametrize("n", range(1, 21))
def test_a_category_gives_exactly_n_pictures(resolved, n):
    found = resolved(style="three", n=n)
    counts = [job.n for job in found.jobs]
    assert sum(counts) == n
    assert len(counts) == min(n, 3)
    assert max(counts) - min(counts) <= 1
    assert counts == sorted(counts, reverse=True)


def test_four_pictures_of_three_styles_are_two_one_one(resolved):
    assert [job.n for job in resolved(style="three", n=4).jobs] == [2, 1, 1]


@given(served=st.sets(st.sampled_from(["sd", "xl", "flux"]), min_size=1), seed=st.integers())
def test_always_n_pictures_while_one_style_is_usable(resolved, served, seed):
    found = resolved(
        style="three", n=4, rng_seed=seed, served={model: Served() for model in served}
    )
    assert sum(job.n for job in found.jobs) == 4
    assert {job.model for job in found.jobs} <= served


@given(seed=st.integers(0, 2**64))
def test_the_same_seed_gives_the_same_jobs(resolved, seed):
    first = resolved("a {red|blue} {fox, cat}", style="all", rng_seed=seed, n=3)
    assert first == resolved("a {red|blue} {fox, cat}", style="all", rng_seed=seed, n=3)


def test_spares_are_the_usable_styles_that_were_not_drawn(resolved):
    found = resolved(style="all", n=2)
    assert len(found.styles) == 2
    assert sorted(found.styles + found.spares) == ["fast", "neon", "oil", "pony"]


def test_spares_come_in_an_order_of_the_seed(resolved):
    orders = {resolved(style="all", n=1, rng_seed=seed).spares for seed in range(40)}
    assert len({spares[0] for spares in orders}) == 4


def test_random_draws_from_everything_usable(resolved):
    drawn = {name for seed in range(60) for name in resolved(style="random", rng_seed=seed).styles}
    assert {"raw", "oil", "pony", "strange"} <= drawn
    assert not drawn & {"lewd", "rude"}


def test_adult_styles_and_models_are_not_drawn(resolved):
    with pytest.raises(Refusal) as refusal:
        resolved(style="adults")
    assert refusal.value.code == "refused.category_adult"
    assert not set(refusal.value.suggestions) & {"lewd", "rude"}
    assert set(resolved(style="adults", limits=ADULT).styles) == {"lewd", "rude"}


@pytest.mark.parametrize("style", ["lewd", "rude"])
def test_an_adult_style_by_name_is_refused(resolved, style):
    with pytest.raises(Refusal, match="adults") as refusal:
        resolved(style=style)
    assert refusal.value.suggestions


def test_an_adult_model_by_name_is_refused(resolved):
    with pytest.raises(Refusal, match="adults") as refusal:
        resolved(model="adult")
    assert refusal.value.code == "refused.model_adult"


def test_a_named_style_nobody_serves_is_refused_with_some_that_are(resolved):
    with pytest.raises(Refusal) as refusal:
        resolved(style="oil", served={"sd": Served(), "flux": Served(workers=0)})
    assert refusal.value.code == "refused.style_not_served"
    assert refusal.value.suggestions[0] == "neon"  # shares a category with it
    assert "fast" not in refusal.value.suggestions


def test_the_more_rare_categories_styles_share_the_more_alike_they_are(resolved, build, reference):
    styles = {name: {"prompt": "{p}", "model": "sd"} for name in ("a", "b", "c", "d")}
    styles["lewd"] = {"prompt": "{p}", "model": "sd", "nsfw": True}
    listed = build(styles, {"many": ["lewd", "b", "c"], "few": ["lewd", "d"], "other": ["a"]})
    with pytest.raises(Refusal) as refusal:
        resolved(stylelist=listed, style="lewd")
    assert refusal.value.suggestions == ("d", "b", "c", "a")
    situation = Situation(ImageRequest(""), listed, reference, Limits(), None)
    assert alternatives(situation, "c") == ("b", "a", "d")


def test_a_model_that_is_served_is_used(job):
    assert job(model="xl", served={"xl": Served()}).model == "xl"


ONLY = {name: {"prompt": "{p}", "model": "sd"} for name in ("ink", "oil")}
SOME = Limits(styles=("ink", "oil"))


def test_where_only_some_styles_are_allowed_one_of_them_is_drawn(resolved, build):
    found = resolved(stylelist=build(ONLY, {}), limits=SOME, n=2)
    assert sorted(found.styles) == ["ink", "oil"]
    with_model = resolved(stylelist=build(ONLY, {}), limits=SOME, n=2, model="xl")
    assert sorted(with_model.styles) == ["ink", "oil"]
    assert {job.model for job in with_model.jobs} == {"xl"}


@pytest.mark.parametrize(
    "asked",
    [{"style": "raw"}, {"literal": True}, {"painting": Painting.BLEND}],
    ids=str,
)
def test_where_only_some_styles_are_allowed_none_cannot_be_had(resolved, build, asked):
    with pytest.raises(Refusal) as refusal:
        resolved(stylelist=build(ONLY, {}), limits=SOME, **asked)
    assert refusal.value.code == "refused.needs_style"
    assert refusal.value.suggestions == ("ink", "oil")


@pytest.mark.parametrize("asked", [{"style": "Raw"}, {"literal": True}, {}], ids=str)
def test_where_there_is_no_raw_the_plain_one_stands_in(resolved, build, asked):
    assert resolved(stylelist=build(ONLY, {}), **asked).styles == ("raw",)


def test_pictures_are_mixed_by_the_one_model_that_can(job, build):
    made = job(stylelist=build(ONLY, {}), painting=Painting.BLEND, source_picture="sha256:0")
    assert (made.style, made.model) == ("raw", "Stable Cascade 1.0")


@pytest.mark.parametrize(
    ("name", "may"),
    [
        *(("neon", True), ("oil", False), ("lewd", False), ("featured", True)),
        *(("adults", False), ("empty", False), ("RANDOM", True), ("nothing", False)),
    ],
)
def test_what_may_be_used_here_and_now(build, reference, name, may):
    situation = Situation(ImageRequest(""), build(), reference, Limits(), {"sd": Served()})
    assert may_use(situation, name) is may


def test_a_model_nobody_serves_is_refused(resolved):
    with pytest.raises(Refusal) as refusal:
        resolved(model="xm", served={"xl": Served(), "sd": Served(9)})
    assert refusal.value.suggestions == ("xl", "sd")


def test_where_nobody_takes_loras_a_style_with_one_is_not_drawn(resolved):
    found = resolved(style="all", served={"sd": Served(loras=False)})
    assert found.styles == ("pony",)


def test_where_nobody_takes_pictures_a_source_picture_is_refused(resolved):
    with pytest.raises(Refusal):
        resolved(source_picture="sha256:0", served={"sd": Served(source_pictures=False)})


def test_a_style_the_list_has_lost_is_refused_with_suggestions(resolved):
    with pytest.raises(Refusal) as refusal:
        resolved(style="neom")
    assert refusal.value.code == "refused.style_unknown"
    assert refusal.value.suggestions[0] == "neon"


def test_a_category_without_members_is_refused(resolved):
    with pytest.raises(Refusal):
        resolved(style="empty")


def test_pictures_are_clamped_to_the_places_limit_with_a_note(resolved):
    found = resolved(style="raw", n=9, limits=Limits(max_pictures=3))
    assert [job.n for job in found.jobs] == [3]
    assert [note.code for note in found.notes] == ["note.pictures_clamped"]


def test_the_places_own_number_is_used_where_none_is_said(resolved):
    assert [job.n for job in resolved(style="raw", limits=Limits(pictures=2)).jobs] == [2]


def test_permutations_give_one_picture_each_unless_said(resolved):
    found = resolved("a {red, blue} fox", style="raw")
    assert [(job.prompt, job.n) for job in found.jobs] == [("a red fox", 1), ("a blue fox", 1)]
    assert [job.n for job in resolved("a {red, blue} fox", style="raw", n=2).jobs] == [2, 2]


def test_every_variant_gets_the_same_styles(resolved):
    found = resolved("a {red, blue} fox", style="three", n=2)
    styles = [job.style for job in found.jobs]
    assert styles[:2] == styles[2:]
    assert len(styles) == 4


def test_too_many_variants_are_dropped_whole_from_the_end(resolved):
    found = resolved("{a, b, c, d}", style="raw", n=2, limits=Limits(max_pictures=5))
    assert [job.prompt for job in found.jobs] == ["a", "b"]
    assert found.notes[0].code == "note.variants_dropped"


def test_equal_variants_share_a_job(resolved):
    assert [job.n for job in resolved("{a, a, b}", style="raw").jobs] == [2, 1]


def test_braces_in_the_negative_stay(job):
    assert job(style="raw", negative="{a, b}").prompt == "a fox###{a, b}"


def test_the_result_names_the_styles_drawn(resolved):
    found = resolved(style="three", n=3)
    assert found.notes[0].text == f"Style: {', '.join(found.styles)}"
    assert found.notes[0].kind is NoteKind.INFO
    assert resolved(style="raw").notes == ()


def test_draws_prefer_what_can_be_served_soon(resolved):
    served = {"sd": Served(eta=3600), "xl": Served(eta=10), "flux": Served(eta=119)}
    for seed in range(20):
        drawn = resolved(style="three", n=2, served=served, rng_seed=seed).styles
        assert set(drawn) == {"oil", "fast"}


def test_a_long_queue_is_drawn_when_the_pictures_need_it(resolved):
    served = {"sd": Served(eta=3600), "xl": Served(eta=10), "flux": Served(eta=999)}
    for seed in range(20):
        assert set(resolved(style="three", n=3, served=served, rng_seed=seed).styles) == {
            *("neon", "oil", "fast"),
        }
        pair = resolved(style="three", n=2, served=served, rng_seed=seed).styles
        assert set(pair) == {"oil", "fast"}


def test_equal_queues_leave_the_draw_as_it_is(resolved):
    short = {model: Served(eta=60) for model in ("sd", "xl", "flux")}
    for seed in range(20):
        drawn = resolved(style="three", n=2, served=short, rng_seed=seed).styles
        assert drawn == resolved(style="three", n=2, rng_seed=seed).styles


def test_styles_with_long_queues_stand_in_last(resolved):
    served = {"sd": Served(eta=3600), "xl": Served(), "flux": Served()}
    for seed in range(20):
        assert resolved(style="three", n=1, served=served, rng_seed=seed).spares[-1] == "neon"


def test_a_style_with_several_models_takes_the_first_that_is_served(resolved, build):
    native = Style("horde/x", "{p}", "gone", other_models=("xl", "sd"))
    listed = replace(build(), styles={"horde/x": native})
    served = {"xl": Served(), "sd": Served()}
    assert resolved(stylelist=listed, style="horde/x", served=served).jobs[0].model == "xl"
    assert resolved(stylelist=listed, style="horde/x").jobs[0].model == "gone"
    with pytest.raises(Refusal, match="no graphics card that is online"):
        resolved(stylelist=listed, style="horde/x", served={})


def test_a_choice_without_words_is_left_out_with_a_note(resolved):
    found = resolved("{ , a fox}", style="raw")
    assert [job.prompt for job in found.jobs] == ["a fox"]
    assert [note.code for note in found.notes] == ["note.variant_empty"]
    with pytest.raises(Refusal, match="what to draw"):
        resolved("{ , .}", style="raw")


def test_a_category_for_adults_only_is_said_to_be_that(resolved, build):
    with pytest.raises(Refusal, match="are for adults"):
        resolved(style="adults")
    lewd = build({"lewd": {"prompt": "{p}", "model": "sd", "nsfw": True}}, {})
    with pytest.raises(Refusal, match="“random” are for adults"):
        resolved(stylelist=lewd, style="random")
    with pytest.raises(Refusal, match="right now"):
        resolved(style="three", served={})
