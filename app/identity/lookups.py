"""Look-ups: the only place where something is unique across people. The database decides who was first (SR-187).

Each value stands there once for every live key version (SR-172). Versions are always written in ascending order, so
that two takers meet at the same row and wait for each other instead of dead-locking.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update

from app.identity.tables import lookups
from app.keys.lookup import LookupHasher
from app.storage.database import Transaction
from app.storage.upsert import dialect_insert

Place = tuple[UUID, UUID]
"""Identity, and its link or subject that is meant."""


class Lookups:
    """Finds people by keyed hashes, and takes names for them."""

    def __init__(self, hasher: LookupHasher) -> None:
        self._hasher = hasher

    def find(self, tx: Transaction, kind: str, value: str) -> Place | None:
        """Whose it is. One keyed read over all live key versions."""
        row = tx.execute(
            select(lookups.c.identity_id, lookups.c.row_id).where(self._is(kind, value)).limit(1)
        ).first()
        return (row.identity_id, row.row_id) if row else None

    def take(self, tx: Transaction, kind: str, value: str, identity: UUID, row: UUID, now: int) -> Place:
        """Take a name, or learn whose it is. Must be the first write of its transaction.

        The loser waits for the winner's transaction and gets the winner's place; then nothing else of the loser's
        may be written. Rows of key versions that the winner did not know yet are completed in his name.
        """
        rows = [
            {
                "kind": kind,
                "key_version": version,
                "hash": digest,
                "identity_id": identity,
                "row_id": row,
                "created_at": now,
            }
            for version, digest in sorted(self._hasher.hashes(kind, value))
        ]
        insert = dialect_insert(tx, lookups).values(rows).on_conflict_do_nothing()
        ours = tx.execute(insert.returning(lookups.c.key_version)).all()
        if len(ours) == len(rows):
            return identity, row
        theirs = select(lookups.c.identity_id, lookups.c.row_id).where(
            self._is(kind, value), lookups.c.key_version.not_in([taken.key_version for taken in ours])
        )
        winner = tx.execute(theirs.limit(1)).one()
        if ours:
            self.move(tx, kind, value, row, (winner.identity_id, winner.row_id))
        return winner.identity_id, winner.row_id

    def move(self, tx: Transaction, kind: str, value: str, former_row: UUID, to: Place) -> bool:
        """Hand a name on. False when it no longer stands for `former_row`: somebody else has moved it."""
        statement = (
            update(lookups)
            .where(self._is(kind, value), lookups.c.row_id == former_row)
            .values(identity_id=to[0], row_id=to[1])
            .returning(lookups.c.key_version)
        )
        return bool(tx.execute(statement).all())

    def _is(self, kind: str, value: str) -> ColumnElement[bool]:
        keyed = [
            and_(lookups.c.key_version == version, lookups.c.hash == digest)
            for version, digest in self._hasher.hashes(kind, value)
        ]
        return and_(lookups.c.kind == kind, or_(*keyed))
