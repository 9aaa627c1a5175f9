"""The web pages: a chat room, a gallery, and what the instance has to say about itself."""
