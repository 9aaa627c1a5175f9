"""The diffusers engine: Stable Diffusion 1.5, 2 and XL checkpoints, and Flux-class folders."""
