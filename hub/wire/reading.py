"""Reads a body, and says what is wrong with it field by field.

The words are those of JSON Schema validators, as clients of the public server know them.
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hub.errors import Malformed
from hub.wire.bodies import Body

Checked = TypeVar("Checked", bound=Body)
SHOWN = 200
"""Longest piece of somebody's input quoted back."""


def read(model: type[Checked], raw: bytes) -> Checked:
    """Return the checked body. Raises Malformed, without fields if it is no JSON at all."""
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=True)
        if any(fault["type"] == "json_invalid" for fault in faults):
            raise Malformed({}) from error
        raise Malformed({_path(fault): _explain(fault) for fault in faults}) from error


def _path(fault: ErrorDetails) -> str:
    return ".".join(str(step) for step in fault["loc"])


_TYPES = {
    "int_type": "integer",
    "int_from_float": "integer",
    "float_type": "number",
    "string_type": "string",
    "bool_type": "boolean",
    "list_type": "array",
    "dict_type": "object",
    "model_type": "object",
    "finite_number": "number",
}


_BOUNDS = {
    "greater_than_equal": ("is less than the minimum of", "ge"),
    "less_than_equal": ("is greater than the maximum of", "le"),
    "multiple_of": ("is not a multiple of", "multiple_of"),
}
_LENGTHS = {
    "string_too_short": "is too short",
    "too_short": "is too short",
    "string_too_long": "is too long",
    "too_long": "is too long",
}


def _explain(fault: ErrorDetails) -> str:
    """Say what is wrong in a JSON Schema validator's words."""
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "missing":
        return f"'{fault['loc'][-1]}' is a required property"
    if kind in _TYPES:
        problem = f"is not of type '{_TYPES[kind]}'"
    elif kind in _BOUNDS:
        words, name = _BOUNDS[kind]
        problem = f"{words} {context[name]:g}"
    elif kind == "literal_error":
        problem = f"is not one of [{context['expected'].replace(' or ', ', ')}]"
    else:
        problem = _LENGTHS.get(kind, fault["msg"])
    return f"{repr(fault['input'])[:SHOWN]} {problem}"
