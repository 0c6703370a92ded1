"""Fixtures of this room."""

from collections.abc import Iterator

import pytest

from tests.identity.world import World, open_world


@pytest.fixture
def world(storage_url: str) -> Iterator[World]:
    """A deployment with nobody in it: once on SQLite, once on PostgreSQL."""
    world = open_world(storage_url)
    yield world
    world.storage.close()
