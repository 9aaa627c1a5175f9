"""Prompt challenges, style contests and parties: rules, lifecycle, entries, voting, prizes."""
