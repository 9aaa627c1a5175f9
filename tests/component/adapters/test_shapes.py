"""All adapters have one shape: who knows one of them finds the way in the others."""

from __future__ import annotations

import ast
import inspect
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from bots.assembly.accounts import ADAPTERS
from request.adapter import Clearing, Examined, Keeping, Removing
from request.lending import Built
from tests.component.adapters.plug import plugs

MOST_LINES = 250
ORDER = (
    "build",
    "listen",
    "acknowledge",
    "reply",
    "find_own_reply",
    "clear",
    "remove",
    "forget",
    "keeps",
    "examine",
    "close",
)
"""Of the verbs, in every file."""
PROTOCOLS = (Built, Clearing, Removing, Keeping, Examined)

found = {entry.name: entry for entry in entry_points(group=ADAPTERS)}
every_adapter = pytest.mark.parametrize("name", sorted(found))


def files_of(name: str) -> list[Path]:
    """Return the files of the adapter's room."""
    return sorted(Path(inspect.getfile(found[name].load())).parent.glob("*.py"))


def test_every_adapter_goes_through_the_suite():
    assert {name: entry.module for name, entry in found.items()} == {
        name: plug.module for name, plug in plugs().items()
    }


@every_adapter
def test_it_has_the_verbs_in_the_same_order_with_the_same_parameters(name):
    kind = found[name].load()
    own = [verb for verb in vars(kind) if verb in ORDER]
    assert own == [verb for verb in ORDER if verb in own]
    assert set(ORDER[:5]) | {"close"} <= set(own)
    for verb in own:
        asked = next(getattr(one, verb) for one in PROTOCOLS if hasattr(one, verb))
        assert list(inspect.signature(getattr(kind, verb)).parameters) == list(
            inspect.signature(asked).parameters
        )
        assert getattr(kind, verb).__doc__


@every_adapter
def test_it_is_short_and_says_what_it_is_for(name):
    for file in files_of(name):
        text = file.read_text("utf-8")
        assert len(text.splitlines()) <= MOST_LINES, file
        assert ast.get_docstring(ast.parse(text)), file


@every_adapter
def test_it_knows_no_other_adapter(name):
    others = {entry.value.partition(":")[0] for other, entry in found.items() if other != name}
    for file in files_of(name):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            named = {node.module} if isinstance(node, ast.ImportFrom) else set()
            if isinstance(node, ast.Import):
                named = {alias.name for alias in node.names}
            assert not named & others, file
