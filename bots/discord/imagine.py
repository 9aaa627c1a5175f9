"""`/imagine`: its options become a line of the one grammar, as if it had been written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.app_commands import Choice

from bots.discord import completion
from bots.discord.phrasing import address, command, options, written

if TYPE_CHECKING:
    from bots.discord.desk import Desk

Interaction = discord.Interaction[Any]
RATIOS = ("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9")
MOST_PICTURES = 20
LONGEST_PROMPT = 3000


def imagine_command(desk: Desk) -> app_commands.Command[Any, ..., Any]:
    """Return the command."""

    @options(
        prompt="prompt",
        style="style",
        n="n",
        aspect="aspect",
        negative="negative",
        seed="seed",
        picture="picture",
        strength="strength",
        model="model",
        lora="lora",
        lora_strength="lora_strength",
        private="private",
        spoiler="spoiler",
    )
    @app_commands.choices(aspect=[Choice(name=ratio, value=ratio) for ratio in RATIOS])
    @app_commands.autocomplete(
        style=completion.styles(desk), model=completion.models(desk), lora=completion.loras(desk)
    )
    async def imagine(  # noqa: PLR0917  (Discord names the options by the parameters)
        interaction: Interaction,
        prompt: app_commands.Range[str, 1, LONGEST_PROMPT],
        style: str | None = None,
        n: app_commands.Range[int, 1, MOST_PICTURES] | None = None,
        aspect: str | None = None,
        negative: str | None = None,
        seed: str | None = None,
        picture: discord.Attachment | None = None,
        strength: app_commands.Range[float, 0.01, 1.0] | None = None,
        model: str | None = None,
        lora: str | None = None,
        lora_strength: app_commands.Range[float, -5.0, 5.0] | None = None,
        private: bool = False,
        spoiler: bool = False,
    ) -> None:
        weighted = lora if lora is None or lora_strength is None else f"{lora}:{lora_strength:g}"
        values = {
            "style": style,
            "n": n,
            "ar": aspect,
            "seed": seed,
            "strength": strength,
            "model": model,
            "lora": weighted,
            "private": private,
            "spoiler": spoiler,
        }
        await desk.ask(
            interaction,
            written(prompt, values, negative=negative or ""),
            verb_optional=True,
            private=private,
            pictures=address(picture),
        )

    return command("imagine", imagine)
