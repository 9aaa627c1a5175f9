"""The web room: a chat platform of our own in the browser."""
