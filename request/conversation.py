"""Questions that ask for words: help, lists, how the Horde is doing."""

from __future__ import annotations

from common import texts
from common.errors import HordeError
from common.model import Outcome
from request import answers
from request.grammar import Command, CommandName
from request.hordes import Hordes
from styles.library import StyleLibrary

SHOWN = 12
"""Names shown in a list."""


class Conversation:
    """Answers commands."""

    def __init__(self, library: StyleLibrary, hordes: Hordes, about: str) -> None:
        """Take the styles, the Hordes, and a line on what can be drawn here ("" if anything)."""
        self._library = library
        self._hordes = hordes
        self._about = about

    async def reply(self, request_id: str, command: Command) -> Outcome:
        """Return what to say to a command."""
        match command.name:
            case CommandName.HELP:
                return answers.told(request_id, self._help(command.argument))
            case CommandName.STYLES:
                text, names = self._styles(command.argument)
                return answers.told(request_id, text, names)
            case CommandName.MODELS:
                return answers.told(request_id, await self._models(command.argument))
            case CommandName.STATUS:
                return answers.told(request_id, await self._status())
            case other:
                return answers.told(request_id, texts.say("help.not_here", word=other.value))

    def _styles(self, search: str) -> tuple[str, tuple[str, ...]]:
        current = self._library.current
        if not search:
            names = tuple(current.categories)[:SHOWN] or tuple(current.styles)[:SHOWN]
            values = {"count": len(current.styles), "categories": len(current.categories)}
            return texts.say("help.styles_all", names=", ".join(names), **values), names
        names = current.names.search(search)[:SHOWN]
        if not names:
            names = current.names.suggest(search)
            return texts.say("help.styles_none", search=search), names
        return texts.say("help.styles_found", search=search, names=", ".join(names)), names

    async def _models(self, search: str) -> str:
        served = await self._hordes.served() or {}
        found = sorted(name for name in served if search.casefold() in name.casefold())
        if not found:
            return texts.say("help.models_none")
        return texts.say("help.models", count=len(found), names=", ".join(found[: 2 * SHOWN]))

    async def _status(self) -> str:
        lines = []
        for endpoint in self._hordes.endpoints:
            try:
                models = await endpoint.client.models()
            except HordeError as error:
                lines.append(texts.say("help.horde_down", name=endpoint.name, problem=error))
                continue
            values = {
                "models": len(models),
                "workers": sum(model.count for model in models),
                "queued": sum(int(model.jobs) for model in models),
            }
            lines.append(texts.say("help.horde_up", name=endpoint.name, **values))
        return "\n".join(lines)

    def _help(self, word: str) -> str:
        if not word:
            return "\n".join(filter(None, (texts.say("help.text"), self._about)))
        code = f"glossary.{word.casefold().strip()}"
        if not texts.knows(code):
            return texts.say("help.unknown", word=word)
        return texts.say("help.word", word=word, text=texts.say(code))
