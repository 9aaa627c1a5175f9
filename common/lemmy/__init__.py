"""The client of Lemmy's API: v3 of 0.19, and v4 of 1.0."""
