"""Registration documents that are wrong in one thing: each is refused by the error that RFC 7591 names for it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.deployment import REDIRECT, Browser, Deployment
from tests.protocol.bad_input.watch import MARK, Watch
from tests.protocol.rfc7591.test_registration import MINE, manage, post, token

ADDRESS, REST = "invalid_redirect_uri", "invalid_client_metadata"


def raw(text: str) -> bytes:
    """The members of a good document, and more."""
    return json.dumps(dict(MINE), ensure_ascii=False).encode()[:-1] + b"," + text.encode() + b"}"


ADDRESSES: list[object] = [
    None, "", "x", REDIRECT, 1, True, {}, [1], [None], [[REDIRECT]], [{"uri": REDIRECT}], [REDIRECT, REDIRECT],
    [f"https://a.example/{number}" for number in range(21)], [""], ["/cb"], ["//a.example/cb"], ["http://a.example/cb"],
    ["https://a.example/cb#"], ["https://a.example/cb#x"], ["https://u@a.example/cb"], ["https://u:p@a.example/cb"],
    ["https://*.a.example/cb"], ["https://a.example/*"], ["https://a.example/../cb"], ["https://a.example/%2e%2e/cb"],
    ["https://a.example\\cb"], ["https://a.example/cb?code=1"], ["https://a.example/cb?x=1&state=2"], ["https://a.example/cb?iss"],
    ["https://a.example/cb?error=1"], ["https://A.example/cb"], ["https://1.1.1.1/cb"], ["https://0x7f.1/cb"], ["https://a..b/cb"],
    ["https://a.example:0/cb"], ["https://a.example:70000/cb"], ["https://a.example/\u202e"], ["https://а.example/cb"],
    ["javascript:alert(1)"], ["javascript://a.example/%0aalert(1)"], ["JavaScript:alert(1)"], ["data:text/html,x"],
    ["vbscript:x"],
    ["file:///etc/passwd"], ["blob:https://a.example/x"], ["com.example.app:/cb"], ["https://a.example/" + "x" * 600],
    ["https://a.example/cb\r\nSet-Cookie:x=1"], [f"https://a.example/{MARK}"], ["urn:x:y"],
    [REDIRECT, "https://evil.example/#x"],
]  # fmt: skip
"""Values of redirect_uris."""

MEMBERS: list[dict[str, Any]] = [
    {"client_name": 1}, {"client_name": "x" * 61}, {"client_name": ["x"]}, {"client_name": "a\u202eb"},
    {"client_name": "a\u0000b"},
    {"client_name": "\ud800"}, {"redirect_uris": ["\ud800"]}, {"redirect_uris": ["https://a.example/cb\u0000"]},
    {"client_name": "MostID"}, {"client_name#ru": 7}, {"client_name#ru": "a\nb"},
    {"client_name": {"en": "x"}}, {"client_uri": "http://a.example"}, {"client_uri": MARK}, {"logo_uri": 7},
    {"logo_uri": "javascript:x"}, {"policy_uri": "ftp://a.example"}, {"tos_uri": "x" * 700}, {"logo_uri#ru": "data:,x"},
    {"initiate_login_uri": "http://a.example/login"}, {"application_type": "desktop"}, {"application_type": None},
    {"grant_types": []}, {"grant_types": "authorization_code"}, {"grant_types": [1]}, {"grant_types": ["password"]},
    {"grant_types": ["implicit"]}, {"grant_types": ["client_credentials"]}, {"grant_types": ["refresh_token"]},
    {"grant_types": ["authorization_code", "authorization_code"]}, {"grant_types": None}, {"grant_types": {"a": 1}},
    {"response_types": ["token"]}, {"response_types": ["code id_token"]}, {"response_types": "code"}, {"response_types": [[]]},
    {"token_endpoint_auth_method": "plain"}, {"token_endpoint_auth_method": None}, {"token_endpoint_auth_method": ["none"]},
    {"token_endpoint_auth_method": "private_key_jwt"}, {"jwks": 1}, {"jwks": []}, {"jwks": {"keys": 1}}, {"jwks": {"keys": [1]}},
    {"jwks": {"keys": [{"kty": "oct", "k": "AA"}]}}, {"jwks": {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}},
    {"jwks": {"keys": [{"kty": "RSA", "n": "AA", "e": "AQAB"}]}}, {"jwks": {"keys": [{}] * 30}},
    {"jwks": {"keys": []}, "jwks_uri": "https://a.example/keys"}, {"jwks_uri": "http://a.example/keys"}, {"jwks_uri": "https://10.0.0.1/k"},
    {"jwks_uri": "file:///etc/passwd"}, {"id_token_signed_response_alg": "none"}, {"id_token_signed_response_alg": "HS256"},
    {"userinfo_signed_response_alg": "HS256"}, {"authorization_signed_response_alg": "none"},
    {"request_object_signing_alg": "none"}, {"token_endpoint_auth_signing_alg": "HS256"},
    {"subject_type": "public"}, {"subject_type": "whole"}, {"scope": 1}, {"scope": ["openid"]}, {"scope": "mostid.admin.write"},
    {"scope": None}, {"contacts": "me"}, {"contacts": [1]}, {"contacts": ["x" * 100]}, {"software_id": {}},
    {"software_version": 2},
    {"post_logout_redirect_uris": ["http://a.example"]}, {"post_logout_redirect_uris": "https://a.example"},
    {"default_max_age": -1}, {"default_max_age": "x"}, {"default_max_age": 1e300}, {"default_acr_values": "1"},
    {"default_acr_values": [1]}, {"require_auth_time": "perhaps"}, {"response_modes": ["fragment"]}, {"response_modes": []},
    {"first_party": True}, {"sector": "ecosystem"}, {"require_pkce": False}, {"fapi": True}, {"allowed_scopes": ["phone"]},
]  # fmt: skip

BODIES: list[bytes] = [
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe", b"[" * 5_000, b'{"redirect_uris":' * 2_000, b"{}x", b"<x/>",
    b"redirect_uris=https://a.example/cb", b"\xef\xbb\xbf{}", json.dumps(dict(MINE)).encode("utf-16"),
    raw('"client_name":"another"'), raw(f'"redirect_uris":["{REDIRECT}"]'), raw('"default_max_age":NaN'),
    raw('"default_max_age":Infinity'), raw('"default_max_age":1e999'), raw('"unknown":"\\ud800"'), raw('"software_id":"\\ud800"'),
    raw('"contacts":["\\udc00"]'), raw('"software_version":"\\u0000"'), raw('"unknown":' + "[" * 900 + "]" * 900),
    raw('"default_max_age":' + "9" * 5_000),
]  # fmt: skip
"""What is no document, or one that two readers may read in two ways (RFC 7493)."""


@pytest.fixture
def watch(deployment: Deployment) -> Watch:
    return Watch(deployment, ())


def documents() -> list[tuple[object, str]]:
    """Each with its error."""
    found: list[tuple[object, str]] = [({**MINE, "redirect_uris": value}, ADDRESS) for value in ADDRESSES]
    found += [({**MINE, **members}, REST) for members in MEMBERS]
    without = {name: value for name, value in MINE.items() if name != "redirect_uris"}
    return [*found, (without, REST), *((body, REST) for body in BODIES)]


def check(answer: Any, error: str, about: str) -> None:
    assert (answer.status_code, answer.json.get("error")) == (400, error), (about, answer.text)
    assert set(answer.json) == {"error", "error_description"}, about
    assert answer.json["error_description"].isascii(), about
    assert answer.headers["Cache-Control"] == "no-store", about


@pytest.mark.sr("SR-051", "SR-053", "SR-056", "SR-060")
@pytest.mark.rule(
    "RFC 7591", "3.2.2", "a bad address is invalid_redirect_uri, anything else invalid_client_metadata"
)
def test_bad_documents_register_nobody(deployment: Deployment, browser: Browser, watch: Watch) -> None:
    bearer = token(deployment)
    assert len(documents()) >= 120
    with watch.nothing_changes():
        for document, error in documents():
            check(watch.look(post(browser, document, bearer), document), error, repr(document)[:200])
    assert post(browser, MINE, bearer).status_code == 201


@pytest.mark.sr("SR-051", "SR-053", "SR-056", "SR-060")
@pytest.mark.rule(
    "RFC 7592", "2.2", "a bad replacement is refused as a bad registration is, and replaces nothing"
)
def test_bad_replacements_replace_nothing(deployment: Deployment, browser: Browser, watch: Watch) -> None:
    client: Mapping[str, Any] = post(browser, MINE, token(deployment)).json
    with watch.nothing_changes():
        for document, error in documents():
            if isinstance(document, dict):
                answer = manage(browser, client, "PUT", {**document, "client_id": client["client_id"]})
                check(watch.look(answer, document), error, repr(document)[:200])


@pytest.mark.sr("SR-053")
def test_bad_bearers_register_nobody(deployment: Deployment, browser: Browser, watch: Watch) -> None:
    good = token(deployment)
    bad = [
        "x",
        good[:-1],
        good + "x",
        good.upper(),
        f"{good} {good}",
        "x" * 9_000,
        "' OR 1=1 --",
        "\u00e9",
        good.replace("_", "-"),
    ]
    with watch.nothing_changes():
        for bearer in bad:
            assert watch.look(post(browser, MINE, bearer), bearer).status_code == 401, bearer
        for header in (f"Basic {good}", f"DPoP {good}", good, "Bearer"):
            answer = browser.post("/register", json=dict(MINE), headers={"Authorization": header})
            assert watch.look(answer, header).status_code == 401, header
        assert (
            watch.look(browser.post(f"/register?access_token={good}", json=dict(MINE)), "query").status_code
            == 401
        )
