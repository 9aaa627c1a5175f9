"""Alchemy as typed values: what a picture shows, is worth, or looks like when worked upon."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from common.horde.wire_names import PostProcessor, Question
from common.wire import Answer, Sent

MOST_FORMS = 24
"""Of one request; there are no more kinds than that."""
_ENDED = frozenset({"done", "faulted", "cancelled"})


class AlchemyForm(Sent):
    """`forms[]`: one thing to be done with the picture."""

    name: Question | PostProcessor
    payload: dict[str, Any] | None = None


class AlchemyBody(Sent):
    """Body of `POST /v2/interrogate/async`."""

    forms: list[AlchemyForm] = Field(min_length=1, max_length=MOST_FORMS)
    source_image: str = Field(min_length=1)
    """Base64 of a picture, or its https address."""
    slow_workers: bool = True
    trusted_workers: bool = False
    webhook: str | None = Field(default=None, min_length=10, max_length=1024)


def alchemy_body(
    names: Iterable[str],
    source_image: str,
    *,
    trusted_workers: bool = False,
    slow_workers: bool = True,
    webhook: str | None = None,
) -> AlchemyBody:
    """Return the request to do each named thing once, in this order."""
    return AlchemyBody(
        forms=[AlchemyForm(name=name) for name in dict.fromkeys(names)],  # type: ignore[arg-type]
        source_image=source_image,
        trusted_workers=trusted_workers,
        slow_workers=slow_workers,
        webhook=webhook,
    )


class AlchemySubmitted(Answer):
    """202 of `POST /v2/interrogate/async`."""

    id: str
    message: str | None = None


class AlchemyResult(Answer):
    """`forms[]` of a status."""

    form: str
    state: str = "waiting"
    """`waiting`, `processing`, `done`, `faulted` or `cancelled`."""
    result: dict[str, Any] = Field(default={})

    @property
    def value(self) -> Any:
        """What came of it: text, a boolean, a list, an address; None while there is nothing."""
        return self.result.get(self.form)


class AlchemyStatus(Answer):
    """200 of `GET /v2/interrogate/status/{id}` and of its DELETE."""

    state: str = "waiting"
    """`waiting` and `processing` while any form is; then `done`, `faulted`, or `partial` where the
    forms ended differently."""
    forms: list[AlchemyResult] = Field(default=[])

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        forms_ended = bool(self.forms) and all(form.state in _ENDED for form in self.forms)
        return self.state in _ENDED or forms_ended

    def value(self, form: str) -> Any:
        """Return what came of a form, or None."""
        return next((each.value for each in self.forms if each.form == form), None)
