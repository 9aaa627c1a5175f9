"""Prizes in kudos: planned and proven before they are announced, and each sent exactly once."""
