"""What FAPI 2.0 fixes when a client is registered: good defaults, and a refusal that names each wrong member."""

from typing import Any

import pytest

from app.clients.metadata import BadMetadata, ClientMetadata, parse
from app.clients.policy import Policy
from tests.protocol.fapi2.bank import MEMBERS
from tests.protocol.rfc7523.signer import new_key, public

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
PS256_ONLY = public(new_key("PS256"))
BASE = MEMBERS | {"jwks": PS256_ONLY}


def registered(**members: Any) -> ClientMetadata:
    return parse(BASE | members, Policy())


def refused(**members: Any) -> dict[str, str]:
    with pytest.raises(BadMetadata) as caught:
        registered(**members)
    return dict(caught.value.problems)


@pytest.mark.rule(
    "FAPI 2.0 SP", "5.3", "a client that says nothing but its profile gets what the profile wants"
)
def test_defaults() -> None:
    made = registered()
    assert made.token_endpoint_auth_method == "private_key_jwt"
    assert made.require_pushed_authorization_requests
    assert made.dpop_bound_access_tokens
    assert (made.id_token_signed_response_alg, made.authorization_signed_response_alg) == ("ES256", "ES256")
    assert not made.require_signed_request_object
    assert "query" in made.response_modes
    assert parse(made.document(), Policy()) == made


@pytest.mark.rule("FAPI 2.0 MS", "5.3", "a client under Message Signing signs and gets what is signed")
def test_defaults_of_message_signing() -> None:
    made = registered(fapi="message_signing")
    assert made.require_signed_request_object
    assert made.response_modes == ("jwt", "query.jwt", "form_post.jwt")
    assert made.introspection_signed_response_alg == "ES256"
    assert parse(made.document(), Policy()) == made


@pytest.mark.parametrize("profile", [True, "FAPI", "security message_signing", ["security"], None])
def test_other_profiles_are_refused(profile: Any) -> None:
    assert "fapi" in refused(fapi=profile)


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.1", "no public clients, and no clients with secrets")
@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post"])
def test_authentication(method: str) -> None:
    assert "FAPI 2.0 SP §5.3.2.1" in refused(token_endpoint_auth_method=method)["token_endpoint_auth_method"]


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.1", "a client cannot have tokens that are bound to no key")
def test_bearer_tokens() -> None:
    assert "FAPI 2.0 SP §5.3.2.1" in refused(dpop_bound_access_tokens=False)["dpop_bound_access_tokens"]


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.1", "the audience of assertions cannot be widened")
def test_audience() -> None:
    assert "FAPI 2.0 SP §5.3.2.1" in refused(assertion_audience="endpoint")["assertion_audience"]


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.2", "pushed requests and PKCE cannot be left out")
@pytest.mark.parametrize("member", ["require_pushed_authorization_requests", "require_pkce"])
def test_switches(member: str) -> None:
    assert "FAPI 2.0 SP §5.3.2.2" in refused(**{member: False})[member]


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.2", "no tokens by a device, whose request nobody pushed")
@pytest.mark.rule("RFC 9126", "6", "nor for any other client whose requests are pushed alone")
@pytest.mark.rule("RFC 9101", "10.5", "nor for one whose requests are signed")
@pytest.mark.parametrize(("members", "section"), [
    ({}, "FAPI 2.0 SP §5.3.2.2"), ({"fapi": "message_signing"}, "FAPI 2.0 SP §5.3.2.2"),
    ({"fapi": "", "require_pushed_authorization_requests": True}, "RFC 9126 §6"),
    ({"fapi": "", "require_signed_request_object": True}, "RFC 9101 §10.5"),
])  # fmt: skip
def test_devices(members: dict[str, Any], section: str) -> None:
    wrong = refused(**members, grant_types=["authorization_code", DEVICE_CODE])
    assert wrong.keys() == {"grant_types"}
    assert section in wrong["grant_types"]
    devices_alone = refused(**members, grant_types=[DEVICE_CODE, "refresh_token"], redirect_uris=[])
    assert section in devices_alone["grant_types"]
    assert registered(fapi="", grant_types=["authorization_code", DEVICE_CODE])


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.2", "no http redirect address, but for a native client on loopback")
def test_redirect_addresses() -> None:
    for uri in ("http://localhost:8200/cb", "http://127.0.0.1/cb", "http://bank.example/cb"):
        assert "FAPI 2.0 SP §5.3.2.2" in refused(redirect_uris=[uri])["redirect_uris[0]"]
    native = {"application_type": "native", "redirect_uris": ["http://127.0.0.1/cb", "com.bank.app:/cb"]}
    assert registered(**native).redirect_uris == ("http://127.0.0.1/cb", "com.bank.app:/cb")


@pytest.mark.rule("FAPI 2.0 SP", "5.4.1", "RS256 cannot be registered for anything")
@pytest.mark.parametrize(
    "member",
    [
        "token_endpoint_auth_signing_alg",
        "id_token_signed_response_alg",
        "userinfo_signed_response_alg",
        "introspection_signed_response_alg",
        "authorization_signed_response_alg",
        "request_object_signing_alg",
    ],
)
def test_algorithms(member: str) -> None:
    assert "FAPI 2.0 SP §5.4.1" in refused(**{member: "RS256"})[member]
    for algorithm in ("PS256", "ES256", "EdDSA"):
        assert getattr(registered(**{member: algorithm}), member) == algorithm


@pytest.mark.rule("FAPI 2.0 MS", "5.3.1", "signed requests cannot be left out under Message Signing")
@pytest.mark.rule("FAPI 2.0 MS", "5.4.1", "nor signed answers")
@pytest.mark.rule("FAPI 2.0 MS", "5.5.1", "nor signed introspection")
@pytest.mark.parametrize(
    ("member", "value", "section"),
    [
        ("require_signed_request_object", False, "5.3.1"),
        ("response_modes", ["jwt", "query"], "5.4.1"),
        ("introspection_signed_response_alg", "", "5.5.1"),
    ],
)
def test_message_signing(member: str, value: Any, section: str) -> None:
    assert f"FAPI 2.0 MS §{section}" in refused(fapi="message_signing", **{member: value})[member]
    assert registered(**{member: value})


def test_every_wrong_member_is_named_at_once() -> None:
    wrong = {
        "token_endpoint_auth_method": "client_secret_basic",
        "require_pkce": False,
        "dpop_bound_access_tokens": False,
        "id_token_signed_response_alg": "RS256",
        "response_modes": ["query"],
    }
    assert refused(fapi="message_signing", **wrong).keys() == wrong.keys()
