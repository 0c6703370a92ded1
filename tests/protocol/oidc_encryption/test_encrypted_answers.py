"""OIDC Core §10.2: ID tokens and userinfo that only their service can read."""

import pytest

from app.clients.metadata import BadMetadata
from app.keys.jwk import ALGORITHMS as KEYS_OF_OTHERS
from tests.deployment import ISSUER, Browser, Deployment, Service
from tests.protocol.oidc_encryption.reader import ALGORITHMS, public, read, register, wishes
from tests.provider.tokens import exchange, header, refresh, tokens, userinfo

CONTENT = ("A256GCM", "A128GCM")


@pytest.mark.rule(
    "OIDC Core", "10.2", "an ID token is signed first and encrypted then, with cty JWT and the key's kid"
)
@pytest.mark.rule("RFC 7519", "11.2", "what is signed lies within what is encrypted")
@pytest.mark.parametrize("content", CONTENT)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_id_tokens(deployment: Deployment, signed_in: Browser, algorithm: str, content: str) -> None:
    service = register(deployment, "id_token", algorithm, id_token_encrypted_response_enc=content)
    given = tokens(signed_in, service, scope="openid offline_access")
    found = read(given["id_token"], algorithm, content)
    assert {name: found.header.get(name) for name in ("alg", "enc", "cty", "kid")} == {
        "alg": algorithm,
        "enc": content,
        "cty": "JWT",
        "kid": "mine",
    }
    claims = found.signed(signed_in, "RS256")
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (ISSUER, "reader", "the nonce")
    assert header(given["access_token"])["typ"] == "at+jwt"  # not encrypted: it is for resource servers
    again = refresh(signed_in, service, given["refresh_token"]).json
    assert read(again["id_token"], algorithm, content).signed(signed_in, "RS256")["sub"] == claims["sub"]


@pytest.mark.rule("OIDC Core", "3.1.2.1", "a hint is the signed token within: it has to be decrypted first")
def test_hints(deployment: Deployment, signed_in: Browser) -> None:
    service = register(deployment, "id_token", "ECDH-ES")
    given = tokens(signed_in, service)["id_token"]
    signed = read(given, "ECDH-ES").content
    assert "code=" in signed_in.authorize(service, prompt="none", id_token_hint=signed).location
    assert "error=invalid_request" in signed_in.authorize(service, id_token_hint=given).location


@pytest.mark.rule(
    "OIDC Core", "5.3.2", "encrypted userinfo is application/jwt: a signed token within, or plain claims"
)
@pytest.mark.parametrize("signed", ["", "ES256"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_userinfo(
    deployment: Deployment, signed_in: Browser, store: Service, algorithm: str, signed: str
) -> None:
    plain = userinfo(signed_in, tokens(signed_in, store)["access_token"]).json
    service = register(deployment, "userinfo", algorithm, userinfo_signed_response_alg=signed)
    answer = userinfo(signed_in, tokens(signed_in, service)["access_token"])
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/jwt"
    assert answer.headers["Cache-Control"] == "no-store"
    found = read(answer.text, algorithm)
    assert found.header.get("cty") == ("JWT" if signed else None)
    if signed:
        assert found.signed(signed_in, signed) == plain | {"iss": ISSUER, "aud": "reader"}
    else:
        assert found.plain == plain


@pytest.mark.rule("RFC 7517", "4.2", "a key that is kept to verify signatures is never encrypted to")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_which_key(deployment: Deployment, signed_in: Browser, algorithm: str) -> None:
    keys = [
        public(algorithm, kid="sig", use="sig"),
        public(algorithm, kid="other alg", alg="RSA-OAEP"),
        public(algorithm, kid="verifies", use=None, key_ops=["verify"]),
        public(algorithm, kid="any", use=None),
        public(algorithm, kid="best"),
    ]
    service = register(deployment, "id_token", algorithm, jwks={"keys": keys})
    assert header(tokens(signed_in, service)["id_token"])["kid"] == "best"
    deployment.change(service, jwks={"keys": keys[:4]})
    assert header(tokens(signed_in, service)["id_token"])["kid"] == "any"
    deployment.change(service, jwks={"keys": [public(algorithm, kid=None)]})
    assert "kid" not in header(tokens(signed_in, service)["id_token"])


@pytest.mark.rule(
    "OIDC Registration", "2", "what cannot be encrypted is not registered: no key that fits, or enc unsaid"
)
@pytest.mark.parametrize(
    ("changed", "member"),
    [
        ({"jwks": None}, "alg"),
        ({"jwks": {"keys": [public("ECDH-ES")]}}, "alg"),
        ({"jwks": {"keys": [public("RSA-OAEP-256", use="sig")]}}, "alg"),
        ({"jwks": {"keys": [public("RSA-OAEP-256", alg="RSA-OAEP")]}}, "alg"),
        ({"id_token_encrypted_response_enc": ""}, "enc"),
        ({"id_token_encrypted_response_alg": ""}, "enc"),
        ({"id_token_encrypted_response_alg": "RSA1_5"}, "alg"),
        ({"id_token_encrypted_response_alg": "RSA-OAEP"}, "alg"),
        ({"id_token_encrypted_response_alg": "dir"}, "alg"),
        ({"id_token_encrypted_response_enc": "A128CBC-HS256"}, "enc"),
    ],
)
def test_what_is_not_registered(deployment: Deployment, changed: dict[str, object], member: str) -> None:
    with pytest.raises(BadMetadata) as refusal:
        register(deployment, "id_token", "RSA-OAEP-256", **changed)
    assert refusal.value.problems[0][0] == f"id_token_encrypted_response_{member}"


@pytest.mark.rule("RFC 7518", "4.3", "an RSA key of less than 2048 bits is refused")
def test_small_keys(deployment: Deployment) -> None:
    small = public("RSA-OAEP-256", n="v" * 170 + "Q")  # 1024 bits
    with pytest.raises(BadMetadata) as refusal:
        register(deployment, "id_token", "RSA-OAEP-256", jwks={"keys": [small]})
    assert refusal.value.problems[0][0] == "jwks"
    assert "2048" in str(refusal.value)


@pytest.mark.rule("OIDC Discovery", "3", "the algorithms that are announced are those that may be registered")
def test_discovery(deployment: Deployment, browser: Browser) -> None:
    said = browser.get("/.well-known/openid-configuration").json
    for answer in ("id_token", "userinfo"):
        assert said[f"{answer}_encryption_alg_values_supported"] == list(ALGORITHMS)
        assert said[f"{answer}_encryption_enc_values_supported"] == list(CONTENT)
        for algorithm in said[f"{answer}_encryption_alg_values_supported"]:
            assert deployment.register(**wishes(answer, algorithm, "A128GCM")).client_id
    assert "RSA-OAEP-256" not in KEYS_OF_OTHERS


def test_services_that_want_nothing_encrypted_pay_nothing(
    deployment: Deployment, signed_in: Browser, store: Service
) -> None:
    """And those that do pay no statement more."""
    tokens(signed_in, store)
    counts = []
    for service in (store, register(deployment, "id_token", "ECDH-ES")):
        code = signed_in.code(service)
        with deployment.statements() as seen:
            assert exchange(signed_in, service, code).status_code == 200
        counts.append(len([one for one in seen if "FROM versions" not in one]))
    assert counts[0] == counts[1]
