"""The bot on Lemmy, with a client of our own for v3 of 0.19 and v4 of 1.0."""
