"""From what a server tells of a post to an `Incoming`. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from bots.shared.markup import plain_text
from common.model import Audience, Incoming, IncomingKind, Person, Place
from request.grammar.ornaments import without_hashtags
from request.grammar.words import words

NO_BOT = re.compile(r"#nobots?\b", re.IGNORECASE)
AUDIENCES = {"public": Audience.PUBLIC, "unlisted": Audience.UNLISTED}
"""By the visibility of a post; all others are for few."""
Told = Mapping[str, Any]
"""A thing as Mastodon's API tells it."""


def later(one: str, other: str) -> bool:
    """Tell whether an id comes after another: not all are numbers, but all sort so."""
    return (len(one), one) > (len(other), other)


def domain_of(account: Told, own: str) -> str:
    """Return the server somebody is on."""
    return str(account["acct"]).partition("@")[2].lower() or own


def wants_bots(account: Told) -> bool:
    """Tell whether somebody may be answered: no bot, and no `#nobot` in their profile."""
    fields = " ".join(f"{f.get('name')} {f.get('value')}" for f in account.get("fields") or ())
    profile = plain_text(f"{account.get('note') or ''} {fields}")
    return not account.get("bot") and not NO_BOT.search(profile)


def admitted(domain: str, allow: Collection[str], deny: Collection[str]) -> bool:
    """Tell whether people of a server are heard; a name stands for what is under it as well."""

    def named(domains: Collection[str]) -> bool:
        return any(f".{domain}".endswith(f".{one.lower()}") for one in domains)

    return not named(deny) and (not allow or named(allow))


def pictures_of(status: Told) -> tuple[str, ...]:
    """Return the addresses of the pictures in a post."""
    shown = (media for media in status.get("media_attachments") or () if media["type"] == "image")
    found = (media.get("url") or media.get("remote_url") for media in shown)
    return tuple(str(address) for address in found if address)


def read_status(
    status: Told,
    *,
    account: str,
    server: str,
    me: Told,
    owner: str,
    turned_away: str = "",
    parent_pictures: tuple[str, ...] = (),
    cursor: str | None = None,
) -> Incoming:
    """Return what somebody wrote; `server` is the domain of the bot's own server."""
    author = status["account"]
    domain = domain_of(author, server)
    name = f"{author['acct']}".partition("@")[0] + f"@{domain}"
    shown_to = str(status.get("visibility") or "direct")
    named = status.get("mentions") or ()
    ours = {str(one.get("url")) for one in named if str(one.get("id")) == str(me["id"])}
    text = plain_text(str(status.get("content") or ""), people=ours)
    bot = str(me["acct"])
    return Incoming(
        place=Place(account=account, community=domain),
        event=str(status["id"]),
        person=Person(name.lower(), name),
        text=without_hashtags(text, words()),
        created=_time(status["created_at"]),
        audience=AUDIENCES.get(shown_to, Audience.PRIVATE),
        parent=_optional(status.get("in_reply_to_id")),
        pictures=pictures_of(status) or parent_pictures,
        mentions=(f"@{bot}@{server}", f"@{bot}"),
        language=_optional(status.get("language")),
        moderator=bool(owner) and name.lower() == owner.lower().removeprefix("@"),
        joined=_time(author["created_at"]) if author.get("created_at") else None,
        turned_away=turned_away,
        cursor=cursor,
        adult=True if status.get("sensitive") or status.get("spoiler_text") else None,
        context={
            "acct": str(author["acct"]),
            "visibility": shown_to,
            "warning": str(status.get("spoiler_text") or ""),
            "sensitive": "yes" if status.get("sensitive") else "",
        },
    )


def read_deletion(account: str, post: str) -> Incoming:
    """Return that a post is gone, whoever wrote it."""
    return Incoming(
        place=Place(account),
        event=post,
        person=Person("", ""),
        text="",
        created=datetime.now(UTC),
        kind=IncomingKind.DELETION,
    )


def _optional(value: object) -> str | None:
    return None if value is None or value == "" else str(value)


def _time(value: object) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)
