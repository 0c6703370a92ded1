"""RFC 9701: introspection answers that are signed, for a service that has to keep them or to prove them."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from app.keys.lifecycle import ALGORITHMS
from app.keys.signing import REGISTRIES
from tests.deployment import ISSUER, Browser, Deployment, Service
from tests.provider.tokens import claims, header, introspect, post, tokens, userinfo

MEDIA_TYPE = "application/token-introspection+jwt"


def ask(browser: Browser, service: Service, token: str | None, accept: str = MEDIA_TYPE) -> TestResponse:
    """Introspect, and say which answer is wanted."""
    form = {} if token is None else {"token": token}
    return browser.post("/introspect", data=form, headers={"Accept": accept, "Authorization": service.basic})


def opened(browser: Browser, answer: TestResponse, algorithm: str = "RS256") -> dict[str, Any]:
    """The claims of an answer, verified by the published keys."""
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    assert answer.headers["Cache-Control"] == "no-store"
    keys = KeySet.import_key_set(browser.get("/jwks.json").json)
    return jwt.decode(answer.text, keys, registry=REGISTRIES[algorithm]).claims


@pytest.mark.rule("RFC 9701", "4", "a service that accepts the media type gets a JWT, any other gets JSON")
@pytest.mark.parametrize(
    ("accept", "signed"),
    [
        (MEDIA_TYPE, True), (MEDIA_TYPE.upper(), True), (f"application/json;q=0.5, {MEDIA_TYPE};q=0.9", True),
        ("application/json", False), ("*/*", False), ("", False), ("application/jwt", False),
        (MEDIA_TYPE + "x", False),
    ],
)  # fmt: skip
def test_the_media_type(signed_in: Browser, store: Service, accept: str, signed: bool) -> None:
    answer = ask(signed_in, store, tokens(signed_in, store)["access_token"], accept)
    assert answer.headers["Content-Type"] == (MEDIA_TYPE if signed else "application/json")


@pytest.mark.rule(
    "RFC 9701",
    "5",
    "typ, iss, aud and iat, and the state of the token in one member, which has no exp beside it",
)
def test_the_answer(deployment: Deployment, signed_in: Browser, store: Service) -> None:
    access = tokens(signed_in, store)["access_token"]
    answer = ask(signed_in, store, access)
    told = opened(signed_in, answer)
    assert header(answer.text) == {
        "typ": "token-introspection+jwt", "alg": "RS256", "kid": header(answer.text)["kid"],
    }  # fmt: skip
    assert told.keys() == {"iss", "aud", "iat", "token_introspection"}
    assert (told["iss"], told["aud"]) == (ISSUER, "store")
    assert abs(told["iat"] - deployment.clock.now() // 1000) <= 20
    assert told["token_introspection"] == introspect(signed_in, store, access)
    assert told["token_introspection"] == {"active": True, "token_type": "Bearer"} | claims(access)


@pytest.mark.rule(
    "RFC 9701", "5", "of a token that is not the caller's the answer says that it is inactive, and no more"
)
@pytest.mark.sr("SR-046")
def test_an_inactive_token(deployment: Deployment, signed_in: Browser, store: Service) -> None:
    other = deployment.register("social")
    for token in (tokens(signed_in, store)["access_token"], "x", "a.b.c"):
        assert opened(signed_in, ask(signed_in, other, token))["token_introspection"] == {"active": False}


@pytest.mark.rule(
    "RFC 9701", "6", "a service that registered an algorithm gets its answers signed by it, asked or not"
)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_registered_algorithm(deployment: Deployment, signed_in: Browser, algorithm: str) -> None:
    service = deployment.register("signed", introspection_signed_response_alg=algorithm)
    token = tokens(signed_in, service)["refresh_token"]
    answer = post(signed_in, "/introspect", service, {"token": token})
    assert opened(signed_in, answer, algorithm)["token_introspection"]["active"] is True


@pytest.mark.rule("RFC 9701", "5", "errors are JSON, as without a signature")
def test_errors(browser: Browser, store: Service) -> None:
    answer = ask(browser, store, None)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.rule(
    "RFC 9701", "8.1", "a signed answer is no token: neither userinfo nor introspection takes it for one"
)
@pytest.mark.sr("SR-064")
def test_it_is_no_token(signed_in: Browser, store: Service) -> None:
    signed = ask(signed_in, store, tokens(signed_in, store)["access_token"]).text
    assert userinfo(signed_in, signed).status_code == 401
    assert introspect(signed_in, store, signed) == {"active": False}
    hinted = signed_in.authorize(store, id_token_hint=signed)
    assert "error=invalid_request" in hinted.location
