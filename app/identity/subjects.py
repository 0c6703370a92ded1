"""Subjects: the `sub` by which a sector knows an identity. Stable for life, never given to somebody else (SR-076)."""

from uuid import UUID

from sqlalchemy import bindparam, select

from app.identity.lookups import Lookups
from app.identity.tables import subjects
from app.keys.keyed import KeyedValues
from app.storage.database import Transaction
from app.storage.ids import uuid7
from app.storage.upsert import insert_ignore

KIND = "sub"

_CURRENT = select(subjects.c.sub).where(
    subjects.c.identity_id == bindparam("identity"),
    subjects.c.sector == bindparam("sector"),
    subjects.c.alias == 0,
)


class SubjectTaken(Exception):
    """A derived subject stands for somebody else: the chance is 2^-160, so a key or a table has been tampered with."""


class Subjects:
    """Gives and finds subjects."""

    def __init__(self, lookups: Lookups, keyed: KeyedValues) -> None:
        self._lookups, self._keyed = lookups, keyed

    def subject_for(self, tx: Transaction, identity: UUID, sector: str, now: int) -> str:
        """The `sub` of an identity in a sector, given the first time it is asked for.

        It is derived (OIDC Core §8.1) and written down, so a new key changes no `sub` that was given (SR-077).
        Whoever reads the subject together with something else (`grants.admit`) calls here only when there is none.
        """
        row, sub = uuid7(now), self._keyed.subject(identity, sector)
        values = {
            "identity_id": identity,
            "id": row,
            "sector": sector,
            "sub": sub,
            "alias": 0,
            "created_at": now,
        }
        if not insert_ignore(tx, subjects, values):
            given: str = tx.execute(_CURRENT, {"identity": identity, "sector": sector}).scalar_one()
            return given
        if self._lookups.take(tx, KIND, _value(sector, sub), identity, row, now)[0] != identity:
            raise SubjectTaken(sector)
        return sub

    def find_by_sub(self, tx: Transaction, sector: str, sub: str) -> UUID | None:
        """Who is meant by a `sub` in its own sector, by its present one or an alias. One keyed read."""
        found = self._lookups.find(tx, KIND, _value(sector, sub))
        return found[0] if found else None


def _value(sector: str, sub: str) -> str:
    return f"{sector}\0{sub}"
