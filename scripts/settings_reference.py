"""Writes docs/settings.md from the settings tree: `python -m scripts.settings_reference docs/settings.md`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from config.complaint import variable
from config.settings import Settings

HEAD = """\
# Settings

Made from `config/` by `make docs`; change the docstrings there, not this page.

Settings come from the file that `MOSTID_ENV_FILE` names (`var/mostid.env` if nothing is said) and from the environment,
which wins. A list is written as JSON, `["10.1.2.0/24"]`; a switch as `true` or `false`; a line break as `\\n`.

A value that cannot be read or is outside its bounds stops the start with a sentence that names it; so does a name that does
not exist, in the file or in a group that does. All of these are named at once; once they are mended, so is every combination
that is unsafe in the chosen profile. Any other name in the environment that begins with `MOSTID_` stops nothing, since
platforms put names of their own there: `flask doctor` tells of it.
"""
BOUNDS = {"ge": "at least", "le": "at most", "gt": "more than", "lt": "less than"}


def text() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_group("General", "", Settings), *_groups()])


def _groups() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        if _is_group(field):
            yield from _group(field.description or name, f"{name}.", field.annotation)  # type: ignore[arg-type]


def _group(title: str, prefix: str, model: type[BaseModel]) -> Iterator[str]:
    yield f"## {title.rstrip('.')}\n"
    if prefix:
        yield f"{model.__doc__}\n"
    yield "| name | value | default | what it does |"
    yield "|---|---|---|---|"
    for name, field in model.model_fields.items():
        if not _is_group(field):
            cells = (
                f"`{variable(prefix + name)}`",
                _kind(field),
                _default(field),
                _cell(field.description or ""),
            )
            yield f"| {' | '.join(cells)} |"
    yield ""


def _is_group(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _kind(field: FieldInfo) -> str:
    """What may be written, with its bounds."""
    bounds = [
        f"{words} {getattr(rule, name)}"
        for rule in field.metadata
        for name, words in BOUNDS.items()
        if hasattr(rule, name)
    ]
    return ", ".join([_type(field.annotation), *bounds])


def _type(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{choice}`" for choice in inner)
    if origin is tuple:
        return f"list of {_type(inner[0])}s"
    if origin in {Union, UnionType}:
        return _type(inner[0])
    names = {int: "number", bool: "switch", str: "text", SecretStr: "secret", Path: "path"}
    return names[annotation]


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, SecretStr):
        return "the simulator's" if value.get_secret_value() else ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(_item(item) for item in value)}]`"
    return f"`{_cell(str(value))}`" if value not in {None, ""} else ""


def _item(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _cell(words: str) -> str:
    return words.replace("\n", "\\n").replace("|", "\\|")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
