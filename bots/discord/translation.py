"""The commands' names and descriptions in other languages, from the catalogue."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from common import texts


class CatalogueTranslator(app_commands.Translator):
    """Translates what carries a code of the catalogue; asked when commands are registered."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContext[Any, Any],
    ) -> str | None:
        """Return the words in a language, or None where they are those of English."""
        del context
        code = string.extras.get("code")
        language = locale.value.partition("-")[0]
        if code is None or language == texts.DEFAULT_LANGUAGE:
            return None
        if language not in texts.languages():
            return None
        return texts.catalogue(language).get(code)
