"""A bank, and a browser with somebody signed in."""

import pytest

from tests.deployment import Browser, Deploy, Deployment
from tests.protocol.fapi2.bank import Bank


@pytest.fixture
def deployment(deploy: Deploy) -> Deployment:
    """Its ephemeral store is a minute old, so that assertions and proofs of some seconds ago are known to be new."""
    made = deploy()
    made.clock_file.advance(60)
    return made


@pytest.fixture
def maria(deployment: Deployment, browser: Browser) -> Browser:
    """A browser with somebody signed in."""
    deployment.sign_in(browser)
    return browser


@pytest.fixture
def bank(deployment: Deployment, maria: Browser) -> Bank:
    """A client under the Security Profile."""
    return Bank.register(deployment, maria)


@pytest.fixture
def signing_bank(deployment: Deployment, maria: Browser) -> Bank:
    """A client under Message Signing."""
    return Bank.register(deployment, maria, fapi="message_signing")
