"""The alchemist's side of the AI Horde API v2: popping forms and handing in what came of them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from common.wire import Answer, Sent


class FormsPopBody(Sent):
    """Body of `POST /v2/interrogate/pop`."""

    name: str = Field(min_length=3, max_length=100)
    forms: list[str]
    amount: int = Field(default=1, ge=1, le=20)
    max_tiles: int = Field(default=16, ge=1, le=256)
    """Largest picture to be worked upon, in squares of 512 pixels."""
    bridge_agent: str
    threads: int = Field(default=1, ge=1, le=100)
    priority_usernames: list[str] = Field(default=[])
    started: float | None = None
    """As in a pop for pictures: when the worker's process started."""


class PoppedForm(Answer):
    """`forms[]` of a pop."""

    id: str
    form: str
    payload: dict[str, Any] = Field(default={})
    source_image: str = ""
    """Where the picture lies."""
    r2_upload: str | None = None
    """Where the result is put, if it is a picture."""


class PoppedForms(Answer):
    """200 of a pop."""

    forms: list[PoppedForm] = Field(default=[], max_length=100)
    skipped: dict[str, int] = Field(default={})


class FormSubmitBody(Sent):
    """Body of `POST /v2/interrogate/submit`, once per form."""

    id: str
    result: dict[str, Any] = Field(default_factory=dict)
    """`{form: what came of it}`; `R2` in place of a picture that was uploaded."""
    state: Literal["ok", "faulted"] = "ok"
