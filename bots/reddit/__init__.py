"""The bot on Reddit, with praw in a thread of its own."""
