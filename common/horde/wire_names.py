"""The names a Horde knows: samplers, ControlNets, post-processors and alchemy's questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Sampler = Literal[
    "k_lms",
    "k_heun",
    "k_euler",
    "k_euler_a",
    "k_dpm_2",
    "k_dpm_2_a",
    "k_dpm_fast",
    "k_dpm_adaptive",
    "k_dpmpp_2s_a",
    "k_dpmpp_2m",
    "dpmsolver",
    "k_dpmpp_sde",
    "DDIM",
    "lcm",
]
SAMPLERS: tuple[str, ...] = get_args(Sampler)
SAMPLER_TITLES: Mapping[str, str] = {
    "k_lms": "LMS",
    "k_heun": "Heun",
    "k_euler": "Euler",
    "k_euler_a": "Euler a",
    "k_dpm_2": "DPM2",
    "k_dpm_2_a": "DPM2 a",
    "k_dpm_fast": "DPM fast",
    "k_dpm_adaptive": "DPM adaptive",
    "k_dpmpp_2s_a": "DPM++ 2S a",
    "k_dpmpp_2m": "DPM++ 2M",
    "k_dpmpp_sde": "DPM++ SDE",
    "DDIM": "DDIM",
    "lcm": "LCM",
}
"""What other programs, and the recipes in pictures, call them."""
ControlType = Literal[
    "canny",
    "hed",
    "depth",
    "normal",
    "openpose",
    "seg",
    "scribble",
    "fakescribbles",
    "hough",
]
CONTROL_TYPES: tuple[str, ...] = get_args(ControlType)
PostProcessor = Literal[
    "GFPGAN",
    "RealESRGAN_x4plus",
    "RealESRGAN_x2plus",
    "RealESRGAN_x4plus_anime_6B",
    "NMKD_Siax",
    "4x_AnimeSharp",
    "CodeFormers",
    "strip_background",
    "4xNomos8kSC",
    "4xLSDIRplus",
    "4xNomosWebPhoto_RealPLKSR",
    "4xNomos2_realplksr_dysample",
    "4xNomos2_hq_dat2",
    "2xModernSpanimationV1",
    "GFPGANv1.3",
    "RestoreFormer",
]
POST_PROCESSORS: tuple[str, ...] = get_args(PostProcessor)
UPSCALERS: tuple[str, ...] = (
    *("RealESRGAN_x4plus", "RealESRGAN_x2plus", "RealESRGAN_x4plus_anime_6B", "NMKD_Siax"),
    *("4x_AnimeSharp", "4xNomos8kSC", "4xLSDIRplus", "4xNomosWebPhoto_RealPLKSR"),
    *("4xNomos2_realplksr_dysample", "4xNomos2_hq_dat2", "2xModernSpanimationV1"),
)
"""Those of them that enlarge; the first is used where none is named."""
Question = Literal[
    "caption", "interrogation", "nsfw", "vectorize", "palette", "describe", "aesthetic"
]
Form = Literal[Question, PostProcessor]
ALCHEMY_FORMS: tuple[str, ...] = get_args(Form)
"""All that alchemists do. The result of a post-processor is the address of a picture."""
