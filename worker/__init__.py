"""The GPU worker: pop, generate, submit."""
