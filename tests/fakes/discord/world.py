"""What there is on the fake Discord: people, guilds, channels, messages, files, commands."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from tests.fakes.discord import payloads
from tests.fakes.discord.payloads import Payload


class World:
    """State, and how a test adds to it. `tell` takes (event name, payload, guild id or None)."""

    def __init__(
        self, now: Callable[[], float], tell: Callable[[str, Payload, str | None], None]
    ) -> None:
        self.now = now
        self.tell = tell
        self._numbers = itertools.count(1)
        self.users: dict[str, Payload] = {}
        self.members: dict[tuple[str, str], Payload] = {}
        self.guilds: dict[str, Payload] = {}
        self.channels: dict[str, Payload] = {}
        self.messages: dict[str, dict[str, Payload]] = {}
        """By channel, then by id; ephemeral ones are not here."""
        self.files: dict[str, bytes] = {}
        """By path under `/files`."""
        self.commands: list[Payload] = []
        self.denied: dict[str, int] = {}
        """Permissions the bot lacks, by channel."""
        self.closed_doors: set[str] = set()
        """People who take no direct messages."""
        self.owner = self.person("Olga")
        self.bot = self.person("Painter", bot=True)
        self.application = payloads.application(self.flake(), "Painter", self.owner, self.bot)

    def flake(self) -> str:
        return payloads.snowflake(self.now(), next(self._numbers))

    # --- people and places ------------------------------------------------------------------

    def person(self, name: str, *, bot: bool = False) -> Payload:
        made = payloads.user(self.flake(), name, bot=bot)
        self.users[made["id"]] = made
        return made

    def guild(self, name: str = "Painters", *, locale: str = "en-US", announce: bool = True):
        """Make a guild the bot is in; `announce` it to those connected."""
        flake = self.flake()
        everybody = payloads.role(flake, "@everyone", payloads.EVERYBODY)
        made = payloads.guild(flake, name, self.owner["id"], [everybody], locale)
        self.guilds[flake] = made
        for one in (self.bot, self.owner):
            self.members[flake, one["id"]] = payloads.member(one, self.now())
        if announce:
            told = self.guild_event(made)
            del told["unavailable"]  # what is new is not told to be available again
            self.tell("GUILD_CREATE", told, flake)
        return made

    def guild_event(self, guild: Payload) -> Payload:
        """Return a guild as the gateway tells of it."""
        inside = [c for c in self.channels.values() if c.get("guild_id") == guild["id"]]
        threads = [c for c in inside if c["type"] in (10, 11, 12)]
        members = [m for (g, _), m in self.members.items() if g == guild["id"]]
        return {
            **guild,
            "joined_at": payloads.iso(self.now()),
            "large": False,
            "unavailable": False,
            "member_count": len(members),
            "voice_states": [],
            "members": [self.members[guild["id"], self.bot["id"]]],
            "channels": [c for c in inside if c not in threads],
            "threads": threads,
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
        }

    def role(self, guild: Payload, name: str, permissions: int = 0) -> Payload:
        made = payloads.role(self.flake(), name, permissions)
        guild["roles"].append(made)
        self.tell("GUILD_ROLE_CREATE", {"guild_id": guild["id"], "role": made}, guild["id"])
        return made

    def join(self, guild: Payload, who: Payload, *roles: Payload) -> Payload:
        ids = tuple(role["id"] for role in roles)
        made = payloads.member(who, self.now(), roles=ids)
        self.members[guild["id"], who["id"]] = made
        return made

    def channel(
        self, guild: Payload, name: str, *, nsfw: bool = False, denied: int = 0, kind: int = 0
    ):
        """Make a channel in which the bot lacks the permissions `denied`."""
        made = payloads.channel(self.flake(), kind, guild["id"], name, nsfw=nsfw)
        if denied:
            overwrite = {"id": self.bot["id"], "type": 1, "allow": "0", "deny": str(denied)}
            made["permission_overwrites"].append(overwrite)
            self.denied[made["id"]] = denied
        self._add(made)
        self.tell("CHANNEL_CREATE", made, guild["id"])
        return made

    def thread(self, parent: Payload, name: str) -> Payload:
        made = payloads.thread(self.flake(), parent, name, self.bot["id"], self.now())
        self._add(made)
        self.tell("THREAD_CREATE", {**made, "newly_created": True}, parent["guild_id"])
        return made

    def direct(self, who: Payload) -> Payload:
        """Return the channel between the bot and a person."""
        for known in self.channels.values():
            if known["type"] == 1 and known["recipients"][0]["id"] == who["id"]:
                return known
        return self._add(payloads.direct(self.flake(), who))

    def _add(self, channel: Payload) -> Payload:
        self.channels[channel["id"]] = channel
        self.messages[channel["id"]] = {}
        return channel

    # --- what is said -----------------------------------------------------------------------

    def lacks(self, channel_id: str, permission: int) -> bool:
        parent = self.channels[channel_id].get("parent_id")
        denied = self.denied.get(channel_id, 0) | self.denied.get(parent or "", 0)
        return bool(denied & permission)

    def post(self, author: Payload, channel: Payload, **fields: Any) -> Payload:
        """Write a message and tell of it."""
        made = payloads.message(self.flake(), channel["id"], author, self.now())
        made.update(fields)
        self.messages[channel["id"]][made["id"]] = made
        self.tell("MESSAGE_CREATE", self.message_event(made), channel.get("guild_id"))
        return made

    def message_event(self, message: Payload) -> Payload:
        """Return a message as the gateway tells of it: without content that is not for the bot."""
        guild_id = self.channels[message["channel_id"]].get("guild_id")
        told = dict(message)
        own = message["author"]["id"] == self.bot["id"]
        meant = any(one["id"] == self.bot["id"] for one in message["mentions"])
        if guild_id is not None:
            told["guild_id"] = guild_id
            known = self.members.get((guild_id, message["author"]["id"]))
            if known is not None:
                told["member"] = {k: v for k, v in known.items() if k != "user"}
            if not own and not meant:
                told.update(content="", attachments=[], embeds=[], components=[])
        return told

    def delete(self, channel_id: str, message_id: str) -> Payload | None:
        gone = self.messages[channel_id].pop(message_id, None)
        if gone is not None:
            guild_id = self.channels[channel_id].get("guild_id")
            told = {"id": message_id, "channel_id": channel_id}
            self.tell(
                "MESSAGE_DELETE", told | ({"guild_id": guild_id} if guild_id else {}), guild_id
            )
        return gone

    def attach(self, origin: str, name: str, data: bytes, mime: str, **more: Any) -> Payload:
        """Keep a file and return the attachment that names it."""
        flake = self.flake()
        path = f"{flake}/{name}"
        self.files[path] = data
        url = f"{origin}/files/{path}"
        return {
            "id": flake,
            "filename": name,
            "size": len(data),
            "url": url,
            "proxy_url": url,
            "content_type": mime,
            **more,
        }

    def in_channel(self, channel: Payload) -> list[Payload]:
        """Return what stands in a channel, oldest first."""
        return list(self.messages[channel["id"]].values())
