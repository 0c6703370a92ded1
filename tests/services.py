"""Fixtures for the stores and the clock. Each test gets its own database; the servers are shared by the run."""

import os
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from sqlalchemy import create_engine

from app.storage.clock import Clock
from app.storage.model import metadata
from tests.support.servers import ServiceMissing, free_port, postgres_server, redis_server

__all__ = ["ClockFile", "free_port"]

WORKER = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)


@dataclass(slots=True)
class ClockFile:
    """A file that moves the clock of every process that reads it."""

    path: Path
    seconds: float = 0

    def set(self, seconds: float) -> None:
        """Move the clock so many seconds away from the system's."""
        self.seconds = seconds
        stamp = self.path.stat().st_mtime_ns if self.path.exists() else 0
        self.path.write_text(str(seconds))
        # Two writes within one tick of the file system would look like one to a reader.
        stamp = max(stamp + 1_000_000, self.path.stat().st_mtime_ns)
        os.utime(self.path, ns=(stamp, stamp))

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.set(self.seconds + seconds)


@pytest.fixture
def clock_file(tmp_path: Path) -> ClockFile:
    """A clock file at zero: `clock_file.advance(61)`; its name is `clock_file.path`."""
    file = ClockFile(tmp_path / "clock")
    file.set(0)
    return file


@pytest.fixture
def clock(clock_file: ClockFile) -> Clock:
    """The clock that `clock_file` moves."""
    return Clock(clock_file.path)


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """Address of a fresh, empty PostgreSQL database."""
    with_server = _or_skip(postgres_server)
    name = _create_database(with_server, "template1")
    yield f"{with_server}/{name}"
    _sql(with_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def redis_url() -> Iterator[str]:
    """Address of an empty Redis database. It belongs to this worker, so one test uses it at a time."""
    url = f"{_or_skip(redis_server)}/{WORKER}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def storage_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a fresh database with all tables: once on SQLite, once on PostgreSQL."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'truth.db'}"
        _create_tables(url)
        yield url
        return
    server = _or_skip(postgres_server)
    name = _create_database(server, _template(server))
    yield f"{server}/{name}"
    _sql(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "redis"])
def ephemeral(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Any]:
    """An empty ephemeral store on `clock`: once embedded, once on Redis."""
    if request.param == "sqlite":
        yield import_module("app.storage.ephemeral").SqliteEphemeral(tmp_path / "ephemeral.db", clock)
        return
    yield import_module("app.storage.ephemeral").RedisEphemeral(request.getfixturevalue("redis_url"), clock)


def _or_skip(server: Callable[[], str]) -> str:
    try:
        return server()
    except ServiceMissing as missing:
        pytest.skip(str(missing))


@cache
def _template(server: str) -> str:
    """A database of this worker with all tables, to be copied: a copy costs a fraction of making them."""
    name = _create_database(server, "template1")
    _create_tables(f"{server}/{name}")
    return name


def _create_tables(url: str) -> None:
    _import_tables()
    engine = create_engine(url)
    metadata.create_all(engine)
    engine.dispose()


@cache
def _import_tables() -> None:
    """Import every module that declares a table, so that the metadata knows each room's."""
    root = Path(__file__).parents[1]
    for file in sorted(root.glob("app/**/*.py")):
        if re.search(r"\bTable\(", file.read_text()):
            import_module(".".join(file.relative_to(root).with_suffix("").parts))


def _create_database(server: str, template: str) -> str:
    name = f"test_{uuid.uuid4().hex}"
    _sql(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    return name


def _sql(server: str, statement: str) -> None:
    address = server.replace("+psycopg", "") + "/postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]
