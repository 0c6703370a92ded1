"""Transactions over the truth. One per request, opened at the door; nothing below commits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Engine, Executable
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.storage.clock import Clock
from app.storage.engine import BUSY_MS, make_engines

Result = TypeVar("Result")

RETRYABLE_STATES = {"40001", "40P01"}
"""PostgreSQL: serialisation failure, deadlock. Another try may succeed."""
READ_ONLY = "25006"
"""PostgreSQL: this server is a standby, or has become one."""


class Unavailable(Exception):
    """The truth cannot be reached now. Nothing was changed; the caller may try again."""


class StorageBusy(Unavailable):
    """Too many writers at once: the lock was not had in time, or a conflict came twice."""


class Transaction:
    """What rooms are given to read and write with. It begins with its first statement: who asks nothing holds nothing."""

    def __init__(self, engine: Engine, line: "Lock | None") -> None:
        self._engine, self._line = engine, line
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        """SQLAlchemy's connection. Raises Unavailable when too many stand in line before us."""
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    @property
    def dialect(self) -> str:
        """Name of the database's dialect."""
        return self._engine.dialect.name

    def execute(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[Any]:
        """Execute one statement."""
        return self.connection.execute(statement, parameters, execution_options=execution_options)

    def commit(self) -> None:
        """Make lasting what was written."""
        if self._connection is not None:
            self._connection.commit()

    def rollback(self) -> None:
        """Undo what was written; whatever follows is a transaction of its own."""
        if self._connection is not None:
            self._connection.rollback()

    def close(self) -> None:
        """Undo what was not committed, and let go."""
        if self._connection is None:
            return
        try:
            self._connection.close()
        finally:
            if self._line is not None:
                self._line.release()

    def _connect(self) -> Connection:
        if self._line is None:
            return self._engine.connect()
        if not self._line.acquire(timeout=BUSY_MS / 1000):
            raise Unavailable("too many writers")
        try:
            return self._engine.connect()
        except BaseException:
            self._line.release()
            raise


class Storage:
    """One database: a writing and a reading engine, and the clock that its rows are written by."""

    def __init__(self, url: str, clock: Clock, pool_size: int = 8) -> None:
        self.clock = clock
        self.writer, self.reader = make_engines(url, clock, pool_size)
        # SQLite lets waiting writers sleep, and whoever comes meanwhile goes first: our own threads stand in line.
        self._line = Lock() if self.writer.dialect.name == "sqlite" else None

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[Transaction]:
        """A transaction that commits at the end, or rolls back on an exception.

        Raises Unavailable when the database cannot be used.
        """
        tx, done = Transaction(self.writer, self._line) if write else Transaction(self.reader, None), False
        try:
            yield tx
            done = True
            tx.commit()
        except (DBAPIError, PoolTimeout) as error:
            unavailable = _unavailable(error, committing=done)
            if unavailable is None:
                raise
            raise unavailable from error
        finally:
            tx.close()

    def run(self, act: Callable[[Transaction], Result], *, write: bool = False) -> Result:
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


def _unavailable(error: DBAPIError | PoolTimeout, *, committing: bool) -> Unavailable | None:
    """Busy where another try may help, plainly unavailable elsewhere; None for a mistake of ours.

    A connection that was lost in COMMIT may have committed: trying again would do the act twice.
    """
    name, state = type(error).__name__, getattr(getattr(error, "orig", None), "sqlstate", None)
    if isinstance(error, PoolTimeout) or state in RETRYABLE_STATES:
        return StorageBusy(name)
    if error.connection_invalidated:
        return Unavailable(name) if committing else StorageBusy(name)
    if isinstance(error, OperationalError | InterfaceError) or state == READ_ONLY:
        return Unavailable(name)
    return Unavailable(name) if type(error) is DatabaseError else None  # SQLite: the file is no database
