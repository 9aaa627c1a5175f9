"""What other programs call our options: A1111, InvokeAI, other bots."""

from __future__ import annotations

from collections.abc import Mapping

_OTHERS: Mapping[str, str] = {
    "no": "negative neg negatives negative-prompt neg-prompt without exclude",
    "n": "count amount num number images pictures batch batch-size batch-count n-iter r",
    "ar": "ratio aspect-ratio",
    "size": "resolution res",
    "height": "h",
    "steps": "step sampling-steps inference-steps num-inference-steps",
    "cfg": "cfg-scale scale guidance guidance-scale",
    "sampler": "sampler-name sampling-method",
    "model": "checkpoint ckpt sd-model",
    "tile": "tiling tileable seamless",
    "hires": "hires-fix highres highres-fix",
    "ti": "embedding textual-inversion",
    "strength": "denoise denoising denoising-strength",
    "control": "controlnet control-type",
    "upscale": "upscaler",
    "fix-faces": "fix-face face-fix restore-faces gfpgan codeformer codeformers",
    "no-background": "no-bg remove-background remove-bg transparent strip-background",
}
ALIASES: Mapping[str, str] = {
    other: name for name, others in _OTHERS.items() for other in others.split()
}
"""Our names by those of others behind two dashes, in which an underscore is a hyphen."""
SINGLE: Mapping[str, str] = {"w": "width", "h": "height"}
"""The same behind one dash, where a number follows."""
