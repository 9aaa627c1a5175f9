"""The machine the worker runs on: its cards, other programs, threads, signals, the parent."""
