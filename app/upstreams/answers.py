"""Reading what an upstream answered: strict JSON or nothing (SR-118)."""

import re
from collections.abc import Mapping
from typing import Any

from app.storage.strict_json import BadJson, parse
from app.upstreams.base import UpstreamError
from app.upstreams.exchange import Response

MOST_DEPTH = 10
CHARSET = re.compile(r';\s*charset\s*=\s*"?([^\s;"]*)', re.IGNORECASE)


def read_object(upstream: str, response: Response, /, **required: type) -> dict[str, Any]:
    """The JSON object of an answer, whatever its status; each required member is there and of exactly its type.

    Refuses other encodings than UTF-8, whatever strict JSON has not, and more than 10 levels. Raises UpstreamError.
    """
    try:
        found = parse(_text(response), MOST_DEPTH)
        if not isinstance(found, dict):
            raise BadJson("no object")
        _check(found, required)
    except ValueError as error:  # the text may be no UTF-8 either
        reason = str(error) if isinstance(error, BadJson) else type(error).__name__
        raise UpstreamError(upstream, "malformed", f"{reason}, status {response.status}") from None
    return found


def read_told(upstream: str, response: Response) -> dict[str, Any]:
    """The same where errors are told in JSON at any status: no JSON under a bad status is a refusal, not a fault.

    Raises UpstreamError.
    """
    try:
        return read_object(upstream, response)
    except UpstreamError:
        if response.is_success:
            raise
        raise UpstreamError(upstream, "rejected", f"status {response.status}") from None


def _text(response: Response) -> str:
    charset = CHARSET.search(response.content_type)
    if charset and charset[1].lower() != "utf-8":
        raise BadJson("charset")
    return response.body.decode("utf-8")


def _check(found: Mapping[str, Any], required: Mapping[str, type]) -> None:
    for name, kind in required.items():
        if type(found.get(name)) is not kind:
            raise BadJson(f"member {name}")
