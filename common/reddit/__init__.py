"""What a bot does on Reddit, with praw in a thread of its own."""
