"""Interactions: their tokens, their one first response, and the messages that follow."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.discord import payloads, writing
from tests.fakes.discord.payloads import EPHEMERAL, LOADING, Payload
from tests.fakes.discord.writing import Refused, unknown

if TYPE_CHECKING:
    from tests.fakes.discord.world import World

FIRST_RESPONSE = 30.0
"""Seconds in which an interaction must be answered. Discord gives 3; a machine that is busy with
other tests as well is given more."""
TOKEN_LASTS = 15 * 60.0
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
REPLY, DEFER, DEFER_UPDATE, UPDATE, CHOICES, SHOW_MODAL = 4, 5, 6, 7, 8, 9


@dataclass(eq=False)
class Interaction:
    """One use of the bot by somebody, and all that was answered to it."""

    id: str
    token: str
    kind: int
    created: float
    channel: Payload
    user: Payload
    message: Payload | None = None
    """The message a pressed component is on."""
    response: Payload | None = None
    """The first response as it was sent."""
    responded: float | None = None
    original: str | None = None
    """Id of the message the first response made or changed."""
    messages: dict[str, Payload] = field(default_factory=dict)
    """All messages sent with its token, ephemeral ones too."""
    user_install: bool = False
    """Used where the bot itself is not: five follow-ups at most."""

    @property
    def type(self) -> int | None:
        """Of the first response."""
        return None if self.response is None else self.response["type"]


class Interactions:
    """All interactions there are, by token."""

    def __init__(self, world: World, origin: Any) -> None:
        self._world = world
        self._origin = origin
        self.first_response = FIRST_RESPONSE
        self.by_token: dict[str, Interaction] = {}

    def begin(self, kind: int, user: Payload, channel: Payload, **more: Any) -> Interaction:
        flake = self._world.flake()
        token = secrets.token_urlsafe(48)
        made = Interaction(flake, token, kind, self._world.now(), channel, user, **more)
        self.by_token[token] = made
        return made

    def respond(
        self, flake: str, token: str, body: Payload, files: dict[str, bytes]
    ) -> tuple[Interaction, Payload | None]:
        """Take the first response; returns the message it made, if it made one."""
        found, kind = self._to_answer(flake, token, body["type"]), body["type"]
        data, message = body.get("data") or {}, None
        if kind in (REPLY, DEFER):
            message = self._make(found, data.get("flags") or 0, loading=kind == DEFER)
            if kind == REPLY:
                self._write(found, message, data, files)
        elif kind in (DEFER_UPDATE, UPDATE) and found.message is not None:
            message = found.message
            if kind == UPDATE:
                writing.write(self._world, self._origin(), message, data, files)
            found.messages[message["id"]] = message
        found.response, found.responded = body, self._world.now()
        if message is not None:
            found.original = message["id"]
        return found, message

    def _to_answer(self, flake: str, token: str, kind: int) -> Interaction:
        """Return the interaction, if it may be answered in this way now."""
        found = self.by_token.get(token)
        if found is None or found.id != flake:
            raise unknown(10062, "interaction")
        if found.response is not None:
            raise Refused(400, 40060, "Interaction has already been acknowledged.")
        if self._world.now() - found.created > self.first_response:
            raise unknown(10062, "interaction")
        if found.kind == AUTOCOMPLETE and kind != CHOICES:
            raise writing.form("an autocomplete is answered with choices")
        if found.kind == MODAL and kind == SHOW_MODAL:
            raise writing.form("a modal cannot be answered with a modal")
        return found

    def of_token(self, token: str) -> Interaction:
        """Return the interaction a webhook's token belongs to, if it may still be used."""
        found = self.by_token.get(token)
        if found is None:
            raise unknown(10015, "Webhook")
        if self._world.now() - found.created > TOKEN_LASTS:
            raise Refused(401, 50027, "Invalid Webhook Token")
        if found.response is None:
            raise unknown(10015, "Webhook")
        return found

    def follow_up(self, token: str, body: Payload, files: dict[str, bytes]) -> Payload:
        found = self.of_token(token)
        if found.user_install and len(found.messages) > 5:
            raise Refused(400, 40094, "Follow-up messages limit reached")
        message = self._make(found, body.get("flags") or 0)
        self._write(found, message, body, files)
        return message

    def message(self, token: str, flake: str) -> tuple[Interaction, Payload]:
        found = self.of_token(token)
        wanted = found.original if flake == "@original" else flake
        message = found.messages.get(wanted or "")
        if message is None:
            raise unknown(10008, "Message")
        return found, message

    def edit(self, token: str, flake: str, body: Payload, files: dict[str, bytes]) -> Payload:
        found, message = self.message(token, flake)
        self._write(found, message, body, files)
        writing.edited(self._world, message)
        return message

    def delete(self, token: str, flake: str) -> None:
        found, message = self.message(token, flake)
        del found.messages[message["id"]]
        self._world.delete(found.channel["id"], message["id"])

    def _make(self, found: Interaction, flags: int, *, loading: bool = False) -> Payload:
        flake = self._world.flake()
        message = payloads.message(flake, found.channel["id"], self._world.bot, self._world.now())
        message["flags"] = (flags & EPHEMERAL) | (LOADING if loading else 0)
        message["webhook_id"] = message["application_id"] = self._world.application["id"]
        message["type"] = 20 if found.kind == COMMAND else 0
        message["interaction_metadata"] = {
            "id": found.id,
            "type": found.kind,
            "user": found.user,
            "authorizing_integration_owners": {"1": found.user["id"]},
            **({"interacted_message_id": found.message["id"]} if found.message else {}),
        }
        if found.kind == MODAL:
            message["interaction_metadata"]["triggering_interaction_metadata"] = {
                "id": found.id,
                "type": COMPONENT,
                "user": found.user,
                "authorizing_integration_owners": {"1": found.user["id"]},
                "interacted_message_id": flake,
            }
        return self._keep(found, message) if loading else message

    def _write(
        self, found: Interaction, message: Payload, body: Payload, files: dict[str, bytes]
    ) -> None:
        writing.write(self._world, self._origin(), message, body, files)
        self._keep(found, message)

    def _keep(self, found: Interaction, message: Payload) -> Payload:
        found.messages[message["id"]] = message
        if not message["flags"] & EPHEMERAL:
            self._world.messages[found.channel["id"]][message["id"]] = message
        return message
