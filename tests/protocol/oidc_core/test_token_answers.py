"""OIDC Core §2, §3.1.3 and §12: the ID token of an exchange and of a refresh."""

import base64
import hashlib
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from app.keys.signing import REGISTRIES
from tests.deployment import FED, ISSUER, PHONE, Browser, Deployment, Service
from tests.provider.ends import consent
from tests.provider.tokens import claims, header, refresh, tokens

WHOLE = "openid profile email phone offline_access"


@pytest.fixture
def maria(deployment: Deployment, browser: Browser) -> Browser:
    """A browser with somebody signed in."""
    deployment.sign_in(browser)
    return browser


def half_hash(token: str, algorithm: str = "RS256") -> str:
    """By SHA-512 for Ed25519, as RFC 8032 §5.1 signs with it, and by SHA-256 for the others."""
    digest = hashlib.sha512(token.encode()) if algorithm == "EdDSA" else hashlib.sha256(token.encode())
    half = digest.digest()[: digest.digest_size // 2]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()


@pytest.mark.rule("OIDC Core", "3.1.3.7", "the ID token verifies with a published key that its header names")
@pytest.mark.rule("OIDC Core", "3.1.3.6", "at_hash is half of the hash that the signature uses")
@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256", "EdDSA"])
def test_the_signature(deployment: Deployment, maria: Browser, algorithm: str) -> None:
    service = deployment.register("signed", id_token_signed_response_alg=algorithm)
    given = tokens(maria, service)
    keys = KeySet.import_key_set(maria.get("/jwks.json").json)
    for answer in (given, refresh(maria, service, given["refresh_token"]).json):
        token = answer["id_token"]
        assert header(token) == {"typ": "JWT", "alg": algorithm, "kid": header(token)["kid"]}
        assert jwt.decode(token, keys, registry=REGISTRIES[algorithm]).claims == claims(token)
        assert claims(token)["at_hash"] == half_hash(answer["access_token"], algorithm)


@pytest.mark.rule("OIDC Core", "2", "an ID token says who, to whom, when and how, and nothing of the profile")
@pytest.mark.rule(
    "OIDC Core", "5.4", "claims of scopes are at userinfo and not in the ID token of the code flow"
)
@pytest.mark.sr("SR-066")
def test_the_claims(deployment: Deployment, maria: Browser, store: Service) -> None:
    said, now = claims(tokens(maria, store, WHOLE)["id_token"]), deployment.clock.now() // 1000
    assert set(said) == {
        "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash",
    }  # fmt: skip
    assert (said["iss"], said["aud"], said["acr"], said["amr"]) == (ISSUER, "store", FED, ["fed"])
    assert said["nonce"] == "the nonce"
    assert abs(said["iat"] - now) <= 20
    assert said["exp"] - said["iat"] == deployment.settings.lifetimes.id_token_s
    assert said["auth_time"] <= said["iat"]
    assert 1 <= len(said["sub"]) <= 255
    assert said["sub"].isascii()


@pytest.mark.rule("OIDC Core", "3.1.2.1", "a nonce comes back as it was sent, and not where none was sent")
@pytest.mark.parametrize("nonce", ["n" * 384, "ключ \"'<>&% +/=", None])
def test_the_nonce(maria: Browser, store: Service, nonce: str | None) -> None:
    assert claims(tokens(maria, store, nonce=nonce)["id_token"]).get("nonce") == nonce


@pytest.mark.rule("OIDC Core", "3.1.3.3", "without openid there is no ID token")
def test_without_openid(maria: Browser, store: Service) -> None:
    given = tokens(maria, store, "profile")
    assert "id_token" not in given
    assert "id_token" not in refresh(maria, store, given["refresh_token"]).json


@pytest.mark.rule(
    "OIDC Core",
    "12.2",
    "the ID token of a refresh has the same iss, sub, aud, auth_time; iat is new; no nonce",
)
def test_the_id_token_of_a_refresh(deployment: Deployment, maria: Browser, store: Service) -> None:
    first = tokens(maria, store)
    deployment.clock_file.advance(100)
    second = refresh(maria, store, first["refresh_token"]).json
    before, after = claims(first["id_token"]), claims(second["id_token"])
    kept = ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert "nonce" not in after
    assert 100 <= after["iat"] - before["iat"] <= 103
    assert after["exp"] > before["exp"]


@pytest.mark.rule(
    "OIDC Core", "12.1", "a grant keeps what was proved for it, whatever the session proves later"
)
@pytest.mark.sr("SR-079")
def test_a_later_proof_does_not_change_an_older_grant(
    deployment: Deployment, maria: Browser, store: Service
) -> None:
    first = tokens(maria, store)
    deployment.clock_file.advance(100)
    deployment.sign_in(maria)
    renewed = claims(refresh(maria, store, first["refresh_token"]).json["id_token"])
    assert renewed["auth_time"] == claims(first["id_token"])["auth_time"]
    passed = claims(tokens(maria, store)["id_token"])["auth_time"] - renewed["auth_time"]
    assert 100 <= passed <= 160  # the machine's own time goes on too


@pytest.mark.sr("SR-079")
def test_acr_and_amr_say_what_happened(deployment: Deployment, store: Service) -> None:
    seen: dict[str, Any] = {}
    for provider, subject, acr in (
        ("mailru", "1", FED),
        ("phone", "+79201234567", PHONE),
        ("phone", "+79201234568", FED),
    ):
        browser = deployment.client()
        deployment.sign_in(browser, subject, provider=provider, claims={}, acr=acr)
        given = tokens(browser, store)
        for token in (given["id_token"], given["access_token"]):
            seen[subject] = (claims(token)["acr"], claims(token)["amr"])
    assert seen == {
        "1": (FED, ["fed"]),
        "+79201234567": (PHONE, ["sms", "otp"]),
        "+79201234568": (FED, ["sms", "otp"]),
    }


@pytest.mark.rule("OIDC Core", "12", "a refresh token belongs to its client")
def test_a_refresh_token_belongs_to_its_client(
    deployment: Deployment, maria: Browser, store: Service
) -> None:
    given = tokens(maria, store)
    other = deployment.register("social")
    assert refresh(maria, other, given["refresh_token"]).json == {"error": "invalid_grant"}
    assert refresh(maria, store, given["refresh_token"]).status_code == 200


@pytest.mark.rule(
    "OIDC Core", "8.1", "services of one sector know a person by one subject, third parties each by their own"
)
@pytest.mark.sr("SR-058", "SR-076", "SR-166")
def test_subjects_and_sessions_are_told_by_sector(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    person = deployment.sign_in(browser)
    social = deployment.register("social")
    strangers = [
        deployment.register(
            name, first_party=False, client_name="Лавка", redirect_uris=[f"https://{name}.example/cb"]
        )
        for name in ("one", "two")
    ]
    for stranger in strangers:
        consent(deployment, person, stranger, "openid")
    said = [claims(tokens(browser, service, "openid")["id_token"]) for service in (store, social, *strangers)]
    for name in ("sub", "sid"):
        assert said[0][name] == said[1][name]
        assert len({one[name] for one in said}) == 3
