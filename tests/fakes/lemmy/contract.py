"""Lemmy's own types as JSON Schema, where CONTRACTS_DIR has them, and which call speaks which."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft7Validator

from tests.fakes.journal import Exchange

ASKED = {
    "login": "Login",
    "comment": "CreateComment",
    "comment_delete": "DeleteComment",
    "comment_edit": "EditComment",
    "message": "CreatePrivateMessage",
    "message_delete": "DeletePrivateMessage",
    "post_create": "CreatePost",
    "post_delete": "DeletePost",
    "post_edit": "EditPost",
    "settings": "SaveUserSettings",
    "mention_read": "MarkPersonMentionAsRead",
    "reply_read": "MarkCommentReplyAsRead",
    "message_read": "MarkPrivateMessageAsRead",
    "notification_read": "MarkNotificationAsRead",
}
"""Types of what is sent, by route."""
ANSWERED = {
    "site": "GetSiteResponse",
    "me": "MyUserInfo",
    "login": "LoginResponse",
    "comment": "CommentResponse",
    "comment_get": "CommentResponse",
    "comment_delete": "CommentResponse",
    "comment_edit": "CommentResponse",
    "comments": "GetCommentsResponse",
    "post": "GetPostResponse",
    "post_create": "PostResponse",
    "post_delete": "PostResponse",
    "post_edit": "PostResponse",
    "posts": "GetPostsResponse",
    "community": "GetCommunityResponse",
    "mentions": "GetPersonMentionsResponse",
    "replies": "GetRepliesResponse",
    "notification_read": "SuccessResponse",
    "messages": "PrivateMessagesResponse",
    "message": "PrivateMessageResponse",
    "message_delete": "PrivateMessageResponse",
    "image": "UploadImageResponse",
    "media": "ListMediaResponse",
}
"""Types of good answers, by route. Those of lists of 1.0 are pages of `LISTED`."""
LISTED = {"notifications": "NotificationView", "comments": "CommentView", "posts": "PostView"}


def schema_file(version: str) -> Path | None:
    """Return the file of a version's types (0.19, 1.0), or None without CONTRACTS_DIR."""
    folder = os.environ.get("CONTRACTS_DIR")
    return Path(folder) / f"lemmy-{version}-types.schema.json" if folder else None


def violations(exchange: Exchange) -> list[str]:
    """Return what is wrong with an exchange by the types of its version; empty if nothing is."""
    modern = exchange.path.startswith("/api/v4")
    version = "1.0" if modern else "0.19"
    found = []
    if exchange.route in ASKED:
        found += _check(version, ASKED[exchange.route], exchange.body, "asked")
    if exchange.status == 200 and exchange.answer is not None:  # else it was a fault
        if modern and exchange.route in LISTED:
            for item in exchange.answer["items"]:
                found += _check(version, LISTED[exchange.route], item, "answered")
        elif exchange.route in ANSWERED and (modern or exchange.route != "image"):
            found += _check(version, ANSWERED[exchange.route], exchange.answer, "answered")
    return [f"{exchange.method} {exchange.path}: {problem}" for problem in found]


def _check(version: str, name: str, value: Any, what: str) -> list[str]:
    errors = _validator(version, name).iter_errors(value)
    return [
        f"{what} {name}: {'.'.join(map(str, e.instance_path))} {e.message[:200]}" for e in errors
    ]


@cache
def _validator(version: str, name: str) -> Draft7Validator:
    file = schema_file(version)
    assert file is not None
    types = json.loads(file.read_text("utf-8"))["definitions"]
    return Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": types})
