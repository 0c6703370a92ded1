"""Versions: how each process learns, within a second, that something it keeps in memory has changed."""

import threading
from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, String, Table, select

from app.storage.database import Storage, Transaction, Unavailable
from app.storage.model import metadata
from app.storage.upsert import dialect_insert

PERIOD_MS = 1_000
PATIENCE_S = 1.0
"""How long a thread waits for the one that reads: a database that hangs must not hold up what is in memory."""

versions = Table(
    "versions",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("version", BigInteger, nullable=False),
)


class Versions:
    """The version of each kind of cached thing, read at most once a second by a process."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._lock = threading.Lock()
        self._asked_at = 0
        self._read_at = 0
        self._seen: Mapping[str, int] = {}

    def current(self, kind: str) -> tuple[int, int]:
        """The version of this kind, and how many milliseconds ago it was last confirmed."""
        now = self._storage.clock.now()
        # While one thread reads, the others go on with what was confirmed a moment ago; after a pause they wait.
        wait = abs(now - self._read_at) >= 2 * PERIOD_MS
        if self._due(now) and self._lock.acquire(timeout=PATIENCE_S if wait else 0):
            try:
                if self._due(now):
                    self._read(now)
            finally:
                self._lock.release()
        return self._seen.get(kind, 0), max(0, now - self._read_at)

    def _due(self, now: int) -> bool:
        return abs(now - self._asked_at) >= PERIOD_MS

    def _read(self, now: int) -> None:
        try:
            with self._storage.transaction() as tx:
                self._seen = {row.kind: row.version for row in tx.execute(select(versions))}
            self._read_at = now
        except Unavailable:
            return
        finally:
            self._asked_at = now


def bump(tx: Transaction, kind: str) -> None:
    """Say, inside the transaction of a change, that this kind has changed."""
    statement = dialect_insert(tx, versions).values(kind=kind, version=1)
    tx.execute(
        statement.on_conflict_do_update(index_elements=["kind"], set_={"version": versions.c.version + 1})
    )
