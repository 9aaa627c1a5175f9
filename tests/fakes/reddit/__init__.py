"""A fake Reddit: a real server on 127.0.0.1 that praw talks to.

    async with FakeReddit() as reddit:
        cats = reddit.world.subreddit("cats")
        asked = reddit.world.comment("ann", "u/painter draw for me a fox", post=reddit.world.post(cats))
        reddit.world.ratelimit = 540
        …
        assert reddit.journal.count("comment") == 1

praw reaches it with `session_to(reddit)`, because it puts pictures where an https address leads.
`python -m tests.fakes.reddit --port N` runs it as a process of its own.
"""

from tests.fakes.reddit.connection import session_to, settings_for
from tests.fakes.reddit.server import FakeReddit
from tests.fakes.reddit.world import Comment, Message, Post, Subreddit, World

__all__ = [
    "Comment",
    "FakeReddit",
    "Message",
    "Post",
    "Subreddit",
    "World",
    "session_to",
    "settings_for",
]
