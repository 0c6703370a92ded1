"""Initial access tokens whose clients are excepted from something: by their operator's word alone."""

import pytest

from tests.deployment import REDIRECT, Browser, Deployment
from tests.protocol.rfc7523.signer import new_key, public
from tests.protocol.rfc7591.registering import post, put, token

MINE = {"redirect_uris": [REDIRECT], "client_name": "Читальня"}
SIGNS = {"token_endpoint_auth_method": "private_key_jwt", "jwks": public(new_key("ES256"))}


@pytest.mark.rule(
    "RFC 7591", "3", "what an operator excepted a token's clients from stays through replacements"
)
@pytest.mark.sr("SR-056")
def test_an_exception_stays(deployment: Deployment, browser: Browser) -> None:
    bearer = token(deployment, require_pkce=False, assertion_audience="endpoint")
    made = post(browser, MINE | SIGNS, bearer).json
    assert made["require_pkce"] is False
    for told in ({}, {"require_pkce": False}):
        changed = put(browser, made, MINE | SIGNS | {"client_name": "Лавка"} | told)
        assert changed.status_code == 200, changed.text
        assert (changed.json["client_name"], changed.json["require_pkce"]) == ("Лавка", False)
        (row,) = [row for row in deployment.rows("clients") if row.client_id == made["client_id"]]
        assert row.metadata["assertion_audience"] == "endpoint"


@pytest.mark.rule("RFC 7591", "3.2.2", "a client does not except itself")
@pytest.mark.sr("SR-056")
@pytest.mark.parametrize("member", [{"require_pkce": False}, {"assertion_audience": "endpoint"}])
def test_nobody_excepts_themselves(browser: Browser, member: dict[str, object]) -> None:
    assert post(browser, MINE | SIGNS | member).json["error"] == "invalid_client_metadata"
    made = post(browser, MINE | SIGNS).json
    assert "require_pkce" not in made
    assert put(browser, made, MINE | SIGNS | member).json["error"] == "invalid_client_metadata"


@pytest.mark.rule("RFC 7636", "4.4", "a client without a secret needs PKCE, whatever its initial token says")
@pytest.mark.sr("SR-007")
def test_public_clients_are_not_excepted(deployment: Deployment, browser: Browser) -> None:
    bearer = token(deployment, require_pkce=False)
    made = post(browser, MINE | {"token_endpoint_auth_method": "none"}, bearer)
    assert made.status_code == 201
    assert "require_pkce" not in made.json
