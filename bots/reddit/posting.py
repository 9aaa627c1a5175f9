"""Posts and comments of the bot: made, found again, deleted. All of it blocks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import praw
import structlog
from praw.models import Comment, Message, PostMedia, Submission

from bots.reddit.writing import post_in
from bots.shared.waiting import MARK
from common.errors import PlatformError, PlatformRefused

log = structlog.get_logger()

LOOKED_AT = 50
"""Own posts and comments among which one is looked for."""
REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture to be posted."""

    data: bytes
    name: str
    caption: str


@dataclass(frozen=True, slots=True)
class Gallery:
    """A post of pictures that is wanted; its title ends in a code, by which it is found again."""

    subreddit: str
    title: str
    code: str
    pictures: Sequence[Shown]
    nsfw: bool
    spoiler: bool
    flair: str = ""
    text: str = ""
    """Markdown below the pictures."""


@dataclass
class Posts:
    """Posts pictures, each gallery once."""

    account: str
    me: str
    submitted: dict[str, None] = field(default_factory=dict)
    """Codes of what was handed in and may not be listed yet."""

    def publish(self, reddit: praw.Reddit, wanted: Gallery) -> str:
        """Return the id of a gallery's post, making it if it is not there.

        One picture becomes a post only after a while: PlatformError until it is there.
        """
        found = self.find(reddit, wanted.code)
        if found is None and wanted.code not in self.submitted:
            made = self._submit(reddit, wanted)
            found = self.find(reddit, wanted.code) if made is None else str(made.id)
        if found is None:
            raise PlatformError("reddit.processing", account=self.account)
        self.submitted.pop(wanted.code, None)
        return found

    def find(self, reddit: praw.Reddit, code: str) -> str | None:
        """Return the id of our post whose title ends in a code, if it is listed."""
        own: Iterable[Submission] = reddit.redditor(self.me).submissions.new(limit=LOOKED_AT)
        return next((str(post.id) for post in own if post.title.endswith(code)), None)

    def _submit(self, reddit: praw.Reddit, wanted: Gallery) -> Submission | None:
        subreddit = reddit.subreddit(wanted.subreddit)
        flair = _flair_id(subreddit, wanted.flair) if wanted.flair else None
        if not wanted.pictures:
            return subreddit.submit(wanted.title, selftext=wanted.text, flair_id=flair)
        media = [PostMedia(shown.data, name=shown.name) for shown in wanted.pictures]
        if len(media) > 1:
            captions = (shown.caption for shown in wanted.pictures)
            gallery: list[Any] = [
                {"media": one, "caption": words} for one, words in zip(media, captions, strict=True)
            ]
            return subreddit.submit(
                wanted.title,
                gallery=gallery,
                nsfw=wanted.nsfw,
                spoiler=wanted.spoiler,
                flair_id=flair,
                selftext=wanted.text or None,
            )
        self.submitted[wanted.code] = None
        while len(self.submitted) > REMEMBERED:
            del self.submitted[next(iter(self.submitted))]
        # praw would wait for a message over a websocket, and not know what to do without one
        return subreddit.submit(
            wanted.title,
            image=media[0],
            nsfw=wanted.nsfw,
            spoiler=wanted.spoiler,
            flair_id=flair,
            selftext=wanted.text or None,
            without_websockets=True,
        )

    # --- comments ---------------------------------------------------------------------------

    def reply(self, reddit: praw.Reddit, event: str, text: str) -> str:
        """Answer a comment or a message; return the answer's full name."""
        asked = thing(reddit, event)
        made = asked.reply(text)
        if made is not None:
            return str(made.fullname)
        found = self.find_reply(reddit, event)  # in quarantined places Reddit does not say
        if found is None:
            raise PlatformError("reddit.processing", account=self.account)
        return found

    def find_reply(
        self,
        reddit: praw.Reddit,
        event: str,
        *,
        known: Collection[str] = (),
        waiting: bool = False,
    ) -> str | None:
        """Return the full name of our answer to something, or of the notice before it.

        `known` are answers that are not meant; of the others it is the oldest.

        Raises PlatformRefused if what was asked is gone.
        """
        if event.startswith("t4_"):
            sent = [one for one in reddit.inbox.sent(limit=LOOKED_AT) if one.parent_id == event]
            return _oldest(sent, known)
        asked = next(iter(reddit.info(fullnames=[event])), None)
        if not isinstance(asked, Comment) or asked.author is None:
            raise PlatformRefused("reddit.asker_gone", account=self.account)
        asked.refresh()
        asked.replies.replace_more(limit=0)
        own = [
            reply
            for reply in asked.replies.list()
            if isinstance(reply, Comment)
            and reply.parent_id == event
            and self._is_ours(reply)
            and (MARK in reply.body) == waiting
        ]
        return _oldest(own, known)

    def remove(self, reddit: praw.Reddit, name: str) -> None:
        """Delete an answer of ours and the post of pictures it links to."""
        if not name.startswith("t1_"):
            return  # a message cannot be taken back
        found = next(iter(reddit.info(fullnames=[name])), None)
        if isinstance(found, Comment):
            self._remove(reddit, found)

    def remove_unwanted(self, reddit: praw.Reddit, below: int) -> None:
        """Delete our answers that people have voted below a score."""
        for comment in reddit.redditor(self.me).comments.new(limit=LOOKED_AT):
            if comment.score < below:
                log.info("answer_unwanted", account=self.account, post=comment.fullname)
                self._remove(reddit, comment)

    def _remove(self, reddit: praw.Reddit, comment: Comment) -> None:
        number = post_in(comment.body)
        comment.delete()
        if number is not None:
            self.remove_post(reddit, number)

    def remove_post(self, reddit: praw.Reddit, number: str) -> None:
        """Delete a post of ours; one that is gone already is fine."""
        for post in reddit.info(fullnames=[f"t3_{number}"]):
            if self._is_ours(post):
                post.delete()

    def _is_ours(self, thing: Any) -> bool:
        return thing.author is not None and str(thing.author.name).lower() == self.me.lower()


def _oldest(found: Iterable[Comment | Message], known: Collection[str]) -> str | None:
    fresh = (one for one in found if str(one.fullname) not in known)
    first = min(fresh, key=lambda one: float(one.created_utc), default=None)
    return None if first is None else str(first.fullname)


def thing(reddit: praw.Reddit, name: str) -> Comment | Message:
    """Return a comment or a message by its full name, without asking for it."""
    kind: type[Comment | Message] = Message if name.startswith("t4_") else Comment
    return kind(reddit, _data={"id": name[3:]})


def _flair_id(subreddit: praw.models.Subreddit, wanted: str) -> str | None:
    """Return the id of a flair, given that or its words; None if there is none such."""
    for choice in subreddit.flair.link_templates.user_selectable():
        texts = {str(choice["flair_template_id"]), str(choice["flair_text"]).casefold()}
        if wanted in texts or wanted.casefold() in texts:
            return str(choice["flair_template_id"])
    log.warning("no_such_flair", subreddit=str(subreddit), flair=wanted)
    return None
