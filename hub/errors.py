"""The hub's refusals: each has the status and the `rc` by which clients of a Horde know it.

    HordebotsError
    ├── Declined     {"message", "rc"}: the request is understood and refused
    ├── Malformed    {"errors", "message"}: the request does not have the right shape
    └── Throttled    {"message"} without rc: too many requests in a second or a minute

The sentences are ours (`common/catalogue/en/hub.yaml`); clients match on status and `rc`.
"""

from __future__ import annotations

from collections.abc import Mapping

from common.errors import HordebotsError

MALFORMED = "Input payload validation failed"
"""Part of the wire format: clients look for it."""

ANSWERS: Mapping[str, tuple[int, str]] = {
    "MissingPrompt": (400, "hub.missing_prompt"),
    "InvalidPromptSize": (400, "hub.prompt_size"),
    "NulByteInPayload": (400, "hub.nul_byte"),
    "TooManyLoras": (400, "hub.too_many_loras"),
    "BadLoraVersion": (400, "hub.bad_lora_version"),
    "TooManyTIs": (400, "hub.too_many_tis"),
    "TooManyUpscalers": (400, "hub.too_many_upscalers"),
    "BadCFGDecimals": (400, "hub.cfg_decimals"),
    "HiResMismatch": (400, "hub.hires_mismatch"),
    "ControlNetSourceMissing": (400, "hub.control_source_missing"),
    "ControlNetUnsupported": (400, "hub.control_unsupported"),
    "ControlNetMismatch": (400, "hub.control_mismatch"),
    "InvalidTransparencyModel": (400, "hub.transparency_model"),
    "InvalidTransparencyImg2Img": (400, "hub.transparency_img2img"),
    "InvalidTransparencyCN": (400, "hub.transparency_control"),
    "InvalidRemixModel": (400, "hub.no_remix"),
    "InvalidExtraSourceImages": (400, "hub.no_extra_images"),
    "MissingExtraTexts": (400, "hub.missing_extra_texts"),
    "InpaintingMissingMask": (400, "hub.missing_mask"),
    "SourceMaskUnnecessary": (400, "hub.mask_without_source"),
    "ImageValidationFailed": (400, "hub.image_invalid"),
    "SourceImageResolutionExceeded": (400, "hub.source_too_wide"),
    "SourceImageSizeExceeded": (400, "hub.source_too_large"),
    "SourceImageUrlInvalid": (400, "hub.source_by_url"),
    "RequiresTrust": (400, "hub.requires_trust"),
    "OnlyServiceAccountProxy": (400, "hub.no_proxied_account"),
    "InvalidPriorityUsername": (400, "hub.priority_username"),
    "WorkerNameAlreadyExists": (400, "hub.worker_name_taken"),
    "DuplicateGen": (400, "hub.duplicate_generation"),
    "AbortedGen": (400, "hub.aborted_generation"),
    "BadRequest": (400, "hub.bad_request"),
    "InvalidAPIKey": (401, "hub.invalid_key"),
    "AnonForbiddenWorker": (403, "hub.anonymous_worker"),
    "WrongCredentials": (403, "hub.wrong_credentials"),
    "NotModerator": (403, "hub.not_moderator"),
    "TooManyWorkers": (403, "hub.too_many_workers"),
    "WorkerMaintenance": (403, "hub.worker_maintenance"),
    "RequestNotFound": (404, "hub.request_not_found"),
    "InvalidJobID": (404, "hub.job_not_found"),
    "WorkerNotFound": (404, "hub.worker_not_found"),
    "UserNotFound": (404, "hub.user_not_found"),
    "StyleNotFound": (404, "hub.no_styles"),
    "TooManyPrompts": (429, "hub.too_many_prompts"),
}
"""`rc` → (HTTP status, code of its sentence)."""


class Declined(HordebotsError):
    """The request is refused; `values` fill the sentence. Status and sentence follow from `rc`."""

    default_code = "hub.bad_request"

    def __init__(self, rc: str, *, code: str | None = None, **values: object) -> None:
        self.rc = rc
        self.status, default = ANSWERS[rc]
        super().__init__(code or default, **values)

    def body(self) -> dict[str, object]:
        """Return the answer's body."""
        return {"message": str(self), "rc": self.rc}


class Malformed(HordebotsError):
    """Fields are missing, of another type or out of bounds: `{"params.width": "…"}`."""

    default_code = "hub.malformed"
    status = 400

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__()
        self.errors = dict(errors)

    def body(self) -> dict[str, object]:
        """Return the answer's body; without fields it is broken JSON, which has only a message."""
        if not self.errors:
            return {"message": str(self)}
        return {"errors": self.errors, "message": MALFORMED}


class Throttled(HordebotsError):
    """A limit was reached. `headers` say which and until when."""

    default_code = "hub.throttled"
    status = 429

    def __init__(self, limit: str, headers: Mapping[str, str]) -> None:
        super().__init__()
        self.limit = limit
        self.headers = dict(headers)

    def body(self) -> dict[str, object]:
        """Return the answer's body: the limit in words, as clients of the Horde know it."""
        return {"message": self.limit}
