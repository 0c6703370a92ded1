"""Strict JSON (RFC 7493): the one reader of JSON that others wrote. What two readers could take for two things is refused."""

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn

MOST_INT = 2**53 - 1
"""RFC 7493 §2.2: what every JSON reader understands alike."""
LONGEST_INT = 17
"""Characters of an integer that is converted."""


class BadJson(ValueError):
    """Not JSON of the kind that we read. The text says why and quotes nothing."""


def parse(text: str, depth: int) -> Any:
    """The value that a text stands for, of at most so many levels. Raises BadJson.

    Refuses repeated names, NaN and infinities, integers past 2^53, half characters and zero characters.
    """
    try:
        found = _DECODER.decode(text)
        if (
            "\\u" in text or text.count("{") + text.count("[") > depth
        ):  # nothing else can be what a walk finds
            _walk(found, depth)
    except BadJson:
        raise
    except (ValueError, RecursionError):  # the library's own words quote what it read
        raise BadJson("not JSON") from None
    return found


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadJson("repeated name")
    return members


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_INT or abs(int(digits)) > MOST_INT:
        raise BadJson("huge integer")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BadJson("huge number")
    return number


def _constant(_name: str) -> NoReturn:
    raise BadJson("not a number")


def _walk(value: Any, depth: int) -> None:
    """Look at all that was read: how deep it is, and that each text is whole."""
    if isinstance(value, str):
        value.encode("utf-8")  # a half of a surrogate pair is refused here, not by a database
        if "\0" in value:
            raise BadJson("zero character")
    elif isinstance(value, dict | list):
        if depth == 0:
            raise BadJson("too deep")
        inner: Iterable[Any] = [*value, *value.values()] if isinstance(value, dict) else value
        for item in inner:
            _walk(item, depth - 1)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_number, parse_constant=_constant
)
