"""Stores with clients in them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.clients import registration
from app.clients.metadata import parse
from app.clients.policy import Policy
from app.clients.registration import Registered
from app.clients.registry import Clients
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.versions import Versions

Register = Callable[..., Registered]
SHOP = {"client_name": "Shop", "redirect_uris": ["https://shop.example/cb"]}


@pytest.fixture
def storage(storage_url: str, clock: Clock) -> Iterator[Storage]:
    made = Storage(storage_url, clock)
    yield made
    made.close()


@pytest.fixture
def register(storage: Storage, clock: Clock) -> Register:
    def act(client_id: str | None = None, **members: Any) -> Registered:
        metadata = parse(SHOP | members, Policy())
        return storage.run(
            lambda tx: registration.add(tx, metadata, clock.now(), client_id=client_id), write=True
        )

    return act


@pytest.fixture
def workers(storage: Storage) -> list[Clients]:
    """Three processes, each with its own cache."""
    return [Clients(storage, Versions(storage)) for _ in range(3)]
