"""OIDC Core §5.3.2: userinfo that is signed, for a service that registered an algorithm."""

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from app.keys.lifecycle import ALGORITHMS
from app.keys.signing import REGISTRIES
from tests.deployment import ISSUER, Browser, Deployment, Service
from tests.provider.tokens import header, introspect, tokens, userinfo


@pytest.mark.rule(
    "OIDC Core", "5.3.2", "signed userinfo is application/jwt with iss and aud, and says the same"
)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_answer(deployment: Deployment, signed_in: Browser, store: Service, algorithm: str) -> None:
    plain = userinfo(signed_in, tokens(signed_in, store)["access_token"])
    assert plain.headers["Content-Type"] == "application/json"
    service = deployment.register("signed", userinfo_signed_response_alg=algorithm)
    answer = userinfo(signed_in, tokens(signed_in, service)["access_token"])
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/jwt"
    assert answer.headers["Cache-Control"] == "no-store"
    keys = KeySet.import_key_set(signed_in.get("/jwks.json").json)
    told = jwt.decode(answer.text, keys, registry=REGISTRIES[algorithm]).claims
    assert told == plain.json | {"iss": ISSUER, "aud": "signed"}
    assert header(answer.text)["alg"] == algorithm


@pytest.mark.rule("OIDC Core", "5.3.3", "an error is said as without a signature")
def test_errors(deployment: Deployment, signed_in: Browser) -> None:
    service = deployment.register("signed", userinfo_signed_response_alg="ES256")
    answer = userinfo(signed_in, tokens(signed_in, service)["access_token"] + "x")
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.rule(
    "OIDC Core", "3.1.3.7", "signed userinfo never passes for an ID token or an access token: it has no times"
)
@pytest.mark.sr("SR-064")
def test_it_is_no_token(deployment: Deployment, signed_in: Browser) -> None:
    service = deployment.register("signed", userinfo_signed_response_alg="ES256")
    signed = userinfo(signed_in, tokens(signed_in, service)["access_token"]).text
    assert "error=invalid_request" in signed_in.authorize(service, id_token_hint=signed).location
    assert userinfo(signed_in, signed).status_code == 401
    assert introspect(signed_in, service, signed) == {"active": False}
