"""RFC 8252: applications on a person's own device, and which of them anybody could pretend to be."""

import pytest
from werkzeug.test import TestResponse

from tests.deployment import Browser, Deployment, Service, answered
from tests.html import read
from tests.provider.tokens import exchange

PRIVATE, LOOPBACK, CLAIMED = "ru.shop.app:/cb", "http://127.0.0.1/cb", "https://app.shop.ru/cb"


def register(deployment: Deployment, uri: str, **members: object) -> Service:
    wanted = {
        "application_type": "native",
        "token_endpoint_auth_method": "none",
        "redirect_uris": [uri],
    } | members
    return deployment.register(**wanted)


def allow(browser: Browser, page: TestResponse) -> TestResponse:
    return browser.follow(
        browser.post("/consent", data=read(page).form("/consent").filled(decision="allow", scope=[]))
    )


@pytest.mark.rule(
    "RFC 8252", "8.6", "without proof of who asks, the person is asked each time, our own applications too"
)
@pytest.mark.parametrize("uri", [PRIVATE, LOOPBACK])
@pytest.mark.parametrize("first_party", [True, False])
def test_an_application_that_anybody_could_be_asks_each_time(
    deployment: Deployment, signed_in: Browser, uri: str, first_party: bool
) -> None:
    app = register(deployment, uri, first_party=first_party)
    for _ in range(2):
        deployment.clock_file.advance(2)
        page = signed_in.follow(signed_in.authorize(app))
        assert read(page).form("/consent")
        given = answered(allow(signed_in, page))
        assert exchange(signed_in, app, given["code"]).status_code == 200


@pytest.mark.rule(
    "RFC 8252", "8.6", "no page may be shown: the request is refused, however often it was allowed"
)
@pytest.mark.parametrize("uri", [PRIVATE, LOOPBACK])
def test_nothing_is_given_without_a_page(deployment: Deployment, signed_in: Browser, uri: str) -> None:
    app = register(deployment, uri)
    assert answered(signed_in.authorize(app, prompt="none"))["error"] == "consent_required"
    allow(signed_in, signed_in.follow(signed_in.authorize(app)))
    deployment.clock_file.advance(2)
    assert answered(signed_in.authorize(app, prompt="none"))["error"] == "consent_required"


@pytest.mark.rule("RFC 8252", "8.6", "whoever says no gives nothing")
def test_whoever_says_no_gives_nothing(deployment: Deployment, signed_in: Browser) -> None:
    app = register(deployment, PRIVATE)
    page = signed_in.follow(signed_in.authorize(app))
    refused = signed_in.post("/consent", data=read(page).form("/consent").filled(decision="deny"))
    assert answered(signed_in.follow(refused))["error"] == "access_denied"


@pytest.mark.rule(
    "RFC 8252", "7.2", "a claimed https address proves the application: ours are not asked about"
)
def test_a_claimed_address_needs_no_page(deployment: Deployment, signed_in: Browser) -> None:
    assert "code" in answered(signed_in.authorize(register(deployment, CLAIMED)))


def test_an_application_with_a_secret_needs_no_page(deployment: Deployment, signed_in: Browser) -> None:
    app = register(deployment, PRIVATE, token_endpoint_auth_method="client_secret_basic")
    assert "code" in answered(signed_in.authorize(app))


@pytest.mark.rule(
    "RFC 8252", "7.3", "the port of a loopback address is the application's to choose, each time"
)
def test_the_port_is_free(deployment: Deployment, signed_in: Browser) -> None:
    app = register(deployment, LOOPBACK)
    uri = "http://127.0.0.1:51004/cb"
    page = signed_in.follow(signed_in.authorize(app, redirect_uri=uri))
    assert "127.0.0.1" in page.text
    assert allow(signed_in, page).location.startswith(f"{uri}?")
