"""The commands' names and descriptions in other languages, from the catalogue."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from common import texts


def spoken() -> dict[str, dict[str, str]]:
    """Return the sentences about commands in each language but English, by their codes."""
    return {
        language: {
            code: sentence
            for code, sentence in texts.catalogue(language).items()
            if code.startswith("discord_")
        }
        for language in texts.languages()
        if language != texts.DEFAULT_LANGUAGE
    }


class CatalogueTranslator(app_commands.Translator):
    """Translates what carries a code of the catalogue; asked when commands are registered."""

    def __init__(self) -> None:
        sentences = spoken()
        self._sentences = {
            locale: sentences[language]
            for locale in discord.Locale
            if (language := locale.value.partition("-")[0]) in sentences
        }

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContext[Any, Any],
    ) -> str | None:
        """Return the words in a language, or None where they are those of English."""
        del context
        sentences = self._sentences.get(locale)
        return None if sentences is None else sentences.get(string.extras.get("code", ""))
