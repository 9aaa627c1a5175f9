"""From a stored event to what is wanted: the grammar, and the earlier request of a follow-up."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from common import texts
from common.errors import Refusal
from common.model import Audience, Job
from common.reference.models import ModelReference
from request import grammar
from request.allowed import policy
from request.answering import recipe
from request.extension import NO_COMMANDS
from request.grammar import Command, CommandName, FollowUp, FollowUpKind, NotARequest, WhyNot
from request.grammar.clean import clean
from request.horde.hordes import Hordes
from request.horde.native import NativeLookup, named
from request.kept.records import PictureRow, RequestRow
from request.kept.store import Store
from request.wanted.rereading import read_again, read_meant
from request.wanted.retrieval import Attached, Retrieval
from request.wanted.sources import Sources
from styles import image_request
from styles.image_request import SHARPER, ImageRequest
from styles.limits import PICTURES_RANGE, Limits
from styles.lists.library import StyleLibrary
from styles.lists.native import PREFIX
from styles.lists.offer import offered
from styles.lists.stylelist import StyleList
from styles.names import NameIndex
from styles.notes import each_once
from styles.resolving.permutations import expand
from styles.resolving.seeds import rng_seed

HINT_LENGTH = 100
RECIPE_LENGTH = 2000
"""Characters of a strange picture's recipe that are told."""
HINTS = {
    WhyNot.NO_VERB: "help.no_request",
    WhyNot.QUESTION: "help.question",
    WhyNot.TALK: "help.in_reply",
}
"""What helps on those who asked for nothing, by what they said instead."""
ON_PICTURE = frozenset({FollowUpKind.VARY, FollowUpKind.UPSCALE, FollowUpKind.ZOOM})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pictures are wanted: what, drawn with which seed, from which list."""

    image: ImageRequest
    rng_seed: int
    stylelist: StyleList
    parent: str | None = None
    """The earlier request it follows."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Nothing we understand was said to us: a sentence that helps on."""

    text: str
    code: str = policy.HINT
    """Of a courtesy its own; `policy.TOLD_AGAIN_AFTER` says how often each is said."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something about an earlier answer was asked: the sentences that say it."""

    text: str


class Reading:
    """Reads requests against the style and model names known now."""

    def __init__(
        self,
        store: Store,
        library: StyleLibrary,
        reference: Callable[[], ModelReference],
        native: NativeLookup,
        sources: Sources,
        *,
        hordes: Hordes,
        others: Mapping[str, re.Pattern[str]] = NO_COMMANDS,
    ) -> None:
        self._store = store
        self._others = others
        self._library = library
        self._reference = reference
        self._native = native
        self._hordes = hordes
        self._sources = sources
        self._models: tuple[object, NameIndex] = (None, NameIndex())
        self._retrieval = Retrieval(store, sources, self._model_names)
        self._parts: tuple[StyleList | None, dict[tuple[str, ...], StyleList]] = (None, {})

    async def read(
        self, request: RequestRow, limits: Limits
    ) -> Wanted | Command | Hint | Told | None:
        """Return what is wanted, or None if nothing is wanted of us. Raises Refusal."""
        incoming = request.incoming
        stylelist = await self._list(named(incoming.text), limits)
        field = incoming.verb_optional and incoming.expects and not incoming.pictures
        said = grammar.read_prompt_field(incoming.text) if field else None
        heard = partial(
            grammar.read,
            incoming.text,
            stylelist.names,
            limits=limits,
            bot_names=incoming.mentions,
            addressed=incoming.addressed or incoming.audience is Audience.PRIVATE,
            verb_optional=incoming.verb_optional,
            reply=incoming.parent is not None,
            offer=offered(stylelist, self._reference(), nsfw=limits.nsfw),
            picture=bool(incoming.pictures),
            others=self._others,
        )
        try:
            parsed = said or heard(models=self._model_names())
        except Refusal as refusal:
            if refusal.code != "refused.model_unknown":
                raise
            await self._hordes.served()  # one of a worker's own, which no reference knows
            parsed = heard(models=self._model_names())
        wordless = _wordless(parsed)
        if wordless is not None and incoming.pictures:
            return await self._recreate(request, wordless, stylelist)
        match parsed:
            case ImageRequest():
                seed = request.rng_seed if parsed.seed is None else rng_seed(parsed.seed)
                return Wanted(parsed, seed, stylelist)
            case Command():
                return parsed
            case FollowUp():
                return await self._follow(request, parsed, stylelist, limits)
            case NotARequest(why=WhyNot.YES):
                return await self._agreed(request, stylelist, limits)
            case NotARequest():
                if parsed.why is WhyNot.CHOICE:
                    parsed = await self._chosen(request, parsed)
                return _helped(parsed, private=incoming.audience is Audience.PRIVATE)

    async def _chosen(self, request: RequestRow, choice: NotARequest) -> NotARequest:
        """Return that a picture was picked out, if the answer has one of that number; else talk."""
        parent = await self._retrieval.behind(request.incoming, None)
        shown = [] if parent is None else await self._sources.shown(parent.id)
        return choice if int(choice.prompt) <= len(shown) else NotARequest(WhyNot.TALK)

    async def _agreed(
        self, request: RequestRow, stylelist: StyleList, limits: Limits
    ) -> Wanted | Command | Hint | None:
        """Return what somebody wants who says yes where we asked whether they wanted a picture."""
        incoming = request.incoming
        private = incoming.audience is Audience.PRIVATE
        asked = await self._asked_back(request, private=private)
        image = None
        if asked is not None:
            image = read_meant(asked.incoming, stylelist.names, self._model_names(), limits)
        if asked is None or image is None:
            why = WhyNot.NO_VERB if incoming.parent is None else WhyNot.TALK
            return _helped(NotARequest(why), private=private)
        seed = request.rng_seed if image.seed is None else rng_seed(image.seed)
        return Wanted(image, seed, stylelist, asked.id)

    async def _asked_back(self, request: RequestRow, *, private: bool) -> RequestRow | None:
        """Return what somebody said whom we asked whether they wanted a picture.

        It is what our answer stands under that they reply to; in private, also the last they said.
        """
        incoming = request.incoming
        account, person = incoming.place.account, incoming.person.id
        asked = await self._retrieval.behind(incoming, None)
        if asked is None and private:
            said = await self._store.requests_of_person(account, person)
            before = [
                row for row in said if row.id != request.id and row.created <= request.created
            ]
            asked = before[-1] if before else None
        if asked is None or asked.incoming.person.id != person:
            return None
        return asked if (asked.outcome or {}).get("code") == policy.HINT else None

    async def _follow(
        self, request: RequestRow, follow_up: FollowUp, stylelist: StyleList, limits: Limits
    ) -> Wanted | Told:
        """Return what is asked about an earlier answer, or an attached picture. Raises Refusal."""
        incoming = request.incoming
        parent = await self._retrieval.behind(incoming, follow_up.request)
        if parent is None and incoming.pictures:
            return await self._follow_attached(request, follow_up, stylelist)
        if parent is not None and follow_up.kind is FollowUpKind.INFO and parent.parsed is not None:
            return await self._info(parent, follow_up)
        earlier = None if parent is None else self._earlier(parent, follow_up, stylelist, limits)
        if parent is None or earlier is None:
            raise Refusal("refused.no_parent")
        image = grammar.apply(follow_up, earlier)
        if follow_up.kind in ON_PICTURE:
            image = await self._on_picture(parent, follow_up, image)
        elif follow_up.kind is FollowUpKind.EDIT and incoming.pictures:
            image = replace(image, source_picture=None, extra_pictures=())  # new ones came along
        if image.style is not None and image.style.startswith(PREFIX):
            stylelist = await self._list(image.style.removeprefix(PREFIX), limits)
        if not follow_up.keeps_seed:
            return Wanted(image, request.rng_seed, stylelist, parent.id)
        if image.seed is None:
            made = await self._store.pictures_of(parent.id)
            image = replace(image, seed=made[0].seed if made else None)
        return Wanted(image, parent.rng_seed, stylelist, parent.id)

    def _earlier(
        self, parent: RequestRow, follow_up: FollowUp, stylelist: StyleList, limits: Limits
    ) -> ImageRequest | None:
        """Return what an earlier request was for; one that was declined is read again."""
        if parent.parsed is not None:
            return image_request.from_json(parent.parsed)
        if follow_up.kind in ON_PICTURE:
            return None
        models = self._model_names()
        return read_again(parent.incoming, follow_up.style, stylelist.names, models, limits)

    async def _follow_attached(
        self, request: RequestRow, follow_up: FollowUp, stylelist: StyleList
    ) -> Wanted | Told:
        """Return what is asked about a picture that came along. Raises Refusal."""
        attached = await self._retrieval.attached(request.incoming)
        if follow_up.kind is FollowUpKind.INFO:
            return _told_of(attached)
        try:
            image = self._retrieval.recreated(attached)
        except Refusal:
            said = follow_up.edit
            if follow_up.style is not None:
                said = ImageRequest(follow_up.style, style=follow_up.style)
            if said is not None and said.prompt:  # what to make of it, of whatever it was made
                seed = request.rng_seed if said.seed is None else rng_seed(said.seed)
                return Wanted(said, seed, stylelist)
            if follow_up.kind is not FollowUpKind.UPSCALE:
                raise
            image = ImageRequest(SHARPER, style="raw")
        if follow_up.kind is FollowUpKind.AGAIN:
            image = replace(image, n=None)  # as many as the place makes by itself
        return _wanted(request, image, follow_up, stylelist)

    async def _recreate(
        self, request: RequestRow, said: ImageRequest, stylelist: StyleList
    ) -> Wanted:
        """Return the request that makes an attached picture again, with what was said besides."""
        attached = await self._retrieval.attached(request.incoming)
        image = self._retrieval.recreated(attached)
        return _wanted(request, image, FollowUp(FollowUpKind.EDIT, edit=said), stylelist)

    async def _info(self, parent: RequestRow, follow_up: FollowUp) -> Told:
        """Return how the pictures of an answer were made, or the one that is named."""
        shown = await self._sources.shown(parent.id)
        jobs = {row.id: row for row in await self._store.jobs_of(parent.id)}
        votes = dict(enumerate(await self._store.votes_of(parent.id), start=1))
        numbers = range(1, len(shown) + 1)
        if follow_up.picture is not None:
            _check_number(follow_up.picture, shown)
            numbers = range(follow_up.picture, follow_up.picture + 1)
        told = (
            recipe.describe(
                jobs[shown[number - 1].job], shown[number - 1], number, votes=votes.get(number)
            )
            for number in numbers
        )
        return Told("\n\n".join(told) or texts.say("info.no_pictures"))

    async def _on_picture(
        self, parent: RequestRow, follow_up: FollowUp, image: ImageRequest
    ) -> ImageRequest:
        """Return a request that starts from a picture of an earlier answer, in its style."""
        shown = await self._sources.shown(parent.id)
        number = follow_up.picture
        if number is None and len(shown) > 1:
            example = f"{follow_up.kind.value} {len(shown)}"
            raise Refusal("refused.which_picture", count=len(shown), example=example)
        _check_number(number or 1, shown)
        picture = shown[(number or 1) - 1]
        if not self._sources.there(picture):
            raise Refusal("refused.picture_pruned", prompt=image.prompt)
        jobs = {row.id: row.job for row in await self._store.jobs_of(parent.id)}
        job, source = jobs[picture.job], f"sha256:{picture.sha256}"
        prompt = _variant(image.prompt, parent.rng_seed, job)
        image = replace(image, prompt=prompt, style=job.style, extra_pictures=())
        if follow_up.kind is FollowUpKind.ZOOM:  # its edges are yet to be made
            return replace(image, addresses=(source,))
        return replace(image, source_picture=source)

    async def _list(self, words: str | None, limits: Limits) -> StyleList:
        """Return the styles of a place, with the Horde's own one that the words name.

        Where only some styles may be used, the Horde's own are none of them.
        """
        current = self._library.current
        if limits.styles:
            return self._part(current, limits.styles)
        if words is None:
            return current
        native = await self._native.find(words)
        return current.overlay(native.styles, native.categories)

    def _part(self, current: StyleList, names: tuple[str, ...]) -> StyleList:
        if self._parts[0] is not current:
            self._parts = (current, {})
        parts = self._parts[1]
        if names not in parts:
            parts[names] = current.only(names)
        return parts[names]

    def _model_names(self) -> NameIndex:
        """Return the names of the reference, and those the Hordes served when last asked."""
        known = self._reference().models, frozenset(self._hordes.last_served() or ())
        if self._models[0] != known:
            self._models = (known, NameIndex((*known[0], *sorted(known[1].difference(known[0])))))
        return self._models[1]


def _helped(nothing: NotARequest, *, private: bool) -> Command | Hint | None:
    """Return what helps somebody who asked for nothing; None where nobody waits for help."""
    match nothing.why:
        case WhyNot.EMPTY:
            return Command(CommandName.HELP)
        case WhyNot.NO_VERB if nothing.prompt:
            prompt = " ".join(nothing.prompt.split())
            return Hint(texts.say("help.no_verb", text=_shown(prompt)))
        case WhyNot.GREETING | WhyNot.THANKS | WhyNot.PRAISE | WhyNot.SCOLDING:
            code = f"help.{nothing.why}"
            return Hint(texts.say(code), code)
        case WhyNot.CHOICE:
            return Hint(texts.say(policy.CHOSEN, number=nothing.prompt), policy.CHOSEN)
        case WhyNot.TALK if not private:
            return None
    hint = HINTS.get(nothing.why)
    return None if hint is None else Hint(texts.say(hint))


def _shown(prompt: str) -> str:
    """Return a prompt as far as a hint holds it, cut between words."""
    if len(prompt) <= HINT_LENGTH:
        return prompt
    return f"{prompt[:HINT_LENGTH].rpartition(' ')[0] or prompt[:HINT_LENGTH]} …"


def _wordless(parsed: ImageRequest | object) -> ImageRequest | None:
    """Return what was said where nothing was to draw; None where there was, or something else."""
    if parsed == NotARequest(WhyNot.EMPTY):
        return ImageRequest("")
    return parsed if isinstance(parsed, ImageRequest) and not parsed.prompt else None


def _wanted(
    request: RequestRow, recreated: ImageRequest, follow_up: FollowUp, stylelist: StyleList
) -> Wanted:
    """Return what is made of a picture's recipe; in another style it is no longer literal."""
    image = grammar.apply(follow_up, recreated)
    image = replace(image, notes=each_once((*recreated.notes, *image.notes)))
    seed = request.rng_seed if image.seed is None else rng_seed(image.seed)
    return Wanted(replace(image, literal=image.style is None), seed, stylelist)


def _told_of(attached: Attached) -> Told:
    """Return how an attached picture was made. Raises Refusal if nothing is known of it."""
    origin = attached.origin
    if origin is not None:
        return Told(recipe.describe(origin.job, origin.picture, origin.number))
    if not attached.recipe:
        raise Refusal("refused.no_recipe")
    shown = clean(attached.recipe)[0][:RECIPE_LENGTH]
    return Told(texts.say("info.of_file", recipe=shown))


def _variant(prompt: str, seed: int, job: Job) -> str:
    """Return which of the prompts that braces stand for a job was made from."""
    variants = expand(prompt, random.Random(seed), PICTURES_RANGE[1]).prompts
    made = [variant for variant in variants if variant in job.prompt]
    return max(made, key=len, default=prompt)


def _check_number(number: int, shown: list[PictureRow]) -> None:
    if not 1 <= number <= len(shown):
        raise Refusal("refused.no_such_picture", number=number, count=len(shown))
