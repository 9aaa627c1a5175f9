"""In which language an answer is: the asker's, if answers are in it, else the place's."""

import pytest

from common.config import Config, PlaceConfig
from request.allowed.chat_settings import SettingsStore
from request.allowed.conditions import Conditions
from request.allowed.places import Places
from request.kept.marks import Marks
from tests.fakes.platform import FakePlatform

pytestmark = pytest.mark.database
HERE = {"web/web": {"language": "de"}}


@pytest.mark.parametrize(
    ("asked", "everywhere", "here", "language"),
    [
        ("fr", None, {}, "fr"),
        ("fr", None, HERE, "fr"),
        ("en", None, HERE, "en"),
        (None, None, {}, None),
        (None, None, HERE, "de"),
        (None, "es", {}, "es"),
        (None, "es", HERE, "de"),
        ("ko", "es", {}, "es"),
        ("tlh", None, {}, "tlh"),
    ],
)
def test_the_askers_language_comes_before_the_places(
    database, heard, asked, everywhere, here, language
):
    config = Config(defaults=PlaceConfig(language=everywhere), communities=here)
    places = Places(lambda: config, SettingsStore(database))
    conditions = Conditions(lambda: config, places, Marks(b""))
    assert conditions.in_language(heard(language=asked)).language == language


async def test_who_has_no_language_is_answered_in_that_of_the_place(start, heard):
    platform = FakePlatform()
    async with start(platform, communities=HERE):
        platform.say(heard("queue", event="1"))
        platform.say(heard("queue", event="2", language="fr"))
        german, french = [await platform.answer_to(event) for event in ("1", "2")]
    assert german.text.startswith("Gerade wird nichts")
    assert french.text.startswith("Rien n'est en cours")
