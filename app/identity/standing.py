"""Reading a link: the one statement that tells everything the decision needs, and the lock that keeps it true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, select

from app.identity import identities as people
from app.identity.attributes import VALUE, Known
from app.identity.decisions import Standing
from app.identity.lookups import Place
from app.identity.tables import attributes, identities, links
from app.keys.datakeys import DataKey, DataKeys, data_keys
from app.storage.database import StorageBusy, Transaction

_others = links.alias("others")
_OTHER_LINKS = (
    select(_others.c.id)
    .where(
        _others.c.identity_id == identities.c.id,
        _others.c.id != links.c.id,
        _others.c.state == "active",
        _others.c.closed_at.is_(None),
    )
    .exists()
)

_LINK = (
    select(
        identities.c.status,
        identities.c.root,
        links.c.state,
        links.c.proved_at,
        links.c.closed_at,
        links.c.witness,
        links.c.witness_issuer,
        _OTHER_LINKS.label("other_links"),
        data_keys.c.wrap_version,
        data_keys.c.wrapped,
        attributes.c.id.label("attribute_id"),
        attributes.c.name,
        attributes.c.value,
        attributes.c.verified_at,
    )
    .select_from(
        identities.join(links, links.c.identity_id == identities.c.id)
        .outerjoin(data_keys, data_keys.c.identity_id == identities.c.id)
        .outerjoin(
            attributes,
            and_(attributes.c.identity_id == links.c.identity_id, attributes.c.link_id == links.c.id),
        )
    )
    .where(identities.c.id == bindparam("identity"), links.c.id == bindparam("link"))
    .with_for_update(key_share=True, of=identities)
)
"""FOR NO KEY UPDATE: two sign-ins of one person take turns, and whoever issues a token for them waits."""


@dataclass(frozen=True, slots=True)
class Found:
    """A link and its person, locked until the transaction ends."""

    identity: UUID
    link: UUID
    root: UUID
    """Who is signed in by it."""
    standing: Standing
    proved_at: int
    closed: bool
    other_links: bool
    witness: bytes | None
    witness_issuer: str | None
    key: DataKey | None
    """None once the person has been erased."""
    known: Mapping[str, Known]


def read(tx: Transaction, keys: DataKeys, place: Place) -> Found:
    """Read and lock what a look-up pointed to. One statement; one more where the person was merged."""
    rows = tx.execute(_LINK, {"identity": place[0], "link": place[1]}).all()
    if not rows:
        raise StorageBusy("a look-up points to a link that is gone: it is being moved")
    first = rows[0]
    key = keys.unwrap(first.wrap_version, first.wrapped) if first.wrapped is not None else None
    root, standing = _standing(tx, place[0], first, erased=key is None)
    return Found(
        identity=place[0],
        link=place[1],
        root=root,
        standing=standing,
        proved_at=first.proved_at,
        closed=first.closed_at is not None,
        other_links=first.other_links or first.status == "merged",
        witness=first.witness,
        witness_issuer=first.witness_issuer,
        key=key,
        known=_known(rows, key),
    )


def _standing(tx: Transaction, identity: UUID, row: Row[Any], *, erased: bool) -> tuple[UUID, Standing]:
    """Who is meant, and how they stand. The person's own status weighs more than the link's."""
    if erased or row.status == "erased":
        return identity, Standing.ERASED
    if row.status in {"blocked", "parked"}:
        return identity, Standing(row.status)
    root: UUID = row.root if row.status == "merged" else identity
    if root != identity and people.status(tx, root) != "active":
        return root, Standing.BLOCKED
    if row.state != "active":
        return root, Standing(row.state)
    return root, Standing.MERGED if root != identity else Standing.ACTIVE


def _known(rows: Sequence[Row[Any]], key: DataKey | None) -> dict[str, Known]:
    if key is None:
        return {}
    return {
        row.name: Known(key.open(row.value, row.attribute_id, VALUE), row.verified_at is not None)
        for row in rows
        if row.name is not None
    }
