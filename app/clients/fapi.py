"""What FAPI 2.0 demands of a client's registration: its own defaults where nothing was said, and a section for each wrong member.

Requests are held to what is registered, so most of the profile is decided here once. `security` is the Security Profile,
`message_signing` that and signed requests, answers and introspection.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.clients.addresses import loopback_parts

SECURITY, MESSAGE_SIGNING = "security", "message_signing"
ALGORITHMS = ("PS256", "ES256", "EdDSA")
"""FAPI 2.0 SP §5.4.1: neither RS256 nor none, anywhere."""
AUTH_METHODS = frozenset({"private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"})
SIGNED_MODES = ("jwt", "query.jwt", "form_post.jwt")
CERTIFICATE_BOUND = "tls_client_certificate_bound_access_tokens"
SIGNING = (
    "token_endpoint_auth_signing_alg",
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "introspection_signed_response_alg",
    "authorization_signed_response_alg",
    "request_object_signing_alg",
)
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
UNLIKE_DEVICES = {
    "fapi": "FAPI 2.0 SP §5.3.2.2",
    "require_pushed_authorization_requests": "RFC 9126 §6",
    "require_signed_request_object": "RFC 9101 §10.5",
}
"""Members by which each request is pushed or signed. What a device asks (RFC 8628 §3.1) is neither."""
DEFAULTS: Mapping[str, Any] = {
    "token_endpoint_auth_method": "private_key_jwt",
    "id_token_signed_response_alg": "ES256",
    "authorization_signed_response_alg": "ES256",
    "require_pushed_authorization_requests": True,
    "dpop_bound_access_tokens": True,
}
SIGNING_DEFAULTS: Mapping[str, Any] = {
    "require_signed_request_object": True,
    "response_modes": SIGNED_MODES,
    "introspection_signed_response_alg": "ES256",
}


def with_defaults(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Metadata, completed as its profile wants it. What was said stays, however wrong."""
    profile = given.get("fapi")
    if profile not in (SECURITY, MESSAGE_SIGNING):
        return given
    defaults = dict(DEFAULTS)
    if given.get(CERTIFICATE_BOUND) is True:  # one way to bind tokens is enough
        del defaults["dpop_bound_access_tokens"]
    if profile == MESSAGE_SIGNING:
        defaults |= SIGNING_DEFAULTS
    return {**defaults, **given}


def problems(members: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each member that its profile forbids, with what is wrong and where the profile says so.

    Without a profile too: no way to tokens around the requests that it has pushed or signed.
    """
    unlike = next((member for member in UNLIKE_DEVICES if members[member]), None)
    if unlike and DEVICE_CODE in members["grant_types"]:
        demand = f"with {unlike} there is no device grant: what a device asks is neither pushed nor signed"
        yield "grant_types", f"{demand} ({UNLIKE_DEVICES[unlike]})"
    if not members["fapi"]:
        return
    for member in SIGNING:
        if members[member] not in ("", *ALGORITHMS):
            yield member, "it is one of PS256, ES256 and EdDSA (FAPI 2.0 SP §5.4.1)"
    yield from _bad_addresses(members)
    signing = _message_signing(members) if members["fapi"] == MESSAGE_SIGNING else ()
    for member, good, demand in (*_security(members), *signing):
        if not good:
            yield member, demand


def _security(members: Mapping[str, Any]) -> tuple[tuple[str, bool, str], ...]:
    return (
        (
            "token_endpoint_auth_method",
            members["token_endpoint_auth_method"] in AUTH_METHODS,
            "it is private_key_jwt or mutual TLS (FAPI 2.0 SP §5.3.2.1)",
        ),
        (
            "assertion_audience",
            members["assertion_audience"] == "issuer",
            "assertions name the issuer alone (FAPI 2.0 SP §5.3.2.1)",
        ),
        (
            "dpop_bound_access_tokens",
            members["dpop_bound_access_tokens"] or members.get(CERTIFICATE_BOUND, False),
            f"tokens are bound to a key, by this or by {CERTIFICATE_BOUND} (FAPI 2.0 SP §5.3.2.1)",
        ),
        (
            "require_pushed_authorization_requests",
            members["require_pushed_authorization_requests"],
            "requests are pushed (FAPI 2.0 SP §5.3.2.2)",
        ),
        ("request_uris", not members["request_uris"], "requests are pushed (FAPI 2.0 SP §5.3.2.2)"),
        ("require_pkce", members["require_pkce"], "PKCE is demanded (FAPI 2.0 SP §5.3.2.2)"),
    )


def _message_signing(members: Mapping[str, Any]) -> tuple[tuple[str, bool, str], ...]:
    return (
        (
            "require_signed_request_object",
            members["require_signed_request_object"],
            "requests are signed (FAPI 2.0 MS §5.3.1)",
        ),
        (
            "response_modes",
            set(members["response_modes"]) <= set(SIGNED_MODES),
            "answers are signed: jwt, query.jwt, form_post.jwt (FAPI 2.0 MS §5.4.1)",
        ),
        (
            "introspection_signed_response_alg",
            members["introspection_signed_response_alg"] != "",
            "introspection is signed (FAPI 2.0 MS §5.5.1)",
        ),
    )


def _bad_addresses(members: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """No answer travels in clear text, but on the person's own machine (RFC 8252 §7.3)."""
    native = members["application_type"] == "native"
    for number, uri in enumerate(members["redirect_uris"]):
        if uri.startswith("http:") and not (native and loopback_parts(uri)):
            yield f"redirect_uris[{number}]", "it must begin with https:// (FAPI 2.0 SP §5.3.2.2)"
