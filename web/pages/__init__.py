"""The pages beside those of events: the room, its live stream, linking, sponsors, cards."""
