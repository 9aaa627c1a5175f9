"""Logs: one line an event, the request's id in each line that has one, never a secret.

Our own lines (structlog) and those of the libraries (logging) take the same way: through one
handler on standard error, where what is secret is hidden last of all.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable
from urllib.parse import quote

import stamina
import structlog

from common.errors import ConfigError

LEVELS = ("debug", "info", "warning", "error")
OURS = "hordebots"
"""Name under which our lines go through `logging`."""
HIDDEN = "***"
SHORTEST_SECRET = 6
"""Characters; anything shorter would blot out ordinary words."""

SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure(*, level: str = "info", as_json: bool = False, secrets: Iterable[str] = ()) -> None:
    """Send log lines to standard error, readable or as JSON, without any of the secrets.

    May be called again: the last call holds. Libraries are heard from `warning` on, with `debug`
    in full. Raises ConfigError for a level that is none of `LEVELS`.
    """
    if level.lower() not in LEVELS:
        raise ConfigError("config.log_level", level=level, known=", ".join(LEVELS))
    # its own lines would show arguments, and with them keys and tokens
    stamina.instrumentation.set_on_retry_hooks([])
    handler = _StandardError()
    handler.setFormatter(_Discreet(_forms(secrets), as_json=as_json))
    root, number = logging.getLogger(), logging.getLevelNamesMapping()[level.upper()]
    for old in [old for old in root.handlers if isinstance(old.formatter, _Discreet)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(number if number == logging.DEBUG else max(number, logging.WARNING))
    logging.getLogger(OURS).setLevel(number)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=lambda *_: logging.getLogger(OURS),
        cache_logger_on_first_use=False,  # it would not hear of the next call
    )


class _StandardError(logging.Handler):
    """Writes to what standard error is at the moment."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(f"{self.format(record)}\n")
        except Exception:  # noqa: BLE001  (a log that cannot be written must not stop anything)
            self.handleError(record)


class _Discreet(structlog.stdlib.ProcessorFormatter):
    """Formats lines of structlog and of `logging` alike, and hides secrets in the result."""

    def __init__(self, secrets: tuple[str, ...], *, as_json: bool) -> None:
        super().__init__(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *SHARED],
            processors=[self.remove_processors_meta, *(_json() if as_json else _console())],
        )
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, HIDDEN)
        return line


def _json() -> tuple[structlog.typing.Processor, ...]:
    return structlog.processors.format_exc_info, structlog.processors.JSONRenderer()


def _console() -> tuple[structlog.typing.Processor, ...]:
    renderer = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        exception_formatter=structlog.dev.plain_traceback,  # others show local variables
    )
    return (renderer,)


def _forms(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return secrets as they may stand in a line: plain, in JSON, in an address; longest first."""
    long_enough = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
    forms = {
        form
        for secret in long_enough
        for form in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote(secret, safe=""))
    }
    return tuple(sorted(forms, key=len, reverse=True))
