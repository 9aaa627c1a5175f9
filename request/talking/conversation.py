"""Questions that ask for words: help, lists, how the Horde is doing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from common import texts
from common.civitai.assets import Asset, AssetKind
from common.civitai.catalogue import AssetCatalogue
from common.config import PlaceConfig
from common.errors import AssetError, AssetRefused, HordeError
from common.model import Outcome
from request.allowed import policy
from request.answering import answers
from request.grammar import Command, CommandName
from request.horde.hordes import Hordes
from request.talking import glossary
from styles.lists.library import StyleLibrary

NEWS_SHOWN, NEWS_LENGTH = 3, 300
"""Pieces of news told, and characters of each."""
SHOWN = 12
"""Names shown in a list."""


class Conversation:
    """Answers commands."""

    def __init__(
        self,
        library: StyleLibrary,
        catalogue: AssetCatalogue,
        hordes: Hordes,
        about: texts.Line,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take the styles, the LoRAs, the Hordes, and a line on what can be drawn here."""
        self._library = library
        self._catalogue = catalogue
        self._hordes = hordes
        self._about = about
        self._now = now

    async def reply(self, request_id: str, command: Command, place: PlaceConfig) -> Outcome:
        """Return what to say to a command: only what may be used in the place is listed."""
        names: tuple[str, ...] = ()
        match command.name:
            case CommandName.HELP:
                if command.asked and glossary.find(command.argument) is None:
                    return answers.told(request_id, texts.say("help.question"), code=policy.HINT)
                text = self._help(command.argument, place, asked=command.asked)
            case CommandName.STYLES:
                text, names = self._styles(command.argument, place)
            case CommandName.MODELS:
                text = await self._models(command.argument)
            case CommandName.LORAS:
                text = await self._loras(command.argument, nsfw=place.nsfw)
            case CommandName.HORDE:
                text = await self._horde()
            case CommandName.STATUS:
                text = await self._status()
            case other:
                text = texts.say("help.not_here", word=other.value)
        return answers.told(request_id, text, names)

    def _styles(self, search: str, place: PlaceConfig) -> tuple[str, tuple[str, ...]]:
        current = self._library.current.only(place.styles)
        if not search:
            names = tuple(current.categories)[:SHOWN] or tuple(current.styles)[:SHOWN]
            values = {"count": len(current.styles), "categories": len(current.categories)}
            return texts.say("help.styles_all", names=", ".join(names), **values), names
        index = current.names
        names = (index.search(search) or index.search(search.removesuffix("s")))[:SHOWN]
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

    async def _loras(self, search: str, *, nsfw: bool) -> str:
        if not search:
            return texts.say("help.loras_how")
        try:
            answer = await self._catalogue.search(search, AssetKind.LORA, nsfw=nsfw)
        except AssetRefused as error:
            return str(error)
        except AssetError as error:
            return texts.say("help.loras_down", problem=error)
        found = [asset for asset in answer.assets if not asset.poi][:SHOWN]
        if not found:
            return texts.say("help.loras_none", search=search)
        return "\n".join((texts.say("help.loras", search=search), *map(_lora_line, found)))

    async def _status(self) -> str:
        lines = []
        for endpoint in self._hordes.endpoints:
            try:
                models = await endpoint.client.models()
            except HordeError as error:
                lines.append(texts.say("help.horde_down", name=endpoint.name, problem=error))
                continue
            if trouble := self._hordes.trouble(endpoint):
                lines.append(texts.say("help.horde_rests", name=endpoint.name, problem=trouble))
            values = {
                "models": len(models),
                "workers": sum(model.count for model in models),
                "queued": sum(int(model.jobs) for model in models),
            }
            lines.append(texts.say("help.horde_up", name=endpoint.name, **values))
        return "\n".join((*lines, *self._lists()))

    async def _horde(self) -> str:
        """Tell how much each Horde makes and what is waited for, and what it has to say."""
        lines = []
        for endpoint in self._hordes.endpoints:
            try:
                told = await endpoint.client.performance()
                news = await endpoint.client.news()
            except HordeError as error:
                lines.append(texts.say("help.horde_down", name=endpoint.name, problem=error))
                continue
            values = {
                "workers": told.worker_count,
                "waiting": told.queued_requests,
                "made": f"{told.past_minute_megapixelsteps:,.0f}",
                "alchemists": told.interrogator_count,
            }
            lines.append(texts.say("help.horde_performance", name=endpoint.name, **values))
            for piece in news[:NEWS_SHOWN]:
                day = "" if piece.date_published is None else piece.date_published.isoformat()
                text = " ".join(piece.newspiece.split())
                shown = text if len(text) <= NEWS_LENGTH else f"{text[:NEWS_LENGTH].rstrip()}…"
                lines.append(texts.say("help.horde_news", date=day, text=shown))
        return "\n".join(lines)

    def _lists(self) -> Iterator[str]:
        """Yield how the stylelists are doing: their age, what does not come, what is faulty."""
        current, now = self._library.current, self._now()
        ages = [age for source in self._library.sources if (age := source.age(now)) is not None]
        values = {"styles": len(current.styles), "categories": len(current.categories)}
        yield texts.say("help.lists", age=texts.ago(max(ages, default=0)), **values)
        for source in self._library.sources:
            if source.problem:
                yield texts.say("help.source_down", problem=source.problem)
        if current.faults:
            yield texts.say("help.list_faults", count=len(current.faults))

    def _help(self, word: str, place: PlaceConfig, *, asked: bool) -> str:
        if not word:
            return "\n".join(filter(None, (texts.say("help.text"), self._about())))
        term = glossary.find(word)
        if term is not None:
            text = glossary.explain(term, log_days=place.log_days)
            if asked:
                return f"{text[:1].upper()}{text[1:]}"
            return texts.say("help.word", word=term, text=text)
        if near := glossary.nearest(word):
            return texts.say("help.near", word=word, words=", ".join(near))
        return texts.say("help.unknown", word=word)


def _lora_line(asset: Asset) -> str:
    newest = asset.version()
    values = {
        "id": asset.id,
        "name": asset.name,
        "creator": asset.creator or "?",
        "base": newest.base_model if newest else "?",
        "triggers": ", ".join(newest.triggers[:3]) if newest else "",
    }
    code = "help.lora_line" if values["triggers"] else "help.lora_line_silent"
    return texts.say(code, **values)
