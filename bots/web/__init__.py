"""The web room's bot: the page is a chat platform, and this is its adapter."""
