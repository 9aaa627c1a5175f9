"""Where presses, choices, forms and commands come in, and what answers each."""

from __future__ import annotations

from typing import Any

import discord

from bots.discord import browsing, dialogs, menus, mine
from bots.discord.buttons import LOOKS, QUIET, Verb
from bots.discord.desk import Desk
from bots.discord.hearing import language_of
from bots.discord.pages import Page
from bots.discord.settings import FIELDS, FORM, Panel, may_change, refusal
from common import texts
from common.model import IncomingKind


class Counter(Desk):
    """The desk with all that is pressed there. The client calls it `front`."""

    # --- buttons and lists --------------------------------------------------------------------

    async def press(
        self, interaction: discord.Interaction[Any], verb: Verb, request: str, number: str
    ) -> None:
        """Hear a button."""
        parent = f"#{request}"
        with texts.speaking(language_of(interaction)):
            if verb is Verb.EDIT:
                await dialogs.open_edit(self, interaction, parent)
            elif verb is Verb.STYLE:
                await dialogs.open_styles(self, interaction, request)
            else:
                await self.ask(
                    interaction,
                    LOOKS[verb].text.format(number=number),
                    kind=IncomingKind.BUTTON,
                    parent=request if verb is Verb.CANCEL else parent,
                    question=verb in QUIET,
                    update=verb is Verb.CANCEL,
                )

    async def say(self, interaction: discord.Interaction[Any], text: str) -> None:
        """Hear a button that says a line."""
        await self.ask(interaction, text, question=True)

    async def choose(self, interaction: discord.Interaction[Any], text: str, request: str) -> None:
        """Hear what was chosen in a list."""
        await self.ask(interaction, text, kind=IncomingKind.BUTTON, parent=f"#{request}")

    async def browse(self, interaction: discord.Interaction[Any], page: Page) -> None:
        """Show somebody styles to choose from."""
        with texts.speaking(language_of(interaction)):
            await browsing.show(self, interaction, page)

    async def use(self, interaction: discord.Interaction[Any], style: str) -> None:
        """Ask somebody what to draw in a style."""
        await browsing.ask(interaction, style)

    async def mine(self, interaction: discord.Interaction[Any], request: str = "") -> None:
        """Show somebody their own pictures."""
        with texts.speaking(language_of(interaction)):
            await mine.show(self, interaction, request)

    async def defaults(self, interaction: discord.Interaction[Any]) -> None:
        """Show somebody the form of their own defaults."""
        with texts.speaking(language_of(interaction)):
            await mine.open_defaults(self, interaction)

    # --- settings -----------------------------------------------------------------------------

    async def open_settings(self, interaction: discord.Interaction[Any]) -> None:
        """Show a moderator the panel of the server."""
        with texts.speaking(language_of(interaction)):
            allowed = may_change(interaction)
            panel = Panel(self.account, self.services, interaction)
            view = await panel.view() if allowed else refusal()
            await interaction.response.send_message(view=view, ephemeral=True)

    async def settings(
        self,
        interaction: discord.Interaction[Any],
        what: str,
        scope: str,
        chosen: list[str] | None,
    ) -> None:
        """Hear a press or a choice on the panel."""
        with texts.speaking(language_of(interaction)):
            panel = Panel(self.account, self.services, interaction)
            if not may_change(interaction):
                await interaction.response.send_message(view=refusal(), ephemeral=True)
            elif chosen is None:
                await panel.press(what, scope)
            else:
                await panel.choose(what, scope, chosen)

    async def _fill_settings(self, interaction: discord.Interaction[Any], name: str) -> None:
        what, _, scope = name.removeprefix(FORM).partition(":")
        panel = Panel(self.account, self.services, interaction)
        if what in FIELDS and may_change(interaction):
            await panel.fill(what, scope, dialogs.filled(interaction))

    async def _use(self, interaction: discord.Interaction[Any], style: str) -> None:
        """Hear what is to be drawn in a style that was chosen from a page."""
        written = dialogs.filled(interaction)
        named = style.replace('"', "")
        text = f'{written.get("prompt", "")} {written.get("options", "")} --style "{named}"'
        await self.ask(interaction, text, verb_optional=True)

    async def form(self, interaction: discord.Interaction[Any]) -> None:
        """Hear a form that was filled in."""
        with texts.speaking(language_of(interaction)):
            name = dialogs.form_name(interaction)
            if name.startswith(FORM):
                await self._fill_settings(interaction, name)
            elif name.startswith(browsing.USE):
                await self._use(interaction, name.removeprefix(browsing.USE))
            elif name == mine.DEFAULTS:
                await self.ask(interaction, mine.wish(dialogs.filled(interaction)), question=True)
            elif name.startswith(dialogs.EDIT):
                await dialogs.submitted(self, interaction)
            elif name.startswith(menus.REMIX):
                await menus.submitted(self, interaction)
