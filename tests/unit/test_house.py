"""The house's own measures: how long files and functions may be, and what no test does."""

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("house")  # all is parsed once
ROOT = Path(__file__).parents[2]
ROOMS = ("bots", "common", "docs", "events", "hub", "request", "styles", "tests", "web", "worker")
WRITTEN = {".py", ".js", ".css", ".html", ".yaml", ".toml"}
MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 60

FILES = [
    file
    for room in ROOMS
    for file in (ROOT / room).rglob("*")
    if file.suffix in WRITTEN
    and not any(part.startswith(".") for part in file.relative_to(ROOT).parts)
]


@pytest.fixture(scope="module")
def modules():
    """All that is written in Python, by its place in the repository."""
    return {
        file.relative_to(ROOT).as_posix(): ast.parse(file.read_text("utf-8"))
        for file in FILES
        if file.suffix == ".py"
    }


def functions(statement):
    """Go through all functions in a statement, those inside others as well."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        yield statement
    for name in ("body", "orelse", "handlers", "finalbody", "cases"):
        for inner in getattr(statement, name, ()):
            yield from functions(inner)


def test_no_file_is_longer_than_400_lines():
    lengths = {file: len(file.read_text("utf-8").splitlines()) for file in FILES}
    assert {file: lines for file, lines in lengths.items() if lines > MOST_LINES} == {}
    assert {file.suffix for file in FILES} == WRITTEN
    assert len(FILES) > 1000


def test_no_function_is_longer_than_60_lines(modules):
    lengths = {
        (file, function.name): function.end_lineno - function.lineno + 1
        for file, tree in modules.items()
        for function in functions(tree)
    }
    long = {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FUNCTION}
    assert long == {}
    assert len(lengths) > 7000


def test_every_module_says_what_it_is_for(modules):
    silent = [file for file, tree in modules.items() if tree.body and not ast.get_docstring(tree)]
    assert silent == []


def test_no_test_leans_on_another_test(modules):
    borrowed = [
        (file, statement.module)
        for file, tree in modules.items()
        for statement in tree.body
        if isinstance(statement, ast.ImportFrom)
        and (statement.module or "").rpartition(".")[2].startswith("test_")
    ]
    assert borrowed == []
