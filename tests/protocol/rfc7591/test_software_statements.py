"""RFC 7591 §2.3: what an issuer whom the operator trusts attests of a piece of software."""

import json
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry
from werkzeug.test import TestResponse

from app.keys.sealing import encode
from app.provider.sections import section_of
from config import ConfigurationError
from tests.deployment import ISSUER, REDIRECT, Browser, Deploy, Deployment
from tests.protocol.rfc7591.registering import post, put, token

SCHEME = "https://scheme.example"
KEY = ECKey.generate_key("P-256", {"kid": "a"})
ANOTHER = ECKey.generate_key("P-256", {"kid": "a"})
NONE, EDDSA = b'{"alg":"none"}', b'{"alg":"EdDSA","kid":"e"}'
ATTESTED = {"iss": SCHEME, "software_id": "reader-7", "client_name": "Читальня", "redirect_uris": [REDIRECT]}


@pytest.fixture
def deployment(deploy: Deploy, tmp_path: Path) -> Deployment:
    """Trusts one issuer."""
    file = tmp_path / "issuers.json"
    file.write_text(json.dumps({SCHEME: {"keys": [KEY.as_dict(private=False)]}}))
    return deploy(software_statement_issuers=file)


def statement(claims: object = ATTESTED, key: Any = KEY, **header: Any) -> str:
    """A signed statement; header members may be changed, or taken away by None."""
    members = {"alg": "ES256", "kid": "a"} | header
    head = json.dumps({name: value for name, value in members.items() if value is not None})
    body = f"{encode(head.encode())}.{encode(json.dumps(claims).encode())}"
    return f"{body}.{encode(JWSRegistry.algorithms['ES256'].sign(body.encode(), key))}"


def registered(browser: Browser, text: object, **members: Any) -> TestResponse:
    return post(browser, {"scope": "openid", "software_statement": text} | members)


@pytest.mark.rule("RFC 7591", "2.3", "what is attested goes before what the client says itself")
@pytest.mark.rule("RFC 7591", "3.2.1", "the statement is returned as it came")
@pytest.mark.parametrize("kid", ["a", None])
def test_what_is_attested(deployment: Deployment, kid: str | None) -> None:
    browser, said = deployment.client(), statement(kid=kid)
    answer = registered(browser, said, client_name="Банк", redirect_uris=["https://other.example/cb"])
    assert answer.status_code == 201, answer.text
    assert answer.json["software_statement"] == said
    assert (answer.json["client_name"], answer.json["redirect_uris"]) == ("Читальня", [REDIRECT])
    assert answer.json["software_id"] == "reader-7"
    assert not answer.json.keys() & {"iss", "iat", "exp"}


@pytest.mark.rule("RFC 7591", "3.2.2", "a statement of an issuer whom nobody trusts is refused by name")
@pytest.mark.parametrize("issuer", ["https://other.example", SCHEME + "/", SCHEME.upper()])
def test_unknown_issuers(deployment: Deployment, issuer: str) -> None:
    answer = registered(deployment.client(), statement(ATTESTED | {"iss": issuer}))
    assert (answer.status_code, answer.json["error"]) == (400, "unapproved_software_statement")


def broken(now: int) -> dict[str, object]:
    """Statements that are not believed."""
    good = statement()
    head, body, signature = good.split(".")
    return {
        "no text": 7,
        "no token": "a.b.c",
        "signed by another": statement(key=ANOTHER),
        "changed": f"{head}.{encode(json.dumps(ATTESTED | {'client_name': 'Банк'}).encode())}.{signature}",
        "unsigned": f"{encode(NONE)}.{body}.",
        "by a secret": statement(alg="HS256"),
        "with a key of its own": statement(jwk=KEY.as_dict(private=False)),
        "unknown kid": statement(kid="b"),
        "critical": statement(crit=["exp"]),
        "of another type": statement(typ="at+jwt"),
        "of no issuer": statement({"client_name": "x"}),
        "issuer no text": statement(ATTESTED | {"iss": [SCHEME]}),
        "expired": statement(ATTESTED | {"exp": now - 60}),
        "exp no time": statement(ATTESTED | {"exp": "never"}),
        "made ahead": statement(ATTESTED | {"iat": now + 600}),
        "not yet": statement(ATTESTED | {"nbf": now + 600}),
        "for another": statement(ATTESTED | {"aud": "https://other.example"}),
        "within itself": statement(ATTESTED | {"software_statement": good}),
        "a list": statement([ATTESTED]),
    }


@pytest.mark.rule(
    "RFC 7591", "3.2.2", "a statement that is malformed, forged or out of time is refused by name"
)
@pytest.mark.sr("SR-061", "SR-062", "SR-064")
def test_broken_statements(deployment: Deployment) -> None:
    browser, once = deployment.client(), token(deployment)
    for name, text in broken(deployment.clock.now() // 1000).items():
        answer = post(browser, {"scope": "openid", "software_statement": text}, once)
        unapproved = name == "issuer no text"
        expected = "unapproved_software_statement" if unapproved else "invalid_software_statement"
        assert (answer.status_code, answer.json["error"]) == (400, expected), name
        assert section_of(answer.json["error"]) == "RFC 7591 §3.2.2"
    assert deployment.rows("clients") == []
    now = deployment.clock.now() // 1000
    times = {"iat": now - 60, "nbf": now - 60, "exp": now + 600, "aud": [ISSUER], "jti": "x", "sub": "y"}
    assert post(browser, {"software_statement": statement(ATTESTED | times)}, once).status_code == 201


@pytest.mark.rule(
    "RFC 7591", "3", "a statement is no initial access token, and attests nothing that only operators say"
)
@pytest.mark.sr("SR-053", "SR-056")
def test_what_a_statement_cannot(deployment: Deployment) -> None:
    browser = deployment.client()
    body = {"software_statement": statement()}
    assert browser.post("/register", json=body).status_code == 401
    for member in (
        {"first_party": True},
        {"sector": "ecosystem"},
        {"fapi": "security"},
        {"require_pkce": False},
    ):
        answer = registered(browser, statement(ATTESTED | member))
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata"), member
    wide = registered(browser, statement(ATTESTED | {"scope": "openid mostid.admin.write"})).json
    assert wide["scope"] == "openid"


@pytest.mark.rule(
    "RFC 7592",
    "2.2",
    "a client goes on with its statement, even one that has expired since, or with a newer one",
)
def test_replacements(deployment: Deployment) -> None:
    browser, now = deployment.client(), deployment.clock.now() // 1000
    said = statement(ATTESTED | {"exp": now + 3_600})
    client = registered(browser, said).json
    deployment.clock_file.advance(7_200)
    mine = {"scope": "openid", "client_name": "Банк", "redirect_uris": [REDIRECT]}
    kept = put(browser, client, mine | {"software_statement": said})
    assert (kept.status_code, kept.json["client_name"]) == (200, "Читальня")
    without = put(browser, client, mine)
    assert (without.status_code, without.json["error"]) == (400, "invalid_client_metadata")
    late = put(browser, client, mine | {"software_statement": statement(ATTESTED | {"exp": now + 3_601})})
    assert (late.status_code, late.json["error"]) == (400, "invalid_software_statement")
    newer = put(
        browser, client, mine | {"software_statement": statement(ATTESTED | {"client_name": "Полка"})}
    )
    assert (newer.status_code, newer.json["client_name"]) == (200, "Полка")


def test_an_operator_needs_none(deployment: Deployment, tmp_path: Path) -> None:
    """What an operator registers is the operator's own word."""
    file = tmp_path / "client.json"
    file.write_text(
        json.dumps({"client_name": "Room", "redirect_uris": [REDIRECT], "software_statement": "a.b.c"})
    )
    result = deployment.app.test_cli_runner().invoke(
        args=["clients", "add", "--metadata", str(file), "--json"]
    )
    assert "software_statement" in result.stderr
    assert "software_statement" not in json.loads(result.stdout)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value"),
        ("[]", "it is no JSON object"),
        ("{", "Expecting property name"),
        ('{"https://a.example": []}', ""),
        ('{"https://a.example": {"keys": []}}', ""),
        (None, "No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_at_the_start(
    deploy: Deploy, tmp_path: Path, text: str | None, said: str
) -> None:
    file = tmp_path / "issuers.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        deploy(software_statement_issuers=file)
    told = str(refused.value)
    assert told.startswith(f"MOSTID_SOFTWARE_STATEMENT_ISSUERS: mend {file}: {said}")
    assert told.count(str(file)) == 1


def test_ed25519(deploy: Deploy, tmp_path: Path) -> None:
    key, file = OKPKey.generate_key("Ed25519", {"kid": "e"}), tmp_path / "issuers.json"
    file.write_text(json.dumps({SCHEME: {"keys": [key.as_dict(private=False)]}}))
    body = f"{encode(EDDSA)}.{encode(json.dumps(ATTESTED).encode())}"
    text = f"{body}.{encode(JWSRegistry.algorithms['EdDSA'].sign(body.encode(), key))}"
    assert registered(deploy(software_statement_issuers=file).client(), text).status_code == 201


@pytest.mark.sr("SR-056")
@pytest.mark.rule("RFC 7592", "2.2", "the statement of another piece of software takes the place of none")
def test_a_statement_is_exchanged_for_one_of_the_same_software(deploy: Deploy, tmp_path: Path) -> None:
    file, other = tmp_path / "issuers.json", "https://other.example"
    file.write_text(
        json.dumps({issuer: {"keys": [KEY.as_dict(private=False)]} for issuer in (SCHEME, other)})
    )
    browser = deploy(software_statement_issuers=file).client()
    client = registered(browser, statement()).json
    nameless = {name: value for name, value in ATTESTED.items() if name != "software_id"}
    bare = registered(browser, statement(nameless)).json
    for mine, claims in (
        (client, ATTESTED | {"iss": other}),
        (client, ATTESTED | {"software_id": "reader-8"}),
        (client, nameless),
        (bare, ATTESTED),
        (bare, nameless | {"client_name": "Полка"}),
    ):
        answer = put(browser, mine, {"scope": "openid", "software_statement": statement(claims)})
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_software_statement"), claims
    for mine in (client, bare):
        kept = {"scope": "openid", "software_statement": mine["software_statement"]}
        assert put(browser, mine, kept).status_code == 200
