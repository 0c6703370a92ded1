"""What a client's metadata says where its request is silent (OIDC Registration §2), and prompts for a fresh page."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.deployment import PHONE, Browser, Deployment, Service, answered
from tests.provider.tokens import claims, exchange, tokens


def signs_in(answer: TestResponse) -> bool:
    assert answer.status_code == 303
    return answer.location.startswith("/signin?")


def back(browser: Browser, first: TestResponse) -> TestResponse:
    """Come back to the endpoint with the ask, as the pages send the browser after their work."""
    return browser.get(first.location.replace("/signin", "/authorize", 1))


@pytest.mark.rule(
    "OIDC Registration", "2", "default_max_age counts where a request has no max_age, and only there"
)
def test_default_max_age(deployment: Deployment, signed_in: Browser) -> None:
    service = deployment.register(default_max_age=60, require_auth_time=True)
    assert "auth_time" in claims(tokens(signed_in, service)["id_token"])
    deployment.clock_file.advance(61)
    assert signs_in(signed_in.authorize(service))
    assert answered(signed_in.authorize(service, prompt="none"))["error"] == "login_required"
    assert "code" in answered(signed_in.authorize(service, max_age="3600"))


@pytest.mark.rule(
    "OIDC Registration", "2", "default_acr_values count where a request has no acr_values, and only there"
)
def test_default_acr_values(deployment: Deployment, signed_in: Browser) -> None:
    service = deployment.register(default_acr_values=[PHONE])
    assert signs_in(signed_in.authorize(service))
    assert "code" in answered(signed_in.authorize(service, prompt="none"))
    assert "code" in answered(signed_in.authorize(service, acr_values="urn:mostid:acr:1"))


@pytest.mark.parametrize(
    "asked", [{"max_age": "0"}, {"prompt": "login"}, {"prompt": "create"}], ids=["max_age", "login", "create"]
)
@pytest.mark.rule("OIDC Core", "3.1.2.1", "max_age=0 and prompt=login want a new proof, and one is enough")
@pytest.mark.rule("OIDC prompt=create", "4", "prompt=create begins at a sign-in page, whoever is signed in")
def test_a_new_proof(
    deployment: Deployment, signed_in: Browser, store: Service, asked: dict[str, Any]
) -> None:
    before = claims(tokens(signed_in, store)["id_token"])["auth_time"]
    deployment.clock_file.advance(5)
    first = signed_in.authorize(store, **asked)
    assert signs_in(first)
    assert signs_in(back(signed_in, first))
    deployment.sign_in(signed_in)
    got = exchange(signed_in, store, answered(back(signed_in, first))["code"]).json
    assert claims(got["id_token"])["auth_time"] >= before + 5


@pytest.mark.rule("OIDC prompt=create", "4.1", "create together with none is refused")
def test_create_without_a_page(signed_in: Browser, store: Service) -> None:
    assert answered(signed_in.authorize(store, prompt="none create"))["error"] == "invalid_request"


@pytest.mark.rule("OIDC Registration", "2", "max_age=0 by default is a new proof each time")
def test_default_max_age_of_zero(deployment: Deployment, signed_in: Browser) -> None:
    service = deployment.register(default_max_age=0)
    assert signs_in(signed_in.authorize(service))
