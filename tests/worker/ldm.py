"""Tiny checkpoints in the original layout: the tensors of diffusers' parts under their old names."""

from __future__ import annotations

import re

RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
UNET_ENDS = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def unet_name(name: str, layers: int, attended: tuple[bool, ...]) -> str:
    """`layers` to a block; `attended` says of each up block whether it has attention."""
    for new, old in UNET_ENDS.items():
        if name.startswith(new + "."):
            return old + name.removeprefix(new)
    found = re.match(r"(down|up|mid)_blocks?\.?(\d*)\.(\w+)\.(\d+)\.(.*)", name)
    kind, block, part, number, rest = found.groups()
    number = int(number)
    if part == "resnets":
        head, _, tail = rest.partition(".")
        rest = f"{RESNET[head]}.{tail}"
    if kind == "mid":
        return f"middle_block.{2 * number if part == 'resnets' else 1}.{rest}"
    first = int(block) * (layers + 1)
    place = 1 if part == "attentions" else 0
    if kind == "down":
        if part == "downsamplers":
            return f"input_blocks.{first + layers + 1}.0.op.{rest.removeprefix('conv.')}"
        return f"input_blocks.{first + number + 1}.{place}.{rest}"
    if part == "upsamplers":
        return f"output_blocks.{first + layers}.{2 if attended[int(block)] else 1}.{rest}"
    return f"output_blocks.{first + number}.{place}.{rest}"


def vae_name(name: str, blocks: int) -> str:
    name = name.replace("mid_block.resnets.0", "mid.block_1")
    name = name.replace("mid_block.resnets.1", "mid.block_2")
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    name = name.replace("samplers.0.conv", "sample.conv")
    if "mid_block.attentions.0." in name:
        head, tail = name.split("mid_block.attentions.0.")
        part, _, kind = tail.rpartition(".")
        return f"{head}mid.attn_1.{ATTENTION[part]}.{kind}"
    name = re.sub(r"down_blocks\.(\d+)\.resnets", r"down.\1.block", name)
    name = re.sub(r"down_blocks\.(\d+)\.", r"down.\1.", name)

    def turned(found):
        return f"up.{blocks - 1 - int(found.group(1))}."

    return re.sub(r"up_blocks\.(\d+)\.", turned, name).replace("resnets", "block")


def checkpoint(unet, vae, text):
    """Return one table of tensors for the three parts."""
    config = unet.config
    attended = tuple(name.startswith("CrossAttn") for name in config.up_block_types)
    tensors = {
        "model.diffusion_model." + unet_name(name, config.layers_per_block, attended): tensor
        for name, tensor in unet.state_dict().items()
    }
    blocks = len(vae.config.block_out_channels)
    for name, tensor in vae.state_dict().items():
        old = vae_name(name, blocks)
        is_layer = "attn_1" in old and tensor.ndim == 2  # once a convolution of one pixel
        tensors["first_stage_model." + old] = tensor[..., None, None] if is_layer else tensor
    for name, tensor in text.state_dict().items():
        old = "text_model." + name.removeprefix("text_model.")
        tensors["cond_stage_model.transformer." + old] = tensor
    return {name: tensor.contiguous().clone() for name, tensor in tensors.items()}
