"""One server for each pair of stores; it serves all races."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment import Service
from tests.races.served import Served, serve
from tests.services import WORKER, _create_database, _or_skip, _sql, _template
from tests.support.servers import postgres_server, redis_server

AMONG_REDIS_DATABASES = 32
"""Those below belong to the tests that empty them."""


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The embedded stores, or PostgreSQL and Redis."""
    directory: Path = tmp_path_factory.mktemp("served")
    if request.param == "sqlite":
        with serve(directory, "", "") as server:
            yield server
        return
    postgres, redis = _or_skip(postgres_server), _or_skip(redis_server)
    name = _create_database(postgres, _template(postgres))
    with serve(directory, f"{postgres}/{name}", f"{redis}/{AMONG_REDIS_DATABASES + WORKER}") as server:
        yield server
    _sql(postgres, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="package")
def store(served: Served) -> Service:
    """A service of our own."""
    return served.deployment.register("store")
