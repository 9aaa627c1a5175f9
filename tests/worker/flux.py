"""A Flux of one layer of each kind, with random weights, in a folder as the real ones come."""

from __future__ import annotations

import json

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"


def clip_tokenizer(folder):
    """A tokenizer of CLIP's kind whose words are letters."""
    from transformers import CLIPTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    tokens = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({token: n for n, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizerFast.from_pretrained(folder, model_max_length=32), len(tokens)


def t5_tokenizer():
    """A tokenizer of T5's kind whose words are letters."""
    import transformers
    from tokenizers import Regex, Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split

    words = {"<pad>": 0, "</s>": 1, **{x: n + 2 for n, x in enumerate(LETTERS)}}
    letters = Tokenizer(WordLevel(words, "<pad>"))
    letters.pre_tokenizer = Split(Regex("."), "isolated")
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=letters, pad_token="<pad>", eos_token="</s>", model_max_length=64
    )


def clip_encoder(count):
    """CLIP with one layer, for so many words."""
    import transformers

    return transformers.CLIPTextModel(
        transformers.CLIPTextConfig(
            vocab_size=count,
            hidden_size=32,
            intermediate_size=37,
            projection_dim=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=77,
            bos_token_id=count - 2,
            eos_token_id=count - 1,
            pad_token_id=count - 1,
        )
    )


def t5_encoder():
    import transformers

    return transformers.T5EncoderModel(
        transformers.T5Config(
            vocab_size=64, d_model=32, d_kv=16, d_ff=37, num_layers=1, num_heads=2
        )
    )


def flux_transformer():
    import diffusers

    return diffusers.FluxTransformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        axes_dims_rope=(4, 4, 8),
        guidance_embeds=True,
    )


def autoencoder():
    import diffusers

    return diffusers.AutoencoderKL(
        block_out_channels=(4, 4, 4, 4),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=1,
        norm_num_groups=1,
        use_quant_conv=False,
        use_post_quant_conv=False,
        shift_factor=0.0609,
        scaling_factor=1.5035,
    )


def make_flux(folder):
    """Write the pipeline with all its parts."""
    import diffusers
    import torch

    torch.manual_seed(9)
    clip, count = clip_tokenizer(folder.with_name("clip"))
    diffusers.FluxPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        text_encoder=clip_encoder(count),
        tokenizer=clip,
        text_encoder_2=t5_encoder(),
        tokenizer_2=t5_tokenizer(),
        transformer=flux_transformer(),
        vae=autoencoder(),
    ).save_pretrained(folder)
    return folder
