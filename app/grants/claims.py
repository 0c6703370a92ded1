"""What a service learns of a person: claims by scope, read together with the grant in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from app.grants.living import served
from app.grants.locator import Place
from app.grants.tables import grants
from app.identity.profile import claims_from
from app.identity.tables import attributes
from app.keys.datakeys import DataKeys, data_keys
from app.storage.database import Transaction

CLAIMS_OF_SCOPE: Mapping[str, tuple[str, ...]] = {
    "profile": (
        "name",
        "given_name",
        "family_name",
        "nickname",
        "picture",
        "gender",
        "birthdate",
        "locale",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
}
SCOPE_OF_CLAIM: Mapping[str, str] = {
    name: scope for scope, names in CLAIMS_OF_SCOPE.items() for name in names
}

_ATTRIBUTES = (
    attributes.c.id,
    attributes.c.link_id,
    attributes.c.name,
    attributes.c.value,
    attributes.c.verified_at,
    attributes.c.observed_at,
)

_PERSON = (
    select(
        grants.c.sub,
        grants.c.scope,
        grants.c.claims,
        data_keys.c.wrap_version,
        data_keys.c.wrapped,
        *_ATTRIBUTES,
    )
    .select_from(
        grants.outerjoin(data_keys, data_keys.c.identity_id == grants.c.identity_id).outerjoin(
            attributes, attributes.c.identity_id == grants.c.identity_id
        )
    )
    .where(grants.c.identity_id == bindparam("identity"), grants.c.id == bindparam("grant"), served())
)

_PROFILE = (
    select(data_keys.c.wrap_version, data_keys.c.wrapped, *_ATTRIBUTES)
    .select_from(data_keys.outerjoin(attributes, attributes.c.identity_id == data_keys.c.identity_id))
    .where(data_keys.c.identity_id == bindparam("identity"))
)


def userinfo(
    tx: Transaction,
    data_keys_: DataKeys,
    place: Place,
    scope: Iterable[str],
    permitted: frozenset[str],
    moment: Mapping[str, int],
) -> dict[str, Any] | None:
    """Claims of a grant; None when it may not be used any more.

    By these scopes (OIDC Core §5.4), and those asked for one by one (§5.5) as far as scopes that the service is
    `permitted` stand for them.
    """
    values = {"identity": place.identity_id, "grant": place.grant_id, **moment}
    rows = tx.execute(_PERSON, values).all()
    if not rows:
        return None
    allowed = set(rows[0].scope.split()) & set(scope)
    known = _open(rows, data_keys_)
    told = {"sub": rows[0].sub} | select_claims(known, allowed)
    if rows[0].claims:
        told |= select_single(known, rows[0].claims.get("userinfo", ()), permitted)
    return told


def profile(tx: Transaction, data_keys_: DataKeys, identity: UUID) -> dict[str, Any]:
    """Everything we would say of a person, for our own pages and the consent preview."""
    return _open(tx.execute(_PROFILE, {"identity": identity}).all(), data_keys_)


def select_claims(claims: Mapping[str, Any], scopes: Iterable[str]) -> dict[str, Any]:
    """Those claims that the scopes stand for. A claim that we do not know is left out, never sent empty."""
    names = {name for scope in scopes for name in CLAIMS_OF_SCOPE.get(scope, ())}
    return {name: value for name, value in claims.items() if name in names}


def select_single(
    claims: Mapping[str, Any], names: Iterable[str], permitted: frozenset[str]
) -> dict[str, Any]:
    """Claims asked for one by one (OIDC Core §5.5), as far as scopes that the service is permitted stand for them."""
    return {name: claims[name] for name in names if name in claims and SCOPE_OF_CLAIM.get(name) in permitted}


def _open(rows: Sequence[Any], keys: DataKeys) -> dict[str, Any]:
    found = [row for row in rows if row.name is not None]
    if not found or found[0].wrapped is None:
        return {}
    return claims_from(found, keys.unwrap(found[0].wrap_version, found[0].wrapped))
