"""A key, and services whose tokens are bound to it."""

import pytest

from tests.deployment import Browser, Deployment, Service
from tests.provider.proofs import Holder


@pytest.fixture
def holder(deployment: Deployment) -> Holder:
    """A client's key."""
    return Holder(deployment.clock)


@pytest.fixture
def maria(deployment: Deployment, browser: Browser) -> Browser:
    """A browser with somebody signed in."""
    deployment.sign_in(browser)
    return browser


@pytest.fixture
def robot(deployment: Deployment) -> Service:
    """A service that acts for itself."""
    return deployment.register(
        "robot", grant_types=["client_credentials"], redirect_uris=[], allowed_scopes=["catalogue.read"]
    )


@pytest.fixture
def app(deployment: Deployment) -> Service:
    """A public client."""
    return deployment.register("app", token_endpoint_auth_method="none")
