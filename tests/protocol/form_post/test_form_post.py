"""Answers that a form of ours posts to the service (OAuth 2.0 Form Post Response Mode)."""

import base64
import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser as Chromium
from werkzeug.serving import make_server
from werkzeug.test import TestResponse
from werkzeug.wrappers import Request, Response

from tests.deployment import ISSUER, Browser, Deploy, Deployment, Service, answered
from tests.html import read
from tests.provider.tokens import claims, exchange
from tests.services import free_port

INJECTED = """"><script>alert(1)</script><input name='code' value=x>&amp;{{ 7*7 }}"""


def posted(answer: TestResponse, service: Service) -> dict[str, str]:
    """The fields of the one form, which leads to the service."""
    assert answer.status_code == 200, answer.text
    (form,) = read(answer).forms
    assert (form.action, form.method) == (service.redirect_uri, "post")
    assert form.buttons == []  # the one that is there sends no value of its own
    return form.fields


@pytest.mark.sr("SR-008", "SR-010")
@pytest.mark.rule(
    "OAuth 2.0 Form Post Response Mode", "2", "the answer is a form that posts code, state and iss"
)
def test_a_code_comes_by_post(signed_in: Browser, store: Service) -> None:
    fields = posted(signed_in.authorize(store, response_mode="form_post"), store)
    assert fields.keys() == {"code", "state", "iss"}
    assert (fields["state"], fields["iss"]) == ("the state", ISSUER)
    answer = exchange(signed_in, store, fields["code"])
    assert claims(answer.json["id_token"])["nonce"] == "the nonce"


@pytest.mark.sr("SR-008")
@pytest.mark.rule("OAuth 2.0 Form Post Response Mode", "2", "errors come by the same form")
@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scope": "x"}, "invalid_scope"),
        ({"prompt": "none", "max_age": "0"}, "login_required"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"state": None, "code_challenge": None}, "invalid_request"),
    ],
)
def test_errors_come_by_post(
    signed_in: Browser, store: Service, changed: dict[str, str | None], error: str
) -> None:
    signed_in.deployment.clock_file.advance(5)
    fields = posted(signed_in.authorize(store, response_mode="form_post", **changed), store)
    assert (fields["error"], fields["iss"]) == (error, ISSUER)
    assert fields.get("state") == (None if "state" in changed else "the state")
    stranger = signed_in.deployment.client()
    assert "error" in posted(stranger.authorize(store, response_mode="form_post", prompt="none"), store)
    asked = urlencode(store.request(response_mode="form_post", scope="x"))
    answer = stranger.post("/authorize", data=asked, content_type="application/x-www-form-urlencoded")
    assert posted(answer, store)["error"] == "invalid_scope"


@pytest.mark.sr("SR-010")
def test_what_came_in_is_escaped(signed_in: Browser, store: Service) -> None:
    answer = signed_in.authorize(store, response_mode="form_post", state=INJECTED)
    assert posted(answer, store)["state"] == INJECTED
    assert INJECTED not in answer.text
    assert answer.text.count("<script") == 2  # ours of every page, and the one that sends
    assert "49" not in re.sub(r'value="[^"]*"', "", answer.text)


@pytest.mark.sr("SR-010", "SR-012")
def test_the_page_runs_its_one_script_and_posts_to_the_service_alone(
    signed_in: Browser, store: Service
) -> None:
    answer = signed_in.authorize(store, response_mode="form_post")
    policy = dict(
        part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";")
    )
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy["script-src"] == f"'self' 'sha256-{digest}'"
    assert policy["form-action"] == "'self' http://localhost:8200"
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    other = signed_in.get("/signin")
    assert "sha256" not in other.headers["Content-Security-Policy"]


@pytest.mark.rule(
    "OAuth 2.0 Form Post Response Mode", "2", "what a form of ours carries to us never leaves with it"
)
def test_no_token_of_our_forms_goes_along(signed_in: Browser, store: Service) -> None:
    assert "csrf_token" not in signed_in.authorize(store, response_mode="form_post").text


def test_it_speaks_to_whoever_has_no_scripts(signed_in: Browser, store: Service) -> None:
    for language, button in (("ru", "Продолжить"), ("en", "Continue")):
        answer = signed_in.authorize(store, response_mode="form_post", ui_locales=language)
        assert f'lang="{language}"' in answer.text
        assert button in answer.text
        assert "Витрина" in read(answer).title


@pytest.mark.sr("SR-010", "SR-056")
def test_a_client_has_the_modes_that_it_registered(deployment: Deployment, signed_in: Browser) -> None:
    narrow = deployment.register(response_modes=["query"])
    got = answered(signed_in.authorize(narrow, response_mode="form_post"))
    assert (got["error"], got["state"], got["iss"]) == ("invalid_request", "the state", ISSUER)
    other = deployment.register(response_modes=["form_post"])
    assert "code" in posted(signed_in.authorize(other, response_mode="form_post"), other)
    for mode in (None, "query"):
        assert answered(signed_in.authorize(other, response_mode=mode))["error"] == "invalid_request"


@pytest.mark.sr("SR-004", "SR-010")
def test_a_mode_that_comes_twice_is_none(signed_in: Browser, store: Service) -> None:
    asked = urlencode(store.request(response_mode="form_post"))
    got = answered(signed_in.get(f"/authorize?{asked}&response_mode=form_post"))
    assert got["error"] == "invalid_request"


def test_no_form_is_sent_to_an_application(deployment: Deployment, signed_in: Browser) -> None:
    uri = "ru.shop.app:/cb"
    native = deployment.register(
        application_type="native", token_endpoint_auth_method="none", redirect_uris=[uri]
    )
    answer = signed_in.authorize(native, response_mode="form_post")
    assert answer.location.startswith(f"{uri}?error=invalid_request&")


@pytest.mark.rule("OIDC Core", "3.1.2.1", "display and claims_locales are taken and change nothing")
@pytest.mark.parametrize("display", ["page", "popup", "touch", "wap", "x"])
def test_how_a_page_should_look_is_the_business_of_its_reader(
    signed_in: Browser, store: Service, display: str
) -> None:
    assert "code" in answered(signed_in.authorize(store, display=display, claims_locales="ru en x-y"))


def test_somebody_who_signs_in_meanwhile_gets_the_form(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    began = browser.authorize(store, response_mode="form_post")
    assert began.location.startswith("/signin?")
    ask = began.location.partition("?")[2]
    deployment.sign_in(browser)
    assert "code" in posted(browser.get(f"/authorize?{ask}"), store)


class Callback:
    """A service's redirect URI, which remembers what was posted there."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, dict[str, str]]] = []

    @Request.application
    def __call__(self, request: Request) -> Response:
        self.got.append((request.method, request.content_type or "", dict(request.form.items())))
        return Response("<title>arrived</title>", content_type="text/html")


@contextmanager
def serving(application: object, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, application, threaded=True)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.browser
@pytest.mark.sr("SR-010")
@pytest.mark.rule(
    "OAuth 2.0 Form Post Response Mode", "2", "a browser posts it by itself, or by its one button"
)
@pytest.mark.parametrize("scripts", [True, False])
def test_chromium_takes_it_to_the_service(chromium: Chromium, deploy: Deploy, scripts: bool) -> None:
    port, service_port, callback = free_port(), free_port(), Callback()
    deployment = deploy(issuer=f"http://localhost:{port}")
    uri = f"http://localhost:{service_port}/cb?kept=1&b=2"
    store, browser = deployment.register("store", redirect_uris=[uri]), deployment.client()
    deployment.sign_in(browser)
    context = chromium.new_context(java_script_enabled=scripts)
    held = {deployment.cookie_name(kind): browser.cookie(kind) or "" for kind in ("browser", "sid")}
    context.add_cookies(
        [{"name": name, "value": value, "url": deployment.settings.issuer} for name, value in held.items()]
    )
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    asked = urlencode(store.request(response_mode="form_post", state=INJECTED))
    with serving(deployment.app, port), serving(callback, service_port):
        page.goto(f"{deployment.settings.issuer}/authorize?{asked}", wait_until="commit")
        if not scripts:
            page.click("#continue")
        page.wait_for_url(uri)
        assert page.title() == "arrived"
    context.close()
    ((method, kind, fields),) = [got for got in callback.got if got[0] == "POST"]
    assert (method, kind) == ("POST", "application/x-www-form-urlencoded")
    assert fields["state"] == INJECTED
    assert exchange(browser, store, fields["code"]).status_code == 200
    assert [text for text in complaints if "Content Security Policy" in text] == []
