"""Training of the demo model; needs torch, diffusers, transformers, peft and the Noto font."""
