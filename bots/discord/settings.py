"""`/settings`: what moderators choose for their server and for a channel, on one panel.

Each press is checked anew, and all a press needs is in its custom id: a panel left open works after
a restart. What may be chosen, and what it changes, `request/allowed/chat_settings.py` decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import discord
from discord import ui
from pydantic import ValidationError

from bots.discord import hearing
from bots.discord.layout import escape, words
from bots.discord.permissions import sentence
from bots.discord.switches import ROLE, SERVER, Change, Channels, Roles
from common import texts
from common.model import Place
from request.allowed.chat_settings import LIMITS, ChatSettings, RoleLimits
from request.lending import Services

MOST_CHANNELS = 25
FORM = "hb-set:"
FIELDS = {
    "style": ("default_style", "styles"),
    "limits": LIMITS,
    ROLE: LIMITS,
}
"""Forms, and the settings each shows."""
SEVERAL = frozenset({"styles"})

Interaction = discord.Interaction[Any]


class Panel:
    """Shows and changes the settings of the guild an interaction comes from."""

    def __init__(self, account: str, services: Services, interaction: Interaction) -> None:
        self._account = account
        self._services = services
        self._interaction = interaction
        self._guild = str(interaction.guild_id or "")

    async def view(self, scope: str = SERVER, problem: str = "") -> ui.LayoutView:
        """Return the panel for the server or for a channel."""
        here = await self._of(scope)
        chosen = await self._services.settings.enabled_in(self._account, self._guild)
        box: ui.Container[Any] = ui.Container(accent_colour=0x5865F2)
        box.add_item(ui.TextDisplay(await self._summary(scope, here, chosen)))
        if scope == SERVER:
            places = [discord.Object(int(one)) for one in chosen[:MOST_CHANNELS]]
            box.add_item(_label("where"))
            box.add_item(ui.ActionRow(Channels("where", scope, places, MOST_CHANNELS)))
            shown = [discord.Object(int(here.showcase))] if here.showcase else []
            box.add_item(_label("showcase"))
            box.add_item(ui.ActionRow(Channels("showcase", scope, shown, 1)))
        box.add_item(_label(ROLE))
        box.add_item(ui.ActionRow(Roles(scope)))
        box.add_item(
            ui.ActionRow(*(Change(what, scope) for what in ("style", "limits", "nsfw", "pause")))
        )
        other = str(self._interaction.channel_id) if scope == SERVER else SERVER
        box.add_item(ui.ActionRow(Change("other", other)))
        if problem:
            box.add_item(ui.TextDisplay(problem))
        view = ui.LayoutView(timeout=None)
        view.add_item(box)
        return view

    async def press(self, what: str, scope: str) -> None:
        """Do what a button says."""
        if what in FIELDS:
            await self._interaction.response.send_modal(
                self._form(what, scope, await self._of(scope))
            )
            return
        here = await self._of(scope)
        if what == "nsfw":
            await self._change(scope, nsfw=False if here.nsfw is not False else None)
        elif what == "pause":
            await self._change(scope, paused=None if here.paused else True)
        await self._show(scope)

    async def choose(self, what: str, scope: str, channels: list[str]) -> None:
        """Take over what was chosen in a list: channels, or a role whose limits are to be set."""
        problem = ""
        if what == ROLE:
            await self._open_role(scope, channels)
            return
        if what == "showcase":
            await self._change(scope, showcase=channels[0] if channels else None)
        else:
            before = await self._services.settings.enabled_in(self._account, self._guild)
            for channel in {*before, *channels}:
                enabled = True if channel in channels else None
                await self._change(channel, enabled=enabled)
            problem = self._lacking(channels)
        await self._show(scope, problem)

    async def _open_role(self, scope: str, chosen: list[str]) -> None:
        """Show the form of a role's limits; those of everybody are those for all."""
        here, role = await self._of(scope), chosen[0] if chosen else self._guild
        if role == self._guild:
            form = self._form("limits", scope, here)
        else:
            limits = (here.roles or {}).get(role, RoleLimits())
            form = self._form(ROLE, f"{scope}:{role}", limits)
        await self._interaction.response.send_modal(form)

    async def fill(self, what: str, scope: str, filled: dict[str, str]) -> None:
        """Take a form over; what was left empty is not set here any more."""
        scope, _, role = scope.partition(":")
        changes: dict[str, Any] = {}
        for name in FIELDS[what]:
            text = filled.get(name, "").strip()
            parts = tuple(part.strip() for part in text.split(",") if part.strip())
            changes[name] = (parts if name in SEVERAL else text) or None
        try:
            if what == ROLE:
                await self._change_role(scope, role, changes)
            else:
                await self._change(scope, **changes)
        except ValidationError:
            await self._show(scope, texts.say("discord_settings.unusable"))
        else:
            await self._show(scope)

    async def _of(self, scope: str) -> ChatSettings:
        channel = "" if scope == SERVER else scope
        return await self._services.settings.of(self._account, self._guild, channel)

    async def _change(self, scope: str, **changes: Any) -> None:
        channel = "" if scope == SERVER else scope
        await self._services.settings.change(self._account, self._guild, channel, **changes)

    async def _change_role(self, scope: str, role: str, limits: Mapping[str, Any]) -> None:
        """Set the limits of a role; roles that are no more lose theirs."""
        channel, guild = "" if scope == SERVER else scope, self._interaction.guild
        change = self._services.settings.change_role
        for known in (await self._of(scope)).roles or {}:
            if guild is not None and guild.get_role(int(known)) is None:
                await change(self._account, self._guild, channel, known, {})
        await change(self._account, self._guild, channel, role, limits)

    async def _show(self, scope: str, problem: str = "") -> None:
        await self._interaction.response.edit_message(view=await self.view(scope, problem))

    async def _summary(self, scope: str, here: ChatSettings, chosen: list[str]) -> str:
        channel = "" if scope == SERVER else scope
        place = await self._services.places.holding(Place(self._account, self._guild, channel))
        where = ", ".join(f"<#{one}>" for one in chosen) or texts.say("discord_settings.nowhere")
        yes = {True: texts.say("discord_settings.yes"), False: texts.say("discord_settings.no")}
        values = {
            "where": where,
            "showcase": f"<#{here.showcase}>" if here.showcase else "–",
            "style": escape(place.default_style or "–"),
            "styles": escape(", ".join(place.styles) or texts.say("discord_settings.all")),
            "pictures": place.pictures,
            "most": place.max_pictures,
            "hour": place.requests_per_hour,
            "running": place.running_per_person,
            "nsfw": yes[place.nsfw],
            "paused": yes[place.paused],
            "roles": _roles(here) or texts.say("discord_settings.no_roles"),
        }
        title = "discord_settings.of_server" if scope == SERVER else "discord_settings.of_channel"
        head = texts.say(title, channel=f"<#{scope}>")
        return f"### {head}\n{texts.say('discord_settings.summary', **values)}"

    def _lacking(self, channels: list[str]) -> str:
        """Return what the bot lacks in channels it was just let work in."""
        guild = self._interaction.guild
        lines = []
        for number in channels:
            channel = guild.get_channel(int(number)) if guild is not None else None
            if channel is None or guild is None:
                continue
            lacking = sentence(
                channel.permissions_for(guild.me), channel, self._interaction.locale.value[:2]
            )
            if lacking:
                lines.append(f"⚠️ <#{number}>: {lacking}")
        return "\n".join(lines)

    def _form(self, what: str, scope: str, here: ChatSettings | RoleLimits) -> ui.Modal:
        form = ui.Modal(
            title=texts.say(f"discord_settings.{what}"), custom_id=f"{FORM}{what}:{scope}"
        )
        for name in FIELDS[what]:
            value = getattr(here, name)
            shown = ", ".join(value) if isinstance(value, tuple) else str(value or "")
            field: ui.TextInput[Any] = ui.TextInput(
                custom_id=name, default=shown or None, required=False, max_length=1000
            )
            form.add_item(ui.Label(text=texts.say(f"discord_settings.{name}"), component=field))
        return form


def _label(what: str) -> ui.TextDisplay[Any]:
    """Return what a list is for: once something is chosen, it says so no more."""
    return ui.TextDisplay(f"-# {texts.say(f'discord_settings.{what}')}")


def _roles(here: ChatSettings) -> str:
    """Return in words what roles have limits of their own."""
    lines = []
    for role, limits in (here.roles or {}).items():
        said = limits.model_dump(exclude_none=True)
        facts = [
            texts.say(f"discord_settings.role_{name}", number=said[name])
            for name in LIMITS
            if name in said
        ]
        lines.append(f"<@&{role}> {', '.join(facts)}")
    return "; ".join(lines)


def may_change(interaction: Interaction) -> bool:
    """Tell whether somebody may change the settings of the place they press in."""
    return interaction.guild_id is not None and hearing.is_moderator(interaction.permissions)


def refusal() -> ui.LayoutView:
    """Return what is said to those who may not."""
    return words(texts.say("discord_settings.moderators_only"))
