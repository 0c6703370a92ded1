"""The modules of the OpenID Foundation's certification plan for RP-initiated logout, each by its name.

What a module does in a browser is done here: sign in, log out with these parameters, then ask without a page.
"""

import json
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from tests.deployment import ISSUER, Browser, Deployment, Service, answered
from tests.html import read
from tests.provider.forgery import foreign_signed, unsigned
from tests.provider.tokens import tokens

BACK = "http://localhost:8200/signed-out"
OUT, ASKS = "Вы вышли · MostID", "Выйти из MostID?"


@pytest.fixture
def shop(deployment: Deployment) -> Service:
    return deployment.register("shop", post_logout_redirect_uris=[BACK])


@pytest.fixture
def hint(deployment: Deployment, browser: Browser, shop: Service) -> str:
    deployment.sign_in(browser)
    return str(tokens(browser, shop)["id_token"])


@pytest.fixture(params=["GET", "POST"])
def logout(request: pytest.FixtureRequest, browser: Browser) -> Callable[..., TestResponse]:
    """Sends the person to the endpoint as a service does; both methods must be there (§2)."""

    def send(**fields: str) -> TestResponse:
        if request.param == "GET":
            return browser.get(f"/logout?{urlencode(fields)}")
        headers = {"Origin": "http://localhost:8200", "Sec-Fetch-Site": "cross-site"}
        return browser.follow(browser.post("/logout", data=fields, headers=headers))

    return send


def is_in(browser: Browser, service: Service) -> bool:
    got = answered(browser.authorize(service, prompt="none"))
    assert "code" in got or got["error"] == "login_required"
    return "code" in got


def assert_asks(browser: Browser, shop: Service, answer: TestResponse) -> None:
    """No redirect, nobody signed out; whoever says yes is told so, on a page."""
    assert (answer.status_code, "Location" in answer.headers) == (200, False)
    assert ASKS in answer.text
    assert is_in(browser, shop)
    done = browser.post("/logout", data=read(answer).form("/logout").filled(decision="allow"))
    assert (done.status_code, "Location" in done.headers, read(done).title) == (200, False, OUT)
    assert not is_in(browser, shop)


@pytest.mark.rule("OIDC RP-Initiated Logout", "2.1", "discovery names the endpoint")
def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(browser: Browser) -> None:
    document = json.loads(browser.get("/.well-known/openid-configuration").data)
    assert document["end_session_endpoint"] == f"{ISSUER}/logout"


@pytest.mark.rule(
    "OIDC RP-Initiated Logout", "2", "a good request ends the session and leads back with its state"
)
def test_oidcc_rp_initiated_logout(
    browser: Browser, shop: Service, hint: str, logout: Callable[..., TestResponse]
) -> None:
    answer = logout(id_token_hint=hint, post_logout_redirect_uri=BACK, state="s" * 128)
    assert answer.location == f"{BACK}?state={'s' * 128}"
    assert not is_in(browser, shop)


@pytest.mark.rule("OIDC RP-Initiated Logout", "3", "without state nothing is added to the address")
def test_oidcc_rp_initiated_logout_no_state(
    browser: Browser, shop: Service, hint: str, logout: Callable[..., TestResponse]
) -> None:
    assert logout(id_token_hint=hint, post_logout_redirect_uri=BACK).location == BACK
    assert not is_in(browser, shop)


@pytest.mark.rule(
    "OIDC RP-Initiated Logout", "3", "an address that is not registered is not gone to, whatever the hint"
)
def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(
    browser: Browser, shop: Service, hint: str, logout: Callable[..., TestResponse]
) -> None:
    answer = logout(id_token_hint=hint, post_logout_redirect_uri="https://evil.example/out", state="s")
    assert_asks(browser, shop, answer)


@pytest.mark.rule("OIDC RP-Initiated Logout", "3", "a query that was not registered makes it another address")
def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(
    browser: Browser, shop: Service, hint: str, logout: Callable[..., TestResponse]
) -> None:
    answer = logout(id_token_hint=hint, post_logout_redirect_uri=f"{BACK}?foo=bar", state="s")
    assert_asks(browser, shop, answer)


@pytest.mark.rule("OIDC RP-Initiated Logout", "4", "a hint whose signature was taken away counts for nothing")
def test_oidcc_rp_initiated_logout_modified_id_token_hint(
    browser: Browser, shop: Service, hint: str, logout: Callable[..., TestResponse]
) -> None:
    assert_asks(browser, shop, logout(id_token_hint=unsigned(hint), post_logout_redirect_uri=BACK, state="s"))


@pytest.mark.rule("OIDC RP-Initiated Logout", "4", "a hint that somebody else signed counts for nothing")
def test_oidcc_rp_initiated_logout_bad_id_token_hint(
    browser: Browser, shop: Service, hint: str, logout: Callable[..., TestResponse]
) -> None:
    answer = logout(id_token_hint=foreign_signed(hint), post_logout_redirect_uri=BACK, state="s")
    assert_asks(browser, shop, answer)


@pytest.mark.rule("OIDC RP-Initiated Logout", "3", "an address that nobody vouches for is not gone to")
def test_oidcc_rp_initiated_logout_no_id_token_hint(
    browser: Browser, shop: Service, hint: str, logout: Callable[..., TestResponse]
) -> None:
    assert_asks(browser, shop, logout(post_logout_redirect_uri=BACK, state="s"))


@pytest.mark.rule(
    "OIDC RP-Initiated Logout", "2", "without parameters the person is asked, and told that they are out"
)
def test_oidcc_rp_initiated_logout_no_params(
    browser: Browser, shop: Service, hint: str, logout: Callable[..., TestResponse]
) -> None:
    assert_asks(browser, shop, logout())


@pytest.mark.rule("OIDC RP-Initiated Logout", "2", "a state alone leads nowhere")
def test_oidcc_rp_initiated_logout_only_state(
    browser: Browser, shop: Service, hint: str, logout: Callable[..., TestResponse]
) -> None:
    assert_asks(browser, shop, logout(state="s"))


@pytest.mark.rule("OIDC RP-Initiated Logout", "2", "a good hint without an address ends on a page of ours")
def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(
    browser: Browser, shop: Service, hint: str, logout: Callable[..., TestResponse]
) -> None:
    answer = logout(id_token_hint=hint, state="s")
    assert (answer.status_code, "Location" in answer.headers, read(answer).title) == (200, False, OUT)
    assert not is_in(browser, shop)
