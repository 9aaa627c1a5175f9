"""`hordebots event template`: the plan of an event that was, as the file of one to come."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from bots.cli.settings import ConfigOption, read_settings


def register(group: typer.Typer) -> None:
    """Add the command to `hordebots event`."""
    group.command()(template)


def template(
    name: Annotated[str, typer.Argument(help="Name of the event that is the model.")],
    new: Annotated[str, typer.Argument(help="Name of the one to come.")],
    opens: Annotated[
        datetime, typer.Option(help="When it opens, in UTC; all other dates move along.")
    ],
    config: ConfigOption = None,
) -> None:
    """Print an event's plan for another one, to be changed and given to `new --file`."""
    import asyncio

    settings = read_settings(config, keyless=True)

    async def made() -> str:
        import yaml

        from bots.assembly.rooms import open_events
        from bots.program import prepare_folder
        from events.course.series import moved

        async with open_events(settings, prepare_folder(settings.data_dir)) as parts:
            event = await parts.events.event(name)
        document = moved(event.plan, new, opens).model_dump(mode="json", exclude_defaults=True)
        return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))

    typer.echo(asyncio.run(made()), nl=False)
