"""Housekeeping: takes away what is past its use, in small transactions that no request waits for."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, delete, or_, select, tuple_

from app.challenges.tables import number_counters
from app.events import audit
from app.grants.tables import grants
from app.identity.tables import spent_proofs
from app.keys.lifecycle import KeyLifecycle
from app.sessions.tables import sessions
from app.storage.clock import Clock
from app.storage.database import Storage, Transaction
from app.storage.ephemeral import Ephemeral

log = logging.getLogger("mostid.housekeeping")

BATCH = 500
"""Rows of one transaction: a few milliseconds of the write lock on SQLite."""
DAY_MS = 86_400_000
HISTORY_MS = 7 * DAY_MS
"""Ended sessions and grants stay so long for the person's history."""
SPENT_MS = DAY_MS
"""A proof lives 5 minutes; its number is remembered far longer than any clock is wrong."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """Which rows of a table are past their use at a time (ms)."""

    table: Table
    due: Callable[[int], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Chore:
    """One kind of work: its steps are short, and give the number of things that each took away."""

    name: str
    steps: Callable[[], Iterator[int]]


EXPIRIES = (
    Expiry(
        sessions,
        lambda now: or_(sessions.c.ended_at < now - HISTORY_MS, sessions.c.expires_at < now - HISTORY_MS),
    ),
    Expiry(
        grants,
        lambda now: or_(grants.c.ended_at < now - HISTORY_MS, grants.c.refresh_until < now - HISTORY_MS),
    ),
    Expiry(number_counters, lambda now: number_counters.c.keep_until < now),
    Expiry(spent_proofs, lambda now: spent_proofs.c.spent_at < now - SPENT_MS),
)


class Housekeeping:
    """Everything that ages. The chores do not depend on each other: where one fails, the others go on."""

    def __init__(self, storage: Storage, ephemeral: Ephemeral, clock: Clock, lifecycle: KeyLifecycle) -> None:
        self._storage, self._ephemeral = storage, ephemeral
        self._clock, self._lifecycle = clock, lifecycle

    def chores(self) -> Iterator[Chore]:
        """What a pass does, in order: keys first, since services wait for them, and they are few."""
        yield Chore("signing_keys", self._turn_keys)
        for expiry in EXPIRIES:
            yield Chore(expiry.table.name, self._drain(expiry))
        yield Chore("ephemeral", self._sweep)

    def _drain(self, expiry: Expiry) -> Callable[[], Iterator[int]]:
        def steps() -> Iterator[int]:
            """Batches until one is not full. What comes due meanwhile is for the next pass."""
            now, gone = self._clock.now(), BATCH
            while gone == BATCH:
                gone = self._storage.run(lambda tx: _delete(tx, expiry, now), write=True)
                yield gone

        return steps

    def _turn_keys(self) -> Iterator[int]:
        def act(tx: Transaction) -> int:
            for begun in self._lifecycle.begin(tx):
                detail = {"published": begun.next, "promoted": begun.promoted}
                audit.record(tx, "key.rotated", self._clock.now(), actor="worker", detail=detail)
            gone = self._lifecycle.retire(tx)
            for kid in gone:
                audit.record(tx, "key.retired", self._clock.now(), actor="worker", detail={"kid": kid})
            return len(gone)

        yield self._storage.run(act, write=True)

    def _sweep(self) -> Iterator[int]:
        """The store bounds each sweep; one that found nothing was the last."""
        while gone := self._ephemeral.sweep():
            yield gone


def _delete(tx: Transaction, expiry: Expiry, now: int) -> int:
    """Delete one batch. Rows that a request holds, or another worker is deleting, are left for later."""
    key = tuple_(*expiry.table.primary_key)
    due = (
        select(*expiry.table.primary_key)
        .where(expiry.due(now))
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return tx.execute(delete(expiry.table).where(key.in_(due))).rowcount
