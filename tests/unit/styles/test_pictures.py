"""What a job does with pictures: those it starts from, and those it made."""

import pytest

from styles.image_request import Painting

FIRST, SECOND = "sha256:00", "sha256:01"


def codes(resolution):
    return [note.code for note in resolution.notes]


@pytest.mark.parametrize(
    ("option", "wish"),
    [
        ("strength", {"strength": 0.5}),
        ("inpaint", {"painting": Painting.INPAINT}),
        ("outpaint", {"painting": Painting.OUTPAINT}),
        ("blend", {"painting": Painting.BLEND, "model": "cascade"}),
        ("control", {"control": "canny"}),
    ],
)
def test_what_needs_a_picture_is_left_out_without_one_with_a_note(job, resolved, option, wish):
    made = job(style="raw", **wish)
    assert (made.source_processing, made.denoising_strength, made.control_type) == (None,) * 3
    [note] = resolved(style="raw", **wish).notes
    assert note.code == "note.needs_picture"
    assert f"--{option} " in note.text


def test_a_picture_alone_is_changed_as_a_whole(job):
    made = job(source_picture=FIRST)
    assert (made.source_picture, made.source_processing) == (FIRST, "img2img")


@pytest.mark.parametrize("painting", [Painting.INPAINT, Painting.OUTPAINT])
def test_painting_is_sent_as_the_horde_calls_it(job, painting):
    assert job(source_picture=FIRST, painting=painting).source_processing == painting.value


def test_strength_stays_in_the_hordes_range(job):
    assert job(source_picture=FIRST, strength=0.0).denoising_strength == 0.01


def test_a_controlnet_takes_the_picture_as_a_guide(job):
    made = job(source_picture=FIRST, control="canny")
    assert (made.control_type, made.source_processing) == ("canny", "img2img")


@pytest.mark.parametrize("model", ["xl", "flux"])
def test_models_without_controlnets_leave_it_out_with_a_note(job, resolved, model):
    wish = {"source_picture": FIRST, "control": "canny", "model": model}
    assert job(**wish).control_type is None
    assert codes(resolved(**wish)) == ["note.control_dropped"]


def test_a_controlnet_does_not_go_together_with_inpainting(job, resolved):
    wish = {"source_picture": FIRST, "control": "canny", "painting": Painting.INPAINT}
    assert job(**wish).control_type is None
    assert codes(resolved(**wish)) == ["note.control_with_painting"]


def test_a_blend_without_style_or_model_is_made_by_the_one_model_that_can(job):
    made = job(source_picture=FIRST, extra_pictures=(SECOND,), painting=Painting.BLEND)
    assert (made.model, made.style) == ("Stable Cascade 1.0", "raw")
    assert (made.source_processing, made.extra_pictures) == ("remix", (SECOND,))


def test_a_model_that_cannot_blend_uses_the_first_picture_with_a_note(job, resolved):
    wish = {
        "source_picture": FIRST,
        "extra_pictures": (SECOND,),
        "painting": Painting.BLEND,
        "style": "raw",
    }
    made = job(**wish)
    assert (made.source_processing, made.extra_pictures) == ("img2img", ())
    assert codes(resolved(**wish)) == ["note.blend_dropped"]


def test_at_most_five_further_pictures(job):
    extra = tuple(f"sha256:{number}" for number in range(9))
    made = job(source_picture=FIRST, extra_pictures=extra, painting=Painting.BLEND)
    assert made.extra_pictures == extra[:5]


def test_faces_first_then_size_then_background(job):
    made = job(style="raw", upscale="NMKD_Siax", fix_faces=True, no_background=True)
    assert made.post_processing == ("CodeFormers", "NMKD_Siax", "strip_background")
    assert job(style="raw").post_processing == ()
