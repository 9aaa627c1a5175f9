"""From a stored event to what is wanted: the grammar, and the earlier request of a follow-up."""

from __future__ import annotations

from dataclasses import dataclass, replace

from common.errors import Refusal
from common.model import Audience
from request import grammar
from request.grammar import Command, CommandName, FollowUp, FollowUpKind, NotARequest, WhyNot
from request.records import RequestRow
from request.store import Store
from styles import image_request
from styles.image_request import ImageRequest
from styles.library import StyleLibrary
from styles.limits import Limits


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pictures are wanted: what, drawn with which seed, and after which earlier request."""

    image: ImageRequest
    rng_seed: int
    parent: str | None = None


class Reading:
    """Reads requests against the style names known now."""

    def __init__(self, store: Store, library: StyleLibrary) -> None:
        self._store = store
        self._library = library

    async def read(self, request: RequestRow, limits: Limits) -> Wanted | Command | None:
        """Return what is wanted, or None if nothing is wanted of us. Raises Refusal."""
        incoming = request.incoming
        parsed = grammar.read(
            incoming.text,
            self._library.current.names,
            limits=limits,
            addressed=incoming.addressed or incoming.audience is Audience.PRIVATE,
            verb_optional=incoming.verb_optional,
        )
        match parsed:
            case ImageRequest():
                return Wanted(parsed, request.rng_seed)
            case Command():
                return parsed
            case FollowUp():
                return await self._follow(request, parsed)
            case NotARequest(why=WhyNot.NO_VERB | WhyNot.EMPTY):
                return Command(CommandName.HELP)
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
        image = replace(image_request.from_json(parent.parsed), notes=())
        seed = parent.rng_seed if follow_up.keeps_seed else request.rng_seed
        match follow_up.kind:
            case FollowUpKind.AGAIN:
                return Wanted(replace(image, seed=None), seed, parent.id)
            case FollowUpKind.SAME_SEED:
                return Wanted(image, seed, parent.id)
            case FollowUpKind.STYLE:
                return Wanted(replace(image, style=follow_up.style), seed, parent.id)
            case FollowUpKind.EDIT if follow_up.edit is not None:
                return Wanted(_edited(image, follow_up.edit), seed, parent.id)
        raise Refusal("refused.unknown_follow_up", text=follow_up.kind.value)


def _edited(image: ImageRequest, edit: ImageRequest) -> ImageRequest:
    """Return the earlier request with everything the edit names."""
    named = image_request.to_json(edit)
    return image_request.from_json({**image_request.to_json(image), **named})
