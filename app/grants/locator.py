"""The `jti` of an access token: unique, and readable by us alone as the place of its grant (its shard and its row)."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from app.keys.sealing import Sealer, Unsealable

PURPOSE = "jti"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the grant of a token is."""

    identity_id: UUID
    grant_id: UUID


def seal_place(sealer: Sealer, identity: UUID, grant: UUID) -> str:
    """A fresh `jti` for a token of this grant."""
    return sealer.seal_same(PURPOSE, identity.bytes + grant.bytes + secrets.token_bytes(8))


def open_place(sealer: Sealer, jti: str) -> Place | None:
    """The place of the grant, or None for tokens that have none."""
    try:
        raw, _version = sealer.open_same(PURPOSE, jti)
    except Unsealable:
        return None
    return Place(UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]))
