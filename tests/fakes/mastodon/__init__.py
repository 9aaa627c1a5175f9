"""A fake Mastodon: a real server on 127.0.0.1 that Mastodon.py talks to over HTTP.

    async with FakeMastodon() as server:
        asked = server.say("ann@elsewhere.example", "draw for me a fox")
        server.fail("post_status", faults.lose())
        …
        assert server.answers(asked)

`python -m tests.fakes.mastodon --flavour snac` runs one as a process of its own.
"""

from tests.fakes.mastodon.flavours import FLAVOURS, MASTODON, Flavour
from tests.fakes.mastodon.server import FakeMastodon

__all__ = ["FLAVOURS", "MASTODON", "FakeMastodon", "Flavour"]
