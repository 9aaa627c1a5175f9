"""Under mutmut: what the grammar builds once is built again, so that faults in building it show."""

import os

import pytest

from request.grammar import changes, markers, options, reader, scan, talk
from request.grammar.words import words

WATCHED = "MUTANT_UNDER_TEST" in os.environ
MODULES = (options, markers, scan, talk, reader) if WATCHED else ()
"""In the order of their imports."""
CODE = [module.__loader__.get_code(module.__name__) for module in MODULES]
"""Compiled once: with all the mutants in it, one takes a second."""
KEPT = [words, *(one for one in vars(changes).values() if hasattr(one, "cache_clear"))]
BUILT_FOR = [""]
"""The mutant for which it was built last."""


@pytest.fixture(autouse=True)
def built_anew():
    """Build words and options again for each mutant, and for each test where mutmut watches."""
    mutant = os.environ.get("MUTANT_UNDER_TEST", "")
    if mutant != BUILT_FOR[-1] or mutant == "stats":
        BUILT_FOR[:] = [mutant]
        for built in KEPT:
            built.cache_clear()
        for module, code in zip(MODULES, CODE, strict=True):
            exec(code, vars(module))
