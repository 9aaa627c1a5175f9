"""What the Mastodon adapter stands on: the server, the calls, the stream, the profile."""
