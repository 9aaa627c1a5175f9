"""From a stored event to what is wanted: the grammar, and the earlier request of a follow-up."""

from __future__ import annotations

from dataclasses import dataclass, replace

from common import texts
from common.errors import Refusal
from common.model import Audience
from common.reference import ModelReference
from request import grammar
from request.grammar import Command, CommandName, FollowUp, FollowUpKind, NotARequest, WhyNot
from request.records import RequestRow
from request.store import Store
from styles import image_request
from styles.image_request import ImageRequest
from styles.library import StyleLibrary
from styles.limits import Limits
from styles.names import NameIndex
from styles.offer import offered
from styles.seeds import rng_seed

HINT_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pictures are wanted: what, drawn with which seed, and after which earlier request."""

    image: ImageRequest
    rng_seed: int
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Hint:
    """Nothing we understand was said to us: a sentence that helps on."""

    text: str


class Reading:
    """Reads requests against the style and model names known now."""

    def __init__(self, store: Store, library: StyleLibrary, reference: ModelReference) -> None:
        self._store = store
        self._library = library
        self._reference = reference
        self._models = NameIndex(reference.models)

    async def read(self, request: RequestRow, limits: Limits) -> Wanted | Command | Hint | None:
        """Return what is wanted, or None if nothing is wanted of us. Raises Refusal."""
        incoming = request.incoming
        current = self._library.current
        parsed = grammar.read(
            incoming.text,
            current.names,
            models=self._models,
            limits=limits,
            addressed=incoming.addressed or incoming.audience is Audience.PRIVATE,
            verb_optional=incoming.verb_optional,
            reply=incoming.parent is not None,
            offer=offered(current, self._reference, nsfw=limits.nsfw),
        )
        match parsed:
            case ImageRequest():
                seed = request.rng_seed if parsed.seed is None else rng_seed(parsed.seed)
                return Wanted(parsed, seed)
            case Command():
                return parsed
            case FollowUp():
                return await self._follow(request, parsed)
            case NotARequest(why=WhyNot.EMPTY):
                return Command(CommandName.HELP)
            case NotARequest(why=WhyNot.NO_VERB):
                said = " ".join(incoming.text.split())[:HINT_LENGTH]
                return Hint(texts.say("help.no_verb", text=said))
            case NotARequest():
                return None

    async def _follow(self, request: RequestRow, follow_up: FollowUp) -> Wanted:
        """Return what a reply to an earlier answer asks for. Raises Refusal."""
        incoming = request.incoming
        parent = None
        if incoming.parent is not None:
            parent = await self._store.request_behind(incoming.place.account, incoming.parent)
        if parent is None or parent.parsed is None:
            raise Refusal("refused.no_parent")
        if follow_up.kind is FollowUpKind.INFO:
            raise Refusal("refused.unknown_follow_up", text=follow_up.kind.value)
        image = grammar.apply(follow_up, image_request.from_json(parent.parsed))
        if not follow_up.keeps_seed:
            return Wanted(image, request.rng_seed, parent.id)
        if image.seed is None:
            made = await self._store.pictures_of(parent.id)
            image = replace(image, seed=made[0].seed if made else None)
        return Wanted(image, parent.rng_seed, parent.id)
