"""Tiny models that see, with random weights, in folders as the real ones come."""

from __future__ import annotations

import json

WORDS = [
    "a",
    "an",
    "of",
    "in",
    "on",
    "the",
    "fox",
    "cat",
    "dog",
    "child",
    "red",
    "blue",
    "snow",
    "tree",
    "man",
    "woman",
    "picture",
    "photograph",
]
SMALL = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "projection_dim": 16,
}
VISION = {"image_size": 32, "patch_size": 8, **SMALL}


def make_captioner(folder):
    """Write a BLIP of two layers with a vocabulary of a few words."""
    import torch
    from transformers import (
        BertTokenizerFast,
        BlipConfig,
        BlipForConditionalGeneration,
        BlipImageProcessorPil,
        BlipProcessor,
    )

    folder.mkdir(parents=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]", *WORDS]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    tokenizer = BertTokenizerFast.from_pretrained(folder)
    text = {
        "vocab_size": len(vocabulary),
        "encoder_hidden_size": 32,
        "max_position_embeddings": 64,
        "bos_token_id": 5,
        "eos_token_id": 3,
        "sep_token_id": 3,
        "pad_token_id": 0,
        **SMALL,
    }
    config = BlipConfig(
        text_config=text, vision_config=VISION, projection_dim=16, image_text_hidden_size=16
    )
    torch.manual_seed(5)
    BlipForConditionalGeneration(config).save_pretrained(folder)
    pixels = BlipImageProcessorPil(size={"height": 32, "width": 32})
    BlipProcessor(pixels, tokenizer).save_pretrained(folder)
    return folder


def make_interrogator(folder):
    """Write a CLIP of two layers with a vocabulary of letters."""
    import torch
    from transformers import (
        CLIPConfig,
        CLIPImageProcessorPil,
        CLIPModel,
        CLIPProcessor,
        CLIPTokenizerFast,
    )

    folder.mkdir(parents=True)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-"
    tokens = [*letters, *(f"{letter}</w>" for letter in letters)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({token: n for n, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizerFast.from_pretrained(folder, model_max_length=32)
    begin, end = len(tokens) - 2, len(tokens) - 1
    text = {
        "vocab_size": len(tokens),
        "max_position_embeddings": 32,
        "bos_token_id": begin,
        "eos_token_id": end,
        "pad_token_id": end,
        **SMALL,
    }
    torch.manual_seed(6)
    CLIPModel(
        CLIPConfig(text_config=text, vision_config=VISION, projection_dim=16)
    ).save_pretrained(folder)
    pixels = CLIPImageProcessorPil(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    )
    CLIPProcessor(pixels, tokenizer).save_pretrained(folder)
    return folder
