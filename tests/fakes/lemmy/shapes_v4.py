"""How API v4 (1.0) writes things."""

from __future__ import annotations

from typing import Any

from tests.fakes.lemmy.shapes_v3 import EPOCH, V3, languages, votes, when
from tests.fakes.lemmy.world import (
    LANGUAGES,
    Comment,
    Community,
    Message,
    Notification,
    Person,
    Post,
)

INSTANCE = {"id": 1, "domain": "127.0.0.1"}
BIG = 10**6


class V4(V3):
    """The shapes of 1.0."""

    address = "ap_id"
    published = "published_at"

    def _person_more(self, person: Person) -> dict[str, Any]:
        return {"post_count": 0, "comment_count": 0, "last_refreshed_at": EPOCH}

    def _community_more(self) -> dict[str, Any]:
        counts = ("comments", "posts", "report_count", "unresolved_report_count", "subscribers")
        users = ("day", "half_year", "month", "week")
        return {
            "visibility": "public",
            "local_removed": False,
            "last_refreshed_at": EPOCH,
            "subscribers_local": 1,
            **dict.fromkeys(counts, 0),
            **{f"users_active_{span}": 1 for span in users},
        }

    def _post_more(self) -> dict[str, Any]:
        return {"comments": 0, **self._comment_counts()}

    def _comment_more(self, comment: Comment) -> dict[str, Any]:
        counts = {**self._comment_counts(), **votes(comment)}
        return {"child_count": 0, "locked": False, **counts}

    def _voted(self, comment: Comment) -> dict[str, Any]:
        if comment.creator is not self.world.bot:
            return {}
        return {"comment_actions": {"voted_at": EPOCH, "vote_is_upvote": True}}

    def _comment_counts(self) -> dict[str, Any]:
        counts = ("downvotes", "report_count", "unresolved_report_count")
        return {"score": 1, "upvotes": 1, "federation_pending": False, **dict.fromkeys(counts, 0)}

    def _message_more(self, *, read: bool) -> dict[str, Any]:
        return {"removed": False, "deleted_by_recipient": False}

    def _counted(self, what: str, number: int) -> dict[str, Any]:
        return {}

    def _in_community(self, community: Community, creator: Person) -> dict[str, Any]:
        here = {"received_ban_at": EPOCH} if self.world.bot.id in community.banned else {}
        return {
            "creator": self.person(creator),
            "community": self.community(community),
            "community_actions": here,
            "can_mod": False,
            "creator_banned": creator.banned,
            "creator_banned_from_community": creator.id in community.banned,
            "creator_is_admin": False,
            "creator_is_moderator": creator.id in community.moderators,
            "tags": [],
        }

    def post_view(self, post: Post) -> dict[str, Any]:
        return {"post": self.post(post), **self._in_community(post.community, post.creator)}

    def notification(self, notification: Notification) -> dict[str, Any]:
        """Write any kind of notification, as 1.0 does: all alike."""
        about = notification.about
        own: dict[str, Any] = {
            "id": notification.id,
            "kind": notification.kind,
            "creator_id": about.creator.id,
            "recipient_id": notification.recipient.id,
            "read": notification.read,
            "published_at": when(about.published),
        }
        match about:
            case Comment():
                own["comment_id"] = about.id
                data = {**self.comment_view(about), "type_": "comment"}
            case Post():
                own["post_id"] = about.id
                data = {**self.post_view(about), "type_": "post"}
            case Message():
                own["private_message_id"] = about.id
                data = {**self.message_view(about), "type_": "private_message"}
        return {"notification": own, "data": data}

    def site(
        self,
        version: str,
        limits: dict[str, tuple[int, int]],
        *,
        image_bytes: int = BIG,
        image_disabled: bool = False,
    ) -> dict[str, Any]:
        rates: dict[str, Any] = {"local_site_id": 1, "published_at": EPOCH}
        for name, (most, seconds) in limits.items():
            rates[f"{name}_max_requests"] = most
            rates[f"{name}_interval_seconds"] = seconds
        local = {
            **self._local_site(),
            "image_max_upload_size": image_bytes,
            "image_upload_disabled": image_disabled,
        }
        return {
            "version": version,
            "active_plugins": [],
            "admin_oauth_providers": [],
            "oauth_providers": [],
            "admins": [],
            "all_languages": languages(),
            "blocked_urls": [],
            "captcha_enabled": False,
            "discussion_languages": list(LANGUAGES),
            "site_view": {
                "instance": {**INSTANCE, "published_at": EPOCH},
                "site": self._site(),
                "local_site": local,
                "local_site_rate_limit": rates,
            },
        }

    def _local_site(self) -> dict[str, Any]:
        no = (
            "application_email_admins", "community_creation_admin_only", "private_instance",
            "email_notifications_disabled", "email_verification_required", "oauth_registration",
            "federation_signed_fetch", "nsfw_content_disallowed", "reports_email_admins",
            "image_allow_video_uploads",
        )  # fmt: skip
        one = (
            "id", "site_id", "comments", "communities", "posts", "users", "users_active_day",
            "users_active_half_year", "users_active_month", "users_active_week",
            "max_invites_per_user_allowed",
        )  # fmt: skip
        return {
            **dict.fromkeys(no, False),
            **dict.fromkeys(one, 1),
            **{
                f"{where}_{way}votes": "all"
                for where in ("comment", "post")
                for way in ("up", "down")
            },
            "default_comment_sort_type": "hot",
            "default_items_per_page": 20,
            "default_post_listing_mode": "list",
            "default_post_listing_type": "local",
            "default_post_sort_type": "active",
            "default_theme": "browser",
            "federation_enabled": True,
            "image_max_avatar_size": 512,
            "image_max_banner_size": 1024,
            "image_max_thumbnail_size": 512,
            "image_mode": "store_link_previews",
            "image_upload_timeout_seconds": 30,
            "registration_mode": "open",
            "site_setup": True,
            "published_at": EPOCH,
        }

    def me(self, settings: dict[str, Any]) -> dict[str, Any]:
        view = {
            "local_user": self._local_user(settings),
            "person": self.person(self.world.bot),
            "banned": self.world.bot.banned,
        }
        lists = (
            "community_blocks", "follows", "instance_communities_blocks", "keyword_blocks",
            "instance_persons_blocks", "moderates", "multi_community_follows", "person_blocks",
        )  # fmt: skip
        return {
            "local_user_view": view,
            "discussion_languages": list(LANGUAGES),
            **{name: [] for name in lists},
        }

    def _local_user(self, settings: dict[str, Any]) -> dict[str, Any]:
        yes = (
            "accepted_application", "animated_images_enabled", "email_verified", "show_avatars",
            "private_messages_enabled", "show_bot_accounts", "show_media", "show_person_votes",
            "show_read_posts", "show_score",
        )  # fmt: skip
        no = (
            "admin", "auto_mark_fetched_posts_as_read", "blur_nsfw", "collapse_bot_comments",
            "hide_posts_with_media", "infinite_scroll_enabled", "open_links_in_new_tab",
            "send_notifications_to_email", "show_nsfw", "show_upvote_percentage",
            "totp_2fa_enabled",
        )  # fmt: skip
        return {
            **dict.fromkeys(yes, True),
            **dict.fromkeys(no, False),
            "id": 1,
            "person_id": self.world.bot.id,
            "default_comment_sort_type": "hot",
            "default_items_per_page": 20,
            "default_listing_type": "local",
            "default_post_sort_type": "active",
            "interface_language": "browser",
            "last_donation_notification_at": EPOCH,
            "post_listing_mode": "list",
            "show_downvotes": "show",
            "show_upvotes": True,
            "theme": "browser",
            **{key: value for key, value in settings.items() if key == "show_bot_accounts"},
        }
