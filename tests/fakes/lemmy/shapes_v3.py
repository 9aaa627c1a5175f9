"""How API v3 (0.19) writes things."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.fakes.lemmy.world import (
    LANGUAGES,
    Comment,
    Community,
    Message,
    Notification,
    Person,
    Post,
    World,
)

EPOCH = "2024-01-01T00:00:00.000000Z"


def when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def languages() -> list[dict[str, Any]]:
    return [{"id": number, "code": code, "name": code} for number, code in LANGUAGES.items()]


def votes(comment: Comment) -> dict[str, int]:
    """Return the numbers of a comment's votes, with its writer's own."""
    up, down = comment.upvotes + 1, comment.downvotes
    return {"upvotes": up, "downvotes": down, "score": up - down}


class V3:
    """The shapes of 0.19."""

    address = "actor_id"
    published = "published"

    def __init__(self, world: World, origin: str) -> None:
        self.world = world
        self.origin = origin

    def _host(self, thing: Person | Community) -> str:
        return f"https://{thing.host}" if thing.host else self.origin

    # --- things -----------------------------------------------------------------------------

    def person(self, person: Person) -> dict[str, Any]:
        written = {
            "id": person.id,
            "name": person.name,
            self.address: f"{self._host(person)}/u/{person.name}",
            "bot_account": person.bot,
            "deleted": person.deleted,
            "local": not person.host,
            "instance_id": 1,
            self.published: EPOCH,
            **self._person_more(person),
        }
        return written if person.bio is None else {**written, "bio": person.bio}

    def _person_more(self, person: Person) -> dict[str, Any]:
        return {"banned": person.banned}

    def community(self, community: Community) -> dict[str, Any]:
        return {
            "id": community.id,
            "name": community.name,
            "title": community.name.title(),
            self.address: f"{self._host(community)}/c/{community.name}",
            "nsfw": community.nsfw,
            "removed": community.removed,
            "deleted": community.deleted,
            "local": not community.host,
            "instance_id": 1,
            "posting_restricted_to_mods": False,
            self.published: EPOCH,
            **self._community_more(),
        }

    def _community_more(self) -> dict[str, Any]:
        return {"hidden": False, "visibility": "Public"}

    def post(self, post: Post) -> dict[str, Any]:
        written = {
            "id": post.id,
            "name": post.title,
            "body": post.body,
            "ap_id": f"{self.origin}/post/{post.id}",
            "community_id": post.community.id,
            "creator_id": post.creator.id,
            "nsfw": post.nsfw,
            "locked": post.locked,
            "removed": post.removed,
            "deleted": post.deleted,
            "language_id": post.language,
            "local": True,
            "featured_community": False,
            "featured_local": False,
            self.published: when(post.published),
            **self._post_more(),
        }
        return written if post.url is None else {**written, "url": post.url}

    def _post_more(self) -> dict[str, Any]:
        return {}

    def comment(self, comment: Comment) -> dict[str, Any]:
        return {
            "id": comment.id,
            "content": comment.content,
            "ap_id": f"{self.origin}/comment/{comment.id}",
            "post_id": comment.post.id,
            "creator_id": comment.creator.id,
            "path": comment.path,
            "language_id": comment.language,
            "removed": comment.removed,
            "deleted": comment.deleted,
            "distinguished": False,
            "local": True,
            self.published: when(comment.published),
            **self._comment_more(comment),
        }

    def _comment_more(self, comment: Comment) -> dict[str, Any]:
        return {}

    # --- with what belongs to them ----------------------------------------------------------

    def comment_view(self, comment: Comment) -> dict[str, Any]:
        return {
            "comment": self.comment(comment),
            "post": self.post(comment.post),
            **self._in_community(comment.post.community, comment.creator),
            **self._counted("comment_id", comment.id),
            **self._voted(comment),
        }

    def _voted(self, comment: Comment) -> dict[str, Any]:
        counts = {**self._counted("comment_id", comment.id)["counts"], **votes(comment)}
        ours = {"my_vote": 1} if comment.creator is self.world.bot else {}
        return {"counts": counts, **ours}

    def _counted(self, what: str, number: int) -> dict[str, Any]:
        votes = {"upvotes": 1, "downvotes": 0, "score": 1}
        more = {"child_count": 0} if what == "comment_id" else {"comments": 0}
        if what == "post_id":
            more["newest_comment_time"] = EPOCH
        counts = {what: number, self.published: EPOCH, **votes, **more}
        return {"counts": counts, "saved": False, "subscribed": "NotSubscribed"}

    def _in_community(self, community: Community, creator: Person) -> dict[str, Any]:
        return {
            "creator": self.person(creator),
            "community": self.community(community),
            "banned_from_community": self.world.bot.id in community.banned,
            "creator_banned_from_community": creator.id in community.banned,
            "creator_blocked": False,
            "creator_is_admin": False,
            "creator_is_moderator": creator.id in community.moderators,
        }

    def post_view(self, post: Post) -> dict[str, Any]:
        return {
            "post": self.post(post),
            **self._in_community(post.community, post.creator),
            **self._counted("post_id", post.id),
            "hidden": False,
            "read": False,
            "unread_comments": 0,
        }

    def message_view(self, message: Message, *, read: bool = False) -> dict[str, Any]:
        return {
            "private_message": self.message(message, read=read),
            "creator": self.person(message.creator),
            "recipient": self.person(message.recipient),
        }

    def message(self, message: Message, *, read: bool) -> dict[str, Any]:
        return {
            "id": message.id,
            "ap_id": f"{self.origin}/private_message/{message.id}",
            "content": message.content,
            "creator_id": message.creator.id,
            "recipient_id": message.recipient.id,
            "deleted": message.deleted,
            "local": True,
            self.published: when(message.published),
            **self._message_more(read=read),
        }

    def _message_more(self, *, read: bool) -> dict[str, Any]:
        return {"read": read}

    def notification(self, notification: Notification) -> dict[str, Any]:
        """Write a mention or a reply, as 0.19 does: a kind of view each."""
        about = notification.about
        assert isinstance(about, Comment)
        name = {"mention": "person_mention", "reply": "comment_reply"}[notification.kind]
        own = {
            "id": notification.id,
            "comment_id": about.id,
            "recipient_id": notification.recipient.id,
            "read": notification.read,
            "published": when(about.published),
        }
        recipient = self.person(notification.recipient)
        return {**self.comment_view(about), name: own, "recipient": recipient}

    # --- the site ---------------------------------------------------------------------------

    def site(self, version: str, limits: dict[str, tuple[int, int]], **_: Any) -> dict[str, Any]:
        rates: dict[str, Any] = {"local_site_id": 1, "published": EPOCH}
        for name, (most, seconds) in limits.items():
            rates[name] = most
            rates[f"{name}_per_second"] = seconds
        counts = dict.fromkeys(
            ("comments", "communities", "posts", "users", "users_active_day"), 1
        ) | dict.fromkeys(("users_active_half_year", "users_active_month", "users_active_week"), 1)
        return {
            "version": version,
            "admins": [],
            "all_languages": languages(),
            "blocked_urls": [],
            "custom_emojis": [],
            "discussion_languages": list(LANGUAGES),
            "taglines": [],
            "site_view": {
                "site": {**self._site(), "public_key": "-"},
                "local_site": self._local_site(),
                "local_site_rate_limit": rates,
                "counts": {"site_id": 1, **counts},
            },
        }

    def _site(self) -> dict[str, Any]:
        return {
            "id": 1,
            "name": "A fake Lemmy",
            self.address: f"{self.origin}/",
            "inbox_url": f"{self.origin}/inbox",
            "instance_id": 1,
            "last_refreshed_at": EPOCH,
            self.published: EPOCH,
        }

    def _local_site(self) -> dict[str, Any]:
        return {
            **dict.fromkeys(("id", "site_id"), 1),
            "actor_name_max_length": 20,
            "application_email_admins": False,
            "captcha_difficulty": "medium",
            "captcha_enabled": False,
            "community_creation_admin_only": False,
            "default_post_listing_mode": "List",
            "default_post_listing_type": "Local",
            "default_sort_type": "Active",
            "default_theme": "browser",
            "enable_downvotes": True,
            "enable_nsfw": True,
            "federation_enabled": True,
            "federation_signed_fetch": False,
            "hide_modlog_mod_names": True,
            "private_instance": False,
            "registration_mode": "Open",
            "reports_email_admins": False,
            "require_email_verification": False,
            "site_setup": True,
            "published": EPOCH,
        }

    def me(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Write who is logged in."""
        bot = self.world.bot
        return {
            "local_user_view": {
                "local_user": self._local_user(settings),
                "person": self.person(bot),
                "counts": {"person_id": bot.id, "post_count": 0, "comment_count": 0},
                "local_user_vote_display_mode": {
                    "local_user_id": 1,
                    **dict.fromkeys(("score", "upvotes", "downvotes"), True),
                    "upvote_percentage": False,
                },
            },
            "follows": [],
            "moderates": [],
            "community_blocks": [],
            "instance_blocks": [],
            "person_blocks": [],
            "discussion_languages": list(LANGUAGES),
        }

    def _local_user(self, settings: dict[str, Any]) -> dict[str, Any]:
        yes = ("accepted_application", "email_verified", "enable_animated_images")
        no = ("admin", "auto_expand", "blur_nsfw", "collapse_bot_comments", "show_nsfw")
        more_no = ("enable_keyboard_navigation", "infinite_scroll_enabled", "totp_2fa_enabled")
        shown = ("show_avatars", "show_bot_accounts", "show_read_posts", "show_scores")
        return {
            **dict.fromkeys((*yes, *shown), True),
            **dict.fromkeys((*no, *more_no), False),
            "open_links_in_new_tab": False,
            "send_notifications_to_email": False,
            "id": 1,
            "person_id": self.world.bot.id,
            "default_listing_type": "Local",
            "default_sort_type": "Active",
            "interface_language": "browser",
            "post_listing_mode": "List",
            "theme": "browser",
            **{key: value for key, value in settings.items() if key == "show_bot_accounts"},
        }
