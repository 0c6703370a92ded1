"""One server that client libraries meet at its own address, and the browser of somebody who signs in there."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.deployment import Browser
from tests.races.served import Served, serve, signed_in


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Granian over the embedded stores."""
    directory = tmp_path_factory.mktemp("served")
    with serve(directory, "", "", number_of_workers=1, at_its_port=True) as server:
        yield server


@pytest.fixture(scope="package")
def issuer(served: Served) -> str:
    """All that a client is told."""
    return served.deployment.settings.issuer


@pytest.fixture
def maria(served: Served) -> Browser:
    """A browser with somebody signed in."""
    return signed_in(served, "1")


def visit(browser: Browser, url: str) -> TestResponse:
    """What our server answers this browser at an address that a client made."""
    address = urlsplit(url)
    return browser.get(f"{address.path}?{address.query}")
