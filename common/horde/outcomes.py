"""What the server's errors mean: each return code (`rc`) with its error class and its sentence.

The server says `{"message", "rc"}`. Its limiter says 429 with a message and no `rc`, its schema
check 400 with `errors` and no `rc`; what it does not explain is judged by the status code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common import texts
from common.errors import (
    HordeBusy,
    HordeError,
    HordeForbidden,
    HordeGone,
    HordeRejected,
    HordeUnreachable,
)

SHOWN = 200
"""Characters of the server's message that people are shown."""
LOGGED = 2000
"""Characters of it that are kept for the log, as `error.values["answer"]`."""

LIMITER_PAUSE = 5.0
"""Seconds to wait after a 429 that does not say how long."""
PAUSES = {"TooManyPrompts": 10.0, "MaintenanceMode": 300.0, "NoValidWorkers": 60.0, "Locked": 60.0}
"""Seconds after which it makes sense to try again. (The Retry-After that comes with these belongs
to the limiter, which had no part in it.)"""

_BY_SENTENCE: dict[type[HordeError], dict[str, str]] = {
    HordeRejected: {
        "prompt_missing": "MissingPrompt",
        "prompt_corrupt": "CorruptPrompt",
        "prompt_unreadable": "InvalidPromptEncoding NulByteInPayload",
        "prompt_too_long": "InvalidPromptSize TokenOverflow",
        "size_invalid": "InvalidSize",
        "too_many_steps": "TooManySteps",
        "profane": (
            "Profanity ProfaneWorkerName ProfaneBridgeAgent ProfaneWorkerInfo ProfaneUserName "
            "ProfaneUserContact ProfaneAdminComment ProfaneTeamName ProfaneTeamInfo"
        ),
        "source_picture": "ImageValidationFailed SourceImageUnreadable SourceImageUrlInvalid",
        "source_picture_too_large": "SourceImageResolutionExceeded SourceImageSizeExceeded",
        "source_picture_missing": "SourceImageRequiredForModel ControlNetSourceMissing",
        "source_pictures_extra": (
            "InvalidExtraSourceImages TooManyExtraSourceImages MoreThanMinExtraSourceImage"
        ),
        "mask_missing": "InpaintingMissingMask",
        "mask_unnecessary": "SourceMaskUnnecessary",
        "sampler_unsupported": (
            "UnsupportedSampler SamplerKnobInapplicable SamplerKnobOutOfRange "
            "SamplerSolverTypeUnsupported SamplerSchedulerMismatch SchedulerBaselineMismatch "
            "FlowShiftInapplicable FlowShiftOutOfRange"
        ),
        "model_unsupported": "UnsupportedModel UnexpectedModelName InvalidRemixModel InvalidRemix",
        "model_mismatch": "Img2ImgMismatch TilingMismatch HiResMismatch HiResFixMismatch",
        "controlnet": (
            "ControlNetUnsupported ControlNetInvalidPayload ControlNetInpaintingMismatch "
            "ControlNetMismatch InvalidControlType ControlStrengthWithoutControlType "
            "ControlStrengthOutOfRange"
        ),
        "transparency": (
            "InvalidTransparencyModel InvalidTransparencyImg2Img InvalidTransparencyCN"
        ),
        "extra_texts": "InvalidExtraTexts MissingExtraTexts",
        "too_many_loras": "TooManyLoras",
        "lora_version": "BadLoraVersion",
        "too_many_tis": "TooManyTIs",
        "too_many_upscalers": "TooManyUpscalers",
        "cfg_invalid": "BadCFGDecimals BadCFGNumber",
        "needs_trust": "RequiresTrust",
        "kudos_upfront": "KudosUpfront",
        "worker_asked_for": "WorkerNotFound",
        "style_not_found": "StyleNotFound CollectionNotFound",
        "generation_duplicate": "DuplicateGen",
        "kudos_transfer": (
            "KudosValidationError TooFastKudosTransfers KudosTransferToAnon KudosTransferToSelf "
            "KudosTransferNotEnough NegativeKudosTransfer KudosTransferFromAnon "
            "InvalidAwardUsername KudosAwardToAnon FaultWhenKudosReceiving FaultWhenKudosSending "
            "EducationCannotSendKudos InvalidTargetUsername"
        ),
        "rating": (
            "ProcGenNotFound InvalidAestheticAttempt AestheticsNotCompleted AestheticsNotPublic "
            "AestheticsDuplicate AestheticsMissing AestheticsSolo AestheticsConfused "
            "AestheticsAlreadyExist AestheticsServerRejected AestheticsServerError "
            "AestheticsServerDown AestheticsServerTimeout"
        ),
        "name_taken": (
            "NameAlreadyExists WorkerNameAlreadyExists TeamNameAlreadyExists "
            "PolymorphicNameConflict TooLong TooLongWorkerName TooLongUserName"
        ),
        "rejected_because": "BadRequest InvalidPriorityUsername TeamNotFound",
    },
    HordeForbidden: {
        "key_invalid": "InvalidAPIKey UserNotFound WrongCredentials DeletedUser",
        "shared_key_empty": "SharedKeyEmpty SharedKeyInsufficientKudos",
        "shared_key_expired": "SharedKeyExpired SharedKeyInvalid",
        "shared_key_styles": "SharedKeyAssignedStyles",
        "address_blocked": "TimeoutIP UnsafeIP UntrustedUnsafeIP",
        "agent_blocked": "BadClientAgent BannedClientAgent",
        "not_allowed": (
            "NotTrusted NotModerator NotAdmin NotOwner NotPrivileged OnlyServiceAccountProxy "
            "NonServiceForbidden StylesRequiresCustomizer StylesAnonForbidden AnonForbidden "
            "AnonForbiddenUserMod BetaAnonForbidden SpecialForbidden Forbidden "
            "SourceAccountFlagged TargetAccountFlagged"
        ),
        "worker_not_allowed": (
            "AnonForbiddenWorker WorkerInviteOnly TooManyWorkers TooManyWorkersTrusted "
            "TooManySameIPs TooManyNewIPs WorkerFlaggedMaintenance"
        ),
        "worker_maintenance": "WorkerMaintenance",
    },
    HordeGone: {
        "gone": "RequestNotFound RequestExpired",
        "job_gone": "InvalidJobID AbortedGen",
    },
    HordeBusy: {
        "too_many": "TooManyPrompts",
        "maintenance": "MaintenanceMode",
        "no_workers": "NoValidWorkers",
        "busy": "Locked",
    },
}

OUTCOMES: dict[str, tuple[type[HordeError], str]] = {
    rc: (kind, f"horde.{sentence}")
    for kind, sentences in _BY_SENTENCE.items()
    for sentence, codes in sentences.items()
    for rc in codes.split()
}
"""`{rc: (error class, code of the message catalogue)}`."""

_BY_STATUS: dict[int, tuple[type[HordeError], str]] = {
    401: (HordeForbidden, "horde.key_invalid"),
    403: (HordeForbidden, "horde.forbidden_because"),
    404: (HordeGone, "horde.gone"),
    408: (HordeUnreachable, "horde.unreachable"),
    413: (HordeRejected, "horde.too_large"),
    423: (HordeBusy, "horde.busy"),
    429: (HordeBusy, "horde.busy"),
}
_CLEAR_WITHOUT_WORDS = frozenset({408, 413, 429})
"""These mean the same from any proxy; a 403 or 404 in HTML is a gatekeeper's, not the Horde's."""


def error_of(
    status: int, answer: Any, headers: Mapping[str, str], *, horde: str = "Horde"
) -> HordeError:
    """Return the error that an answer with a status of 400 or more stands for.

    `answer` is the decoded JSON, or None if there was none; `horde` is the endpoint's name.
    """
    body = answer if isinstance(answer, Mapping) else {}
    rc = body.get("rc")
    rc = rc[:100] if isinstance(rc, str) else ""
    kind, code = OUTCOMES.get(rc) or _judge_by_status(status, known=bool(body))
    said = _message_of(body)
    return kind(
        code,
        rc=rc,
        status=status,
        retry_after=_pause(kind, rc, headers),
        horde=horde,
        message=shorten(said),
        answer=said[:LOGGED],
    )


def is_limiter(error: HordeError) -> bool:
    """Tell whether the rate limiter spoke: nothing was looked at, and waiting helps."""
    return isinstance(error, HordeBusy) and error.status == 429 and not error.rc


def shorten(message: str, limit: int = SHOWN) -> str:
    """Return a server's message as one line of at most `limit` characters, for people."""
    line = " ".join("".join(c if c.isprintable() else " " for c in message).split())
    line = line.split(" You have requested this URI", 1)[0]
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _judge_by_status(status: int, *, known: bool) -> tuple[type[HordeError], str]:
    """Return class and sentence for a status whose `rc` says nothing."""
    if status in _BY_STATUS and (known or status in _CLEAR_WITHOUT_WORDS):
        return _BY_STATUS[status]
    if 400 <= status < 500 and known:
        return HordeRejected, "horde.rejected_because"
    if status >= 500:
        return HordeUnreachable, "horde.broken" if known else "horde.unreachable"
    return HordeUnreachable, "horde.not_a_horde"


def _message_of(body: Mapping[str, Any]) -> str:
    """Return the message, with the faulty fields where the schema check names them."""
    message = str(body.get("message") or "")
    faults = body.get("errors")
    if isinstance(faults, Mapping) and faults:
        return "; ".join(f"{field}: {problem}" for field, problem in faults.items())
    return message or texts.say("horde.no_message")


def _pause(kind: type[HordeError], rc: str, headers: Mapping[str, str]) -> float | None:
    if kind is not HordeBusy:
        return None
    if rc:
        return PAUSES.get(rc)
    return parse_retry_after(headers.get("Retry-After")) or LIMITER_PAUSE


def parse_retry_after(text: str | None) -> float | None:
    """Return the seconds a `Retry-After` asks for; None for none, a date, or nonsense."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 < seconds < 86_400 else None
