"""Logs: one line an event, the request's id in each line that has one, never a secret."""

from __future__ import annotations

import logging
import sys

import stamina
import structlog

from common.errors import ConfigError

LEVELS = ("debug", "info", "warning", "error")


def configure(*, level: str = "info", as_json: bool = False) -> None:
    """Send log lines to standard error, readable or as JSON.

    Raises ConfigError for a level that is none of `LEVELS`.
    """
    if level.lower() not in LEVELS:
        raise ConfigError("config.log_level", level=level, known=", ".join(LEVELS))
    # its own lines would show arguments, and with them keys and tokens
    stamina.instrumentation.set_on_retry_hooks([])
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # others show local variables
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *((structlog.processors.format_exc_info,) if as_json else ()),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
