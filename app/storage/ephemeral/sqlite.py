"""The embedded ephemeral store: a SQLite file of its own, each verb one autocommitted statement."""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from app.storage.clock import Clock
from app.storage.ephemeral.base import EphemeralDown

SCHEMA = """
CREATE TABLE IF NOT EXISTS ephemeral (key TEXT PRIMARY KEY, value BLOB NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ix_ephemeral_until ON ephemeral (until);
"""
BIRTH = "mostid:birth"
FOREVER = 2**62
SWEEP_EVERY = 256
"""Writes of a process between two sweeps."""
SWEEP_ROWS = 500
BUSY_S = 2.0


class SqliteEphemeral:
    """One connection a thread; all processes of a machine share the file.

    The file is synchronised at checkpoints only: a lost machine loses the last moments, never the whole file.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path, self._clock = path, clock
        self._local = threading.local()
        self._writes = 0

    def put(self, key: str, value: bytes, ttl_ms: int) -> None:
        """See Ephemeral."""
        self._write(
            "INSERT INTO ephemeral VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value,"
            " until = excluded.until RETURNING 1",
            (key, value, self._clock.now() + ttl_ms),
        )

    def get(self, key: str) -> bytes | None:
        """See Ephemeral."""
        rows = self._all("SELECT value FROM ephemeral WHERE key = ? AND until > ?", (key, self._clock.now()))
        return rows[0][0] if rows else None

    def add(self, key: str, value: bytes, ttl_ms: int) -> bool:
        """See Ephemeral."""
        now = self._clock.now()
        row = self._write(
            "INSERT INTO ephemeral VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value,"
            " until = excluded.until WHERE ephemeral.until <= ? RETURNING 1",
            (key, value, now + ttl_ms, now),
        )
        return row is not None

    def take(self, key: str) -> bytes | None:
        """See Ephemeral."""
        row = self._write("DELETE FROM ephemeral WHERE key = ? RETURNING value, until", (key,))
        return row[0] if row and row[1] > self._clock.now() else None

    def swap(self, key: str, old: bytes, new: bytes) -> bool:
        """See Ephemeral."""
        row = self._write(
            "UPDATE ephemeral SET value = ? WHERE key = ? AND value = ? AND until > ? RETURNING 1",
            (new, key, old, self._clock.now()),
        )
        return row is not None

    def increment(self, key: str, ttl_ms: int, by: int = 1) -> int:
        """See Ephemeral."""
        now = self._clock.now()
        row = self._write(
            "INSERT INTO ephemeral VALUES (?, CAST(? AS BLOB), ?) ON CONFLICT (key) DO UPDATE SET"
            " value = CASE WHEN ephemeral.until <= ? THEN excluded.value"
            " ELSE CAST(CAST(ephemeral.value AS INTEGER) + ? AS BLOB) END,"
            " until = CASE WHEN ephemeral.until <= ? THEN excluded.until ELSE ephemeral.until END"
            " RETURNING value",
            (key, str(by), now + ttl_ms, now, by, now),
        )
        return int(row[0])

    def delete(self, key: str) -> None:
        """See Ephemeral."""
        self._write("DELETE FROM ephemeral WHERE key = ? RETURNING 1", (key,))

    def birth(self) -> int:
        """See Ephemeral."""
        born = self.get(BIRTH)
        if born is None:
            now = self._clock.now()
            self.add(BIRTH, str(now).encode(), FOREVER - now)
            born = self.get(BIRTH)
        return int(born or self._clock.now())

    def sweep(self) -> int:
        """See Ephemeral."""
        statement = (
            "DELETE FROM ephemeral WHERE key IN (SELECT key FROM ephemeral WHERE until <= ? LIMIT ?)"
            " RETURNING 1"
        )
        return len(self._all(statement, (self._clock.now(), SWEEP_ROWS)))

    def close(self) -> None:
        """Let go of this thread's connection."""
        found = self._own()
        self._local.held = None
        if found is not None:
            found.close()

    def _write(self, statement: str, values: tuple[Any, ...]) -> Any:
        rows = self._all(statement, values)
        self._writes += 1
        if self._writes % SWEEP_EVERY == 0:
            with suppress(EphemeralDown):  # what the caller asked for is done
                self.sweep()
        return rows[0] if rows else None

    def _all(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        """Every row: a statement with RETURNING commits only when it has been read to its end."""
        with self._errors():
            found = self._own() or self._connect()
            return found.execute(statement, values).fetchall()

    def _own(self) -> sqlite3.Connection | None:
        """This thread's connection. One that was opened before a fork belongs to the other process."""
        owner, found = getattr(self._local, "held", None) or (0, None)
        return found if owner == os.getpid() else None

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Changing to WAL does not wait for its turn, and answers "locked" to all but one of several starting processes.
        with os.fdopen(os.open(f"{self._path}.lock", os.O_CREAT | os.O_RDWR, 0o600)) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._path.touch(mode=0o600)
            found = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = NORMAL")
            found.executescript(SCHEMA)
        self._local.held = (os.getpid(), found)
        return found

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """A connection that failed is not used again: the next call opens the file anew."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            with suppress(sqlite3.Error):
                self.close()
            raise EphemeralDown(type(error).__name__) from error
