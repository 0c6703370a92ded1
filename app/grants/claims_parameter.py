"""The `claims` parameter of an authorization request: claims asked for one by one (OIDC Core §5.5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.grants.claims import SCOPE_OF_CLAIM
from app.storage.strict_json import BadJson, parse

LONGEST = 4_096
"""Bytes of the document."""
MOST_BRACKETS = 100
"""Objects and lists in it, so none is nested deeper than that."""
MOST_VALUES = 10
"""Values that one claim may be asked for with: each one of `sub` costs a look-up."""
PLACES = ("userinfo", "id_token")


class BadClaims(Exception):
    """Not a claims document; the text is for whoever sent it."""


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """What was asked for, as far as we know it and the service may have it."""

    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    subs: frozenset[str] | None = None
    """The person must be one of these; None: anybody."""
    acr: tuple[str, ...] = ()
    """The answer must name one of these levels; empty: any."""
    acr_wished: tuple[str, ...] = ()
    """Levels that would be welcome."""

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that stand for the claims: a person who is asked for a claim is asked for its scope."""
        return frozenset(SCOPE_OF_CLAIM[name] for name in (*self.userinfo, *self.id_token))

    def within(self, scopes: Iterable[str]) -> "ClaimsRequest":
        """The same, without claims that these scopes do not stand for."""
        allowed = frozenset(scopes)
        return replace(
            self, userinfo=_allowed(self.userinfo, allowed), id_token=_allowed(self.id_token, allowed)
        )

    def kept(self) -> dict[str, list[str]]:
        """What a code and its grant keep: names by the place where they are told; empty where there is nothing."""
        places = {"userinfo": list(self.userinfo), "id_token": list(self.id_token)}
        return {place: names for place, names in places.items() if names}


NOTHING = ClaimsRequest()


def parse_claims(text: str, scopes: Iterable[str]) -> ClaimsRequest:
    """Read the document for a service that may have these scopes. Raises BadClaims.

    Claims and members that we do not know are ignored (OIDC Core §5.5, §5.5.1), and so are claims beyond the scopes.
    """
    document = _document(text)
    asked = {place: _place(document, place) for place in PLACES}
    subs = [found for place in PLACES if (found := _values(asked[place].get("sub"))) is not None]
    level = asked["id_token"].get("acr") or {}
    levels = tuple(dict.fromkeys(_values(level) or ()))  # one that nobody knows is a level that nothing gives
    essential = level.get("essential", False)
    request = ClaimsRequest(
        userinfo=tuple(name for name in asked["userinfo"] if name in SCOPE_OF_CLAIM),
        id_token=tuple(name for name in asked["id_token"] if name in SCOPE_OF_CLAIM),
        subs=frozenset(filter(_is_plain, frozenset.intersection(*map(frozenset, subs)))) if subs else None,
        acr=levels if essential else (),
        acr_wished=() if essential else levels,
    )
    return request.within(scopes)


def _allowed(names: tuple[str, ...], scopes: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in names if SCOPE_OF_CLAIM[name] in scopes)


def _document(text: str) -> Mapping[str, Any]:
    if len(text.encode(errors="replace")) > LONGEST:
        raise BadClaims(f"claims are at most {LONGEST} bytes")
    if text.count("{") + text.count("[") > MOST_BRACKETS:
        raise BadClaims("claims are nested too deep, or too many")
    try:
        document = parse(text, MOST_BRACKETS)
    except BadJson as error:
        raise BadClaims(f"claims are not strict JSON: {error}") from None
    if not isinstance(document, dict):
        raise BadClaims("claims are a JSON object")
    return document


def _place(document: Mapping[str, Any], place: str) -> Mapping[str, Mapping[str, Any] | None]:
    """The claims of one place, each with what is asked of it, or None for the claim in the default manner."""
    asked = document.get(place)
    if asked is None:
        return {}
    if not isinstance(asked, dict):
        raise BadClaims(f"{place} of claims is an object")
    for wish in asked.values():
        _check_wish(wish)
    return asked


def _check_wish(wish: object) -> None:
    if wish is None:
        return
    if not isinstance(wish, dict):
        raise BadClaims("a claim is asked for by null or an object")
    if not isinstance(wish.get("essential", False), bool):
        raise BadClaims("essential is true or false")
    values = wish.get("values", [None])
    if not isinstance(values, list) or not 0 < len(values) <= MOST_VALUES:
        raise BadClaims(f"values is a list of 1 to {MOST_VALUES}")
    if "value" in wish and "values" in wish:
        raise BadClaims("a claim is asked for with value or with values")


def _values(wish: Mapping[str, Any] | None) -> tuple[str, ...] | None:
    """The texts that one of `sub` or `acr` must have; None where any will do."""
    if wish is None or not wish.keys() & {"value", "values"}:
        return None
    values = wish["values"] if "values" in wish else [wish["value"]]
    if not all(isinstance(value, str) and value for value in values):
        raise BadClaims("sub and acr are strings")
    return tuple(values)


def _is_plain(sub: str) -> bool:
    """Whether this may be a subject of ours, so that it is worth a look-up."""
    return sub.isascii() and sub.isprintable()
