"""Profiles: OIDC standard claims from the attributes of all links of a person (OIDC Core §5.1)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from app.identity.attributes import VALUE
from app.identity.numbers import masked
from app.keys.datakeys import DataKey

NAMES = ("name", "given_name", "family_name", "nickname")
"""Taken from one link together: a first name of one account and a surname of another make a third person."""
ALONE = ("picture", "email", "phone_number", "birthdate", "gender", "locale")


def claims_from(rows: Sequence[Row[Any]], key: DataKey) -> dict[str, Any]:
    """All claims that these attributes give. Only what is chosen is opened.

    A verified value goes before an unverified one, an older link before a younger one, so that signing in by another
    way does not turn a profile over. `email_verified` and `phone_number_verified` say who proved what; `updated_at`
    is in seconds. Never says `sub`. Each row has id, link_id, name, value, verified_at and observed_at.
    """
    chosen = _names(rows) | {name: row for name in ALONE if (row := _best(rows, name)) is not None}
    claims: dict[str, Any] = {name: key.open(row.value, row.id, VALUE) for name, row in chosen.items()}
    for name in ("email", "phone_number"):
        if name in chosen:
            claims[f"{name}_verified"] = chosen[name].verified_at is not None
    if rows:
        claims["updated_at"] = max(row.observed_at for row in rows) // 1000
    return claims


def known_as(claims: Mapping[str, Any]) -> str:
    """What our pages call a customer: by name, or else by a masked number or address; empty where nothing is known."""
    number = claims.get("phone_number", "")
    return claims.get("name") or (masked(number) if number else masked_email(claims.get("email", "")))


def masked_email(address: str) -> str:
    """For pages that others may see: m•••@mail.ru."""
    name, _, host = address.partition("@")
    return f"{name[:1]}•••@{host}" if address else ""


def _best(rows: Iterable[Row[Any]], name: str) -> Row[Any] | None:
    found = (row for row in rows if row.name == name)
    return min(found, key=lambda row: (row.verified_at is None, row.link_id), default=None)


def _names(rows: Iterable[Row[Any]]) -> dict[str, Row[Any]]:
    """The names as the link that knows most of them gives them."""
    by_link: dict[UUID, dict[str, Row[Any]]] = {}
    for row in rows:
        if row.name in NAMES:
            by_link.setdefault(row.link_id, {})[row.name] = row
    if not by_link:
        return {}
    return by_link[min(by_link, key=lambda link: (-len(by_link[link]), link))]
