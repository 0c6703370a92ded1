"""Finds the `sr` and `rule` markers of the tests by reading their source, without running anything."""

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

TESTS = Path("tests")


class BadMarker(Exception):
    """A marker, or a whole file, that a table cannot be made of. The text says where and what to write."""


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


def write(page: Callable[[], str], file: Path) -> int:
    """Write a page in one step; where it cannot be made, say why and leave the former one. The exit status."""
    try:
        text = page()
    except BadMarker as mistake:
        sys.stderr.write(f"{mistake}\n")
        return 1
    new = file.with_name(f"{file.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(file)
    return 0


def _in_file(file: Path, name: str, root: Path) -> Iterator[Marker]:
    shown, text = file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")
    if f"mark.{name}" not in text:
        return
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise BadMarker(f"{shown}:{error.lineno}: this is not Python: {error.msg}") from None
    for node in ast.walk(tree):
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
