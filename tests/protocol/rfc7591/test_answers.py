"""What `/register` answers with: all that was registered, and refusals by their own status and challenge."""

import json
from typing import Any

import pytest

from tests.deployment import REDIRECT, Browser, Deploy, Deployment
from tests.protocol.rfc7591.registering import post, put, token

MINE: dict[str, Any] = {"client_name": "Читальня", "redirect_uris": [REDIRECT], "scope": "openid email"}
EFFECTIVE: dict[str, Any] = {
    "application_type": "web",
    "grant_types": ["authorization_code"],
    "response_types": ["code"],
    "response_modes": ["query", "form_post"],
    "token_endpoint_auth_method": "client_secret_basic",
    "id_token_signed_response_alg": "RS256",
    "subject_type": "pairwise",
    "require_auth_time": False,
    "require_pushed_authorization_requests": False,
    "dpop_bound_access_tokens": False,
}
MANAGED = (
    "registration_access_token",
    "registration_client_uri",
    "client_id_issued_at",
    "client_secret_expires_at",
)


@pytest.mark.rule("RFC 7591", "3.2.1", "the answer holds every registered member, those left to us too")
@pytest.mark.rule("OIDC Registration", "3.2", "the answer holds every registered value, defaults as well")
@pytest.mark.parametrize("said", [{}, EFFECTIVE])
def test_all_that_is_registered_is_answered(
    deployment: Deployment, browser: Browser, said: dict[str, Any]
) -> None:
    client = post(browser, MINE | said).json
    assert {name: client.get(name) for name in EFFECTIVE} == EFFECTIVE
    bearer = {"Authorization": f"Bearer {client['registration_access_token']}"}
    again = browser.get(f"/register/{client['client_id']}", headers=bearer).json
    assert {name: again.get(name) for name in EFFECTIVE} == EFFECTIVE
    assert not {"first_party", "sector", "fapi", "allowed_scopes", "require_pkce"} & {*client, *again}


@pytest.mark.rule("RFC 7592", "2.2", "a client may send back what it read")
def test_what_is_read_may_be_sent_back(browser: Browser) -> None:
    client = post(browser, MINE | {"client_name#en": "Reading room", "contacts": ["me"]}).json
    read = {name: value for name, value in client.items() if name not in MANAGED}
    answer = put(browser, client, read)
    assert answer.status_code == 200, answer.text
    kept = {name: value for name, value in read.items() if name != "client_secret"}
    assert {name: answer.json.get(name) for name in kept} == kept


@pytest.mark.sr("SR-024")
@pytest.mark.rule("RFC 7591", "3.1", "the document comes as application/json")
@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/jose+json", "application/jsonp"],
)
def test_another_media_type_is_refused(deployment: Deployment, browser: Browser, kind: str) -> None:
    client, once = post(browser, MINE).json, token(deployment)
    mine, managing = client["client_id"], client["registration_access_token"]
    for method, path, bearer, document in (
        ("POST", "/register", once, MINE),
        ("PUT", f"/register/{mine}", managing, MINE | {"client_id": mine}),
    ):
        answer = browser.open(
            path, method=method, data=json.dumps(document), content_type=kind or None,
            headers={"Authorization": f"Bearer {bearer}"},
        )  # fmt: skip
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata")
        assert "application/json" in answer.json["error_description"]
    assert len(deployment.rows("clients")) == 1


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=UTF-8"])
def test_json_is_json(deployment: Deployment, browser: Browser, kind: str) -> None:
    headers = {"Authorization": f"Bearer {token(deployment)}"}
    answer = browser.post("/register", data=json.dumps(MINE), content_type=kind, headers=headers)
    assert answer.status_code == 201


@pytest.mark.sr("SR-024")
@pytest.mark.parametrize("name", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"caf\xe9", b"\xd0"])
def test_what_is_not_utf_8_is_refused(deployment: Deployment, browser: Browser, name: bytes) -> None:
    body = json.dumps(MINE | {"client_name": "@"}).encode().replace(b"@", name)
    answer = browser.post(
        "/register", data=body, content_type="application/json",
        headers={"Authorization": f"Bearer {token(deployment)}"},
    )  # fmt: skip
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata")
    assert "UTF-8" in answer.json["error_description"]
    assert deployment.rows("clients") == []


@pytest.mark.rule("RFC 6585", "4", "too many registrations from one address are told when to come again")
def test_too_many_registrations(deploy: Deploy) -> None:
    deployment = deploy(open_registration=True, limits={"signin_starts_per_address_minute": 2})
    browser = deployment.client()
    elsewhere = {"REMOTE_ADDR": "203.0.113.7"}
    answers = [browser.post("/register", json=MINE, environ_base=elsewhere) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[2].json["error"] == "temporarily_unavailable"
    assert int(answers[2].headers["Retry-After"]) > 0
    assert "WWW-Authenticate" not in answers[2].headers


@pytest.mark.rule("RFC 6750", "3", "an endpoint that takes bearer tokens alone asks for no others")
@pytest.mark.parametrize("authorization", [None, "DPoP x", "dpop x", "Bearer x", "Basic x"])
def test_registration_asks_for_bearer_tokens_alone(browser: Browser, authorization: str | None) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    for answer in (
        browser.post("/register", json=MINE, headers=headers),
        browser.get("/register/x", headers=headers),
    ):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="MostID"')
        assert "dpop" not in answer.headers["WWW-Authenticate"].lower()
        assert "algs" not in answer.headers["WWW-Authenticate"]


@pytest.mark.rule("RFC 7592", "2.2", "a replacement that changes nothing is answered, and disturbs nobody")
def test_a_replacement_that_changes_nothing(deployment: Deployment, browser: Browser) -> None:
    made = post(browser, MINE).json
    before = [deployment.rows(table) for table in ("clients", "audit", "versions")]
    again = put(browser, made, MINE)
    assert (again.status_code, again.json["client_id"]) == (200, made["client_id"])
    assert [deployment.rows(table) for table in ("clients", "audit", "versions")] == before
    assert put(browser, made, MINE | {"client_name": "Лавка"}).status_code == 200
    assert deployment.rows("audit") != before[1]


@pytest.mark.rule("RFC 6585", "4", "one address replaces so many records a minute")
def test_too_many_replacements(deploy: Deploy) -> None:
    deployment = deploy(limits={"signin_starts_per_address_minute": 2})
    browser = deployment.client()
    made = post(browser, MINE).json
    bearer = {"Authorization": f"Bearer {made['registration_access_token']}"}
    answers = [
        browser.put(
            f"/register/{made['client_id']}",
            json=MINE | {"client_id": made["client_id"], "client_name": f"Лавка {number}"},
            headers=bearer,
            environ_base={"REMOTE_ADDR": "203.0.113.7"},
        )
        for number in range(3)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 0
