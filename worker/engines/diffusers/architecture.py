"""How the families are built: the published numbers that a checkpoint file does not carry.

diffusers needs them as a folder of JSON files; `write_config` makes one. What is not named here
is what diffusers and transformers take by default.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from worker.engines.diffusers.families import Family, Kind

Config = dict[str, Any]

DOWN = ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"]
UP = ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3
NOISE: Config = {
    "_class_name": "DDIMScheduler",
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}
CLIP_L: Config = {
    "architectures": ["CLIPTextModel"],
    "model_type": "clip_text_model",
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "projection_dim": 768,
    "hidden_act": "quick_gelu",
    "vocab_size": 49408,
    "max_position_embeddings": 77,
    "bos_token_id": 49406,
    "eos_token_id": 49407,
    "pad_token_id": 1,
}
CLIP_H: Config = {
    **CLIP_L,
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 23,
    "num_attention_heads": 16,
    "projection_dim": 512,
    "hidden_act": "gelu",
}
CLIP_G: Config = {
    **CLIP_L,
    "architectures": ["CLIPTextModelWithProjection"],
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 20,
    "projection_dim": 1280,
    "hidden_act": "gelu",
}
VAE: Config = {
    "_class_name": "AutoencoderKL",
    "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "layers_per_block": 2,
    "latent_channels": 4,
    "sample_size": 512,
    "scaling_factor": 0.18215,
}
UNET: Config = {
    "_class_name": "UNet2DConditionModel",
    "block_out_channels": [320, 640, 1280, 1280],
    "down_block_types": DOWN,
    "up_block_types": UP,
    "layers_per_block": 2,
    "out_channels": 4,
}
UNETS: dict[Family, Config] = {
    Family.SD1: {**UNET, "attention_head_dim": 8, "cross_attention_dim": 768, "sample_size": 64},
    Family.SD2: {
        **UNET,
        "attention_head_dim": [5, 10, 20, 20],
        "cross_attention_dim": 1024,
        "use_linear_projection": True,
        "sample_size": 96,
    },
    Family.SDXL: {
        **UNET,
        "block_out_channels": [320, 640, 1280],
        "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        "transformer_layers_per_block": [1, 2, 10],
        "attention_head_dim": [5, 10, 20],
        "cross_attention_dim": 2048,
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
        "sample_size": 128,
    },
}
PIPELINES = {
    Family.SD1: "StableDiffusionPipeline",
    Family.SD2: "StableDiffusionPipeline",
    Family.SDXL: "StableDiffusionXLPipeline",
}


def components(kind: Kind, *, v_prediction: bool = False) -> dict[str, Config]:
    """Return the configuration of each part of a family's pipeline, by the part's name."""
    family = kind.family
    parts = {
        "unet": {**UNETS[family], "in_channels": kind.in_channels},
        "vae": VAE,
        "text_encoder": CLIP_H if family is Family.SD2 else CLIP_L,
        "scheduler": {**NOISE, "prediction_type": "v_prediction" if v_prediction else "epsilon"},
    }
    if family is Family.SDXL:
        parts["text_encoder_2"] = CLIP_G
        parts["vae"] = {
            **VAE,
            "sample_size": 1024,
            "scaling_factor": 0.13025,
            "force_upcast": True,
        }
    return parts


def write_config(folder: Path, kind: Kind, parts: dict[str, Config]) -> None:
    """Write the parts as diffusers reads them: a folder each, and an index."""
    index: Config = {"_class_name": PIPELINES[kind.family]}
    for name, config in parts.items():
        text = name.startswith("text_encoder")
        library = "transformers" if text else "diffusers"
        index[name] = [library, config["architectures"][0] if text else config["_class_name"]]
        file = "scheduler_config.json" if name == "scheduler" else "config.json"
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / file).write_text(json.dumps(config), "utf-8")
    (folder / "model_index.json").write_text(json.dumps(index), "utf-8")
