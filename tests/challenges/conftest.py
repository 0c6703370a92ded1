"""Fixtures of this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.storage.clock import Clock
from app.storage.database import Storage
from tests.challenges.world import World, open_ephemeral
from tests.services import ClockFile
from tests.upstreams.fakes import Fake
from tests.upstreams.mobile_operator import Operator


@pytest.fixture
def ephemeral_place(request: pytest.FixtureRequest, storage_url: str, tmp_path: Path) -> str:
    """Where the ephemeral store is: embedded beside SQLite, Redis beside PostgreSQL."""
    if storage_url.startswith("sqlite"):
        return str(tmp_path / "ephemeral.db")
    return str(request.getfixturevalue("redis_url"))


@pytest.fixture
def world(storage_url: str, ephemeral_place: str, clock: Clock, clock_file: ClockFile) -> Iterator[World]:
    """A deployment: once embedded, once at scale."""
    storage, ephemeral = Storage(storage_url, clock), open_ephemeral(ephemeral_place, clock)
    gateway, operator = Fake(), Fake()
    world = World(storage, ephemeral, clock, clock_file, gateway, Operator(operator, clock))
    yield world
    world.close()
    for server in (gateway, operator):
        server.close()
    ephemeral.close()  # type: ignore[attr-defined]
    storage.close()
