"""A fake Discord: REST and gateway on one loopback port, with a journal and scripted faults.

    async with FakeDiscord() as discord:
        guild = discord.world.guild("Painters")
        ...                                     # connect a real client: discord.api, discord.gateway
        pressed = discord.people.slash(ann, channel, "imagine", prompt="a fox")
        answer = await pressed.answered()

Everything the client sends and everything answered is checked against Discord's own OpenAPI
document when `CONTRACTS_DIR` names the folder it lies in.
"""

from tests.fakes.discord.people import Pressed
from tests.fakes.discord.server import FakeDiscord
from tests.fakes.journal import Exchange

__all__ = ["Exchange", "FakeDiscord", "Pressed"]
