"""The diffusers engine on small real weights: the demo's own model, which plain diffusers reads."""

import pytest

torch = pytest.importorskip("torch")


@pytest.fixture(scope="session")
def tiny_file(tmp_path_factory):
    """A file in the original layout, and how its parts are built: SD 1 with narrow layers."""
    import diffusers
    import transformers
    from safetensors.torch import save_file

    from tests.worker.ldm import checkpoint
    from worker.engines.diffusers import architecture
    from worker.engines.diffusers.families import Family, Kind

    torch.manual_seed(7)
    parts = architecture.components(Kind(Family.SD1))
    narrow = {"block_out_channels": [32, 32, 64, 64]}
    parts["unet"] = {**parts["unet"], **narrow, "cross_attention_dim": 32}
    parts["vae"] = {**parts["vae"], **narrow}
    few = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3}
    parts["text_encoder"] = {**parts["text_encoder"], **few, "num_attention_heads": 4}
    text = transformers.CLIPTextModel(transformers.CLIPTextConfig(**parts["text_encoder"]))
    unet = diffusers.UNet2DConditionModel.from_config(parts["unet"])
    vae = diffusers.AutoencoderKL.from_config(parts["vae"])
    file = tmp_path_factory.mktemp("tiny") / "tiny.safetensors"
    save_file(checkpoint(unet, vae, text), file)
    return file, parts


@pytest.fixture(scope="session")
def engine(tiny_file):
    """The engine with the demo's model and the tiny file, both in memory."""
    from worker.demo_model.runtime import WEIGHTS
    from worker.engines.diffusers.checkpoint import from_file, open_model
    from worker.engines.diffusers.engine import DiffusersEngine
    from worker.engines.diffusers.families import Family, Kind
    from worker.engines.diffusers.shelf import Shelf

    file, parts = tiny_file

    def opened(name, path, device):
        if path == file:  # its layers are narrower than the published ones
            return from_file(name, path, Kind(Family.SD1), parts, device)
        return open_model(name, path, device)

    def shelf(files, device):
        return Shelf(files, device, open_model=opened)

    made = DiffusersEngine({"demo": WEIGHTS, "tiny": file}, device="cpu", shelf=shelf)
    made.load()
    return made
