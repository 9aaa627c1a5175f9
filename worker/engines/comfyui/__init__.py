"""The ComfyUI engine: somebody else's program with the models, asked over its HTTP interface."""
