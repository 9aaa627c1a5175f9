"""Models on the disk: what is there, what is added, what this machine can do with it."""
