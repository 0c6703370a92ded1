"""Signed answers (JWT Secured Authorization Response Mode for OAuth 2.0, JARM)."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from app.clients.metadata import BadMetadata
from tests.deployment import ISSUER, Browser, Deployment, Service, answered
from tests.html import read
from tests.provider.tokens import exchange, header, tokens

SIGNED = ["jwt", "query.jwt", "form_post.jwt"]


@pytest.fixture
def careful(deployment: Deployment) -> Service:
    """A service that wants its answers signed."""
    return deployment.register("careful", response_modes=["query", *SIGNED])


def response(answer: TestResponse) -> str:
    """The one member of an answer, wherever it travels."""
    if answer.status_code == 303:
        sent = dict(parse_qsl(urlsplit(answer.location).query))
    else:
        (form,) = read(answer).forms
        sent = form.fields
    assert sent.keys() == {"response"}
    return sent["response"]


def said(browser: Browser, token: str, algorithm: str = "RS256") -> dict[str, Any]:
    """What it says, by a library that has our published keys."""
    keys = KeySet.import_key_set(browser.get("/jwks.json").json)
    return dict(jwt.decode(token, keys, algorithms=[algorithm]).claims)


@pytest.mark.sr("SR-008")
@pytest.mark.rule(
    "JARM", "2.1", "the answer is a JWT with iss, aud, exp within ten minutes, and its parameters"
)
@pytest.mark.rule("JARM", "2.3", "by redirect, or by a form; jwt is query.jwt for a code")
@pytest.mark.parametrize("mode", SIGNED)
def test_a_signed_code(signed_in: Browser, careful: Service, mode: str) -> None:
    answer = signed_in.authorize(careful, response_mode=mode)
    assert answer.status_code == (200 if mode == "form_post.jwt" else 303)
    claims = said(signed_in, response(answer))
    assert claims.keys() == {"iss", "aud", "exp", "code", "state"}
    assert (claims["iss"], claims["aud"], claims["state"]) == (ISSUER, careful.client_id, "the state")
    assert 0 < claims["exp"] - signed_in.deployment.clock.now() // 1000 <= 600
    assert exchange(signed_in, careful, claims["code"]).status_code == 200


@pytest.mark.sr("SR-008", "SR-010")
@pytest.mark.rule("JARM", "2.1", "errors are signed like codes")
@pytest.mark.parametrize("mode", SIGNED)
def test_a_signed_error(signed_in: Browser, careful: Service, mode: str) -> None:
    state = '"><script>'
    claims = said(
        signed_in, response(signed_in.authorize(careful, response_mode=mode, scope="x", state=state))
    )
    assert claims.keys() == {"iss", "aud", "exp", "error", "error_description", "state"}
    assert (claims["error"], claims["state"]) == ("invalid_scope", state)
    stranger = signed_in.deployment.client()
    claims = said(signed_in, response(stranger.authorize(careful, response_mode=mode, prompt="none")))
    assert claims["error"] == "login_required"


@pytest.mark.rule("JARM", "3", "signed by the algorithm that the client registered")
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256", "EdDSA"])
def test_the_algorithm_is_the_clients(deployment: Deployment, signed_in: Browser, algorithm: str) -> None:
    service = deployment.register(response_modes=SIGNED, authorization_signed_response_alg=algorithm)
    token = response(signed_in.authorize(service, response_mode="jwt"))
    assert header(token)["alg"] == algorithm
    assert "code" in said(signed_in, token, algorithm)


@pytest.mark.rule("JARM", "3", "none and shared secrets are no algorithms for it")
@pytest.mark.parametrize(
    "members",
    [
        {"authorization_signed_response_alg": "none"},
        {"authorization_signed_response_alg": "HS256"},
        {"response_modes": ["fragment"]},
        {"response_modes": ["query", "query"]},
        {"response_modes": []},
    ],
)
def test_what_cannot_be_registered(deployment: Deployment, members: dict[str, Any]) -> None:
    with pytest.raises(BadMetadata):
        deployment.register(**members)


@pytest.mark.sr("SR-010", "SR-056")
@pytest.mark.parametrize("mode", [*SIGNED, "fragment.jwt"])
def test_signed_answers_are_for_those_who_registered_them(
    signed_in: Browser, store: Service, mode: str
) -> None:
    got = answered(signed_in.authorize(store, response_mode=mode))
    assert (got["error"], got["state"], got["iss"]) == ("invalid_request", "the state", ISSUER)


@pytest.mark.sr("SR-062")
@pytest.mark.rule("RFC 8725", "3.12", "a signed answer passes for no other token of ours")
def test_it_is_no_token(signed_in: Browser, careful: Service) -> None:
    token = response(signed_in.authorize(careful, response_mode="jwt"))
    assert answered(signed_in.authorize(careful, id_token_hint=token))["error"] == "invalid_request"
    answer = signed_in.get("/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    hint = tokens(signed_in, careful, scope="openid")["id_token"]
    assert "code" in answered(signed_in.authorize(careful, id_token_hint=hint))


@pytest.mark.rule(
    "JARM", "4", "the metadata says which modes and algorithms there are, and each of them works"
)
def test_the_metadata(signed_in: Browser, deployment: Deployment) -> None:
    metadata = signed_in.get("/.well-known/openid-configuration").json
    assert metadata["response_modes_supported"] == ["query", "form_post", *SIGNED]
    assert set(metadata["authorization_signing_alg_values_supported"]) == {"RS256", "ES256", "PS256", "EdDSA"}
    everything = deployment.register(response_modes=metadata["response_modes_supported"])
    for mode in metadata["response_modes_supported"]:
        answer = signed_in.authorize(everything, response_mode=mode)
        assert "error" not in (answer.headers.get("Location") or answer.text)
