"""Keyrings with known secrets."""

import base64
import hashlib
from collections.abc import Callable, Iterator

import pytest

from app.keys.keyring import PURPOSES, Keyring
from app.keys.lifecycle import KeyLifecycle
from app.keys.signing import SigningKeys
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.versions import Versions
from config.limits import LifetimeSettings
from config.settings import KeySettings

ISSUER = "https://id.example"
MakeKeyring = Callable[..., Keyring]


def secret(purpose: str, number: int) -> str:
    """A version of a purpose as settings carry it."""
    raw = hashlib.sha256(f"{purpose}/{number}".encode()).digest()
    return f"{number}:{base64.urlsafe_b64encode(raw).decode()}"


def make_keyring(**versions: tuple[int, ...]) -> Keyring:
    """A keyring with version 1 of each purpose, or with those versions, current first."""
    lists = {purpose: versions.get(purpose, (1,)) for purpose in PURPOSES}
    return Keyring(
        KeySettings(
            **{purpose: ",".join(secret(purpose, n) for n in numbers) for purpose, numbers in lists.items()}
        )  # type: ignore[arg-type]
    )


def foreign_keyring() -> Keyring:
    """Version 1 of each purpose, as somebody else would have it."""
    return Keyring(KeySettings(**{purpose: secret(f"foreign {purpose}", 1) for purpose in PURPOSES}))  # type: ignore[arg-type]


@pytest.fixture
def keyring() -> Keyring:
    return make_keyring()


@pytest.fixture
def storage(storage_url: str, clock: Clock) -> Iterator[Storage]:
    made = Storage(storage_url, clock)
    yield made
    made.close()


@pytest.fixture
def lifetimes() -> LifetimeSettings:
    return LifetimeSettings()


@pytest.fixture
def lifecycle(keyring: Keyring, clock: Clock, lifetimes: LifetimeSettings) -> KeyLifecycle:
    return KeyLifecycle(keyring, clock, lifetimes)


@pytest.fixture
def worker(storage: Storage, keyring: Keyring) -> Callable[[], SigningKeys]:
    """Another process: signing keys with a cache of their own."""
    return lambda: SigningKeys(storage, Versions(storage), keyring, ISSUER)
