"""Transactions over the truth. One per request, opened at the door; nothing below commits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from app.storage.clock import Clock
from app.storage.engine import BUSY_MS, make_engines

Result = TypeVar("Result")

RETRYABLE_STATES = {"40001", "40P01"}
"""PostgreSQL: serialisation failure, deadlock. Another try may succeed."""


class Unavailable(Exception):
    """The truth cannot be reached now. Nothing was changed; the caller may try again."""


class StorageBusy(Unavailable):
    """Too many writers at once: the lock was not had in time, or a conflict came twice."""


class Storage:
    """One database: a writing and a reading engine, and the clock that its rows are written by."""

    def __init__(self, url: str, clock: Clock, pool_size: int = 8) -> None:
        self.clock = clock
        self.writer, self.reader = make_engines(url, clock, pool_size)
        self._line = Lock() if self.writer.dialect.name == "sqlite" else None

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[Session]:
        """A session that commits at the end, or rolls back on an exception.

        It begins with its first statement. Raises Unavailable when the database cannot be used.
        """
        with self._turn(write), self._session(write) as tx:
            try:
                yield tx
                tx.commit()
            except (OperationalError, InterfaceError, PoolTimeout) as error:
                tx.rollback()
                raise _unavailable(error) from error
            except BaseException:
                tx.rollback()
                raise

    def _session(self, write: bool) -> Session:
        return Session(self.writer if write else self.reader, autoflush=False, expire_on_commit=False)

    @contextmanager
    def _turn(self, write: bool) -> Iterator[None]:
        """SQLite lets waiting writers sleep, and whoever comes meanwhile goes first: our own threads stand in line."""
        if not write or self._line is None:
            yield
            return
        if not self._line.acquire(timeout=BUSY_MS / 1000):
            raise StorageBusy("too many writers")
        try:
            yield
        finally:
            self._line.release()

    def run(self, act: Callable[[Session], Result], *, write: bool = False) -> Result:
        """Run `act` in a transaction, and once more if it lost a conflict or its connection."""
        try:
            with self.transaction(write=write) as tx:
                return act(tx)
        except StorageBusy:
            with self.transaction(write=write) as tx:
                return act(tx)

    def close(self) -> None:
        """Let go of all connections."""
        self.writer.dispose()
        self.reader.dispose()


def _unavailable(error: Exception) -> Unavailable:
    """Busy where another try may help, plainly unavailable elsewhere."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    dropped = isinstance(error, DBAPIError) and error.connection_invalidated
    if isinstance(error, PoolTimeout) or state in RETRYABLE_STATES or dropped:
        return StorageBusy(type(error).__name__)
    return Unavailable(type(error).__name__)
