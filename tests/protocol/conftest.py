"""A deployment for each test, a browser and a service at it."""

import pytest

from tests.deployment import Browser, Deployment, Service, deploy, deployment

__all__ = ["deploy", "deployment"]


@pytest.fixture
def browser(deployment: Deployment) -> Browser:
    """A browser without cookies."""
    return deployment.client()


@pytest.fixture
def store(deployment: Deployment) -> Service:
    """A service of our own."""
    return deployment.register("store")


@pytest.fixture
def merchant(deployment: Deployment) -> Service:
    """A third party's service."""
    return deployment.register(
        "merchant", client_name="Лавка", first_party=False, redirect_uris=["https://merchant.example/cb"]
    )


@pytest.fixture
def signed_in(deployment: Deployment, browser: Browser) -> Browser:
    """A browser in which somebody is signed in."""
    deployment.sign_in(browser)
    return browser
