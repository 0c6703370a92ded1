"""Finds the `sr` and `rule` markers of the tests by reading their source, without running anything."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TESTS = Path("tests")


class BadMarker(Exception):
    """A marker whose arguments are not plain texts: a table cannot be made of it."""


@dataclass(frozen=True, slots=True)
class Marker:
    """One use of a marker."""

    name: str
    values: tuple[str, ...]
    file: str
    """Path of the test file, from the root of the project."""


def markers(name: str, tests: Path = TESTS) -> list[Marker]:
    """Every use of `pytest.mark.<name>(…)` in the test files, in the order of their paths. Raises BadMarker."""
    return [marker for file in sorted(tests.rglob("*.py")) for marker in _in_file(file, name, tests.parent)]


def _in_file(file: Path, name: str, root: Path) -> Iterator[Marker]:
    shown = file.relative_to(root).as_posix()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and _is_mark(node.func, name):
            yield Marker(name, tuple(_text(value, shown) for value in node.args), shown)


def _is_mark(function: ast.expr, name: str) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr == name
        and ast.unparse(function.value) == "pytest.mark"
    )


def _text(value: ast.expr, file: str) -> str:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    raise BadMarker(f"{file}:{value.lineno}: write the marker's arguments as plain texts")
