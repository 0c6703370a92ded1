"""RFC 9068: access tokens that a resource can verify by itself."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.deployment import FED, ISSUER, Browser, Deployment, Service
from tests.provider.tokens import claims, header, post, refresh, tokens, userinfo


@pytest.fixture
def maria(deployment: Deployment, browser: Browser) -> Browser:
    """A browser with somebody signed in."""
    deployment.sign_in(browser)
    return browser


def verify(browser: Browser, token: str) -> dict[str, Any]:
    """The claims, by the published keys alone."""
    return jwt.decode(
        token, KeySet.import_key_set(browser.get("/jwks.json").json), algorithms=["ES256"]
    ).claims


@pytest.mark.rule("RFC 9068", "2.1", "the header says at+jwt and names a published key of ES256")
@pytest.mark.sr("SR-061", "SR-064")
def test_the_header(maria: Browser, store: Service) -> None:
    access = tokens(maria, store)["access_token"]
    keys = {key["kid"]: key for key in maria.get("/jwks.json").json["keys"]}
    assert header(access) == {"typ": "at+jwt", "alg": "ES256", "kid": header(access)["kid"]}
    assert keys[header(access)["kid"]]["alg"] == "ES256"
    assert verify(maria, access) == claims(access)


@pytest.mark.rule(
    "RFC 9068", "2.2", "it says who issued it, for whom, to which client, when, until when, and is unique"
)
@pytest.mark.rule("RFC 9068", "2.2.1", "it says when and how the person signed in")
@pytest.mark.sr("SR-067")
def test_the_claims(deployment: Deployment, maria: Browser, store: Service) -> None:
    given = tokens(maria, store, "openid email")
    said, now = claims(given["access_token"]), deployment.clock.now() // 1000
    assert set(said) == {
        "iss", "sub", "aud", "client_id", "iat", "exp", "scope", "jti", "auth_time", "acr", "amr", "sid",
    }  # fmt: skip
    assert (said["iss"], said["aud"], said["client_id"]) == (ISSUER, ISSUER, "store")
    assert (said["scope"], said["acr"], said["amr"]) == ("openid email", FED, ["fed"])
    assert said["exp"] - said["iat"] == given["expires_in"] == 600
    assert abs(said["iat"] - now) <= 20
    assert said["sub"] == claims(given["id_token"])["sub"]
    assert said["sid"] == claims(given["id_token"])["sid"]
    again = refresh(maria, store, given["refresh_token"]).json
    assert claims(again["access_token"])["jti"] != said["jti"]


@pytest.mark.rule(
    "RFC 9068", "2.2", "nothing in it tells where the grant is kept, or who the person is to us"
)
def test_no_id_of_ours_is_in_it(deployment: Deployment, maria: Browser, store: Service) -> None:
    given = tokens(maria, store)
    (row,) = deployment.rows("grants")
    for kind in ("access_token", "id_token", "refresh_token"):
        text = given[kind] + str(claims(given[kind])) if kind != "refresh_token" else given[kind]
        for identifier in (row.identity_id, row.id, row.session_id, row.link_id):
            assert str(identifier) not in text
            assert identifier.hex not in text


@pytest.mark.sr("SR-067", "SR-056")
def test_a_client_may_have_shorter_tokens(deployment: Deployment, maria: Browser) -> None:
    brief = deployment.register("brief", access_token_s=60)
    given = tokens(maria, brief)
    again = refresh(maria, brief, given["refresh_token"]).json
    for answer in (given, again):
        said = claims(answer["access_token"])
        assert answer["expires_in"] == said["exp"] - said["iat"] == 60
    deployment.clock_file.advance(61)
    assert userinfo(maria, again["access_token"]).status_code == 401
    robot = deployment.register(
        "robot",
        grant_types=["client_credentials"],
        redirect_uris=[],
        allowed_scopes=["catalogue.read"],
        access_token_s=30,
    )
    own = post(maria, "/token", robot, {"grant_type": "client_credentials"}).json
    assert own["expires_in"] == claims(own["access_token"])["exp"] - claims(own["access_token"])["iat"] == 30


def test_no_client_has_longer_tokens_than_the_deployment(deploy: Any) -> None:
    deployment = deploy(lifetimes={"access_token_s": 120})
    browser = deployment.client()
    deployment.sign_in(browser)
    assert tokens(browser, deployment.register("long", access_token_s=600))["expires_in"] == 120
    assert tokens(browser, deployment.register("none"))["expires_in"] == 120


@pytest.mark.rule(
    "RFC 9068", "2.2", "a service's own token has the service for its subject, and no person's marks"
)
@pytest.mark.sr("SR-049", "SR-059")
def test_a_services_own_token(deployment: Deployment, browser: Browser) -> None:
    robot = deployment.register(
        "robot", grant_types=["client_credentials"], redirect_uris=[], allowed_scopes=["catalogue.read"]
    )
    own = post(browser, "/token", robot, {"grant_type": "client_credentials"}).json["access_token"]
    said = verify(browser, own)
    assert set(said) == {"iss", "sub", "aud", "client_id", "iat", "exp", "scope", "jti"}
    assert said["sub"] == said["client_id"] == "robot"
    answer = userinfo(browser, own)
    assert (answer.status_code, answer.json) == (401, {"error": "invalid_token"})
