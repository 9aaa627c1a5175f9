"""The return codes (`rc`) of the AI Horde: class, sentence, and how long to wait after each.

The codes are facts of the public API; what people read of them is ours.
"""

from __future__ import annotations

from common.errors import HordeBusy, HordeError, HordeForbidden, HordeGone, HordeRejected

PAUSES = {
    "TooManyPrompts": 10.0,
    "MaintenanceMode": 300.0,
    "NoValidWorkers": 60.0,
    "TooFastKudosTransfers": 60.0,
    "Locked": 60.0,
}
"""Seconds after which it makes sense to try again. (The Retry-After that comes with these belongs
to the limiter, which had no part in it.)"""

KEY_PAUSE = 600.0
"""Seconds for which a Horde that refuses our key is left alone: only its operator can help."""
ENDPOINT_PAUSES = {
    "MaintenanceMode": 300.0,
    "TimeoutIP": 180.0,
    "UnsafeIP": 3600.0,
    "UntrustedUnsafeIP": 3600.0,
    "BadClientAgent": 3600.0,
    "BannedClientAgent": 3600.0,
    "InvalidAPIKey": KEY_PAUSE,
    "UserNotFound": KEY_PAUSE,
    "DeletedUser": 3600.0,
    "SharedKeyEmpty": KEY_PAUSE,
    "SharedKeyExpired": 3600.0,
    "SharedKeyInvalid": 3600.0,
}
"""Seconds for which nothing sent with this key from this address will be taken, by `rc`. A
`TimeoutIP` says itself how long it lasts; this one is the shortest the server gives."""

MENDED = {
    "UnsafeIP": "unsafe_address",
    "UntrustedUnsafeIP": "unsafe_address",
    "TimeoutIP": "address_rests",
    "InvalidAPIKey": "key",
    "UserNotFound": "key",
    "DeletedUser": "key",
    "SharedKeyEmpty": "shared_key",
    "SharedKeyExpired": "shared_key",
    "SharedKeyInvalid": "shared_key",
    "BadClientAgent": "agent",
    "BannedClientAgent": "agent",
}
"""Which sentence (`mend.*`) tells the operator what to do, by `rc`."""

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
            "KudosValidationError KudosTransferFromAnon EducationCannotSendKudos "
            "FaultWhenKudosReceiving FaultWhenKudosSending"
        ),
        "kudos_not_enough": "KudosTransferNotEnough",
        "kudos_receiver": (
            "InvalidTargetUsername KudosTransferToAnon KudosTransferToSelf InvalidAwardUsername "
            "KudosAwardToAnon"
        ),
        "kudos_receiver_flagged": "TargetAccountFlagged",
        "kudos_amount": "NegativeKudosTransfer InvalidKudosTransferAmount",
        "kudos_other_order": "IdempotencyKeyConflict",
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
        "nothing_to_change": (
            "NoValidActions NoWorkerModSelected NoUserModSelected NoHordeModSelected "
            "NoTeamModSelected NoFilterModSelected NoSharedKeyModSelected"
        ),
        "stop_sequences": "TooManyStopSequences ExcessiveStopSequence",
        "sampler_order": "MissingFullSamplerOrder",
        "special": (
            "SpecialMissingPayload SpecialMissingUsername SpecialModelNeedsSpecialUser "
            "SpecialFieldNeedsSpecialUser BetaComparisonFault"
        ),
        "style_kind": "StyleMismatch StyleGetMistmatch",
        "style_template": "StylePromptMissingVars",
        "style_examples": "TooManyStyleExamples ExampleURLAlreadyInUse",
        "rejected_because": (
            "BadRequest InvalidPriorityUsername TeamNotFound FilterNotFound "
            "WorkermessageNotFound CannotWipeActiveUser UserNotDeleted"
        ),
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
            "AnonForbiddenUser AnonForbiddenUserMod BetaAnonForbidden SpecialForbidden Forbidden "
            "NotAllowedAwards NotUserOrMod MessagesOnlyOwnWorkers UntrustedTeamCreation "
            "CannotDeleteMod"
        ),
        "worker_not_allowed": (
            "AnonForbiddenWorker WorkerInviteOnly TooManyWorkers TooManyWorkersTrusted "
            "TooManySameIPs TooManyNewIPs WorkerFlaggedMaintenance"
        ),
        "worker_maintenance": "WorkerMaintenance",
        "kudos_giver_flagged": "SourceAccountFlagged",
    },
    HordeGone: {
        "gone": "RequestNotFound RequestExpired",
        "job_gone": "InvalidJobID AbortedGen",
    },
    HordeBusy: {
        "too_many": "TooManyPrompts",
        "maintenance": "MaintenanceMode",
        "no_workers": "NoValidWorkers",
        "kudos_too_soon": "TooFastKudosTransfers",
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
