"""Which models are fetched: what is waited for most, of what fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.horde.wire_status import ModelStatus
from worker.engines.diffusers.families import Family
from worker.stock.demand import GIGABYTE, USUAL_SIZES, Known, Limits, choose, complete, read_known

SHA = "ab" * 32
LARGE = Limits(100 * GIGABYTE, 24 * GIGABYTE, nsfw=False)


def entry(baseline="stable diffusion 1", *, file="Paint.safetensors", sha=SHA, **more):
    return {
        "baseline": baseline,
        "config": {
            "files": [{"path": file, "sha256sum": sha}, {"path": "v1-inference.yaml"}],
            "download": [{"file_name": file, "file_url": f"https://example.org/{file}"}],
        },
        **more,
    }


def model(name, family=Family.SD1, size=2, *, nsfw=False):
    return Known(name, family, nsfw, f"{name}.safetensors", "https://x", SHA, size * GIGABYTE)


def known(*models):
    return {each.name: each for each in models}


def waits(**queued):
    return [ModelStatus(name=name, queued=work, count=1) for name, work in queued.items()]


def chosen(models, *hordes, fetched=(), own=(), limits=LARGE):
    sizes = dict.fromkeys(fetched, 2 * GIGABYTE)
    return choose(known(*models), hordes, fetched=sizes, own=own, limits=limits)


def names(plan):
    return [each.name for each in plan.fetch]


def test_what_can_be_fetched_is_read_from_either_form_of_the_reference():
    newer = {
        "baseline": "stable_diffusion_xl",
        "size_on_disk_bytes": 6_000_000_000,
        "nsfw": True,
        "config": {
            "download": [
                {"file_name": "a b/XL.safetensors", "file_url": "https://x", "sha256sum": SHA}
            ]
        },
    }
    read = read_known({"Old": entry(), "New": newer})
    assert read["Old"].size == USUAL_SIZES[Family.SD1]
    assert read["New"] == Known(
        "New", Family.SDXL, True, "a_b_XL.safetensors", "https://x", SHA, 6_000_000_000
    )


@pytest.mark.parametrize(
    "odd",
    [
        entry("flux_1"),
        entry(file="model.ckpt"),
        entry(sha=""),
        entry(sha="xyz"),
        entry(inpainting=True),
        {"baseline": "stable diffusion 1"},
        {"baseline": 7},
        "nothing",
        {"baseline": "stable diffusion 1", "config": {"download": [{}, {}], "files": "no"}},
    ],
)
def test_what_cannot_be_fetched_verified_or_drawn_with_is_left_out(odd):
    assert read_known({"x": odd}) == {}


def test_the_most_wanted_come_first_by_the_share_of_this_worker():
    rows = [
        ModelStatus(name="crowded", queued=900, count=9),
        ModelStatus(name="lonely", queued=200, count=0),
        ModelStatus(name="still", queued=0, count=0),
        ModelStatus(name="stranger", queued=10_000, count=0),
    ]
    assert names(chosen([model("still"), model("crowded"), model("lonely")], rows)) == [
        "lonely",
        "crowded",
    ]


def test_the_first_horde_counts_before_the_next():
    plan = chosen([model("theirs"), model("ours")], waits(ours=1), waits(theirs=1000))
    assert names(plan) == ["ours", "theirs"]


def test_only_what_fits_card_disk_and_taste_is_taken():
    models = [
        model("xl", Family.SDXL, 7),
        model("adult", nsfw=True),
        model("big", size=9),
        model("small"),
    ]
    rows = waits(xl=9, adult=8, big=7, small=6)
    tight = Limits(8 * GIGABYTE, 4 * GIGABYTE, nsfw=False)
    assert names(chosen(models, rows, limits=tight)) == ["small"]
    wide = Limits(11 * GIGABYTE, 8 * GIGABYTE, nsfw=True)
    assert names(chosen(models, rows, limits=wide)) == ["xl", "adult", "small"]


def test_what_a_host_has_put_there_is_neither_fetched_nor_removed():
    plan = chosen([model("mine")], waits(mine=5), own={"mine"})
    assert not plan.changes


def test_what_was_fetched_goes_only_for_what_is_wanted_much_more():
    two = Limits(4 * GIGABYTE, 24 * GIGABYTE, nsfw=False)
    models = [model("a"), model("b"), model("c")]
    slightly = chosen(models, waits(a=10, b=10, c=15), fetched=["a", "b"], limits=two)
    assert (names(slightly), slightly.keep) == ([], ("a", "b"))
    much = chosen(models, waits(a=10, b=9, c=50), fetched=["a", "b"], limits=two)
    assert (names(much), much.keep, much.drop) == (["c"], ("a",), ("b",))
    unwanted = chosen(models, waits(c=1), fetched=["a", "b"], limits=two)
    assert (names(unwanted), unwanted.keep, unwanted.drop) == (["c"], ("a",), ("b",))


def test_named_models_are_completed_and_what_is_not_to_be_had_is_told():
    models = known(model("a"), model("b"), model("c"))
    plan = complete(models, ["here", "b", "strange", "a", "c"], {"here"}, 4 * GIGABYTE)
    assert names(plan) == ["b", "a"]
    assert plan.missing == ("strange", "c")


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 100)),
    st.sets(st.sampled_from("abcdef")),
    st.integers(0, 12),
)
def test_the_room_is_never_exceeded_and_nothing_is_lost(queued, fetched, room):
    limits = Limits(room * GIGABYTE, 24 * GIGABYTE, nsfw=False)
    plan = chosen(
        [model(name) for name in "abcdef"], waits(**queued), fetched=fetched, limits=limits
    )
    assert 2 * (len(plan.fetch) + len(plan.keep)) <= room
    assert {*plan.keep, *plan.drop} == fetched
    assert not fetched & set(names(plan))
