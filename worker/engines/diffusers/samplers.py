"""The Horde's samplers as schedulers of diffusers."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

import diffusers
import numpy as np
import torch
from diffusers import EulerAncestralDiscreteScheduler

SAMPLERS: dict[str, tuple[str, dict[str, Any]]] = {
    "k_euler": ("EulerDiscreteScheduler", {}),
    "k_heun": ("HeunDiscreteScheduler", {}),
    "k_lms": ("LMSDiscreteScheduler", {}),
    "k_dpm_2": ("KDPM2DiscreteScheduler", {}),
    "k_dpm_2_a": ("KDPM2AncestralDiscreteScheduler", {}),
    "k_dpmpp_2m": ("DPMSolverMultistepScheduler", {}),
    "dpmsolver": ("DPMSolverMultistepScheduler", {}),
    "k_dpmpp_2s_a": ("DPMSolverSinglestepScheduler", {}),
    "k_dpmpp_sde": ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    "k_dpm_fast": ("DEISMultistepScheduler", {}),
    "k_dpm_adaptive": ("DPMSolverMultistepScheduler", {}),
    "DDIM": ("DDIMScheduler", {"clip_sample": False}),
    "lcm": ("LCMScheduler", {}),
    "uni_pc": ("UniPCMultistepScheduler", {}),
    "plms": ("PNDMScheduler", {"skip_prk_steps": True, "timestep_spacing": "leading"}),
}
"""Names of the Horde → class and what it is told. `k_euler_a` is our own class below.

`k_dpmpp_2s_a` has no ancestral twin there, `k_dpm_fast` and `k_dpm_adaptive` none at all: the
nearest solver stands in.
"""
BY_DEFAULT = "k_euler_a"
KEPT = (
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "num_train_timesteps",
    "prediction_type",
    "steps_offset",
    "timestep_spacing",
    "rescale_betas_zero_snr",
    "set_alpha_to_one",
)
"""What a model's own scheduler says of the noise it was trained with."""


class KarrasEulerAncestral(EulerAncestralDiscreteScheduler):
    """Euler's ancestral method on Karras' noise levels, which diffusers has for others only."""

    sigmas: torch.Tensor

    def set_timesteps(self, num_inference_steps: int, device: Any = None) -> None:
        """Space the noise levels as Karras et al. (2022) do, with rho = 7."""
        super().set_timesteps(num_inference_steps, device=device)
        known = ((1 - self.alphas_cumprod) / self.alphas_cumprod).sqrt().cpu().numpy()
        levels = np.asarray(self.sigmas[:-1].cpu())
        low, high = float(levels.min()), float(levels.max())
        ramp = np.linspace(0, 1, num_inference_steps)
        sigmas = (high ** (1 / 7) + ramp * (low ** (1 / 7) - high ** (1 / 7))) ** 7
        steps = np.interp(np.log(sigmas), np.log(known), np.arange(len(known)))
        self.sigmas = torch.from_numpy(np.append(sigmas, 0.0).astype(np.float32))
        self.timesteps = torch.from_numpy(steps.astype(np.float32)).to(device)


def scheduler_for(sampler: str, own: Mapping[str, Any], *, karras: bool) -> Any:
    """Return a fresh scheduler for a job; `own` is the configuration of the model's scheduler."""
    config = {name: own[name] for name in KEPT if own.get(name) is not None}
    if sampler not in SAMPLERS:
        chosen = KarrasEulerAncestral if karras else EulerAncestralDiscreteScheduler
        return chosen.from_config(config)
    name, told = SAMPLERS[sampler]
    scheduler = getattr(diffusers, name)
    if karras and "use_karras_sigmas" in signature(scheduler.__init__).parameters:
        told = {**told, "use_karras_sigmas": True}
    return scheduler.from_config({**config, **told})
