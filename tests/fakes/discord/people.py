"""What people do: commands, presses, choices, modals, messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.discord import payloads
from tests.fakes.discord.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL,
    Interaction,
)
from tests.fakes.discord.payloads import Payload
from tests.fakes.discord.writing import walk

if TYPE_CHECKING:
    from tests.fakes.discord.server import FakeDiscord

ATTACHMENT = 11
SIZE_LIMIT = 10 * 1024 * 1024


class Pressed:
    """An interaction under way, and what came of it."""

    def __init__(self, server: FakeDiscord, interaction: Interaction) -> None:
        self._server = server
        self.interaction = interaction

    async def answered(self, seconds: float = 30.0) -> Payload:
        """Wait for the first response and return it as it was sent."""
        await self._server.until(lambda: self.interaction.response is not None, seconds)
        assert self.interaction.response is not None
        return self.interaction.response

    @property
    def original(self) -> Payload | None:
        """The message of the first response, as it is now."""
        return self.interaction.messages.get(self.interaction.original or "")

    async def shows(self, *words: str, seconds: float = 30.0) -> Payload:
        """Wait until some message of this interaction holds all the words; return it."""

        def found() -> Payload | None:
            messages = list(self.interaction.messages.values())
            return next((m for m in messages if all(w in text_of(m) for w in words)), None)

        try:
            return await self._server.until(found, seconds)
        except TimeoutError:
            seen = [text_of(m) for m in self.interaction.messages.values()]
            raise AssertionError(f"{words} not in {seen}") from None


class People:
    """Acts on behalf of people; each act goes to the bot over the gateway."""

    def __init__(self, server: FakeDiscord) -> None:
        self._server = server
        self.locale = "en-US"

    def slash(self, user: Payload, channel: Payload, command: str, **options: Any) -> Pressed:
        """Use a slash command; a value (name, bytes, mime) is an attachment."""
        found = self._command(command, 1)
        data, resolved = self._options(found, options)
        return self._send(
            COMMAND,
            user,
            channel,
            {"id": found["id"], "name": command, "type": 1, "options": data, **resolved},
        )

    def autocomplete(
        self, user: Payload, channel: Payload, command: str, focused: str, **options: Any
    ) -> Pressed:
        """Type into the option `focused` of a command."""
        found = self._command(command, 1)
        data, _ = self._options(found, options)
        for option in data:
            option["focused"] = option["name"] == focused
        fields = {"id": found["id"], "name": command, "type": 1, "options": data}
        return self._send(AUTOCOMPLETE, user, channel, fields)

    def message_command(self, user: Payload, channel: Payload, name: str, on: Payload) -> Pressed:
        found = self._command(name, 3)
        data = {
            "id": found["id"],
            "name": name,
            "type": 3,
            "target_id": on["id"],
            "resolved": {"messages": {on["id"]: on}},
        }
        return self._send(COMMAND, user, channel, data)

    def user_command(self, user: Payload, channel: Payload, name: str, on: Payload) -> Pressed:
        found = self._command(name, 2)
        data = {
            "id": found["id"],
            "name": name,
            "type": 2,
            "target_id": on["id"],
            "resolved": {"users": {on["id"]: on}},
        }
        return self._send(COMMAND, user, channel, data)

    def press(self, user: Payload, message: Payload, label: str) -> Pressed:
        """Press the button with a label, or an emoji."""
        named = [
            one
            for one in walk(message["components"])
            if one["type"] == 2
            and label in (one.get("label"), (one.get("emoji") or {}).get("name"))
        ]
        assert named, f"there is no button {label!r}: {labels_of(message)}"
        assert not named[0].get("disabled"), f"the button {label!r} is disabled"
        return self._component(
            user, message, {"custom_id": named[0]["custom_id"], "component_type": 2}
        )

    def choose(self, user: Payload, message: Payload, *values: str, kind: int = 3) -> Pressed:
        """Choose values in the (first) select of a kind."""
        select = next(one for one in walk(message["components"]) if one["type"] == kind)
        data = {"custom_id": select["custom_id"], "component_type": kind, "values": list(values)}
        if kind == 8:
            known = {value: self._server.world.channels[value] for value in values}
            data["resolved"] = {
                "channels": {key: {**one, "permissions": "0"} for key, one in known.items()}
            }
        if kind == 6:
            channel = self._server.world.channels[message["channel_id"]]
            roles = self._server.world.guilds[channel["guild_id"]]["roles"]
            data["resolved"] = {"roles": {one["id"]: one for one in roles if one["id"] in values}}
        return self._component(user, message, data)

    def submit(self, pressed: Pressed, **values: Any) -> Pressed:
        """Fill in the modal that `pressed` was answered with; what is left out stays as it is."""
        before = pressed.interaction
        assert before.response is not None
        assert before.response["type"] == 9, before.response
        shown = before.response["data"]
        filled = [self._filled(one, values) for one in shown["components"]]
        data = {"custom_id": shown["custom_id"], "components": filled}
        more = {} if before.message is None else {"message": before.message}
        return self._send(MODAL, before.user, before.channel, data, **more)

    def say(
        self,
        user: Payload,
        channel: Payload,
        text: str,
        *,
        reply_to: Payload | None = None,
        files: tuple[tuple[str, bytes, str], ...] = (),
    ) -> Payload:
        """Write a message; `@Painter` mentions the bot, and so does a reply to one of its own."""
        world = self._server.world
        mention = f"<@{world.bot['id']}>"
        fields: Payload = {"content": text.replace("@Painter", mention), "mentions": []}
        own = reply_to is not None and reply_to["author"]["id"] == world.bot["id"]
        if mention in fields["content"] or own:
            fields["mentions"] = [world.bot]
        if reply_to is not None:
            fields["type"] = 19
            fields["message_reference"] = {
                "type": 0,
                "channel_id": channel["id"],
                "message_id": reply_to["id"],
            }
            fields["referenced_message"] = reply_to
        fields["attachments"] = [world.attach(self._server.origin, *file) for file in files]
        return world.post(user, channel, **fields)

    def change(self, said: Payload, text: str) -> None:
        """Edit a message."""
        world = self._server.world
        mention = f"<@{world.bot['id']}>"
        said["content"] = text.replace("@Painter", mention)
        if mention in said["content"]:
            said["mentions"] = [world.bot]
        said["edited_timestamp"] = payloads.iso(world.now())
        channel = world.channels[said["channel_id"]]
        world.tell("MESSAGE_UPDATE", world.message_event(said), channel.get("guild_id"))

    # --- putting interactions together ------------------------------------------------------

    def _command(self, name: str, kind: int) -> Payload:
        known = [c for c in self._server.world.commands if c["name"] == name and c["type"] == kind]
        assert known, f"{name} is not registered"
        return known[0]

    def _options(self, command: Payload, given: dict[str, Any]) -> tuple[list[Payload], Payload]:
        known = {option["name"]: option for option in command.get("options", [])}
        attachments, data = {}, []
        for name, value in given.items():
            option = known[name]
            entry = {"name": name, "type": option["type"], "value": value}
            if option["type"] == ATTACHMENT:
                made = self._server.world.attach(self._server.origin, *value)
                attachments[made["id"]] = made
                entry["value"] = made["id"]
            data.append(entry)
        return data, {"resolved": {"attachments": attachments}} if attachments else {}

    def _component(self, user: Payload, message: Payload, data: Payload) -> Pressed:
        channel = self._server.world.channels[message["channel_id"]]
        return self._send(COMPONENT, user, channel, data, message=message)

    def _filled(self, shown: Payload, values: dict[str, Any]) -> Payload:
        inner = shown.get("component") or shown.get("components", [{}])[0]
        filled = {"id": inner.get("id", 1), "type": inner["type"], "custom_id": inner["custom_id"]}
        given = values.get(inner["custom_id"])
        if inner["type"] == 4:
            filled["value"] = inner.get("value", "") if given is None else given
        else:
            filled["values"] = given or []
        return {"type": 18, "id": shown.get("id", 1), "component": filled}

    def _send(
        self, kind: int, user: Payload, channel: Payload, data: Payload, **more: Any
    ) -> Pressed:
        world = self._server.world
        made = self._server.interactions.begin(kind, user, channel, **more)
        guild = world.guilds.get(channel.get("guild_id") or "")
        denied = world.denied.get(channel["id"], 0)
        told: Payload = {
            "id": made.id,
            "application_id": world.application["id"],
            "type": kind,
            "data": data,
            "token": made.token,
            "version": 1,
            "channel": {**channel, "permissions": str(payloads.ALL_BUT_ADMIN)},
            "channel_id": channel["id"],
            "locale": self.locale,
            "entitlements": [],
            "app_permissions": str(payloads.ALL_BUT_ADMIN & ~denied),
            "attachment_size_limit": SIZE_LIMIT,
            "context": 0 if guild else 1,
            "authorizing_integration_owners": {"0": guild["id"] if guild else "0"},
        }
        if guild is not None:
            told["guild_id"] = guild["id"]
            told["guild"] = {"id": guild["id"], "locale": "en-US", "features": []}
            told["guild_locale"] = guild["preferred_locale"]
            told["member"] = self._member(guild, user)
        else:
            told["user"] = user
        if channel.get("foreign"):  # a place where only the person has installed the bot
            made.user_install = True
            told["authorizing_integration_owners"] = {"1": user["id"]}
            told["context"] = 2
        if made.message is not None:
            told["message"] = made.message
        world.tell("INTERACTION_CREATE", told, channel.get("guild_id"))
        return Pressed(self._server, made)

    def _member(self, guild: Payload, user: Payload) -> Payload:
        world = self._server.world
        known = world.members.get((guild["id"], user["id"])) or world.join(guild, user)
        granted = payloads.EVERYBODY
        for role in guild["roles"]:
            if role["id"] in known["roles"]:
                granted |= int(role["permissions"])
        if user["id"] == guild["owner_id"]:
            granted = payloads.ALL_PERMISSIONS
        return {**known, "permissions": str(granted)}


def text_of(message: Payload) -> str:
    """Return all words a message shows."""
    shown = [message["content"]]
    for one in walk(message["components"]):
        shown += [one[name] for name in ("content", "label", "placeholder") if one.get(name)]
    return "\n".join(shown)


def labels_of(message: Payload) -> list[str]:
    """Return the labels (or emoji) of a message's buttons."""
    buttons = [one for one in walk(message["components"]) if one["type"] == 2]
    return [one.get("label") or (one.get("emoji") or {}).get("name", "") for one in buttons]


def pictures_of(message: Payload) -> list[Payload]:
    """Return the items of a message's galleries."""
    return [
        item for one in walk(message["components"]) if one["type"] == 12 for item in one["items"]
    ]
