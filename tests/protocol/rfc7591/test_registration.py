"""Clients that register and manage themselves: a token from an operator, narrow rules, a token of their own."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.clients.initial_tokens import Terms, issue
from tests.deployment import REDIRECT, Browser, Deployment, Service

DAY_MS = 86_400_000
MINE: Mapping[str, Any] = {"redirect_uris": [REDIRECT], "client_name": "Читальня", "scope": "openid email"}


def token(
    deployment: Deployment, *, uses: int = 1, scope: str = "openid profile email offline_access"
) -> str:
    terms = Terms("a partner", scope.split(), uses, DAY_MS)
    return deployment.storage.run(
        lambda tx: issue(tx, terms, deployment.clock.now(), actor="test"), write=True
    )


def post(browser: Browser, metadata: object, bearer: str = "") -> TestResponse:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    body = metadata if isinstance(metadata, bytes) else json.dumps(metadata).encode()
    return browser.post("/register", data=body, headers=headers, content_type="application/json")


def manage(
    browser: Browser, client: Mapping[str, Any], method: str, body: object = None, **changed: str
) -> TestResponse:
    bearer = changed.get("token", client["registration_access_token"])
    path = client["registration_client_uri"].partition("/register/")[2]
    return browser.open(
        f"/register/{path}", method=method, headers={"Authorization": f"Bearer {bearer}"},
        data=json.dumps(body) if body is not None else None, content_type="application/json",
    )  # fmt: skip


@pytest.fixture
def client(deployment: Deployment, browser: Browser) -> Mapping[str, Any]:
    """A client that has just registered itself."""
    answer = post(browser, MINE, token(deployment))
    assert answer.status_code == 201, answer.text
    registered: Mapping[str, Any] = answer.json
    return registered


@pytest.mark.rule(
    "RFC 7591", "3.2.1", "the answer is 201 with the id, the secret, and everything that was registered"
)
def test_a_client_registers_itself(client: Mapping[str, Any]) -> None:
    assert client["client_name"] == "Читальня"
    assert client["redirect_uris"] == [REDIRECT]
    assert client["scope"] == "openid email"
    assert client["client_secret_expires_at"] == 0
    assert len(client["client_secret"]) > 40
    assert client["token_endpoint_auth_method"] == "client_secret_basic"
    assert "first_party" not in client


@pytest.mark.rule("RFC 7591", "3.2.1", "answers with secrets are kept by nobody on the way")
def test_the_answer_is_not_stored(deployment: Deployment, browser: Browser) -> None:
    answer = post(browser, MINE, token(deployment))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "application/json"


def test_such_a_client_signs_people_in_after_their_consent(
    deployment: Deployment, browser: Browser, client: Mapping[str, Any]
) -> None:
    deployment.clock_file.advance(2)
    deployment.sign_in(browser)
    service = Service(client["client_id"], client["client_secret"], REDIRECT)
    asked = browser.get("/authorize", query_string=service.request(scope="openid email"))
    assert asked.status_code == 303
    assert asked.headers["Location"].startswith("/consent")


@pytest.mark.sr("SR-053")
@pytest.mark.rule(
    "RFC 7591", "3", "without an initial access token nobody registers, unless the deployment says so"
)
def test_strangers_register_nothing(browser: Browser) -> None:
    answer = post(browser, MINE)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json == {"error_description": "an initial access token is needed"}
    asked = browser.get("/register/x")
    assert asked.json == {"error_description": "the client's registration access token is needed"}


@pytest.mark.sr("SR-053")
@pytest.mark.parametrize("bearer", ["iat_guess", "x" * 5_000, "é"])
def test_a_token_that_was_not_issued_is_good_for_nothing(browser: Browser, bearer: str) -> None:
    assert post(browser, MINE, bearer).status_code == 401


def test_a_token_is_good_for_its_uses_and_days(deployment: Deployment, browser: Browser) -> None:
    twice = token(deployment, uses=2)
    assert [post(browser, MINE, twice).status_code for _ in range(3)] == [201, 201, 401]
    late = token(deployment)
    deployment.clock_file.advance(DAY_MS // 1000 + 1)
    assert post(browser, MINE, late).status_code == 401


def test_bad_metadata_costs_no_use_of_the_token(deployment: Deployment, browser: Browser) -> None:
    once = token(deployment)
    assert post(browser, {**MINE, "redirect_uris": ["http://example.com/cb"]}, once).status_code == 400
    assert post(browser, MINE, once).status_code == 201


def test_of_many_at_once_one_token_registers_one_client(deployment: Deployment) -> None:
    once = token(deployment)
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: post(deployment.client(), MINE, once).status_code, range(16)))
    assert sorted(statuses) == [201] + [401] * 15


@pytest.mark.sr("SR-053")
def test_scopes_are_capped_by_the_token(deployment: Deployment, browser: Browser) -> None:
    answer = post(browser, {**MINE, "scope": "openid phone mostid.admin.write"}, token(deployment))
    assert answer.json["scope"] == "openid"
    refused = post(browser, {**MINE, "scope": "phone"}, token(deployment))
    assert (refused.status_code, refused.json["error"]) == (400, "invalid_client_metadata")


@pytest.mark.sr("SR-060")
@pytest.mark.parametrize(
    "member",
    [
        {"first_party": True},
        {"sector": "ecosystem"},
        {"require_pkce": False},
        {"fapi": True},
        {"assertion_audience": "endpoint"},
        {"allowed_scopes": ["mostid.admin.write"]},
        {"access_token_s": 600},
    ],
)
def test_what_only_an_operator_sets_is_refused(
    deployment: Deployment, browser: Browser, member: Mapping[str, Any]
) -> None:
    answer = post(browser, {**MINE, **member}, token(deployment))
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata")


BAD_DOCUMENTS: list[object] = [
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe", b"[" * 5_000, b'{"redirect_uris":' * 2_000,
    {}, {**MINE, "redirect_uris": []}, {**MINE, "redirect_uris": None}, {**MINE, "redirect_uris": "https://a.example"},
    {**MINE, "redirect_uris": [1]}, {**MINE, "redirect_uris": [None]}, {**MINE, "redirect_uris": [[REDIRECT]]},
    {**MINE, "redirect_uris": {}}, {**MINE, "redirect_uris": [REDIRECT, REDIRECT]},
    {**MINE, "redirect_uris": [f"https://a.example/{number}" for number in range(50)]},
    *({**MINE, "redirect_uris": [uri]} for uri in (
        "", "x", "/cb", "//a.example/cb", "http://a.example/cb", "https://a.example/cb#x", "https://u:p@a.example/cb",
        "https://*.example/cb", "javascript:alert(1)", "data:text/html,x", "https://a.example/cb?code=1",
        "https://a.example/../cb", "https://a.example/%2e%2e/cb", "https://a.example\\cb", "https://2130706433/cb",
        "https://A.example/cb", "https://a.example/" + "x" * 600, "com.example.app:/cb", "https://a.example:0/cb",
    )),
    {**MINE, "client_name": 1}, {**MINE, "client_name": "x" * 100}, {**MINE, "client_name": ["x"]},
    {**MINE, "client_name": "a\u202eb"}, {**MINE, "client_uri": "http://a.example"}, {**MINE, "logo_uri": 7},
    {**MINE, "logo_uri": "javascript:x"}, {**MINE, "policy_uri": "ftp://a.example"}, {**MINE, "tos_uri": "x" * 700},
    {**MINE, "initiate_login_uri": "http://a.example/login"}, {**MINE, "application_type": "desktop"},
    {**MINE, "grant_types": []}, {**MINE, "grant_types": "authorization_code"}, {**MINE, "grant_types": [1]},
    {**MINE, "grant_types": ["password"]}, {**MINE, "grant_types": ["implicit"]},
    {**MINE, "grant_types": ["client_credentials"]}, {**MINE, "grant_types": ["refresh_token"]},
    {**MINE, "response_types": ["token"]}, {**MINE, "response_types": ["code id_token"]}, {**MINE, "response_types": "code"},
    {**MINE, "token_endpoint_auth_method": "plain"}, {**MINE, "token_endpoint_auth_method": None},
    {**MINE, "id_token_signed_response_alg": "none"}, {**MINE, "id_token_signed_response_alg": "HS256"},
    {**MINE, "subject_type": "public"}, {**MINE, "subject_type": "whole"}, {**MINE, "scope": 1}, {**MINE, "scope": ["openid"]},
    {**MINE, "contacts": "me"}, {**MINE, "post_logout_redirect_uris": ["http://a.example"]},
    {**MINE, "post_logout_redirect_uris": "https://a.example"},
]  # fmt: skip


@pytest.mark.sr("SR-051", "SR-053")
@pytest.mark.rule(
    "RFC 7591", "3.2.2", "metadata that cannot be is refused by a named error, and nothing is registered"
)
def test_bad_documents_are_refused(deployment: Deployment, browser: Browser) -> None:
    once = token(deployment)
    assert len(BAD_DOCUMENTS) >= 60
    for document in BAD_DOCUMENTS:
        answer = post(browser, document, once)
        assert answer.status_code == 400, (document, answer.status_code)
        assert answer.json["error"] in {"invalid_redirect_uri", "invalid_client_metadata"}, document
    assert post(browser, MINE, once).status_code == 201


@pytest.mark.rule(
    "RFC 7591", "2.3", "a software statement of somebody whom we do not trust is refused by name"
)
def test_software_statements_are_not_trusted(deployment: Deployment, browser: Browser) -> None:
    answer = post(browser, {**MINE, "software_statement": "a.b.c"}, token(deployment))
    assert (answer.status_code, answer.json["error"]) == (400, "unapproved_software_statement")


@pytest.mark.rule("RFC 7591", "2", "members that mean nothing to us are left out")
def test_unknown_members_are_ignored(deployment: Deployment, browser: Browser) -> None:
    answer = post(browser, {**MINE, "favourite_colour": "green"}, token(deployment))
    assert answer.status_code == 201
    assert "favourite_colour" not in answer.json


@pytest.mark.rule("RFC 7592", "2.1", "a client reads its own record with its own token")
def test_a_client_reads_its_record(browser: Browser, client: Mapping[str, Any]) -> None:
    answer = manage(browser, client, "GET")
    assert answer.status_code == 200
    assert answer.json["redirect_uris"] == [REDIRECT]
    assert "client_secret" not in answer.json


@pytest.mark.sr("SR-058")
@pytest.mark.rule("RFC 7592", "2.1", "another's token and a client that is not there get one answer")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_nobody_else_manages_it(
    deployment: Deployment, browser: Browser, client: Mapping[str, Any], method: str
) -> None:
    other = post(browser, MINE, token(deployment)).json
    body = {**MINE, "client_id": client["client_id"]}
    foreign = manage(browser, client, method, body, token=other["registration_access_token"])
    nowhere = manage(
        browser,
        {**client, "registration_client_uri": "/register/c_nobody"},
        method,
        {**MINE, "client_id": "c_nobody"},
    )
    assert foreign.status_code == nowhere.status_code == 401
    assert foreign.data == nowhere.data
    assert manage(browser, client, "GET").status_code == 200


def test_an_operators_client_has_no_such_door(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    answer = browser.get(f"/register/{store.client_id}", headers={"Authorization": f"Bearer {store.secret}"})
    assert answer.status_code == 401


@pytest.mark.rule("RFC 7592", "2.2", "a client replaces its record whole, within the scopes that it has")
def test_a_client_replaces_its_record(browser: Browser, client: Mapping[str, Any]) -> None:
    wanted = {
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        **MINE,
        "client_name": "Полка",
    }
    answer = manage(browser, client, "PUT", wanted | {"scope": "openid email phone"})
    assert answer.status_code == 200, answer.text
    assert (answer.json["client_name"], answer.json["scope"]) == ("Полка", "openid email")
    assert manage(browser, client, "GET").json["client_name"] == "Полка"


@pytest.mark.rule(
    "RFC 7592", "2.2", "what is not the client's to say is refused, and the record stays as it was"
)
@pytest.mark.parametrize(
    "member",
    [
        {"client_id": "c_other"},
        {"client_secret": "cs_other"},
        {"client_secret": 7},
        {"registration_access_token": "x"},
        {"registration_client_uri": "https://a.example"},
        {"client_id_issued_at": 1},
        {"client_secret_expires_at": 0},
        {"first_party": True},
        {"redirect_uris": []},
        {"token_endpoint_auth_method": "none"},
    ],
)
def test_a_replacement_is_checked(
    browser: Browser, client: Mapping[str, Any], member: Mapping[str, Any]
) -> None:
    answer = manage(
        browser,
        client,
        "PUT",
        {"client_id": client["client_id"], **MINE, "client_name": "Полка"} | dict(member),
    )
    assert answer.status_code == 400
    assert manage(browser, client, "GET").json["client_name"] == "Читальня"


@pytest.mark.sr("SR-057")
@pytest.mark.rule("RFC 7592", "2.3", "a client that removes itself works nowhere any more")
def test_a_client_removes_itself(deployment: Deployment, browser: Browser, client: Mapping[str, Any]) -> None:
    assert manage(browser, client, "DELETE").status_code == 204
    deployment.clock_file.advance(2)
    assert manage(browser, client, "GET").status_code == 401
    service = Service(client["client_id"], client["client_secret"], REDIRECT)
    assert browser.get("/authorize", query_string=service.request()).status_code == 400


def test_a_disabled_client_manages_nothing(
    deployment: Deployment, browser: Browser, client: Mapping[str, Any]
) -> None:
    deployment.disable(Service(client["client_id"], None, REDIRECT))
    assert manage(browser, client, "GET").status_code == 401


@pytest.mark.parametrize("path", ["/register/", "/register/x/y", "/register/%00", "/register/" + "x" * 3_000])
def test_odd_paths_are_refused(browser: Browser, path: str) -> None:
    assert browser.get(path, headers={"Authorization": "Bearer x"}).status_code in {400, 401, 404}
    assert browser.post(path).status_code in {400, 404, 405}
