"""Platforms without other people: a command says one line, or the program many, and waits."""
