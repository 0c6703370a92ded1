"""What is wrong with metadata, in sentences of our own: the library's words are for programmers, and change with it."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

PLACE_OF_TRANSLATIONS = "translations"
"""Where members with a language tag are gathered: nobody writes that name."""
WHOLE_NUMBER = "it is no whole number"
TRUE_OR_FALSE = "it is neither true nor false"
SENTENCES: Mapping[str, str] = {
    "missing": "it is missing",
    "extra_forbidden": "it means nothing here",
    "string_type": "it is no text",
    "string_too_long": "it has more than {max_length} characters",
    "string_too_short": "it is empty",
    "string_pattern_mismatch": "it must be written as {pattern}",
    "too_long": "it has more than {max_length} entries",
    "too_short": "it is empty",
    "tuple_type": "it is no list",
    "dict_type": "it is no object",
    "model_type": "it is no object",
    "bool_type": TRUE_OR_FALSE,
    "bool_parsing": TRUE_OR_FALSE,
    "int_type": WHOLE_NUMBER,
    "int_parsing": WHOLE_NUMBER,
    "int_parsing_size": WHOLE_NUMBER,
    "int_from_float": WHOLE_NUMBER,
    "greater_than_equal": "it is less than {ge}",
    "less_than_equal": "it is more than {le}",
    "value_error": "{error}",
}
"""By the library's kinds of mistakes; the names in braces are what it tells of each."""
OTHERWISE = "it cannot be read"
CHOICE = re.compile("'([^']*)'")
"""A value in the library's list of those that are good; the empty one says nothing."""


def mistakes(error: ValidationError) -> list[tuple[str, str]]:
    """Each mistake: the member, empty where several disagree, and what is wrong with it."""
    return [(_member(item["loc"]), _sentence(item["type"], item.get("ctx", {}))) for item in error.errors()]


def _sentence(kind: str, told: Mapping[str, Any]) -> str:
    if kind == "literal_error":
        choices = [choice for choice in CHOICE.findall(told["expected"]) if choice]
        return f"it is one of {', '.join(choices)}" if choices[1:] else f"it can only be {choices[0]}"
    return SENTENCES.get(kind, OTHERWISE).format_map(told)


def _member(location: tuple[int | str, ...]) -> str:
    """`redirect_uris[0]`, `android_apps[0].package_name`; empty for no place."""
    parts = location[1:] if location[:1] == (PLACE_OF_TRANSLATIONS,) else location
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")
