"""oauth4webapi and openid-client from npm, as they come. What a person does in a browser is done here."""

from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc.jwk import ECKey

from tests.clients_of_others.conftest import visit
from tests.deployment import REDIRECT, Browser
from tests.html import read
from tests.protocol.rfc7523.signer import public
from tests.protocol.rfc8628.conftest import DEVICE_CODE, decide
from tests.races.served import Served, signed_in
from tests.support import node

FAREWELL = "http://localhost:8200/farewell"
SCOPES = ["openid", "profile", "email", "offline_access", "catalogue.read"]


def conversation(served: Served, name: str, **given: Any) -> Any:
    """The program with what a client knows of us."""
    settings, ahead = served.deployment.settings, served.deployment.clock_file.seconds
    return node.run(name, issuer=settings.issuer, ahead=ahead, **given)


@pytest.mark.rule(
    "RFC 9449",
    "8",
    "oauth4webapi: a signed request is pushed, answered signed, its tokens bound, with nonces",
)
def test_oauth4webapi_alone(served: Served, maria: Browser) -> None:
    key = ECKey.generate_key("P-256", {"kid": "first", "alg": "ES256"})
    made = served.deployment.register(
        allowed_scopes=SCOPES,
        token_endpoint_auth_method="private_key_jwt",
        jwks=public(key),
        dpop_bound_access_tokens=True,
        dpop_require_nonce=True,
        require_pushed_authorization_requests=True,
        require_signed_request_object=True,
        response_modes=["jwt"],
        authorization_signed_response_alg="PS256",
        id_token_signed_response_alg="ES256",
        introspection_signed_response_alg="EdDSA",
    )
    with conversation(
        served, "low_level", client_id=made.client_id, key=key.as_dict(private=True), redirect_uri=REDIRECT
    ) as program:
        program.tell({"back": visit(maria, program.said()["open"]).location})
        found = program.said()
    assert found["same_documents"]
    assert found["retries"] == 1
    assert (found["token_type"], found["name"]) == ("dpop", "Мария Иванова")
    assert (len(set(found["sub"])), len(set(found["keys"]))) == (1, 1)
    assert (found["active"], found["refused"]) == ([True, False], "invalid_grant")


@pytest.mark.rule("RFC 8628", "3.5", "openid-client polls, waits longer where it is told to, and gets tokens")
@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_a_device(served: Served, decision: str) -> None:
    tv = served.deployment.register(
        redirect_uris=[], grant_types=[DEVICE_CODE, "refresh_token"], token_endpoint_auth_method="none"
    )
    browser = signed_in(served, "7")
    with conversation(served, "device", client_id=tv.client_id) as program:
        codes = program.said()
        assert codes["address"].endswith(codes["user_code"])
        let_pass(served, program)  # the first poll comes before anybody has decided
        waits = program.said()["wait"]
        decide(browser, codes["user_code"], decision)
        let_pass(served, program, waits)
        found = program.said()
    expected = {"error": "access_denied"}
    if decision == "allow":
        expected = {"name": "Мария Иванова", "same_person": True}
    assert found == expected


def let_pass(served: Served, program: node.Program, seconds: float | None = None) -> None:
    """Let the time pass that the device wants to wait."""
    served.deployment.clock_file.advance(program.said()["wait"] if seconds is None else seconds)
    program.tell({})


@pytest.mark.rule("OAuth 2.0 Form Post Response Mode", "2", "openid-client takes a posted answer")
@pytest.mark.rule(
    "RFC 7662", "2", "openid-client introspects, revokes and signs out by addresses that it makes"
)
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_with_a_secret(served: Served, method: str) -> None:
    made = served.deployment.register(
        allowed_scopes=SCOPES,
        grant_types=["authorization_code", "refresh_token", "client_credentials"],
        token_endpoint_auth_method=method,
        post_logout_redirect_uris=[FAREWELL],
    )
    browser = signed_in(served, "8")
    with conversation(
        served, "classic", client_id=made.client_id, client_secret=made.secret, method=method,
        redirect_uri=REDIRECT, farewell=FAREWELL,
    ) as program:  # fmt: skip
        program.tell({"body": posted(browser, program.said()["open"])})
        program.tell({"open": visit(browser, program.said()["leave"]).location})
        program.tell({"body": posted(browser, program.said()["open"])})
        found = program.said()
    assert found == {
        "sub": True,
        "active": [True, False],
        "own": "catalogue.read",
        "refused": "invalid_grant",
        "farewell": "farewell",
        "silent": "login_required",
    }


def posted(browser: Browser, url: str) -> str:
    """What our page posts to the client."""
    form = read(visit(browser, url)).form(REDIRECT)
    return urlencode(form.fields)
