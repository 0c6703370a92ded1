"""Sign-ins that begin with us (OIDC Core §4): where a service wants them sent."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import TestResponse

from app.clients.initial_tokens import Terms, issue
from tests.deployment import ISSUER, REDIRECT, Browser, Deployment
from tests.html import read

BEGINS = "https://shop.example/login?from=mostid"


def register(deployment: Deployment, browser: Browser, uri: str) -> TestResponse:
    """A client that registers itself with this place."""
    terms, now = Terms("a partner", ["openid"], 1, 60_000), deployment.clock.now()
    token = deployment.storage.run(lambda tx: issue(tx, terms, now, actor="test"), write=True)
    body = json.dumps({"redirect_uris": [REDIRECT], "client_name": "Читальня", "initiate_login_uri": uri})
    headers = {"Authorization": f"Bearer {token}"}
    return browser.post("/register", data=body, headers=headers, content_type="application/json")


@pytest.mark.rule("OIDC Core", "4", "the place is kept, and told to the client that asks for its record")
def test_the_place_is_kept(deployment: Deployment, browser: Browser) -> None:
    made = register(deployment, browser, BEGINS).json
    assert made["initiate_login_uri"] == BEGINS
    headers = {"Authorization": f"Bearer {made['registration_access_token']}"}
    found = browser.get(made["registration_client_uri"].removeprefix(ISSUER), headers=headers)
    assert found.json["initiate_login_uri"] == BEGINS


@pytest.mark.rule("OIDC Core", "4", "the place is an https address")
@pytest.mark.parametrize(
    "uri", ["http://shop.example/login", "javascript:alert(1)", "/login", "ru.shop:/login"]
)
def test_another_than_an_https_address_is_refused(deployment: Deployment, browser: Browser, uri: str) -> None:
    answer = register(deployment, browser, uri)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata")


@pytest.mark.rule(
    "OIDC Core", "4", "the service learns who sends the person: its own query stays, iss is added"
)
def test_the_service_learns_who_sends(deployment: Deployment, browser: Browser) -> None:
    deployment.register("shop", initiate_login_uri=BEGINS)
    (link,) = (
        link for link in read(browser.get("/")).links.values() if link.startswith("https://shop.example")
    )
    assert parse_qs(urlsplit(link).query) == {"from": ["mostid"], "iss": [ISSUER]}
