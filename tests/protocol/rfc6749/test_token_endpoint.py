"""RFC 6749 §3.2, §4.1.3 to §5.2: what the token endpoint takes and how it answers."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from tests.deployment import Browser, Deployment, Service
from tests.provider.tokens import exchange, post, refresh, tokens

DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]+")
FORM = "application/x-www-form-urlencoded"
BODIES = (
    ("application/json", json.dumps({"grant_type": "client_credentials"}).encode()),
    ("text/plain", b"grant_type=client_credentials"),
    ("", b"grant_type=client_credentials"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--'),
    (FORM, b"\xff\xfe\x00"),
    (FORM, b"grant_type=%ff%fe"),
    (FORM, b"grant_type=client_credentials%00"),
    (FORM, b"&".join(b"p%d=1" % number for number in range(61))),
    (FORM, b""),
    (FORM, b"grant_type="),
    (FORM, b"=client_credentials"),
)


@pytest.fixture
def maria(deployment: Deployment, browser: Browser) -> Browser:
    """A browser with somebody signed in."""
    deployment.sign_in(browser)
    return browser


def check_error(answer: TestResponse, code: str, status: int = 400) -> None:
    """The form of every refusal (RFC 6749 §5.2)."""
    assert (answer.status_code, answer.json["error"]) == (status, code), answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json) <= {"error", "error_description"}
    assert DESCRIPTION.fullmatch(answer.json.get("error_description", "none"))
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


@pytest.mark.rule("RFC 6749", "3.2", "the token endpoint is used by POST alone")
@pytest.mark.sr("SR-025")
def test_only_post_is_taken(browser: Browser, store: Service) -> None:
    query = urlencode({"grant_type": "client_credentials", "client_id": store.client_id})
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = browser.open(f"/token?{query}", method=method)
        assert (answer.status_code, answer.data) == (405, b""), method
        assert answer.headers["Allow"] == "POST"
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.rule(
    "RFC 6749", "3.2", "parameters are read from a form body, and credentials never from the address"
)
@pytest.mark.sr("SR-025")
def test_nothing_is_taken_from_the_address(maria: Browser, store: Service) -> None:
    code = maria.code(store)
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": store.redirect_uri,
        "code_verifier": store.verifier, "client_id": store.client_id, "client_secret": store.secret or "",
    }  # fmt: skip
    check_error(maria.post(f"/token?{urlencode(form)}"), "invalid_request")
    for name in ("client_id", "client_secret", "code", "code_verifier", "grant_type"):
        rest = {key: value for key, value in form.items() if key != name}
        given = {name: form[name]}
        headers = {} if name == "client_secret" else {"Authorization": store.basic}
        check_error(maria.post(f"/token?{urlencode(given)}", data=rest, headers=headers), "invalid_request")
    assert exchange(maria, store, code).status_code == 200  # nothing of this has spent it


@pytest.mark.rule("RFC 6749", "3.2", "a body of another form is refused")
def test_another_body_is_refused(browser: Browser, store: Service) -> None:
    for kind, body in BODIES:
        answer = browser.post("/token", data=body, content_type=kind, headers={"Authorization": store.basic})
        check_error(answer, "invalid_request")


def test_a_form_may_name_its_charset(maria: Browser, store: Service) -> None:
    form = {
        "grant_type": "authorization_code", "code": maria.code(store), "redirect_uri": store.redirect_uri,
        "code_verifier": store.verifier,
    }  # fmt: skip
    answer = maria.post(
        "/token",
        data=urlencode(form),
        content_type=f"{FORM.upper()}; charset=UTF-8",
        headers={"Authorization": store.basic},
    )
    assert answer.status_code == 200


@pytest.mark.rule(
    "RFC 6749", "3.2", "a parameter that comes twice is refused, one without a value counts as left out"
)
def test_a_repeated_parameter_is_refused(maria: Browser, store: Service) -> None:
    code = maria.code(store)
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": store.redirect_uri,
        "code_verifier": store.verifier,
    }  # fmt: skip
    twice = [*form, "client_id", "scope", "unknown"]
    for name in twice:
        value = form.get(name, "x")
        for other in (value, "another"):
            body = urlencode([*form.items(), (name, other), *([(name, value)] if name not in form else [])])
            check_error(
                maria.post("/token", data=body, content_type=FORM, headers={"Authorization": store.basic}),
                "invalid_request",
            )
    body = urlencode([*form.items(), ("code", ""), ("scope", "")])
    answer = maria.post("/token", data=body, content_type=FORM, headers={"Authorization": store.basic})
    assert answer.status_code == 200


@pytest.mark.rule("RFC 6749", "3.2", "unknown parameters are ignored")
def test_unknown_parameters_are_ignored(maria: Browser, store: Service) -> None:
    assert exchange(maria, store, maria.code(store), audience="x", state="y").status_code == 200


@pytest.mark.rule("RFC 6749", "5.2", "a grant type that does not exist here is unsupported_grant_type")
@pytest.mark.sr("SR-006", "SR-047")
def test_grant_types_that_are_not_offered(browser: Browser, store: Service) -> None:
    for grant_type in (
        "password", "implicit", "urn:openid:params:grant-type:ciba",
        "urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer", "Authorization_Code", "authorization_code ", "x" * 2000,
        "\r\nSet-Cookie: a=b", '"\\', "тип",
    ):  # fmt: skip
        answer = post(browser, "/token", store, {"grant_type": grant_type, "username": "a", "password": "b"})
        check_error(answer, "unsupported_grant_type")
        assert grant_type not in answer.text


@pytest.mark.rule("RFC 6749", "5.2", "a grant type that this client may not use is unauthorized_client")
@pytest.mark.sr("SR-047", "SR-050")
def test_every_client_uses_its_own_grant_types_alone(deployment: Deployment, browser: Browser) -> None:
    device = "urn:ietf:params:oauth:grant-type:device_code"
    all_types = ("authorization_code", "refresh_token", "client_credentials", device)
    granted: dict[str, Any] = {
        "reader": ["authorization_code"],
        "renewer": ["authorization_code", "refresh_token"],
        "robot": ["client_credentials"],
        "television": [device],
    }
    for client_id, grant_types in granted.items():
        redirects = {} if "authorization_code" in grant_types else {"redirect_uris": []}
        client = deployment.register(client_id, grant_types=grant_types, **redirects)
        for grant_type in all_types:
            with deployment.statements() as statements:
                answer = post(browser, "/token", client, {"grant_type": grant_type})
            if grant_type not in grant_types:
                check_error(answer, "unauthorized_client")
                assert [one for one in statements if "grants" in one or "sessions" in one] == []
            else:
                assert answer.json.get("error") != "unauthorized_client"


@pytest.mark.rule("RFC 6749", "4.1.3", "the exchange names its code and its redirect URI")
def test_missing_parameters_are_named(maria: Browser, store: Service) -> None:
    code = maria.code(store)
    check_error(exchange(maria, store, code, redirect_uri=None), "invalid_request")
    check_error(exchange(maria, store, code, code=None), "invalid_request")
    check_error(refresh(maria, store, ""), "invalid_request")
    assert exchange(maria, store, code).status_code == 200


@pytest.mark.rule(
    "RFC 6749", "5.1", "an answer with tokens is JSON, typed, with its life and scope, and nobody keeps it"
)
@pytest.mark.sr("SR-042")
def test_the_form_of_a_good_answer(maria: Browser, store: Service) -> None:
    answer = exchange(maria, store, maria.code(store, scope="openid email"))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    assert set(answer.json) == {
        "access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token",
    }  # fmt: skip
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] == 600
    assert answer.json["scope"] == "openid email"
    assert re.fullmatch(r"[A-Za-z0-9._~+/-]+", answer.json["refresh_token"] + answer.json["access_token"])


@pytest.mark.rule(
    "RFC 6749", "5.2", "a bad code, verifier or refresh token is invalid_grant, and no reason is told"
)
@pytest.mark.sr("SR-033")
def test_bad_grants_all_look_alike(maria: Browser, store: Service, deployment: Deployment) -> None:
    other = deployment.register("social")
    given = tokens(maria, store)
    answers = [
        exchange(maria, store, "nonsense"),
        exchange(maria, store, given["refresh_token"]),
        exchange(maria, store, given["access_token"]),
        exchange(maria, store, maria.code(store), redirect_uri="http://localhost:8200/other"),
        exchange(maria, store, maria.code(store), code_verifier="x" * 43),
        exchange(maria, store, maria.code(other)),
        refresh(maria, store, "nonsense"),
        refresh(maria, store, maria.code(store)),
        refresh(maria, store, given["access_token"]),
        refresh(maria, other, given["refresh_token"]),
    ]
    for answer in answers:
        check_error(answer, "invalid_grant")
        assert answer.json == {"error": "invalid_grant"}
    assert refresh(maria, store, given["refresh_token"]).status_code == 200


@pytest.mark.rule(
    "RFC 6749", "4.4", "a service acts for itself with the scopes that it has, and gets no refresh token"
)
@pytest.mark.sr("SR-049")
def test_client_credentials(deployment: Deployment, browser: Browser) -> None:
    robot = deployment.register(
        "robot",
        grant_types=["client_credentials"],
        redirect_uris=[],
        allowed_scopes=["openid", "email", "catalogue.read", "catalogue.write"],
    )

    def ask(**form: str) -> TestResponse:
        return post(browser, "/token", robot, {"grant_type": "client_credentials"} | form)

    assert ask().json["scope"] == "catalogue.read catalogue.write"
    narrowed = ask(scope="catalogue.read").json
    assert narrowed["scope"] == "catalogue.read"
    assert set(narrowed) == {"access_token", "token_type", "expires_in", "scope"}
    for scope in ("openid", "email", "catalogue.read openid", "offline_access", "catalogue.delete", " "):
        check_error(ask(scope=scope), "invalid_scope")


@pytest.mark.rule(
    "RFC 8707", "2.2", "tokens for another resource are invalid_target, before anything is spent"
)
@pytest.mark.sr("SR-038")
def test_another_resource_is_refused(maria: Browser, store: Service) -> None:
    code = maria.code(store)
    check_error(exchange(maria, store, code, resource="https://api.example"), "invalid_target")
    given = exchange(maria, store, code, resource="http://localhost:8000").json
    check_error(
        refresh(maria, store, given["refresh_token"], resource="https://api.example"), "invalid_target"
    )
    assert refresh(maria, store, given["refresh_token"]).status_code == 200


@pytest.mark.rule("RFC 9449", "5", "a bad proof is refused before anything is spent")
def test_a_bad_dpop_proof_is_refused(maria: Browser, store: Service) -> None:
    code = maria.code(store)
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": store.redirect_uri,
        "code_verifier": store.verifier,
    }  # fmt: skip
    answer = maria.post("/token", data=form, headers={"Authorization": store.basic, "DPoP": "e30.e30.AA"})
    check_error(answer, "invalid_dpop_proof")
    assert exchange(maria, store, code).json["token_type"] == "Bearer"
