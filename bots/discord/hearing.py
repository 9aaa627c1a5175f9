"""From what Discord tells us to an Incoming. No rule stands here: only who, where and what."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import discord

from bots.discord import reading
from bots.discord.route import Route
from common.model import Audience, Incoming, IncomingKind, Person, Place

PRIVATE = re.compile(r"(?:^|\s)[-–—]{1,2}private\b", re.IGNORECASE)
"""Somebody means the answer for themselves: whether it may be so, the core decides."""


def place_of(account: str, guild_id: int | None, channel: object) -> Place:
    """Return where something was said; a thread belongs to its channel."""
    inner = getattr(channel, "parent_id", None) if isinstance(channel, discord.Thread) else None
    number = inner or getattr(channel, "id", "")
    return Place(account, str(guild_id or ""), str(number))


def is_adult(channel: object) -> bool:
    """Tell whether a channel is age-restricted; a direct message never is."""
    ask = getattr(channel, "is_nsfw", None)
    return bool(ask()) if callable(ask) else False


def is_foreign(interaction: discord.Interaction) -> bool:
    """Tell whether the person brought the bot along to a place where it is not installed."""
    return interaction.is_user_integration() and not interaction.is_guild_integration()


def language_of(interaction: discord.Interaction) -> str:
    """Return the language of the one who pressed or asked, as the catalogue calls it."""
    return _language(interaction.locale)


def language_in(guild: discord.Guild | None) -> str | None:
    """Return the language a server is held in; what Discord says of itself is none."""
    if guild is None or guild.preferred_locale is discord.Locale.american_english:
        return None
    return _language(guild.preferred_locale)


def _language(locale: discord.Locale) -> str:
    return str(locale.value).partition("-")[0]


def is_moderator(granted: discord.Permissions) -> bool:
    """Tell whether somebody with these rights moderates the place."""
    return granted.manage_messages or granted.manage_guild


def of_interaction(
    account: str,
    interaction: discord.Interaction,
    text: str,
    *,
    now: float,
    kind: IncomingKind = IncomingKind.MESSAGE,
    parent: str | None = None,
    pictures: tuple[str, ...] = (),
    verb_optional: bool = False,
    private: bool = False,
    question: bool = False,
    update: bool = False,
) -> Incoming:
    """Return what somebody asked for with a command, a button or a form, just `now`."""
    foreign = is_foreign(interaction)
    text = reading.without_tokens(text)
    private = private or PRIVATE.search(text) is not None
    guild = None if foreign else interaction.guild_id
    granted = interaction.permissions
    route = Route(
        channel=interaction.channel_id or 0,
        person=interaction.user.id,
        created=now,
        guild=guild or 0,
        application=interaction.application_id,
        token=interaction.token,
        private=private,
        question=question,
        update=update,
        foreign=foreign,
    )
    return Incoming(
        place=place_of(account, guild, interaction.channel),
        event=str(interaction.id),
        person=_person(interaction.user),
        text=text,
        created=interaction.created_at,
        kind=kind,
        audience=Audience.PRIVATE if private or not interaction.guild_id else Audience.PUBLIC,
        expects=True,
        verb_optional=verb_optional,
        parent=parent,
        pictures=pictures,
        mentions=_names(interaction.application_id),
        language=language_of(interaction),
        context=route.to_context(),
        moderator=bool(guild) and is_moderator(granted),
        roles=_roles(interaction.user),
        adult=is_adult(interaction.channel),
        joined=interaction.user.created_at,
    )


def of_message(
    account: str,
    message: discord.Message,
    me: int,
    *,
    kind: IncomingKind = IncomingKind.MESSAGE,
) -> Incoming | None:
    """Return what a message says to the bot; None if it is not meant for it."""
    direct = message.guild is None
    if getattr(message.channel, "guild_id", None) is not None and direct:
        return None  # of a server not told of yet: it is found among what was missed
    if message.author.bot or message.webhook_id is not None:
        return None
    if not direct and all(user.id != me for user in message.mentions):
        return None
    route = Route(
        channel=message.channel.id,
        person=message.author.id,
        created=message.created_at.timestamp(),
        guild=0 if message.guild is None else message.guild.id,
        message=message.id,
        private=direct,
    )
    parent = message.reference.message_id if message.reference is not None else None
    author = message.author
    rights = None
    if isinstance(author, discord.Member) and not isinstance(
        message.channel, discord.DMChannel | discord.GroupChannel | discord.PartialMessageable
    ):
        rights = message.channel.permissions_for(author)
    return Incoming(
        place=place_of(account, message.guild.id if message.guild else None, message.channel),
        event=str(message.id),
        person=_person(author),
        text=_text(message, me),
        created=message.created_at,
        kind=kind,
        audience=Audience.PRIVATE if direct else Audience.PUBLIC,
        parent=None if parent is None else str(parent),
        language=language_in(message.guild),
        pictures=_pictures(message) or _own_pictures_replied_to(message),
        mentions=_names(me),
        context=route.to_context(),
        moderator=rights is not None and is_moderator(rights),
        roles=_roles(author),
        adult=is_adult(message.channel),
        joined=author.created_at,
    )


def of_deletion(account: str, event: int | str) -> Incoming:
    """Return that a message is gone; whose it was, only the core knows."""
    return Incoming(
        place=Place(account),
        event=str(event),
        person=Person("", ""),
        text="",
        created=datetime.now(UTC),
        kind=IncomingKind.DELETION,
    )


def is_picture(attachment: discord.Attachment) -> bool:
    """Tell whether an attachment says it is a picture; what it is, the core looks at."""
    return (attachment.content_type or "").startswith("image/")


def _text(message: discord.Message, me: int) -> str:
    """Return what a message says, as its writer sees it."""
    people = {user.id: user.display_name for user in message.mentions if user.id != me}
    channels = {channel.id: channel.name for channel in message.channel_mentions}
    return reading.plain(message.content, people=people, channels=channels)


def _pictures(message: discord.Message) -> tuple[str, ...]:
    return tuple(one.url for one in message.attachments if is_picture(one))


def _own_pictures_replied_to(message: discord.Message) -> tuple[str, ...]:
    """Return the pictures of one's own message replied to, where Discord shows us any."""
    replied = message.reference.resolved if message.reference is not None else None
    if not isinstance(replied, discord.Message) or replied.author.id != message.author.id:
        return ()
    return _pictures(replied)


def _person(user: discord.User | discord.Member) -> Person:
    return Person(str(user.id), user.display_name)


def _roles(user: discord.User | discord.Member) -> tuple[str, ...]:
    if not isinstance(user, discord.Member):
        return ()
    return tuple(str(role.id) for role in user.roles if not role.is_default())


def _names(me: int) -> tuple[str, ...]:
    return (f"<@{me}>", f"<@!{me}>")
