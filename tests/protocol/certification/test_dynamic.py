"""The modules of the Dynamic plan of the OpenID Foundation with `response_type=code`, each by its name.

Its clients register themselves and sign their assertions. An operator gives them an initial access token that needs no
PKCE and lets assertions name the token endpoint, since the plan sends it so.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from app.keys.keyring import Keyring
from app.keys.lifecycle import KeyLifecycle
from tests.deployment import REDIRECT, Browser, Deployment
from tests.protocol.certification.relying_party import (
    DOCUMENT,
    KEY,
    SCOPES,
    RelyingParty,
    new_key,
    post_registration,
    public,
    shows_an_error,
)  # fmt: skip
from tests.protocol.rfc7591.pictures import png
from tests.provider.tokens import claims, header
from tests.services import ClockFile
from tests.upstreams.fakes import Fake, made, told

OTHER = "http://localhost:8200/other"


@pytest.fixture(scope="module")
def site() -> Iterator[Fake]:
    """The suite's own web server."""
    fake = Fake()
    yield fake
    fake.close()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, site: Fake) -> Iterator[Deployment]:
    """One that fetches requests, and what else the suite's server has."""
    directory = tmp_path_factory.mktemp("mostid")
    clock_file = ClockFile(directory / "clock")
    clock_file.set(0)
    deployed = Deployment(directory, clock_file, trusted_origins=(site.url,), request_uri_fetching=True)
    clock_file.advance(60)
    yield deployed
    deployed.storage.close()


@pytest.fixture
def maria(deployment: Deployment, browser: Browser) -> Browser:
    """A browser with somebody signed in."""
    deployment.sign_in(browser)
    return browser


def refused(browser: Browser, **document: Any) -> str:
    """The error of a registration."""
    answer = post_registration(browser, DOCUMENT | {"jwks": public(KEY)} | document)
    assert answer.status_code == 400, answer.text
    error: str = answer.json["error"]
    return error


@pytest.mark.rule("OIDC Registration", "3", "a client that registers itself goes through the whole flow")
def test_oidcc_server(maria: Browser) -> None:
    client = RelyingParty.register_itself(maria)
    given = client.tokens()
    assert client.id_token(given)["nonce"] == "the nonce"
    assert client.person(given).keys() == {"sub"}


@pytest.mark.rule("OIDC Core", "9", "an assertion may name the issuer for its audience")
def test_oidcc_ensure_client_assertion_with_iss_aud_succeeds(maria: Browser) -> None:
    client = RelyingParty.register_itself(maria)
    form = {"grant_type": "authorization_code", "code": client.authorize()["code"], "redirect_uri": REDIRECT}
    assert client.send(form, maria.issuer).status_code == 200


@pytest.mark.rule("OIDC Core", "3.1.2.1", "of two registered addresses none is guessed")
def test_oidcc_ensure_redirect_uri_in_authorization_request(maria: Browser) -> None:
    client = RelyingParty.register_itself(maria, redirect_uris=[REDIRECT, OTHER])
    assert shows_an_error(client.visit(redirect_uri=None))


@pytest.mark.rule("OIDC Registration", "2", "RS256 is signed where it is registered, and none cannot be")
@pytest.mark.parametrize("algorithm", ["RS256", "none"])
def test_oidcc_idtoken(maria: Browser, algorithm: str) -> None:
    """oidcc-idtoken-rs256, oidcc-idtoken-unsigned."""
    if algorithm == "none":
        assert refused(maria, id_token_signed_response_alg=algorithm) == "invalid_client_metadata"
        return
    client = RelyingParty.register_itself(maria, id_token_signed_response_alg=algorithm)
    assert client.id_token(client.tokens())["sub"]


@pytest.mark.rule("OIDC Registration", "2", "userinfo is signed by RS256 where that is registered")
def test_oidcc_userinfo_rs256(maria: Browser) -> None:
    client = RelyingParty.register_itself(maria, userinfo_signed_response_alg="RS256")
    given = client.tokens()
    answer = maria.get("/userinfo", headers={"Authorization": f"Bearer {given['access_token']}"})
    assert answer.content_type == "application/jwt"
    keys = KeySet.import_key_set(maria.get("/jwks.json").json)
    said = jwt.decode(answer.text, keys, algorithms=["RS256"]).claims
    assert said["sub"] == client.id_token(given)["sub"]
    assert (said["iss"], said["aud"]) == (maria.issuer, client.service.client_id)


@pytest.mark.rule("RFC 6749", "3.1.2", "an address with a query keeps it, and the answer is added")
def test_oidcc_redirect_uri_query_ok(maria: Browser) -> None:
    client = RelyingParty.register_itself(maria, redirect_uris=[f"{REDIRECT}?foo=bar"])
    assert client.authorize()["foo"] == "bar"
    assert client.exchange(client.last["code"]).status_code == 200


@pytest.mark.rule("OIDC Core", "3.1.2.1", "another query, or one more, is another address")
@pytest.mark.parametrize(("registered", "asked"), [("?foo=bar", "?bar=foo"), ("", "?foo=bar")])
def test_oidcc_redirect_uri_query(maria: Browser, registered: str, asked: str) -> None:
    """oidcc-redirect-uri-query-mismatch, oidcc-redirect-uri-query-added."""
    client = RelyingParty.register_itself(maria, redirect_uris=[f"{REDIRECT}{registered}"])
    assert shows_an_error(client.visit(redirect_uri=f"{REDIRECT}{asked}"))


@pytest.mark.rule("OIDC Registration", "3.3", "an address with a fragment is not registered")
def test_oidcc_redirect_uri_regfrag(maria: Browser) -> None:
    assert refused(maria, redirect_uris=[f"{REDIRECT}#foobar"]) == "invalid_redirect_uri"


@pytest.mark.rule("OIDC Core", "12", "a client that registered itself refreshes")
def test_oidcc_refresh_token(maria: Browser) -> None:
    client = RelyingParty.register_itself(maria)
    first = client.tokens(scope=" ".join(SCOPES), prompt="consent")
    second = client.refresh(first["refresh_token"]).json
    assert claims(second["id_token"])["sub"] == claims(first["id_token"])["sub"]


@pytest.mark.rule(
    "OIDC Core", "10.1.1", "keys at a client's jwks_uri are fetched, and new ones within a minute"
)
def test_oidcc_refresh_token_rp_key_rotation(deployment: Deployment, maria: Browser, site: Fake) -> None:
    """oidcc-registration-jwks-uri is its first half."""
    site.replies["/keys"] = told(public(KEY))
    client = RelyingParty.register_itself(maria, jwks=None, jwks_uri=f"{site.url}/keys")
    first = client.tokens(scope=" ".join(SCOPES), prompt="consent")
    assert client.signer is not None
    client.signer.key = new_key("RS256", "second")
    site.replies["/keys"] = told(public(client.signer.key))
    deployment.clock_file.advance(15)
    assert client.refresh(first["refresh_token"]).status_code == 200


@pytest.mark.rule(
    "OIDC Registration", "2", "the page where people sign in leads to the client's policy and terms"
)
@pytest.mark.parametrize("member", ["policy_uri", "tos_uri"])
def test_oidcc_registration(deployment: Deployment, member: str) -> None:
    """oidcc-registration-policy-uri, oidcc-registration-tos-uri."""
    client = RelyingParty.register_itself(deployment.client(), **{member: "https://rp.example/paper"})
    page = client.visit()
    assert page.status_code == 200
    assert 'href="https://rp.example/paper"' in page.text


@pytest.mark.rule("OIDC Registration", "2", "the page where people sign in shows the client's logo")
def test_oidcc_registration_logo_uri(deployment: Deployment, site: Fake) -> None:
    """Its picture is at our own address: no browser is sent to the client's for it."""
    site.replies["/logo.png"] = made(png(), 200, "image/png")
    client = RelyingParty.register_itself(deployment.client(), logo_uri=f"{site.url}/logo.png")
    assert client.record["logo_uri"] == f"{site.url}/logo.png"
    page = client.visit()
    assert page.status_code == 200
    (shown,) = re.findall(r'<img class="mark" src="(/logo/[^"]+)"', page.text)
    picture = client.browser.get(shown)
    assert (picture.status_code, picture.content_type, picture.data) == (200, "image/png", png())
    assert site.url not in page.text


@pytest.mark.rule(
    "OIDC Registration", "5", "a sector's file that lists the addresses is taken, another is refused"
)
def test_oidcc_registration_sector(maria: Browser, site: Fake) -> None:
    """oidcc-registration-sector-uri, oidcc-registration-sector-bad."""
    site.replies["/good"], site.replies["/bad"] = told([REDIRECT]), told(["https://rp.example/another"])
    client = RelyingParty.register_itself(maria, sector_identifier_uri=f"{site.url}/good")
    assert client.id_token(client.tokens())["sub"]
    assert refused(maria, sector_identifier_uri=f"{site.url}/bad") == "invalid_client_metadata"


@pytest.mark.rule("OIDC Core", "6.2", "a signed request at a registered address is fetched and heeded")
def test_oidcc_request_uri_signed_rs256(deployment: Deployment, maria: Browser, site: Fake) -> None:
    """oidcc-request-uri-unsigned is skipped by the suite where none is not announced for request objects."""
    said = maria.get("/.well-known/openid-configuration").json
    assert (said["request_uri_parameter_supported"], "none" in said["request_object_signing_alg_values_supported"]) == (
        True, False,
    )  # fmt: skip
    uri = f"{site.url}/request"
    client = RelyingParty.register_itself(maria, request_uris=[uri], request_object_signing_alg="RS256")
    now = deployment.clock.now() // 1000
    about = {"iss": client.service.client_id, "aud": maria.issuer, "iat": now, "exp": now + 60}
    assert client.signer is not None
    signed = client.signer.assertion(client.request(nonce="inner") | about)
    site.replies["/request"] = made(signed, 200, "application/oauth-authz-req+jwt")
    code = client.authorize(request_uri=uri, nonce="outer")["code"]
    assert claims(client.exchange(code).json["id_token"])["nonce"] == "inner"


@pytest.mark.rule("OIDC Core", "10.1.1", "after a rotation the new key is published and the old one still is")
def test_oidcc_server_rotate_keys(deployment: Deployment, maria: Browser) -> None:
    client = RelyingParty.register_itself(maria)
    before = {key["kid"] for key in maria.get("/jwks.json").json["keys"]}
    first = client.tokens()
    keys = KeyLifecycle(Keyring(deployment.settings.keys), deployment.clock, deployment.settings.lifetimes)
    deployment.storage.run(keys.rotate, write=True)
    deployment.clock_file.advance(3_600)
    deployment.storage.run(keys.rotate, write=True)
    deployment.clock_file.advance(3)
    after = {key["kid"] for key in maria.get("/jwks.json").json["keys"]}
    assert before < after
    second = client.tokens()
    assert client.id_token(second)["sub"] == claims(first["id_token"])["sub"]
    assert header(second["id_token"])["kid"] != header(first["id_token"])["kid"]


def test_what_only_operators_say_stays_theirs(maria: Browser) -> None:
    """The plan's exceptions come by the token, never by the document."""
    assert refused(maria, require_pkce=False) == "invalid_client_metadata"
    assert json.dumps(RelyingParty.register_itself(maria).record["require_pkce"]) == "false"
