"""The embedded Horde: the AI Horde API v2 in one process."""
