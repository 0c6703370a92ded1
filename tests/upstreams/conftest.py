"""Fake upstreams, and the client that calls them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.storage.clock import Clock
from app.upstreams.http import Http
from tests.upstreams.certificates import Authority
from tests.upstreams.fakes import Fake


@pytest.fixture(scope="session")
def few_authorities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One authority instead of the system's 140, whose reading would take most of a test's time."""
    return Authority(tmp_path_factory.mktemp("authority")).pem


@pytest.fixture(autouse=True)
def _trusts_few(few_authorities: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(few_authorities))


@pytest.fixture
def events() -> list[str]:
    """What the client had counted."""
    return []


@pytest.fixture
def client(clock: Clock, events: list[str]) -> Iterator[Callable[..., Http]]:
    """Makes a client; its times are production's where a test names no others."""
    made: list[Http] = []

    def make(**changed: Any) -> Http:
        made.append(Http(clock, events.append, **changed))
        return made[-1]

    yield make
    for http in made:
        http.close()


@pytest.fixture
def http(client: Callable[..., Http]) -> Http:
    return client()


@pytest.fixture
def fakes() -> Iterator[Callable[..., Fake]]:
    """Starts fake upstreams."""
    started: list[Fake] = []

    def start(**given: Any) -> Fake:
        started.append(Fake(**given))
        return started[-1]

    yield start
    for fake in started:
        fake.close()


@pytest.fixture
def fake(fakes: Callable[..., Fake]) -> Fake:
    return fakes()
