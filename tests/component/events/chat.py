"""Somebody who says things on a platform and hears the answers."""

DRAW = "draw for me {what} style: raw --n 1"


class Chat:
    """Says things on a platform and hears the answers."""

    def __init__(self, platform, heard, core=None):
        self.platform = platform
        self.heard = heard
        self.core = core
        self.number = 0

    async def say(self, text, person="ann", **more):
        self.number += 1
        event = f"{self.platform.name}{self.number}"
        self.platform.say(self.heard(text, event=event, person=person, **more))
        return event, await self.platform.answer_to(event)

    async def draw(self, what, person="ann", **more):
        event, _ = await self.say(DRAW.format(what=what), person, **more)
        return f"post-{event}-1"
