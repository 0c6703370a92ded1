"""RFC 8705 §2.1.2, §3.3, §5: what is announced, and what clients may register."""

from typing import Any

import pytest

from app.clients.initial_tokens import Terms, issue
from app.clients.metadata import BadMetadata, parse
from app.clients.policy import Policy
from app.clients.registration import misfits
from tests.deployment import HTTPS, REDIRECT, Deploy, Deployment
from tests.protocol.rfc8705.authority import PROXY

METHODS = ["tls_client_auth", "self_signed_tls_client_auth"]
BOUND = "tls_client_certificate_bound_access_tokens"
DOCUMENT = "/.well-known/openid-configuration"
KEYS = {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
COMMON = {"client_name": "Витрина", "redirect_uris": [REDIRECT]}


@pytest.mark.rule("RFC 8705", "3.3", "what is announced is what is switched on")
@pytest.mark.rule("RFC 8705", "5", "aliases are told where certificates are asked for at another address")
def test_discovery(deploy: Deploy) -> None:
    plain = deploy().client().get(DOCUMENT).json
    switched = deploy(client_certificates=True, trusted_proxies=(f"{PROXY}/32",)).client().get(DOCUMENT).json
    aliased = deploy(
        client_certificates=True,
        trusted_proxies=(f"{PROXY}/32",),
        mtls_origin="https://mtls.shop.ru",
        issuer=HTTPS,
    )
    said = aliased.client().get(DOCUMENT).json
    for endpoint in ("token", "introspection", "revocation"):
        name = f"{endpoint}_endpoint_auth_methods_supported"
        assert not set(plain[name]) & set(METHODS)
        assert [one for one in switched[name] if one not in plain[name]] == METHODS
    assert BOUND not in plain
    assert "mtls_endpoint_aliases" not in plain.keys() | switched.keys()
    assert switched[BOUND] is said[BOUND] is True
    aliases = said["mtls_endpoint_aliases"]
    assert aliases.keys() >= {"token_endpoint", "userinfo_endpoint", "pushed_authorization_request_endpoint"}
    for name, address in aliases.items():
        assert address.removeprefix("https://mtls.shop.ru") == said[name].removeprefix(HTTPS)


GOOD: list[dict[str, Any]] = [
    {"tls_client_auth_subject_dn": "CN=robot,O=Shop,C=RU"},
    {"tls_client_auth_subject_dn": "emailAddress=robot@shop.ru,serialNumber=1,1.2.3.4=x"},
    {"tls_client_auth_san_dns": "robot.shop.ru"},
    {"tls_client_auth_san_uri": "urn:robot"},
    {"tls_client_auth_san_ip": "10.0.0.1"},
    {"tls_client_auth_san_email": "robot@shop.ru"},
]
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("token_endpoint_auth_method", {"token_endpoint_auth_method": METHODS[0]}),
    ("token_endpoint_auth_method", {"token_endpoint_auth_method": METHODS[0]} | GOOD[0] | GOOD[2]),
    ("token_endpoint_auth_method", {"token_endpoint_auth_method": METHODS[1]}),
    ("tls_client_auth_san_dns", GOOD[2]),
    ("tls_client_auth_san_dns", {"token_endpoint_auth_method": METHODS[1], "jwks": KEYS} | GOOD[2]),
    ("dpop_bound_access_tokens", {BOUND: True, "dpop_bound_access_tokens": True}),
    (BOUND, {BOUND: "perhaps"}),
    *(
        (member, {"token_endpoint_auth_method": METHODS[0], member: value})
        for member, value in (
            ("tls_client_auth_subject_dn", "/C=RU/CN=robot"),
            ("tls_client_auth_subject_dn", "robot"),
            ("tls_client_auth_subject_dn", "CN=robot, O=Shop"),
            ("tls_client_auth_subject_dn", "WHAT=robot"),
            ("tls_client_auth_subject_dn", "CN=#0c05726f626f74"),
            ("tls_client_auth_subject_dn", "CN=robot,"),
            ("tls_client_auth_subject_dn", "C=Russia"),
            ("tls_client_auth_subject_dn", "CN=" + "x" * 600),
            ("tls_client_auth_subject_dn", 7),
            ("tls_client_auth_san_dns", "*.shop.ru"),
            ("tls_client_auth_san_dns", "https://shop.ru"),
            ("tls_client_auth_san_uri", "robot"),
            ("tls_client_auth_san_ip", "10.0.0.0/8"),
            ("tls_client_auth_san_ip", "robot"),
            ("tls_client_auth_san_email", "robot"),
        )
    ),
]  # fmt: skip


@pytest.mark.rule(
    "RFC 8705", "2.1.2", "exactly one name of the certificate is registered, and such as can be in one"
)
@pytest.mark.parametrize(("member", "members"), WRONG)
def test_members_that_are_wrong(member: str, members: dict[str, Any]) -> None:
    with pytest.raises(BadMetadata) as refused:
        parse(COMMON | members, Policy())
    assert member in [name for name, _ in refused.value.problems]


@pytest.mark.parametrize("name", GOOD)
def test_members_that_are_right(name: dict[str, Any]) -> None:
    made = parse(COMMON | {"token_endpoint_auth_method": METHODS[0]} | name, Policy())
    assert name.items() <= made.document().items()
    assert not made.public
    assert not made.has_secret


def _register(deployment: Deployment, **members: Any) -> Any:
    terms = Terms("a partner", ["openid"], 5, 86_400_000)
    token = deployment.storage.run(
        lambda tx: issue(tx, terms, deployment.clock.now(), actor="test"), write=True
    )
    given = {"redirect_uris": ["https://merchant.example/cb"]} | members
    return deployment.client().post("/register", json=given, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.rule("RFC 8705", "2.1.2", "a client registers itself by the name of its certificate")
@pytest.mark.sr("SR-053")
def test_dynamic_registration(deploy: Deploy) -> None:
    deployment = deploy(client_certificates=True, trusted_proxies=(f"{PROXY}/32",))
    members = {
        "token_endpoint_auth_method": METHODS[0],
        "tls_client_auth_san_dns": "merchant.example",
        BOUND: True,
    }
    answer = _register(deployment, **members)
    assert answer.status_code == 201, answer.text
    assert members.items() <= answer.json.items()
    assert "client_secret" not in answer.json
    bad = _register(deployment, **members | {"tls_client_auth_san_dns": "*.merchant.example"})
    assert (bad.status_code, bad.json["error"]) == (400, "invalid_client_metadata")
    assert "tls_client_auth_san_dns" in bad.json["error_description"]


@pytest.mark.rule("RFC 8705", "3.3", "where it is switched off nobody registers for it")
def test_registration_where_it_is_off(deploy: Deploy) -> None:
    deployment = deploy()
    for members in (
        {"token_endpoint_auth_method": METHODS[0], "tls_client_auth_san_dns": "merchant.example"},
        {"token_endpoint_auth_method": METHODS[1], "jwks": KEYS},
        {"token_endpoint_auth_method": "none", BOUND: True},
    ):
        answer = _register(deployment, **members)
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata")
    assert _register(deployment).status_code == 201


def test_clients_with_certificates_keep_nobody_from_starting_without(deploy: Deploy) -> None:
    deployment = deploy()
    deployment.register(token_endpoint_auth_method=METHODS[0], tls_client_auth_san_dns="robot.shop.ru")
    assert deployment.storage.run(lambda tx: misfits(tx, Policy(mutual_tls=False))) == []
