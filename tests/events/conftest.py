"""A database with all tables."""

from collections.abc import Iterator

import pytest

from app.storage.clock import Clock
from app.storage.database import Storage


@pytest.fixture
def storage(storage_url: str, clock: Clock) -> Iterator[Storage]:
    """Each database in turn."""
    storage = Storage(storage_url, clock)
    yield storage
    storage.close()
