"""One deployment for all modules, and the plans' clients."""

from collections.abc import Iterator

import pytest

from tests.deployment import Browser, Deployment
from tests.protocol.certification.relying_party import RelyingParty
from tests.services import ClockFile


@pytest.fixture(scope="package")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Modules leave nothing behind that another one sees, so they share it."""
    directory = tmp_path_factory.mktemp("mostid")
    clock_file = ClockFile(directory / "clock")
    clock_file.set(0)
    made = Deployment(directory, clock_file)
    yield made
    made.storage.close()


@pytest.fixture(params=["query", "form_post"])
def client(request: pytest.FixtureRequest, deployment: Deployment, browser: Browser) -> RelyingParty:
    """The client of the Basic and of the Form Post plan; somebody is signed in."""
    made = RelyingParty.register(deployment, browser, None if request.param == "query" else request.param)
    made.sign_in()
    return made
