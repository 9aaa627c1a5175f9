"""Text generation as typed values."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from common.horde.wire import Check, GenMetadata
from common.wire import Answer, Sent

StopSequence = Annotated[str, Field(min_length=1, max_length=2000)]


class TextParams(Sent):
    """`params` of a text request. None leaves it to the worker."""

    n: int = Field(default=1, ge=1, le=20)
    max_length: int = Field(default=80, ge=16, le=4096)
    """Tokens to write."""
    max_context_length: int = Field(default=2048, ge=80, le=1_048_576)
    """Tokens of the prompt that are read."""
    temperature: float | None = Field(default=None, ge=0, le=5)
    top_p: float | None = Field(default=None, ge=0.001, le=1)
    top_k: int | None = Field(default=None, ge=0, le=200)
    min_p: float | None = Field(default=None, ge=0, le=1)
    rep_pen: float | None = Field(default=None, ge=1, le=3)
    rep_pen_range: int | None = Field(default=None, ge=0, le=4096)
    stop_sequence: list[StopSequence] | None = Field(default=None, max_length=128)
    singleline: bool | None = None
    frmttriminc: bool | None = None
    """Cut what is left of a sentence at the end."""


class TextBody(Sent):
    """Body of `POST /v2/generate/text/async`."""

    prompt: str = Field(min_length=1)
    params: TextParams = TextParams()
    models: list[str] = Field(default=[])
    """Empty: any model."""
    trusted_workers: bool = False
    slow_workers: bool = True
    validated_backends: bool = True
    webhook: str | None = Field(default=None, min_length=10, max_length=1024)


class TextGeneration(Answer):
    """One text in a status."""

    text: str = ""
    seed: int = 0
    worker_id: str = ""
    worker_name: str = ""
    model: str = ""
    state: str = "ok"
    gen_metadata: list[GenMetadata] = Field(default=[])


class TextStatus(Check):
    """200 of `GET /v2/generate/text/status/{id}` and of its DELETE."""

    generations: list[TextGeneration] = Field(default=[])
