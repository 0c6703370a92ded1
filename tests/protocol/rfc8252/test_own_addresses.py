"""Addresses at our own origin: no service answers there but an application of ours, below its own id (RFC 8252 §7.2)."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.clients import self_registration
from app.clients.metadata import BadMetadata, parse
from app.clients.policy import Policy
from tests.deployment import HTTPS, ISSUER, Deployment
from tests.protocol.rfc7591.registering import post

OURS = Policy(origins=(ISSUER, "http://localhost:8443"))
PRODUCTION = Policy(production=True, owned_domains=("shop.ru",), origins=(HTTPS,))
SHOP: dict[str, Any] = {"client_name": "Лавка", "redirect_uris": ["https://shop.example/cb"]}
APP: dict[str, Any] = {
    "client_name": "Витрина",
    "application_type": "native",
    "token_endpoint_auth_method": "none",
    "first_party": True,
}
KEYS = {"token_endpoint_auth_method": "private_key_jwt"}


def members(origin: str) -> list[dict[str, Any]]:
    """Each member that holds an address, with one of ours."""
    page = f"{origin}/native/shop/x"
    return [
        {"redirect_uris": [f"{origin}/cb"]},
        {"redirect_uris": ["https://shop.example/cb", f"{origin}/native/shop/cb?a=1"]},
        {"post_logout_redirect_uris": [page]},
        *({name: page} for name in ("client_uri", "client_uri#ru", "logo_uri", "policy_uri", "tos_uri")),
        {"initiate_login_uri": page},
        {"sector_identifier_uri": page},
        KEYS | {"jwks_uri": page},
        KEYS | {"jwks_uri": "https://shop.example/keys", "request_uris": [page]},
        KEYS | {"jwks_uri": "https://shop.example/keys", "request_uris": [f"{page}#{'A' * 43}"]},
    ]


@pytest.mark.sr("SR-051", "SR-058")
@pytest.mark.parametrize("number", range(len(members(""))))
@pytest.mark.parametrize(
    ("origin", "policy"),
    [
        (ISSUER, OURS),
        ("http://localhost:8443", OURS),
        (HTTPS, PRODUCTION),
        (f"{HTTPS}:443", PRODUCTION),
        (f"{HTTPS}:8443", PRODUCTION),
    ],
)
def test_our_own_addresses_are_nobodys(origin: str, policy: Policy, number: int) -> None:
    given = SHOP | members(origin)[number]
    with pytest.raises(BadMetadata, match="it lies at MostID's own address") as caught:
        parse(given, policy, client_id="shop")
    assert caught.value.code.startswith("invalid_")
    parse(given, Policy(), client_id="shop")


@pytest.mark.rule("RFC 8252", "7.2", "an application of ours answers at our address below its own id alone")
@pytest.mark.parametrize(
    ("uri", "client_id", "other"),
    [
        (f"{HTTPS}/native/shop/cb", "shop", {}),
        (f"{HTTPS}/native/shop/cb", "store", None),
        (f"{HTTPS}/native/shop/cb", None, None),
        (f"{HTTPS}/native/shop", "shop", None),
        (f"{HTTPS}/native/shop2/cb", "shop", None),
        (f"{HTTPS}/native//shop/cb", "shop", None),
        (f"{HTTPS}/Native/shop/cb", "shop", None),
        (f"{HTTPS}/x/native/shop/cb", "shop", None),
        (f"{HTTPS}/?/native/shop/cb", "shop", None),
        (f"{HTTPS}:8443/native/shop/cb", "shop", None),
        (f"{HTTPS}/native/shop/cb", "shop", {"first_party": False}),
        (f"{HTTPS}/native/shop/cb", "shop", {"application_type": "web"}),
    ],
)
def test_an_application_answers_below_its_own_id(
    uri: str, client_id: str | None, other: dict[str, Any] | None
) -> None:
    given = APP | {"redirect_uris": [uri]} | (other or {})
    if other == {}:
        assert parse(given, PRODUCTION, client_id=client_id).redirect_uris == (uri,)
        return
    with pytest.raises(BadMetadata):
        parse(given, PRODUCTION, client_id=client_id)


@pytest.mark.sr("SR-053", "SR-056")
def test_who_registers_itself_never_may(deployment: Deployment) -> None:
    """Its id is not known before: the store's would be as good as any."""
    document = {"client_name": "Лавка", "application_type": "native", "token_endpoint_auth_method": "none"}
    for uri in (f"{ISSUER}/native/store-app/cb", f"{ISSUER}/cb"):
        answer = post(deployment.client(), document | {"redirect_uris": [uri]})
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_redirect_uri"), answer.text
    with pytest.raises(BadMetadata):
        given = document | {"redirect_uris": [f"{HTTPS}/native/shop/cb"]}
        self_registration.check(given, frozenset({"openid"}), PRODUCTION)


def test_an_operator_is_held_to_it(deployment: Deployment, tmp_path: Path) -> None:
    file, run = tmp_path / "client.json", deployment.app.test_cli_runner().invoke
    add = ["clients", "add", "--metadata", str(file), "--json", "--client-id"]
    file.write_text(json.dumps(APP | {"redirect_uris": [f"{ISSUER}/native/shop/cb"]}))
    refused = run(args=[*add, "store"])
    assert refused.exit_code != 0
    assert "redirect_uris[0]: it lies at MostID's own address" in refused.stderr
    assert run(args=[*add, "shop"]).exit_code == 0
