from __future__ import annotations

import pytest

from common import texts
from common.errors import (
    HordeBusy,
    HordeForbidden,
    HordeGone,
    HordeRejected,
    HordeUnreachable,
)
from common.horde import outcomes

FACTS = {
    HordeRejected: """
        MissingPrompt CorruptPrompt InvalidSize InvalidPromptSize TooManySteps Profanity
        ImageValidationFailed SourceImageResolutionExceeded SourceImageSizeExceeded
        SourceImageUrlInvalid SourceImageUnreadable InpaintingMissingMask SourceMaskUnnecessary
        UnsupportedModel ControlNetUnsupported ControlNetSourceMissing ControlNetInvalidPayload
        HiResMismatch TooManyLoras BadLoraVersion TooManyTIs TooManyUpscalers BadCFGDecimals
        InvalidRemixModel InvalidExtraTexts MissingExtraTexts InvalidTransparencyModel
        InvalidTransparencyImg2Img InvalidTransparencyCN RequiresTrust DuplicateGen
        AestheticsNotPublic TooFastKudosTransfers KudosTransferNotEnough KudosUpfront
        WorkerNotFound StyleNotFound CollectionNotFound BadRequest InvalidPriorityUsername
    """,
    HordeForbidden: """
        InvalidAPIKey OnlyServiceAccountProxy SharedKeyEmpty SharedKeyExpired
        SharedKeyInsufficientKudos SharedKeyAssignedStyles TimeoutIP UnsafeIP TooManySameIPs
        TooManyNewIPs WorkerMaintenance WorkerFlaggedMaintenance WorkerInviteOnly AnonForbidden
        AnonForbiddenWorker WrongCredentials NotTrusted NotModerator TooManyWorkers DeletedUser
        BannedClientAgent StylesRequiresCustomizer UserNotFound
    """,
    HordeGone: "RequestNotFound InvalidJobID AbortedGen",
    HordeBusy: "TooManyPrompts MaintenanceMode Locked",
}
KNOWN = [(rc, kind) for kind, codes in FACTS.items() for rc in codes.split()]
BODY = {"message": "The server's own words.", "rc": "?"}


@pytest.mark.parametrize(("rc", "kind"), KNOWN)
def test_each_return_code_has_its_class_and_a_sentence_of_its_own(rc, kind):
    error = outcomes.error_of(400, {**BODY, "rc": rc}, {}, horde="aihorde")

    assert type(error) is kind
    assert error.rc == rc
    assert error.code != kind.default_code or rc in {"RequestNotFound", "Locked"}
    assert len(str(error)) > 20


def test_every_sentence_of_the_table_can_be_said():
    for kind, code in outcomes.OUTCOMES.values():
        sentence = str(kind(code, horde="aihorde", message="why", answer="why"))
        assert "{" not in sentence


def test_every_sentence_of_the_catalogue_group_is_used_or_a_default():
    used = {code for _, code in outcomes.OUTCOMES.values()}
    group = {code for code in texts.catalogue() if code.startswith("horde.")}
    elsewhere = {
        "horde.failed",
        "horde.unreachable",
        "horde.unclear",
        "horde.rejected",
        "horde.forbidden",
        "horde.no_answer",
        "horde.no_message",
        "horde.broken",
        "horde.not_a_horde",
        "horde.answer_too_large",
        "horde.too_large",
        "horde.forbidden_because",
        "horde.picture_gone",
        "horde.picture_unreachable",
    }
    assert group == used | elsewhere


@pytest.mark.parametrize(
    "kind", [HordeBusy, HordeForbidden, HordeGone, HordeRejected, HordeUnreachable]
)
def test_the_default_sentence_of_a_class_needs_no_values(kind):
    assert str(kind())


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, HordeRejected),
        (401, HordeForbidden),
        (403, HordeForbidden),
        (404, HordeGone),
        (409, HordeRejected),
        (413, HordeRejected),
        (423, HordeBusy),
        (429, HordeBusy),
        (500, HordeUnreachable),
        (503, HordeUnreachable),
    ],
)
def test_an_unknown_return_code_is_judged_by_its_status(status, kind):
    error = outcomes.error_of(status, {**BODY, "rc": "BrandNew"}, {})

    assert type(error) is kind
    assert error.rc == "BrandNew"
    assert error.status == status
    assert str(error)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 500, 502])
def test_what_is_no_json_did_not_come_from_a_horde(status):
    assert type(outcomes.error_of(status, None, {})) is HordeUnreachable


def test_the_schema_check_names_the_field():
    answer = {
        "errors": {"params.width": "500 is not a multiple of 64"},
        "message": "Input payload validation failed",
    }
    error = outcomes.error_of(400, answer, {})

    assert type(error) is HordeRejected
    assert "params.width: 500 is not a multiple of 64" in str(error)


def test_the_limiter_says_how_long():
    error = outcomes.error_of(429, {"message": "2 per 1 second"}, {"Retry-After": "7"})

    assert outcomes.is_limiter(error)
    assert error.retry_after == 7


@pytest.mark.parametrize("header", [{}, {"Retry-After": "soon"}, {"Retry-After": "-1"}])
def test_a_limiter_that_does_not_say_how_long_gets_a_pause(header):
    error = outcomes.error_of(429, {"message": "2 per 1 second"}, header)

    assert error.retry_after == outcomes.LIMITER_PAUSE


def test_too_many_prompts_is_not_the_limiter_and_ignores_its_header():
    error = outcomes.error_of(429, {**BODY, "rc": "TooManyPrompts"}, {"Retry-After": "1"})

    assert not outcomes.is_limiter(error)
    assert error.retry_after == outcomes.PAUSES["TooManyPrompts"]


def test_a_long_message_is_cut_for_people_and_kept_for_the_log():
    error = outcomes.error_of(400, {"message": "no\n" * 500, "rc": "BadRequest"}, {})

    assert len(error.values["message"]) == outcomes.SHOWN
    assert "\n" not in str(error)
    assert error.values["answer"] == "no\n" * 500


def test_the_web_frameworks_advice_is_cut_off():
    said = "Nothing here. You have requested this URI [/x] but did you mean /y ?"

    assert outcomes.shorten(said) == "Nothing here."


@pytest.mark.parametrize("answer", [[], "text", 3, {"rc": 5, "message": ["?"]}, {"errors": "x"}])
def test_strange_json_is_survived(answer):
    assert str(outcomes.error_of(400, answer, {}))
