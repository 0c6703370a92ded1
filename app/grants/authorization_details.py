"""The `authorization_details` parameter (RFC 9396): what a service wants to be allowed once, said in full.

Unlike scopes they are never remembered: a person allows each request by itself, services of our own included.
"""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from jsonschema import ValidationError
from referencing.exceptions import Unresolvable

from app.clients.client import Client
from app.grants.detail_types import DetailType, DetailTypes
from app.storage.strict_json import BadJson, parse
from app.storage.visible_text import NotVisible, check_visible

log = logging.getLogger("mostid.grants")

NAME = "authorization_details"
LONGEST = 4_096
"""Bytes of the parameter, and of its JSON in ASCII, as JWTs hold it: they travel in headers, of 8 KiB in most servers."""
MOST = 10
"""Objects in it: a page that asks more is read by nobody."""
MOST_DEPTH = 10
LISTS = frozenset({"locations", "actions", "datatypes", "privileges"})
"""Common members (RFC 9396 §2.2) of which a narrower request may name fewer values."""

Detail = Mapping[str, Any]
Details = Sequence[Detail]


class BadDetails(Exception):
    """Details that are refused (RFC 9396 §5). The text names place and member by our own schema and quotes nothing."""


def read_details(text: str, client: Client, types: DetailTypes, issuer: str) -> Details:
    """What a client asks for, checked whole. Raises BadDetails."""
    details = _objects(text)
    for number, detail in enumerate(details):
        place = f"{NAME}[{number}]"
        kind = _type(detail, place, client, types)
        _check_text(detail, place)
        _check_rules(detail, place, kind)
        _check_locations(detail, place, client, issuer)
    return details


def written(details: Details | Detail) -> str:
    """Details as they are kept and compared: one text for one value."""
    return json.dumps(details, separators=(",", ":"), ensure_ascii=False)


def stored(text: str) -> Details:
    """Details that `written` wrote; empty for an empty text."""
    details: Details = json.loads(text) if text else ()
    return details


def is_within(asked: Details, granted: Details) -> bool:
    """Whether each one asked for was granted, whole or with fewer values in one of its lists (RFC 9396 §6)."""
    return all(any(_is_part(one, whole) for whole in granted) for one in asked)


def still_allowed(details: Details, client: Client, types: DetailTypes) -> Details:
    """Those whose type its client may still have."""
    allowed = client.metadata.authorization_details_types
    return [detail for detail in details if detail["type"] in allowed and detail["type"] in types]


def reaching(details: Details, resource: str) -> Details:
    """Those that a resource server is told: the ones without locations, and its own (RFC 9396 §9)."""
    return [detail for detail in details if resource in detail.get("locations", [resource])]


def _objects(text: str) -> list[dict[str, Any]]:
    if len(text.encode(errors="replace")) > LONGEST:
        raise BadDetails(f"{NAME} is at most {LONGEST} bytes")
    try:
        details = parse(text, MOST_DEPTH)
    except BadJson as error:
        raise BadDetails(f"{NAME} is no strict JSON: {error}") from None
    if len(json.dumps(details, separators=(",", ":"))) > LONGEST:
        raise BadDetails(f"{NAME} is at most {LONGEST} bytes, where other letters than ASCII count 6 each")
    if not isinstance(details, list) or not 0 < len(details) <= MOST:
        raise BadDetails(f"{NAME} is a list of 1 to {MOST} objects")
    for number, detail in enumerate(details):
        if not isinstance(detail, dict):
            raise BadDetails(f"{NAME}[{number}] is no object")
        if written(detail) in map(written, details[:number]):
            raise BadDetails(f"{NAME}[{number}] is there twice")
    return details


def _type(detail: Detail, place: str, client: Client, types: DetailTypes) -> DetailType:
    name = detail.get("type")
    if not isinstance(name, str):
        raise BadDetails(f"{place}.type is missing or no text")
    if name not in types or name not in client.metadata.authorization_details_types:
        raise BadDetails(f"{place}.type is none that this client may ask for")
    return types[name]


def _check_text(detail: Detail, place: str) -> None:
    """Nothing that a page would show otherwise than it is, or not at all."""
    for text in _texts(detail):
        try:
            check_visible(text)
        except NotVisible as problem:
            raise BadDetails(f"{place} holds {problem}") from None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from _texts(item)


def _check_rules(detail: Detail, place: str, kind: DetailType) -> None:
    """The schema of its type."""
    try:
        problem = next(kind.validator.iter_errors(detail), None)
    except (RecursionError, Unresolvable) as error:
        log.warning("schema cannot be used", extra={"type": kind.name, "cause": type(error).__name__})
        raise BadDetails(f"{place} is not as its type demands") from None
    if problem is not None:
        raise BadDetails(_explained(problem, place, kind))


def _explained(problem: ValidationError, place: str, kind: DetailType) -> str:
    """Where it is wrong, in names of the schema alone."""
    path = place + "".join(_step(part) for part in _known(problem.absolute_path, kind.members))
    if problem.validator == "required":
        missing = next((name for name in problem.validator_value if name not in problem.instance), "")
        return f"{path}.{missing} is missing" if missing in kind.members else f"{path} misses a member"
    if problem.validator in {"additionalProperties", "unevaluatedProperties"}:
        return f"{path} has a member that its type does not know"
    return f"{path} is not as its type demands"


def _known(path: Iterable[str | int], members: frozenset[str]) -> Iterator[str | int]:
    for part in path:
        if isinstance(part, str) and part not in members:
            return
        yield part


def _step(part: str | int) -> str:
    return f"[{part}]" if isinstance(part, int) else f".{part}"


def _check_locations(detail: Detail, place: str, client: Client, issuer: str) -> None:
    """The resource servers that it is for are some that the client may have tokens for (SR-067)."""
    locations = detail.get("locations")
    if locations is None and "locations" not in detail:
        return
    if not isinstance(locations, list) or not locations:
        raise BadDetails(f"{place}.locations is no list of addresses")
    if not all(isinstance(location, str) and client.may_reach(location, issuer) for location in locations):
        raise BadDetails(f"{place}.locations names one that this client may have no tokens for")


def _is_part(one: Detail, whole: Detail) -> bool:
    return one.keys() == whole.keys() and all(_is_part_of(name, one[name], whole[name]) for name in one)


def _is_part_of(name: str, asked: Any, granted: Any) -> bool:
    """Equal as JSON, in which true is not 1; or a part of one of the common lists."""
    if name in LISTS and isinstance(asked, list) and isinstance(granted, list) and asked:
        return set(map(_sorted, asked)) <= set(map(_sorted, granted))
    return _sorted(asked) == _sorted(granted)


def _sorted(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
