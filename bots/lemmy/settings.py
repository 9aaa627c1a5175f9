"""An account on a Lemmy server in `config.yaml`."""

from __future__ import annotations

from pydantic import Field

from common.config import Secret, Section


class LemmySection(Section):
    """An account on a Lemmy server."""

    url: str = Field(pattern=r"^https?://[^/\s]+/?$", description="Address of its server.")
    username: str = Field(min_length=1, description="Its name there, without the server.")
    password: Secret = Field(description="Its password; two-factor login must be off.")
    opt_in: bool = Field(
        default=True,
        description="Whether it answers only in communities that `communities` enables.",
    )
    uploads_per_hour: int = Field(
        default=6, ge=1, description="Pictures put on the server in an hour, for all who ask."
    )
    owner: str = Field(default="", description="Who runs it, @name@server: put into its profile.")
    poll_seconds: float = Field(default=20, ge=0.1, description="Seconds between two looks.")
