"""The rules a well-formed request must keep, each with the `rc` of the public server."""

from __future__ import annotations

from urllib.parse import urlsplit

from common.horde.wire_names import UPSCALERS
from common.reference.models import ModelReference
from hub.errors import Declined
from hub.wire.bodies import GenerationRequest, Params

MOST_WORDS = 7500
MOST_LORAS = 5
MOST_TIS = 20
MOST_PROMPT_CHARACTERS = 60_000
NEVER_CONTROLLED = frozenset(
    {"stable_diffusion_xl", "stable_cascade", "flux_1", "qwen_image", "z_image_turbo"}
)
NEVER_HIRES = frozenset({"flux_1", "qwen_image", "z_image_turbo"})
TRANSPARENT = frozenset({"stable_diffusion_1", "stable_diffusion_xl"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def check(request: GenerationRequest, reference: ModelReference, *, trusted: bool) -> None:
    """Raise Declined if the request breaks a rule. Looks at no picture and no table."""
    _check_prompt(request.prompt)
    _check_addons(request.params)
    _check_source(request)
    _check_control(request, reference)
    _check_models(request, reference)
    _check_account(request, trusted=trusted)
    if request.webhook:
        check_webhook(request.webhook)


def check_webhook(address: str) -> None:
    """Raise Declined unless it is https, or http to this machine (for one's own bots)."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError as error:
        raise Declined("BadRequest", code="hub.webhook") from error
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)):
        raise Declined("BadRequest", code="hub.webhook")


def _check_prompt(prompt: str) -> None:
    if not prompt.strip():
        raise Declined("MissingPrompt")
    if "\x00" in prompt:
        raise Declined("NulByteInPayload")
    if len(prompt) > MOST_PROMPT_CHARACTERS or len(prompt.split()) > MOST_WORDS:
        raise Declined("InvalidPromptSize", limit=MOST_WORDS)


def _check_addons(params: Params) -> None:
    if round(params.cfg_scale, 2) != params.cfg_scale:
        raise Declined("BadCFGDecimals")
    if len(params.loras) > MOST_LORAS:
        raise Declined("TooManyLoras", limit=MOST_LORAS)
    if any(lora.is_version and not lora.name.isdigit() for lora in params.loras):
        raise Declined("BadLoraVersion")
    if len(params.tis) > MOST_TIS:
        raise Declined("TooManyTIs", limit=MOST_TIS)
    if len(set(UPSCALERS).intersection(params.post_processing)) > 1:
        raise Declined("TooManyUpscalers")
    references = {text.reference for text in params.extra_texts}
    if params.workflow == "qr_code" and "qr_code" not in references:
        raise Declined("MissingExtraTexts")


def _check_source(request: GenerationRequest) -> None:
    if request.source_processing == "remix":
        raise Declined("InvalidRemixModel")
    if request.extra_source_images:
        raise Declined("InvalidExtraSourceImages")
    if request.source_mask and not request.source_image:
        raise Declined("SourceMaskUnnecessary")


def _check_control(request: GenerationRequest, reference: ModelReference) -> None:
    if request.params.control_type is None:
        return
    if not request.source_image:
        raise Declined("ControlNetSourceMissing")
    if request.source_processing != "img2img":
        raise Declined("ControlNetMismatch")
    if any(reference.baseline(model) in NEVER_CONTROLLED for model in request.models):
        raise Declined("ControlNetUnsupported")


def _check_models(request: GenerationRequest, reference: ModelReference) -> None:
    """Check wishes that some models can never fulfil; a model we do not know may do anything."""
    baselines = {reference.baseline(model) for model in request.models} - {None}
    if request.params.hires_fix and baselines & NEVER_HIRES:
        raise Declined("HiResMismatch")
    if not request.params.transparent:
        return
    if baselines - TRANSPARENT:
        raise Declined("InvalidTransparencyModel")
    if request.params.control_type:
        raise Declined("InvalidTransparencyCN")
    if request.source_image:
        raise Declined("InvalidTransparencyImg2Img")


def _check_account(request: GenerationRequest, *, trusted: bool) -> None:
    if request.style:
        raise Declined("StyleNotFound", id=request.style[:100])
    if request.proxied_account:
        raise Declined("OnlyServiceAccountProxy")
    if request.disable_batching and request.params.n > 1 and not trusted:
        raise Declined("RequiresTrust")
