"""Members of metadata that must fit each other."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

PERSONAL_GRANT_TYPES = frozenset({"authorization_code", "urn:ietf:params:oauth:grant-type:device_code"})
"""By these a person allows something."""
LONGEST_SCOPE = 500
"""Characters of all scopes together: what grants and consents have room for."""
APPLE_APP_ID = re.compile(r"[A-Z0-9]{10}\.[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
"""Apple's team, and the bundle's reversed name."""

Rule = tuple[bool, str]
"""Whether it is broken, and what to say then."""


def disagreements(said: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with members that contradict each other, each in one sentence."""
    rules = (*_grant_types(said), *_public(said), *_keys(said), *_applications(said), *_rest(said))
    return (problem for broken, problem in rules if broken)


def _grant_types(said: Mapping[str, Any]) -> Iterator[Rule]:
    given = said["grant_types"]
    yield (
        bool(said["redirect_uris"]) != ("authorization_code" in given),
        "redirect_uris and the grant type authorization_code need each other",
    )
    yield (
        "refresh_token" in given and not PERSONAL_GRANT_TYPES & set(given),
        "refresh_token needs a grant type by which people allow something",
    )
    yield not given, "grant_types is empty"


def _public(said: Mapping[str, Any]) -> Iterator[Rule]:
    public = said["token_endpoint_auth_method"] == "none"
    yield public and "client_credentials" in said["grant_types"], "a public client cannot act for itself"
    yield public and not said["require_pkce"], "a public client cannot do without PKCE"


def _keys(said: Mapping[str, Any]) -> Iterator[Rule]:
    inline, remote = said["jwks"] is not None, bool(said["jwks_uri"])
    yield inline and remote, "keys are given by jwks or by jwks_uri, not both"
    yield (
        said["token_endpoint_auth_method"] == "private_key_jwt" and not (said["jwks"] or remote),
        "private_key_jwt needs jwks or jwks_uri",
    )
    signed = ("require_signed_request_object", "request_object_signing_alg", "request_uris")
    yield (
        any(said[member] for member in signed) and not inline and not remote,
        "signed request objects need keys: jwks or jwks_uri",
    )


def _applications(said: Mapping[str, Any]) -> Iterator[Rule]:
    ours = said["first_party"] and said["application_type"] == "native"
    yield (
        bool(said["android_apps"] or said["apple_app_ids"]) and not ours,
        "android_apps and apple_app_ids are for native clients of our own",
    )
    yield (
        not all(APPLE_APP_ID.fullmatch(name) for name in said["apple_app_ids"]),
        "apple_app_ids are written TEAMID.bundle.id",
    )


def _rest(said: Mapping[str, Any]) -> Iterator[Rule]:
    yield not said["response_modes"], "response_modes is empty"
    yield (
        len(" ".join(said["allowed_scopes"])) > LONGEST_SCOPE,
        "its scopes are too many to be kept",
    )
    yield (
        said["subject_type"] not in {"", "public" if said["first_party"] else "pairwise"},
        "our own services have public subjects, third parties pairwise ones",
    )
