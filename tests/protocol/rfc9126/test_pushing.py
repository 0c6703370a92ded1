"""RFC 9126 §2: what a service may push, and how it is told what is wrong."""

import base64
import socket
import sqlite3

import pytest

from tests.deployment import Browser, Deployment, Service
from tests.protocol.rfc9126.pushing import push, pushed, visit

DOCUMENT = "/.well-known/oauth-authorization-server"
FORM = "application/x-www-form-urlencoded"


@pytest.mark.rule("RFC 9126", "2.2", "201 with a reference that nobody can guess, and its life in seconds")
@pytest.mark.sr("SR-021")
def test_a_request_is_taken(browser: Browser, store: Service) -> None:
    answers = [push(browser, store) for _ in range(5)]
    for answer in answers:
        assert (answer.status_code, answer.content_type) == (201, "application/json")
        assert answer.headers["Cache-Control"] == "no-store"
        assert set(answer.json) == {"request_uri", "expires_in"}
        assert 0 < answer.json["expires_in"] <= 90
        prefix, _, key = answer.json["request_uri"].rpartition(":")
        assert prefix == "urn:ietf:params:oauth:request_uri"
        assert len(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))) >= 16
    assert len({answer.json["request_uri"] for answer in answers}) == 5


@pytest.mark.rule("RFC 9126", "5", "the endpoint is announced, and that it need not be used")
def test_it_is_announced(browser: Browser, deployment: Deployment) -> None:
    said = browser.get(DOCUMENT).json
    assert said["pushed_authorization_request_endpoint"] == f"{deployment.settings.issuer}/par"
    assert said["require_pushed_authorization_requests"] is False
    assert said["request_uri_parameter_supported"] is False  # none but our own


@pytest.mark.rule("RFC 9126", "2", "a client authenticates as it does at the token endpoint")
@pytest.mark.sr("SR-030", "SR-033")
def test_clients_authenticate(browser: Browser, deployment: Deployment, store: Service) -> None:
    asked = store.request()
    wrong = Service("store", "no secret", store.redirect_uri)
    unknown = Service("nobody", "x", store.redirect_uri)
    refused = [push(browser, wrong), push(browser, unknown), browser.post("/par", data=asked)]
    assert {answer.status_code for answer in refused} == {401}
    assert {answer.json["error"] for answer in refused} == {"invalid_client"}
    twice = browser.post(
        "/par", data=asked | {"client_secret": store.secret}, headers={"Authorization": store.basic}
    )
    assert (twice.status_code, twice.json["error"]) == (400, "invalid_request")
    deployment.disable(store)
    deployment.clock_file.advance(2)
    assert push(browser, store).status_code == 401


@pytest.mark.rule("RFC 9126", "2", "a public client pushes with its client_id")
def test_public_clients_push_too(deployment: Deployment, signed_in: Browser) -> None:
    app = deployment.register("app", token_endpoint_auth_method="none")  # no secret at all
    assert "code=" in visit(signed_in, app, pushed(signed_in, app)).location


@pytest.mark.rule("RFC 9126", "2.1", "a client pushes for itself alone")
def test_nobody_pushes_for_others(browser: Browser, store: Service, merchant: Service) -> None:
    foreign = push(browser, store, client_id=merchant.client_id)
    assert (foreign.status_code, foreign.json["error"]) == (400, "invalid_request")
    silent = push(browser, store, client_id=None)
    assert silent.status_code == 201  # its credentials say who it is


@pytest.mark.rule("RFC 9126", "2.1", "a reference within a pushed request is refused")
@pytest.mark.sr("SR-022")
def test_no_reference_is_pushed(browser: Browser, store: Service) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        elsewhere = f"http://127.0.0.1:{listener.getsockname()[1]}/r"
        for reference in (pushed(browser, store), elsewhere, "x"):
            answer = push(browser, store, request_uri=reference)
            assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
        with pytest.raises(BlockingIOError):
            listener.accept()


BAD: list[tuple[str, dict[str, str | None], str]] = [
    ("no redirect_uri", {"redirect_uri": None}, "invalid_request"),
    ("a redirect_uri of others", {"redirect_uri": "https://evil.example/cb"}, "invalid_request"),
    ("no response_type", {"response_type": None}, "invalid_request"),
    ("another response_type", {"response_type": "token"}, "unsupported_response_type"),
    ("another response_mode", {"response_mode": "fragment"}, "invalid_request"),
    ("no challenge", {"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    ("no method", {"code_challenge_method": None}, "invalid_request"),
    ("plain", {"code_challenge_method": "plain"}, "invalid_request"),
    ("a short challenge", {"code_challenge": "x"}, "invalid_request"),
    ("no scope", {"scope": None}, "invalid_scope"),
    ("strange scopes", {"scope": "everything"}, "invalid_scope"),
    ("a strange prompt", {"prompt": "surprise"}, "invalid_request"),
    ("none and login", {"prompt": "none login"}, "invalid_request"),
    ("a bad max_age", {"max_age": "-1"}, "invalid_request"),
    ("a bad hint", {"id_token_hint": "x.y.z"}, "invalid_request"),
    ("a long state", {"state": "x" * 1025}, "invalid_request"),
    ("a long nonce", {"nonce": "x" * 1025}, "invalid_request"),
]


@pytest.mark.rule("RFC 9126", "2.3", "a request is checked whole when it is pushed, and refused by JSON")
@pytest.mark.parametrize(("changed", "error"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_requests(browser: Browser, store: Service, changed: dict[str, str | None], error: str) -> None:
    answer = push(browser, store, **changed)
    assert (answer.status_code, answer.json["error"]) == (400, error)
    assert "Location" not in answer.headers


@pytest.mark.sr("SR-004", "SR-025")
@pytest.mark.rule("RFC 9126", "2.1", "parameters come in a form, each once")
def test_form_alone(browser: Browser, store: Service) -> None:
    asked = store.request()
    sent = {"Authorization": store.basic}
    in_query = browser.post("/par", query_string=asked, headers=sent)
    beside = browser.post("/par", query_string={"x": "1"}, data=asked, headers=sent)
    json_body = browser.post("/par", json=asked, headers=sent)
    assert {answer.status_code for answer in (in_query, beside, json_body)} == {400}
    for name in (*asked, "x"):
        body = [*asked.items(), (name, asked.get(name, "1")), (name, "other")]
        raw = "&".join(f"{key}={value.replace(' ', '+')}" for key, value in body)
        answer = browser.post("/par", data=raw, content_type=FORM, headers=sent)
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.rule("RFC 9126", "2.3", "405 for every other method")
def test_methods(browser: Browser, store: Service) -> None:
    for method in ("GET", "PUT", "DELETE", "HEAD", "PATCH"):
        answer = browser.open("/par", method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.rule("RFC 9126", "2.3", "413 for a request that is too large")
@pytest.mark.sr("SR-024")
def test_sizes(browser: Browser, store: Service) -> None:
    assert push(browser, store, login_hint="x" * 9000).status_code == 413


def test_an_address_of_public_clients_pushes_so_many_a_minute(deployment: Deployment, store: Service) -> None:
    """Whoever needs no secret to push does not fill the store."""
    app = deployment.register("app", token_endpoint_auth_method="none")  # no secret at all
    most = deployment.settings.limits.signin_starts_per_address_minute
    deployment.clock_file.advance(60 - deployment.clock.now() / 1000 % 60)
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    statuses = [
        deployment.client().post("/par", data=app.request(), environ_overrides=elsewhere).status_code
        for _ in range(most + 2)
    ]
    assert statuses == [201] * most + [429] * 2
    confidential = deployment.client().post(
        "/par", data=store.request(), headers={"Authorization": store.basic}, environ_overrides=elsewhere
    )
    assert confidential.status_code == 201


def test_without_the_store_nothing_is_taken(deployment: Deployment, browser: Browser, store: Service) -> None:
    """503, and who does not push goes on."""
    deployment.sign_in(browser)
    reference = pushed(browser, store)
    with sqlite3.connect(deployment.settings.data_dir / "ephemeral.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")  # nobody else can write
        assert push(browser, store).status_code == 503
        assert visit(browser, store, reference).status_code == 503
        assert browser.code(store)
        other.execute("ROLLBACK")
    assert "code=" in visit(browser, store, reference).location
