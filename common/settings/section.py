"""What every section of the configuration is made of: frozen models, secrets, checked words."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
)

from common import texts


def read_secret(value: object) -> object:
    """Turn `{env: NAME}` or `{file: PATH}` into the text it stands for. Raises ValueError."""
    if not isinstance(value, Mapping):
        return value
    if set(value) == {"env"}:
        found = os.environ.get(str(value["env"]))
        if found is None:
            name = value["env"]
            raise ValueError(
                f"the environment variable {name} is not set; set it before "
                f"(`export {name}=…`), or write the secret as {{file: PATH}}"
            )
        return found
    if set(value) == {"file"}:
        path = Path(str(value["file"])).expanduser()
        try:
            return path.read_text("utf-8").strip()
        except OSError as error:
            raise ValueError(f"the file {path} cannot be read ({error.strerror})") from error
    raise ValueError("write a secret as text, as {env: NAME} or as {file: PATH}")


def _read(value: object, info: ValidationInfo) -> object:
    try:
        return read_secret(value)
    except ValueError:
        if isinstance(info.context, Mapping) and info.context.get(KEYLESS):
            return ""
        raise


KEYLESS = "keyless"
"""With this in the context of the validation a secret that cannot be read is empty."""
Secret = Annotated[SecretStr, BeforeValidator(_read)]


def _check_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text} is no regular expression ({error})") from error
    return text


Pattern = Annotated[str, AfterValidator(_check_pattern), Field(min_length=1, max_length=500)]


def _check_language(name: str) -> str:
    if name not in texts.spoken():
        raise ValueError(f"answers are not in {name}; they are in: {', '.join(texts.spoken())}")
    return name


Language = Annotated[str, AfterValidator(_check_language)]


class Section(BaseModel):
    """Base of every section: frozen, and a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
