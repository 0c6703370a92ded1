"""Fixtures of this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.storage.clock import Clock
from app.storage.database import Storage


@pytest.fixture(params=["sqlite", "redis"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty ephemeral store, as another process finds it: a path or an address."""
    if request.param == "sqlite":
        return str(tmp_path / "ephemeral.db")
    url: str = request.getfixturevalue("redis_url")
    return url


@pytest.fixture
def storage(storage_url: str, clock: Clock) -> Iterator[Storage]:
    """The truth, empty."""
    made = Storage(storage_url, clock)
    yield made
    made.close()
