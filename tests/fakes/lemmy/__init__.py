"""A fake Lemmy: a real server on 127.0.0.1 that answers as 0.19 or as 1.0 does.

    async with FakeLemmy("1.0") as lemmy:
        ann = lemmy.world.person("ann")
        cats = lemmy.world.community("cats")
        lemmy.world.comment(ann, "@painter draw for me a fox", post=lemmy.world.post(cats))
        lemmy.fail("comment", faults.lose())
        …
        assert lemmy.journal.count("comment") == 1

`0.19` has API v3 only; `1.0` has v4 and the part of v3 that was kept, which knows no mentions.
`python -m tests.fakes.lemmy --flavour 1.0 --port N` runs it as a process of its own.
"""

from tests.fakes.lemmy.server import FakeLemmy
from tests.fakes.lemmy.world import Comment, Community, Message, Person, Post, World

__all__ = ["Comment", "Community", "FakeLemmy", "Message", "Person", "Post", "World"]
