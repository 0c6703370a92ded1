"""The one module of the Config plan of the OpenID Foundation."""

from typing import Any

import pytest

from tests.deployment import HTTPS, Deploy

REQUIRED = (
    "issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "scopes_supported",
    "response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported",
    "claims_supported", "grant_types_supported", "code_challenge_methods_supported",
)  # fmt: skip


@pytest.mark.rule(
    "OIDC Discovery", "4.2", "what a provider of https says of itself is whole, consistent and https"
)
def test_oidcc_discovery_endpoint_verification(deploy: Deploy) -> None:
    browser = deploy(issuer=HTTPS).client()
    said: dict[str, Any] = browser.get("/.well-known/openid-configuration").json
    assert said["issuer"] == HTTPS
    assert [name for name in REQUIRED if not said.get(name)] == []
    for name, value in said.items():
        if name.endswith(("_endpoint", "_uri")):
            assert value.startswith("https://"), name
    assert "RS256" in said["id_token_signing_alg_values_supported"]
    assert {"openid", "profile", "email"} <= set(said["scopes_supported"])
    assert {"sub", "name", "email"} <= set(said["claims_supported"])
    assert said["response_types_supported"] == ["code"]
    assert "authorization_code" in said["grant_types_supported"]
    assert "implicit" not in said["grant_types_supported"]
    keys = browser.get("/jwks.json").json["keys"]
    assert len({key["kid"] for key in keys}) == len(keys)
    assert not {"d", "p", "q", "k"} & {member for key in keys for member in key}
