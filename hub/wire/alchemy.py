"""What the hub is sent about alchemy: pictures to look at or to work upon, and what came of it."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from common.horde.wire_names import Form
from hub.wire.bodies import Body, Id, Text

MOST_FORMS = 100
MOST_PAYLOAD = 10_000
MOST_RESULT = 1_000_000
"""Characters of JSON that an alchemist may hand in; an outline in SVG is the longest."""


def _at_most(limit: int) -> AfterValidator:
    """Refuse an object whose JSON is longer."""

    def check(value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is not None and len(json.dumps(value)) > limit:
            raise PydanticCustomError("object_too_long", "is too long")
        return value

    return AfterValidator(check)


class AlchemyForm(Body):
    """`forms[]` of a request."""

    name: Form
    payload: Annotated[dict[str, Any] | None, _at_most(MOST_PAYLOAD)] = None


class AlchemyRequest(Body):
    """Body of `POST /v2/interrogate/async`."""

    forms: list[AlchemyForm] = Field(min_length=1, max_length=MOST_FORMS)
    source_image: str = Field(min_length=1)
    trusted_workers: bool = False
    slow_workers: bool = True
    webhook: Text = Field(default=None, min_length=10, max_length=1024)


class AlchemyPop(Body):
    """Body of `POST /v2/interrogate/pop`: what an alchemist offers."""

    name: str = Field(min_length=3, max_length=100)
    forms: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=MOST_FORMS)
    amount: int = Field(default=1, ge=1, le=20)
    max_tiles: int = Field(default=16, ge=1, le=256)
    bridge_agent: str = Field(default="unknown:0:unknown", max_length=1000)
    threads: int = Field(default=1, ge=1, le=100)
    priority_usernames: list[str] = Field(default=[], max_length=500)
    started: float | None = Field(default=None, ge=0)
    """Ours, as in a pop for pictures: when this worker process started."""


class AlchemySubmit(Body):
    """Body of `POST /v2/interrogate/submit`, once per form."""

    id: Id
    result: Annotated[dict[str, Any] | str | None, Field(max_length=MOST_RESULT)] = None
    """`{form: what came of it}`; `R2` in place of a picture that was uploaded."""
    state: str = Field(default="ok", max_length=20)

    @property
    def faulted(self) -> bool:
        """Whether there is no result."""
        return self.state != "ok"
