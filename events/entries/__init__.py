"""Entries: what may be entered, by whom, and as what it is kept."""
