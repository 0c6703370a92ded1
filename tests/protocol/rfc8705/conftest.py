"""A deployment behind a proxy that hands certificates on, and services that have some."""

import pytest

from tests.deployment import HTTPS, Browser, Deploy, Deployment, Service
from tests.protocol.rfc8705.authority import PROXY, WRITTEN, Holder, holder

OWN = {"grant_types": ["client_credentials"], "redirect_uris": [], "allowed_scopes": ["catalogue.read"]}


@pytest.fixture
def deployment(deploy: Deploy) -> Deployment:
    """Believes certificates from the proxy alone."""
    return deploy(
        client_certificates=True,
        trusted_proxies=(f"{PROXY}/32",),
        mtls_origin="https://mtls.shop.ru",
        issuer=HTTPS,
    )


@pytest.fixture
def owner(deployment: Deployment) -> Holder:
    """A certificate for the subject that the robot registered."""
    return holder(deployment.clock)


@pytest.fixture
def robot(deployment: Deployment) -> Service:
    """A service that is known by the subject of its certificate."""
    return deployment.register(
        "robot", token_endpoint_auth_method="tls_client_auth", tls_client_auth_subject_dn=WRITTEN, **OWN
    )


@pytest.fixture
def keeper(deployment: Deployment, owner: Holder) -> Service:
    """A service that is known by the key of its certificate."""
    method = "self_signed_tls_client_auth"
    return deployment.register(
        "keeper", token_endpoint_auth_method=method, jwks={"keys": [owner.jwk()]}, **OWN
    )


@pytest.fixture
def app(deployment: Deployment) -> Service:
    """A public client, whose tokens are bound to its certificate."""
    return deployment.register(
        "app", token_endpoint_auth_method="none", tls_client_certificate_bound_access_tokens=True
    )


@pytest.fixture
def store(deployment: Deployment) -> Service:
    """A service with a certificate by which it is known and its tokens are bound."""
    return deployment.register(
        "store",
        token_endpoint_auth_method="tls_client_auth",
        tls_client_auth_subject_dn=WRITTEN,
        tls_client_certificate_bound_access_tokens=True,
    )


@pytest.fixture
def maria(deployment: Deployment, browser: Browser) -> Browser:
    """A browser with somebody signed in."""
    deployment.sign_in(browser)
    return browser
