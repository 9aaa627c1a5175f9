"""What a Horde refuses: the class of each refusal, its sentence, and how long to leave it alone."""

from __future__ import annotations

from functools import partial

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
from common.horde.return_codes import ENDPOINT_PAUSES

# every code the API's documentation and its servers name, by what it means to a caller
FACTS = {
    HordeRejected: """
        MissingPrompt CorruptPrompt InvalidSize InvalidPromptSize TooManySteps Profanity
        ProfaneWorkerName ProfaneBridgeAgent ProfaneWorkerInfo ProfaneUserName ProfaneUserContact
        ProfaneAdminComment ProfaneTeamName ProfaneTeamInfo TooLong TooLongWorkerName
        TooLongUserName NameAlreadyExists WorkerNameAlreadyExists TeamNameAlreadyExists
        PolymorphicNameConflict ImageValidationFailed SourceImageResolutionExceeded
        SourceImageSizeExceeded SourceImageUrlInvalid SourceImageUnreadable InpaintingMissingMask
        SourceMaskUnnecessary UnsupportedSampler UnsupportedModel UnexpectedModelName
        ControlNetUnsupported ControlNetSourceMissing ControlNetInvalidPayload ControlNetMismatch
        ControlNetInpaintingMismatch SourceImageRequiredForModel HiResMismatch HiResFixMismatch
        Img2ImgMismatch TilingMismatch TooManyLoras BadLoraVersion TooManyTIs TooManyUpscalers
        BadCFGDecimals BadCFGNumber InvalidRemix InvalidRemixModel InvalidExtraSourceImages
        TooManyExtraSourceImages MoreThanMinExtraSourceImage InvalidExtraTexts MissingExtraTexts
        InvalidTransparencyModel InvalidTransparencyImg2Img InvalidTransparencyCN RequiresTrust
        MissingFullSamplerOrder TooManyStopSequences ExcessiveStopSequence TokenOverflow
        NulByteInPayload DuplicateGen KudosUpfront WorkerNotFound StyleNotFound CollectionNotFound
        TeamNotFound FilterNotFound BadRequest InvalidPriorityUsername ProcGenNotFound
        InvalidAestheticAttempt AestheticsNotCompleted AestheticsNotPublic AestheticsDuplicate
        AestheticsMissing AestheticsSolo AestheticsConfused AestheticsAlreadyExist
        AestheticsServerRejected AestheticsServerError AestheticsServerDown
        AestheticsServerTimeout KudosValidationError KudosTransferToAnon KudosTransferToSelf
        KudosTransferNotEnough NegativeKudosTransfer InvalidKudosTransferAmount
        KudosTransferFromAnon InvalidTargetUsername InvalidAwardUsername KudosAwardToAnon
        FaultWhenKudosReceiving FaultWhenKudosSending EducationCannotSendKudos
        IdempotencyKeyConflict NoValidActions NoWorkerModSelected NoUserModSelected
        NoHordeModSelected NoTeamModSelected NoFilterModSelected NoSharedKeyModSelected
        BetaComparisonFault SpecialMissingPayload SpecialMissingUsername
        SpecialModelNeedsSpecialUser SpecialFieldNeedsSpecialUser StylePromptMissingVars
        StyleMismatch StyleGetMistmatch TooManyStyleExamples ExampleURLAlreadyInUse UserNotDeleted
        CannotWipeActiveUser TargetAccountFlagged
    """,
    HordeForbidden: """
        InvalidAPIKey OnlyServiceAccountProxy SharedKeyInvalid SharedKeyEmpty SharedKeyExpired
        SharedKeyInsufficientKudos SharedKeyAssignedStyles TimeoutIP UnsafeIP UntrustedUnsafeIP
        TooManySameIPs TooManyNewIPs WorkerMaintenance WorkerFlaggedMaintenance WorkerInviteOnly
        AnonForbidden AnonForbiddenWorker AnonForbiddenUser AnonForbiddenUserMod
        BetaAnonForbidden StylesAnonForbidden WrongCredentials NotTrusted NotModerator NotAdmin
        NotOwner NotPrivileged NotUserOrMod NotAllowedAwards MessagesOnlyOwnWorkers
        UntrustedTeamCreation CannotDeleteMod TooManyWorkers TooManyWorkersTrusted DeletedUser
        BadClientAgent BannedClientAgent StylesRequiresCustomizer UserNotFound NonServiceForbidden
        SpecialForbidden Forbidden SourceAccountFlagged
    """,
    HordeGone: "RequestNotFound RequestExpired InvalidJobID AbortedGen",
    HordeBusy: "TooManyPrompts MaintenanceMode NoValidWorkers TooFastKudosTransfers Locked",
}
KNOWN = [(rc, kind) for kind, codes in FACTS.items() for rc in codes.split()]
BODY = {"message": "The server's own words.", "rc": "?"}
error_of = partial(outcomes.error_of, horde="aihorde")


@pytest.mark.parametrize(("rc", "kind"), KNOWN)
def test_each_return_code_has_its_class_and_a_sentence_of_its_own(rc, kind):
    error = error_of(400, {**BODY, "rc": rc}, {})

    assert type(error) is kind
    assert error.rc == rc
    assert error.code != kind.default_code or rc in {"RequestNotFound", "RequestExpired", "Locked"}
    assert len(str(error)) > 20


@pytest.mark.parametrize(
    "rc",
    [
        "MissingExtraTexts",
        "InvalidExtraTexts",
        "ControlNetMismatch",
        "InvalidExtraSourceImages",
        "MoreThanMinExtraSourceImage",
        "TooManyExtraSourceImages",
    ],
)
def test_some_codes_end_like_a_sentence(rc):
    error = error_of(400, {**BODY, "rc": f"{rc}."}, {})

    assert (error.rc, error.code) == (rc, outcomes.OUTCOMES[rc][1])


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
        "horde.kudos_unclear",
        "horde.user_unknown",
        "horde.worker_unknown",
        "horde.shared_key_unknown",
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
    error = error_of(status, {**BODY, "rc": "BrandNew"}, {})

    assert type(error) is kind
    assert error.rc == "BrandNew"
    assert error.status == status
    assert str(error)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 500, 502])
def test_what_is_no_json_did_not_come_from_a_horde(status):
    assert type(error_of(status, None, {})) is HordeUnreachable


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (500, {"message": "Internal Server Error"}, "horde.broken"),
        (503, None, "horde.unreachable"),
        (408, None, "horde.unreachable"),
        (413, None, "horde.too_large"),
        (429, None, "horde.busy"),
        (404, None, "horde.not_a_horde"),
        (404, {"message": "Nothing here."}, "horde.gone"),
        (418, {"message": "Odd."}, "horde.rejected_because"),
        (403, {"message": "No."}, "horde.forbidden_because"),
    ],
)
def test_what_no_return_code_explains_is_told_by_its_status(status, answer, code):
    error = error_of(status, answer, {}, horde="mine")

    assert (error.code, error.status, error.rc) == (code, status, "")
    assert error.values["horde"] == "mine"


@pytest.mark.parametrize("language", texts.spoken())
def test_that_the_bot_is_not_trusted_yet_is_told_in_the_language_of_who_asked(language):
    error = error_of(403, {"rc": "RequiresTrust", "message": "No."}, {})
    with texts.speaking(language):
        assert str(error) == texts.catalogue(language)["horde.needs_trust"]


def test_a_return_code_without_end_is_cut():
    assert error_of(400, {**BODY, "rc": "x" * 500}, {}).rc == "x" * 100


def test_the_schema_check_names_the_field():
    answer = {
        "errors": {"params.width": "500 is not a multiple of 64", "prompt": "too short"},
        "message": "Input payload validation failed",
    }
    error = error_of(400, answer, {})

    assert type(error) is HordeRejected
    assert "params.width: 500 is not a multiple of 64; prompt: too short" in str(error)


def test_the_limiter_says_how_long():
    error = error_of(429, {"message": "2 per 1 second"}, {"Retry-After": "7"})

    assert outcomes.is_limiter(error)
    assert error.retry_after == 7


@pytest.mark.parametrize(
    "header", [{}, *({"Retry-After": said} for said in ("soon", "-1", "86400"))]
)
def test_a_limiter_that_does_not_say_how_long_gets_a_pause(header):
    error = error_of(429, {"message": "2 per 1 second"}, header)

    assert error.retry_after == outcomes.LIMITER_PAUSE


@pytest.mark.parametrize(("said", "waited"), [("0", outcomes.LAST_MOMENT), ("1", 1.0)])
def test_a_limiter_whose_window_is_about_to_end_is_waited_for_a_moment(said, waited):
    error = error_of(429, {"message": "2 per 1 second"}, {"Retry-After": said})

    assert error.retry_after == waited


def test_too_many_prompts_is_not_the_limiter_and_ignores_its_header():
    error = error_of(429, {**BODY, "rc": "TooManyPrompts"}, {"Retry-After": "1"})

    assert not outcomes.is_limiter(error)
    assert error.retry_after == outcomes.PAUSES["TooManyPrompts"]


def test_a_long_message_is_cut_for_people_and_kept_for_the_log():
    error = error_of(400, {"message": "no\n" * 500, "rc": "BadRequest"}, {})

    assert len(error.values["message"]) == outcomes.SHOWN
    assert "\n" not in str(error)
    assert error.values["answer"] == "no\n" * 500


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("a\x1b[2Jb\x00\n  c", "a [2Jb c"),
        ("x" * 20, "x" * 20),
        ("x" * 21, f"{'x' * 19}…"),
        (" One two three four five", "One two three four…"),
    ],
)
def test_a_servers_message_is_one_printable_line_for_people(said, shown):
    assert outcomes.shorten(said, 20) == shown


def test_the_web_frameworks_advice_is_cut_off():
    said = "Nothing here. You have requested this URI [/x] but did you mean /y ?"

    assert outcomes.shorten(said) == "Nothing here."


@pytest.mark.parametrize("answer", [[], "text", 3, {"rc": 5, "message": ["?"]}, {"errors": "x"}])
def test_strange_json_is_survived(answer):
    assert str(error_of(400, answer, {}))


# --- what is wrong with the whole endpoint ---------------------------------------------------


@pytest.mark.parametrize(
    ("rc", "least"),
    [
        ("MaintenanceMode", 60),
        ("InvalidAPIKey", 60),
        ("DeletedUser", 600),
        ("UnsafeIP", 600),
        ("BannedClientAgent", 600),
        ("SharedKeyEmpty", 60),
        ("SharedKeyExpired", 600),
    ],
)
def test_an_error_about_the_endpoint_says_how_long_to_leave_it_alone(rc, least):
    seconds = error_of(403, {**BODY, "rc": rc}, {}).pauses_endpoint

    assert least <= seconds <= 86_400


@pytest.mark.parametrize(
    "rc",
    [
        "CorruptPrompt",
        "KudosUpfront",
        "TooManyPrompts",
        "SharedKeyInsufficientKudos",
        "WorkerMaintenance",
        "RequestNotFound",
        "NotTrusted",
        "BrandNew",
    ],
)
def test_an_error_about_one_request_does_not_pause_the_endpoint(rc):
    assert error_of(400, {**BODY, "rc": rc}, {}).pauses_endpoint is None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Your address waits for 179 more seconds.", 179),
        ("Your address waits for 99999999 more seconds.", 86_400),
        ("Your address waits for 0 more seconds.", 1),
        ("Your address waits.", 180),
    ],
)
def test_a_blocked_address_waits_as_long_as_the_server_says(said, seconds):
    error = error_of(403, {"message": said, "rc": "TimeoutIP"}, {})

    assert error.pauses_endpoint == seconds


def test_an_unexplained_401_is_about_the_key():
    assert error_of(401, {"message": "no"}, {}).pauses_endpoint > 60


def test_errors_made_elsewhere_say_nothing_of_the_endpoint():
    assert HordeUnreachable().pauses_endpoint is None


def test_kudos_that_came_too_soon_may_go_later():
    error = error_of(400, {**BODY, "rc": "TooFastKudosTransfers"}, {})

    assert error.retry_after == 60


@pytest.mark.parametrize("rc", sorted(ENDPOINT_PAUSES.keys() - {"MaintenanceMode"}))
def test_what_shuts_us_out_says_what_the_operator_can_do(rc):
    error = outcomes.error_of(403, {"message": "No.", "rc": rc}, {}, horde="fake")
    assert outcomes.mend(error).endswith(".")
    assert "{" not in outcomes.mend(error)


def test_what_passes_by_itself_is_nobodys_to_mend():
    error = outcomes.error_of(
        400, {"message": "Closed.", "rc": "MaintenanceMode"}, {}, horde="fake"
    )
    assert outcomes.mend(error) == ""
