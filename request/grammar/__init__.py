"""The grammar: what a message asks for. Pure; one grammar for every text platform.

`reader.read` is the entrance. It cleans the text (`clean`), finds the verb (`words`) or a command
(`whole`), cuts options and styles out (`markers`, `options`, `values`, `scan`) and returns an
`ImageRequest`, a `Command`, a `FollowUp` or `NotARequest`; it refuses with a sentence.
"""

from request.grammar.options import OPTIONS, Option
from request.grammar.reader import read
from request.grammar.results import (
    Command,
    CommandName,
    FollowUp,
    FollowUpKind,
    NotARequest,
    WhyNot,
)
from request.grammar.whole import apply
from styles.image_request import ImageRequest, LoraWish, from_json, to_json

__all__ = [
    "OPTIONS",
    "Command",
    "CommandName",
    "FollowUp",
    "FollowUpKind",
    "ImageRequest",
    "LoraWish",
    "NotARequest",
    "Option",
    "WhyNot",
    "apply",
    "from_json",
    "read",
    "to_json",
]
