"""What a Horde says of a finished picture, in words."""

import pytest

from common.model import Credit, Job, LoraUse, NoteKind, TiUse
from request.answering import metadata
from request.kept.records import JobRow, JobState, PictureRow

JOB = Job(
    style="oil",
    prompt="a fox",
    model="AlbedoBase",
    loras=(LoraUse("12", credit=Credit("Thick paint", "ann", "https://x")), LoraUse("13")),
    tis=(TiUse("77"),),
)


def row(job=JOB):
    return JobRow(1, 1, job, JobState.DONE, "horde", "id", 1, 0, None)


def picture(*entries, censored=False, job=1):
    return PictureRow(
        job=job,
        generation="g",
        seed="1",
        model="m",
        worker="w",
        censored=censored,
        gen_metadata=tuple(entries),
        sha256=None if censored else "0" * 64,
    )


def entry(kind, value, ref=None):
    return {"type": kind, "value": value, "ref": ref}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("download_failed", "could not download"),
        ("parse_failed", "could not read"),
        ("baseline_mismatch", "another kind of model than AlbedoBase"),
    ],
)
@pytest.mark.parametrize(
    ("kind", "ref", "name"), [("lora", "12", "Thick paint"), ("ti", "77", "77")]
)
def test_what_was_not_applied_is_named_with_the_reason(kind, ref, name, value, why):
    [sentence] = metadata.sentences([entry(kind, value, ref)], JOB)
    assert f"“{name}” was not applied" in sentence
    assert why in sentence


def test_an_asset_nobody_named_is_the_only_one_there_is():
    only = Job(style="s", prompt="p", model="m", loras=(LoraUse("13"),))
    assert "“13”" in metadata.sentences([entry("lora", "download_failed")], only)[0]
    assert "without a name" in metadata.sentences([entry("lora", "download_failed")], JOB)[0]


@pytest.mark.parametrize("kind", ["source_image", "source_mask", "extra_source_images"])
@pytest.mark.parametrize("value", ["download_failed", "parse_failed"])
def test_a_source_picture_that_was_not_used_is_told(kind, value):
    assert "was not used" in metadata.sentences([entry(kind, value)], JOB)[0]


@pytest.mark.parametrize(
    "said",
    [
        entry("batch_index", "see_ref", "0"),
        entry("information", "see_ref", "nsfw"),
        entry("lora", "of tomorrow", "12"),
        {},
        {"type": None, "value": 7},
    ],
)
def test_what_people_do_not_miss_says_nothing(said):
    assert metadata.sentences([said], JOB) == ()


def test_the_pictures_are_named_where_only_some_lack_it():
    failed = entry("lora", "download_failed", "12")
    [note] = metadata.notes([row()], [picture(failed), picture(), picture(failed)])
    assert note.kind is NoteKind.CHANGED
    assert note.text.endswith("(picture 1, 3).")
    [all_of_them] = metadata.notes([row()], [picture(failed), picture(failed)])
    assert "(picture" not in all_of_them.text


def test_censored_pictures_have_no_number():
    failed = entry("lora", "download_failed", "12")
    [note] = metadata.notes([row()], [picture(censored=True), picture(), picture(failed)])
    assert "(picture 2)" in note.text


def test_why_pictures_were_censored_is_told():
    adult = picture(entry("censorship", "nsfw"), censored=True)
    worse = picture(entry("censorship", "csam"), censored=True)
    assert metadata.censored([picture()]) is None
    assert metadata.censored([adult, picture(), adult]).startswith("2 of the pictures")
    assert "adult content" in metadata.censored([adult])
    assert "minor" in metadata.censored([adult, worse])


def test_a_hostile_ref_is_bounded():
    [sentence] = metadata.sentences([entry("lora", "download_failed", "x" * 10_000)], JOB)
    assert len(sentence) < 300
