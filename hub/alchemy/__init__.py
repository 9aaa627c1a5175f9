"""Alchemy: requests to look at pictures or to work on them, and their forms."""
