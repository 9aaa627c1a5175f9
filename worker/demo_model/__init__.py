"""The demo model: a small text-to-image diffusion model of our own.

`runtime` draws with numpy alone from the files in `weights/` and `loras/`; `train` makes those
files; `vocabulary` lists what the model knows, and `translation` reads it in other languages.
"""
