"""For whoever keeps the bots running: health, metrics, reload, a door for commands."""
