"""What was said to the bot on Lemmy, as the core takes it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bots.lemmy.wire import CommentView, MessageView, Person, PostView, Told
from bots.lemmy.writing import Target
from bots.shared.markdown import plain
from common.model import Audience, Incoming, Place
from common.model import Person as Asker


def heard(account: str, me: Person, told: Told, languages: Mapping[int, str]) -> Incoming | None:
    """Return what was said to the account `me`; None for what bots say, and it itself.

    `languages` are the codes of the server's language ids.
    """
    creator = told.about.creator
    if creator.bot_account or creator.id == me.id:
        return None
    names = (me.full_name, me.name)
    asker = Asker(creator.address, creator.full_name)
    if isinstance(told.about, MessageView):
        return _message(account, asker, names, told.about)
    incoming = _comment(account, asker, names, told.about)
    spoken = Target.of(incoming.context).language
    return replace(incoming, language=languages.get(spoken))


def _message(account: str, asker: Asker, names: tuple[str, ...], view: MessageView) -> Incoming:
    message = view.private_message
    read = plain(message.content)
    return Incoming(
        place=Place(account),
        event=f"message:{message.id}",
        person=asker,
        text=read.text,
        created=message.published,
        audience=Audience.PRIVATE,
        pictures=read.pictures,
        mentions=names,
        joined=view.creator.published,
        context=Target(person=view.creator.id).to_context(),
    )


def _comment(account: str, asker: Asker, names: tuple[str, ...], view: PostView) -> Incoming:
    """Return a comment, or the text of a post that mentions us."""
    comment = view.comment if isinstance(view, CommentView) else None
    written = comment or view.post
    read = plain(comment.content if comment else view.post.body)
    adult = view.post.nsfw or view.community.nsfw
    target = Target(
        person=view.creator.id,
        post=view.post.id,
        comment=comment.id if comment else None,
        language=written.language_id,
        adult=adult,
    )
    return Incoming(
        place=Place(account, view.community.full_name),
        event=f"comment:{comment.id}" if comment else f"post:{view.post.id}",
        person=asker,
        text=read.text,
        created=written.published,
        parent=f"comment:{comment.parent}" if comment and comment.parent else None,
        pictures=read.pictures,
        mentions=names,
        joined=view.creator.published,
        moderator=view.creator_is_moderator or view.creator_is_admin,
        adult=adult,
        context=target.to_context(),
    )
