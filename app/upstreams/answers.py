"""Reading what an upstream answered: strict JSON or nothing (SR-118)."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from app.upstreams.base import UpstreamError
from app.upstreams.exchange import Response

MOST_DEPTH = 10
MOST_INT = 2**53 - 1
"""RFC 7493 §2.2: what every JSON reader understands alike."""
CHARSET = re.compile(r';\s*charset\s*=\s*"?([^\s;"]*)', re.IGNORECASE)


class _Malformed(ValueError):
    """Why a text is not JSON of the kind that we read."""


def read_object(upstream: str, response: Response, /, **required: type) -> dict[str, Any]:
    """The JSON object of an answer, whatever its status; each required member is there and of exactly its type.

    Refuses other encodings than UTF-8 and whatever two readers could take for two things: repeated names, NaN and
    infinities, integers past 2^53, half characters (RFC 7493 §2), more than 10 levels. Raises UpstreamError.
    """
    try:
        found = _parse(_text(response))
        if not isinstance(found, dict):
            raise _Malformed("no object")
        _check(found, required)
    except (ValueError, RecursionError) as error:
        # A reader's own words quote what it read.
        reason = str(error) if isinstance(error, _Malformed) else type(error).__name__
        raise UpstreamError(upstream, "malformed", f"{reason}, status {response.status}") from None
    return found


def _text(response: Response) -> str:
    charset = CHARSET.search(response.content_type)
    if charset and charset[1].lower() != "utf-8":
        raise _Malformed("charset")
    return response.body.decode("utf-8")


def _parse(text: str) -> Any:
    found = json.loads(
        text, object_pairs_hook=_members, parse_int=_integer, parse_float=_number, parse_constant=_constant
    )
    _walk(found, MOST_DEPTH)
    return found


def _check(found: Mapping[str, Any], required: Mapping[str, type]) -> None:
    for name, kind in required.items():
        if type(found.get(name)) is not kind:
            raise _Malformed(f"member {name}")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Malformed("repeated name")
    return members


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > MOST_INT:
        raise _Malformed("huge integer")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _Malformed("huge number")
    return number


def _constant(_name: str) -> NoReturn:
    raise _Malformed("not a number")


def _walk(value: Any, depth: int) -> None:
    """Look at all that was read: how deep it is, and that each text is whole."""
    if isinstance(value, str):
        value.encode("utf-8")  # a half of a surrogate pair is refused here, not by a database
        if "\0" in value:
            raise _Malformed("zero character")
    elif isinstance(value, dict | list):
        if depth == 0:
            raise _Malformed("too deep")
        inner: Iterable[Any] = [*value, *value.values()] if isinstance(value, dict) else value
        for item in inner:
            _walk(item, depth - 1)
