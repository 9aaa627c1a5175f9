"""Every refusal, with the status and the `rc` or the field errors clients know."""

import pytest

from hub import errors
from tests.component.hub.callers import b64, pop_body, request_body, webp

TOGETHER = pytest.mark.asyncio(loop_scope="module")
SOURCE = b64(webp((64, 64)))

MALFORMED = [
    ({"params": {"width": 500}}, {"params.width": "500 is not a multiple of 64"}),
    (
        {"params": {"width": 4096}},
        {"params.width": "4096 is greater than the maximum of 3072"},
    ),
    ({"params": {"height": 0}}, {"params.height": "0 is less than the minimum of 64"}),
    ({"params": {"n": "x"}}, {"params.n": "'x' is not of type 'integer'"}),
    ({"params": {"n": True}}, {"params.n": "True is not of type 'integer'"}),
    ({"params": {"n": 21}}, {"params.n": "21 is greater than the maximum of 20"}),
    ({"params": {"steps": 0}}, {"params.steps": "0 is less than the minimum of 1"}),
    (
        {"params": {"cfg_scale": 100.5}},
        {"params.cfg_scale": "100.5 is greater than the maximum of 100"},
    ),
    ({"params": {"seed": 5}}, {"params.seed": "5 is not of type 'string'"}),
    ({"params": {"seed": None}}, {"params.seed": "None is not of type 'string'"}),
    ({"params": {"karras": 1}}, {"params.karras": "1 is not of type 'boolean'"}),
    ({"params": {"loras": {}}}, {"params.loras": "{} is not of type 'array'"}),
    (
        {"params": {"loras": [{"model": 1}]}},
        {"params.loras.0.name": "'name' is a required property"},
    ),
    ({"params": []}, {"params": "[] is not of type 'object'"}),
    (
        {"params": {"post_processing": ["GFPGAN", "GFPGAN"]}},
        {"params.post_processing": "['GFPGAN', 'GFPGAN'] has non-unique elements"},
    ),
    (
        {"source_processing": "magic"},
        {
            "source_processing": "'magic' is not one of "
            "['img2img', 'inpainting', 'outpainting', 'remix']"
        },
    ),
    ({"prompt": ""}, {"prompt": "'' is too short"}),
    ({"nsfw": "no"}, {"nsfw": "'no' is not of type 'boolean'"}),
    ({"webhook": "https://"}, {"webhook": "'https://' is too short"}),
]


@TOGETHER
@pytest.mark.parametrize(("fields", "faults"), MALFORMED)
async def test_fields_out_of_shape(shared, fields, faults):
    answer = await shared.bot.post("/generate/async", request_body() | fields)
    assert answer.status == 400
    assert answer.body == {"errors": faults, "message": "Input payload validation failed"}


@TOGETHER
async def test_all_faults_are_told_at_once(shared):
    answer = await shared.bot.post(
        "/generate/async", {"params": {"sampler_name": "nope", "width": 1}}
    )
    assert set(answer.body["errors"]) == {"prompt", "params.sampler_name", "params.width"}
    assert answer.body["errors"]["prompt"] == "'prompt' is a required property"
    assert answer.body["errors"]["params.sampler_name"].startswith("'nope' is not one of ['k_lms',")


async def test_unknown_fields_are_ignored(room):
    await room.bot.ask(params={"surprise": 1}, another=[1, 2])


@TOGETHER
@pytest.mark.parametrize(
    "raw", [b"", b"nope", b"{", b'{"prompt": NaN', b"\xff\xfe", b"[" * 100_000]
)
async def test_not_json(shared, raw):
    answer = await shared.bot.call("POST", "/generate/async", data=raw)
    assert answer.status == 400
    assert set(answer.body) == {"message"}


@TOGETHER
async def test_json_that_is_no_object(shared):
    answer = await shared.bot.call("POST", "/generate/async", data=b"[1]")
    assert answer.status == 400
    assert answer.body["message"] == "Input payload validation failed"


@TOGETHER
async def test_long_input_is_quoted_in_part(shared):
    answer = await shared.bot.post("/generate/async", request_body(webhook="x" * 100_000))
    assert len(answer.body["errors"]["webhook"]) < 300


@TOGETHER
async def test_a_body_beyond_all_bounds(shared):
    huge = request_body(source_image="A" * 41 * 1024 * 1024)
    answer = await shared.bot.post("/generate/async", huge)
    assert answer.status == 413
    assert set(answer.body) == {"message"}


DECLINED = [
    ({"prompt": "   "}, 400, "MissingPrompt"),
    ({"prompt": "fox " * 7501}, 400, "InvalidPromptSize"),
    ({"prompt": "x" * 60_001}, 400, "InvalidPromptSize"),
    ({"prompt": "fox\x00"}, 400, "NulByteInPayload"),
    ({"params": {"cfg_scale": 7.123}}, 400, "BadCFGDecimals"),
    ({"params": {"loras": [{"name": str(i)} for i in range(6)]}}, 400, "TooManyLoras"),
    ({"params": {"loras": [{"name": "x", "is_version": True}]}}, 400, "BadLoraVersion"),
    ({"params": {"tis": [{"name": str(i)} for i in range(21)]}}, 400, "TooManyTIs"),
    (
        {"params": {"post_processing": ["RealESRGAN_x4plus", "NMKD_Siax"]}},
        400,
        "TooManyUpscalers",
    ),
    ({"params": {"workflow": "qr_code"}}, 400, "MissingExtraTexts"),
    ({"params": {"control_type": "canny"}}, 400, "ControlNetSourceMissing"),
    (
        {"params": {"control_type": "canny"}, "source_image": SOURCE, "models": ["SDXL 1.0"]},
        400,
        "ControlNetUnsupported",
    ),
    (
        {
            "params": {"control_type": "canny"},
            "source_image": SOURCE,
            "source_processing": "inpainting",
        },
        400,
        "ControlNetMismatch",
    ),
    (
        {"params": {"hires_fix": True}, "models": ["Flux.1-Schnell fp8 (Compact)"]},
        400,
        "HiResMismatch",
    ),
    (
        {"params": {"transparent": True}, "models": ["Flux.1-Schnell fp8 (Compact)"]},
        400,
        "InvalidTransparencyModel",
    ),
    ({"params": {"transparent": True}, "source_image": SOURCE}, 400, "InvalidTransparencyImg2Img"),
    (
        {"params": {"transparent": True, "control_type": "hed"}, "source_image": SOURCE},
        400,
        "InvalidTransparencyCN",
    ),
    ({"source_processing": "remix", "source_image": SOURCE}, 400, "InvalidRemixModel"),
    ({"extra_source_images": [{"image": SOURCE}]}, 400, "InvalidExtraSourceImages"),
    ({"source_mask": SOURCE}, 400, "SourceMaskUnnecessary"),
    ({"source_image": "AAAA"}, 400, "ImageValidationFailed"),
    ({"source_image": "not base64!"}, 400, "ImageValidationFailed"),
    ({"source_image": SOURCE[:-40]}, 400, "ImageValidationFailed"),
    ({"source_image": "https://example.org/fox.webp"}, 400, "SourceImageUrlInvalid"),
    ({"source_image": "A" * 14_000_000}, 400, "SourceImageSizeExceeded"),
    ({"source_image": SOURCE, "source_processing": "inpainting"}, 400, "InpaintingMissingMask"),
    ({"source_image": SOURCE, "source_mask": "AAAA"}, 400, "ImageValidationFailed"),
    ({"workers": ["00000000-0000-0000-0000-000000000000"]}, 404, "WorkerNotFound"),
    ({"style": "stylepunks"}, 404, "StyleNotFound"),
    ({"proxied_account": "discord#1"}, 400, "OnlyServiceAccountProxy"),
    ({"webhook": "http://example.org/hook"}, 400, "BadRequest"),
    ({"webhook": "ftp://127.0.0.1/hook"}, 400, "BadRequest"),
    ({"webhook": "http://[broken/hook"}, 400, "BadRequest"),
]


@TOGETHER
@pytest.mark.parametrize(("fields", "status", "rc"), DECLINED)
async def test_requests_that_break_a_rule(shared, fields, status, rc):
    answer = await shared.bot.post("/generate/async", request_body() | fields)
    assert (answer.status, answer.rc) == (status, rc)
    assert len(answer.body["message"]) > 10
    assert (await shared.host.pop(allow_lora=True))["id"] is None


@TOGETHER
async def test_a_source_picture_of_too_many_pixels(shared):
    large = b64(webp((3136, 3072), form="JPEG"))
    answer = await shared.bot.post("/generate/async", request_body(source_image=large))
    assert (answer.status, answer.rc) == (400, "SourceImageResolutionExceeded")


async def test_only_the_trusted_switch_batching_off(room):
    body = request_body(params={"n": 2}, disable_batching=True)
    answer = await room.stranger.post("/generate/async", body)
    assert (answer.status, answer.rc) == (400, "RequiresTrust")
    await room.bot.ask(params={"n": 2}, disable_batching=True)
    assert len((await room.host.pop(amount=2))["ids"]) == 1


POPS = [
    ({"name": None}, {"name": "None is not of type 'string'"}),
    ({"name": "x" * 101}, None),
    ({"models": ["ab"]}, {"models.0": "'ab' is too short"}),
    ({"models": ["abc"] * 301}, None),
    ({"amount": 21}, {"amount": "21 is greater than the maximum of 20"}),
    ({"threads": 0}, {"threads": "0 is less than the minimum of 1"}),
    ({"max_pixels": 1.5}, None),
    ({"started": "now"}, {"started": "'now' is not of type 'number'"}),
]


@TOGETHER
@pytest.mark.parametrize(("fields", "faults"), POPS)
async def test_offers_out_of_shape(shared, fields, faults):
    answer = await shared.host.post("/generate/pop", pop_body() | fields)
    assert answer.status == 400
    assert answer.body["errors"]
    if faults:
        assert answer.body["errors"] == faults


@TOGETHER
async def test_submit_needs_a_seed(shared):
    answer = await shared.host.post("/generate/submit", {"id": "x", "generation": "R2"})
    assert answer.status == 400
    assert answer.body["errors"] == {"seed": "'seed' is a required property"}


@TOGETHER
async def test_unknown_paths_and_methods(shared):
    lost = await shared.bot.get("/generate/everything")
    assert (lost.status, set(lost.body)) == (404, {"message"})
    wrong = await shared.bot.get("/generate/pop")
    assert (wrong.status, wrong.headers["Allow"]) == (405, "POST")


def test_every_refusal_has_a_sentence():
    from common import texts

    for rc, (status, code) in errors.ANSWERS.items():
        assert texts.knows(code), rc
        assert 400 <= status < 500
