"""A file of settings as YAML: read whole, or a sentence that names the line to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from yaml.reader import ReaderError

from common.errors import ConfigError

MAX_BYTES = 1_000_000


def read_document(file: Path) -> Any:
    """Return what stands in a YAML file: UTF-8, or UTF-16 with its mark, as Windows writes it.

    An empty file is None. Raises ConfigError.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise ConfigError("config.unreadable", file=file, problem=error.strerror) from error
    if len(raw) > MAX_BYTES:
        raise ConfigError("config.too_large", file=file, limit=MAX_BYTES)
    try:
        return yaml.safe_load(raw)
    except (ReaderError, UnicodeDecodeError) as error:
        raise ConfigError("config.not_text", file=file) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        if "'\\t'" in str(error.problem):
            raise ConfigError("config.tab", file=file, line=line) from error
        problem = ", ".join(part for part in (error.context, error.problem) if part)
        raise ConfigError("config.not_yaml", file=file, line=line, problem=problem) from error
    except (yaml.YAMLError, ValueError) as error:  # a date that is none, for instance
        raise ConfigError("config.not_yaml", file=file, line=1, problem=error) from error
