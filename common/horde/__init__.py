"""The client side of the AI Horde API v2."""
