"""Attributes: values of a profile, each with the link it came from and when it was verified.

They are contact data and decoration, never keys: nobody is found, joined or kept out by one (SR-096, SR-097).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.identity.lookups import Place
from app.identity.tables import attributes
from app.keys.datakeys import DataKey
from app.storage.database import Transaction
from app.storage.ids import uuid7
from app.storage.upsert import dialect_insert
from app.upstreams.base import Assertion

VALUE = "value"
"""Name of the sealed column, bound into its ciphertext."""
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Listed:
    """Why a field is kept, on what basis, for how long (SR-173)."""

    purpose: str
    basis: str = "contract with the customer"
    kept: str = "while the link stands"


REGISTER: Mapping[str, Listed] = {
    "name": Listed("address the customer"),
    "given_name": Listed("address the customer"),
    "family_name": Listed("address the customer"),
    "nickname": Listed("address the customer"),
    "picture": Listed("show the customer which account is open"),
    "email": Listed("write to the customer about the account and orders"),
    "phone_number": Listed("sign in, call the customer about an order"),
    "birthdate": Listed("offers and games bound to an age"),
    "gender": Listed("forms of address"),
    "locale": Listed("language of pages and messages"),
}
"""All that is asked of upstreams, kept, or released. A field that is not listed is dropped on arrival."""


@dataclass(frozen=True, slots=True)
class Known:
    """An attribute as it stands."""

    value: str
    verified: bool


def observe(
    tx: Transaction, key: DataKey, place: Place, assertion: Assertion, known: Mapping[str, Known], now: int
) -> list[str]:
    """Keep what this assertion says of the person, where it differs from what is known of this link.

    `observed_at` so says when a value last changed. Returns the names of changed attributes.
    """
    changed = [
        (name, value, verified)
        for name, value, verified in _said(assertion)
        if known.get(name) != Known(value, verified)
    ]
    if changed:
        rows = [_row(key, place, fact, now) for fact in changed]
        statement = dialect_insert(tx, attributes).values(rows)
        fresh = {name: statement.excluded[name] for name in ("id", "value", "verified_at", "observed_at")}
        tx.execute(
            statement.on_conflict_do_update(index_elements=["identity_id", "link_id", "name"], set_=fresh)
        )
    return [name for name, _, _ in changed]


def _said(assertion: Assertion) -> list[tuple[str, str, bool]]:
    """Listed fields as (name, value, verified). A proof of a number is also what it says of the number."""
    said = {
        name: value
        for name, value in assertion.claims.items()
        if name in REGISTER and 0 < len(value) <= LONGEST
    }
    verified = set(assertion.verified)
    if assertion.provider == "phone":
        said["phone_number"] = assertion.subject
        verified.add("phone_number")
    return [(name, value, name in verified) for name, value in said.items()]


def _row(key: DataKey, place: Place, fact: tuple[str, str, bool], now: int) -> dict[str, Any]:
    """A row always gets an id of its own: its value is sealed to it, so ciphertexts cannot change places (SR-170)."""
    name, value, verified = fact
    row = uuid7(now)
    return {
        "identity_id": place[0],
        "id": row,
        "link_id": place[1],
        "name": name,
        "value": key.seal(value, row, VALUE),
        "verified_at": now if verified else None,
        "observed_at": now,
    }
