"""How Reddit writes things."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.fakes.reddit.world import Comment, Message, Note, Post, Subreddit, World


def listing(things: Iterable[dict[str, Any]], after: str | None = None) -> dict[str, Any]:
    data = {"after": after, "before": None, "dist": None, "children": list(things)}
    return {"kind": "Listing", "data": data}


def thing(about: Post | Comment | Message, world: World) -> dict[str, Any]:
    match about:
        case Post():
            return {"kind": "t3", "data": post(about)}
        case Comment():
            return {"kind": "t1", "data": comment(about, world)}
        case Message():
            return {"kind": "t4", "data": message(about)}


def post(about: Post) -> dict[str, Any]:
    where = f"/r/{about.subreddit.name}/comments/{about.id}/a_post/"
    return {
        "id": about.id,
        "name": about.name,
        "title": about.title,
        "author": "[deleted]" if about.deleted else about.author,
        "subreddit": about.subreddit.name,
        "over_18": about.nsfw or about.subreddit.over18,
        "spoiler": about.spoiler,
        "locked": about.locked,
        "archived": about.archived,
        "link_flair_template_id": about.flair,
        "permalink": where,
        "url": f"https://www.reddit.com{where}",
        "created_utc": about.created,
        "num_comments": 0,
        "score": 1,
        "selftext": about.text,
        "is_self": not about.pictures,
    }


def comment(about: Comment, world: World) -> dict[str, Any]:
    below = [one for one in world.comments.values() if one.parent == about.name and not one.deleted]
    replies = listing(thing(one, world) for one in below) if below else ""
    where = f"/r/{about.post.subreddit.name}/comments/{about.post.id}/a_post/{about.id}/"
    return {
        "id": about.id,
        "name": about.name,
        "author": "[deleted]" if about.deleted else about.author,
        **({} if about.deleted else {"author_fullname": f"t2_{about.author}"}),
        "body": "[deleted]" if about.deleted else about.body,
        "parent_id": about.parent,
        "link_id": about.post.name,
        "subreddit": about.post.subreddit.name,
        "created_utc": about.created,
        "score": about.score,
        "distinguished": None,
        "edited": False,
        "permalink": where,
        "replies": replies,
    }


def message(about: Message) -> dict[str, Any]:
    return {
        "id": about.id,
        "name": about.name,
        "author": about.author,
        **({"author_fullname": f"t2_{about.author}"} if about.author else {}),
        "body": about.body,
        "subject": about.subject,
        "created_utc": about.created,
        "dest": "painter",
        "parent_id": about.parent,
        "first_message_name": None,
        "subreddit": about.subreddit,
        "was_comment": False,
        "distinguished": "moderator" if about.subreddit else None,
        "replies": "",
    }


def note(entry: Note, world: World) -> dict[str, Any]:
    """Write an entry of the inbox: what it is about, and a few words more."""
    written = thing(entry.about, world)
    more: dict[str, Any] = {"new": entry.new}
    if isinstance(entry.about, Comment):
        where = written["data"]["permalink"]
        more |= {
            "type": entry.kind,
            "subject": entry.kind.replace("_", " "),
            "was_comment": True,
            "context": f"{where}?context=3",
            "link_title": entry.about.post.title,
            "replies": "",
        }
    return {"kind": written["kind"], "data": {**written["data"], **more}}


def subreddit(about: Subreddit) -> dict[str, Any]:
    return {
        "kind": "t5",
        "data": {
            "id": about.name.lower(),
            "name": f"t5_{about.name.lower()}",
            "display_name": about.name,
            "over18": about.over18,
            "quarantine": about.quarantined,
            "user_is_banned": False,
            "user_is_moderator": False,
            "subscribers": 1,
        },
    }
