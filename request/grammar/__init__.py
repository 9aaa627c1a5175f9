"""The grammar: what a message asks for. Pure; one grammar for every text platform.

`reader.read` is the entrance. It cleans the text (`clean`), finds the verb (`words`) or a command
or follow-up (`whole`), cuts options, styles and addresses out (`scan` along `markers`; `options` is
their table, `values`, `known`, `assets` and `habits` read what stands behind them, `addresses` the
pictures, `recipes` what comes from A1111, `prose` what the words themselves say) and leaves out
what is no picture (`ornaments`). It returns an `ImageRequest`, a `Command`, a `FollowUp` or
`NotARequest`; it refuses with a sentence. `sequel` applies a follow-up to an earlier request.
"""

from request.grammar.options import OPTIONS, Option
from request.grammar.reader import read, read_prompt_field
from request.grammar.results import (
    Command,
    CommandName,
    FollowUp,
    FollowUpKind,
    NotARequest,
    WhyNot,
)
from request.grammar.sequel import apply
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
    "read_prompt_field",
    "to_json",
]
