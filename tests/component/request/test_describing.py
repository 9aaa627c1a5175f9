"""`describe`, all the way: a chat, the bot, a hub of one's own, an alchemist."""

import pytest

from common.config import HubConfig
from hub.server import start as start_hub
from tests.component.worker.alchemist import CRAFTS, Says, alchemist
from tests.fakes.pictures import plain
from tests.fakes.platform import FakePlatform

BOT_KEY, HOST_KEY = "bot-key-for-tests", "host-key-for-tests"

pytestmark = pytest.mark.database


@pytest.fixture
async def hub(tmp_path):
    config = HubConfig.model_validate(
        {
            "port": 0,
            "users": [{"name": "bot", "key": BOT_KEY}, {"name": "host", "key": HOST_KEY}],
        }
    )
    running = await start_hub(config, tmp_path / "hub-data")
    yield running
    await running.close()


@pytest.fixture
def mine(kept):
    """A picture that came along with a message, as adapters name it."""
    return kept(plain())


async def test_an_alchemist_of_ones_own_tells_what_a_picture_shows(start, heard, hub, mine):
    platform = FakePlatform()
    async with start(platform, urls=[hub.url], key=BOT_KEY), alchemist((hub.url, HOST_KEY)):
        platform.say(heard("describe", pictures=(mine,)))
        told = await platform.answer_to("1")
    assert "It shows: a fox in the snow" in told.text
    assert "fox, snow" in told.text


async def test_what_the_alchemist_keeps_to_itself_is_not_told(start, heard, hub, kept):
    doubtful = kept(plain("red"))
    platform = FakePlatform()
    crafts = {**CRAFTS, "caption": Says("a little girl")}
    async with (
        start(platform, urls=[hub.url], key=BOT_KEY),
        alchemist((hub.url, HOST_KEY), crafts=crafts),
    ):
        platform.say(heard("describe", pictures=(doubtful,)))
        told = await platform.answer_to("1")
    assert "girl" not in told.text
    assert "Nobody could tell" in told.text
