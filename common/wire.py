"""The bases of all wire models: what we send is strict, what servers answer is read tolerantly."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Sent(BaseModel):
    """Base of what we send: frozen; None means "left out"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def body(self) -> dict[str, Any]:
        """Return the JSON body without what was left out."""
        return self.model_dump(mode="json", exclude_none=True)


class Answer(BaseModel):
    """Base of what servers answer: frozen, unknown fields ignored, null is "not said"."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _null_is_not_said(cls, fields: Any) -> Any:
        if isinstance(fields, dict):
            return {name: value for name, value in fields.items() if value is not None}
        return fields
