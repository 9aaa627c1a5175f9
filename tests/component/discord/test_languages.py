"""Commands and answers in the language of the one who asks."""

from __future__ import annotations

import re

from tests.fakes.discord.payloads import EPHEMERAL
from tests.fakes.discord.people import labels_of, text_of

NAME = re.compile(r"[-_'\w]{1,32}")


async def test_commands_have_names_and_descriptions_in_german(fake, start):
    async with start():
        commands = {one["name"]: one for one in fake.world.commands}
    imagine = commands["imagine"]
    assert imagine["name_localizations"]["de"] == "zeichne"
    assert imagine["description_localizations"]["de"] == "Ein Bild zeichnen"
    prompt = imagine["options"][0]
    assert prompt["name_localizations"]["de"] == "was"
    assert commands["Remix"]["name_localizations"]["de"] == "Etwas daraus machen"
    for one in fake.world.commands:
        if one["type"] == 1:
            names = [one["name"], *one["name_localizations"].values()]
            assert all(NAME.fullmatch(name) and name == name.lower() for name in names)
    for language in ("de", "es-ES", "es-419", "fr"):
        assert imagine["name_localizations"][language] != "imagine"
        for kind in (1, 2, 3):
            named = [one for one in fake.world.commands if one["type"] == kind]
            for together in (named, *(one["options"] for one in named if one.get("options"))):
                names = [one["name_localizations"][language] for one in together]
                assert sorted(names) == sorted(set(names))


async def test_answers_and_buttons_are_german_for_those_who_use_discord_in_german(
    fake, horde, channel, ann, start, clock
):
    fake.people.locale = "de"
    async with start(enabled=[channel]):
        pressed = fake.people.slash(ann, channel, "imagine", prompt="ein Fuchs", n=1, style="raw")
        message = await pressed.shows("Bitte sehr: ein Fuchs")
        assert "Noch einmal" in labels_of(message)
        assert "gewünscht von" in text_of(message)
        clock.stand_still()
        refused = fake.people.slash(ann, channel, "info", request="22222222")
        await refused.answered()
        assert refused.original["flags"] & EPHEMERAL
        asked = fake.people.slash(ann, channel, "help")
        await asked.shows("zeichne einen Fuchs")
        fake.people.locale = "hu"  # in which there are no answers
        again = await fake.people.press(ann, message, "Noch einmal").shows("Here you are")
        assert "Again" in labels_of(again)
