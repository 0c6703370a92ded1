"""Scripts of registered browser clients may read machines' endpoints; no other script may, and no page may be read."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.deployment import Browser, Deployment, Service
from tests.provider.tokens import exchange, refresh

ORIGIN = "https://app.example"
OPEN = {
    "/.well-known/openid-configuration": "GET",
    "/.well-known/oauth-authorization-server": "GET",
    "/.well-known/oauth-protected-resource": "GET",
    "/jwks.json": "GET",
    "/token": "POST",
    "/userinfo": "GET",
    "/revoke": "POST",
}
CLOSED = (
    "/authorize",
    "/introspect",
    "/signin",
    "/signin/phone",
    "/consent",
    "/logout",
    "/",
    "/health/ready",
    "/nowhere",
)
FOREIGN = (
    "https://evil.example", "null", "http://app.example", "https://app.example:444", "https://app.example.evil.example",
    "https://sub.app.example", "https://APP.example", "https://app.example/", "*", "https://merchant.example",
    "app://callback", "http://localhost:8200",
)  # fmt: skip

pytestmark = pytest.mark.sr("SR-014")


class Script(Browser):
    """A script of the registered origin. It sends no cookies of ours."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, environ_overrides={"HTTP_ORIGIN": ORIGIN}, **kwargs)


@pytest.fixture
def app(deployment: Deployment, store: Service) -> Service:
    """A client in a browser, beside confidential and native ones, which do not count."""
    deployment.register(
        "merchant", first_party=False, client_name="Лавка", redirect_uris=["https://merchant.example/cb"]
    )
    deployment.register(
        "phone",
        token_endpoint_auth_method="none",
        application_type="native",
        redirect_uris=["ru.example.app:/cb", "https://native.example/cb"],
    )
    return deployment.register(
        "app", token_endpoint_auth_method="none", redirect_uris=[f"{ORIGIN}/callback", f"{ORIGIN}/silent"]
    )


def preflight(browser: Browser, path: str, origin: str, method: str = "POST") -> TestResponse:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return browser.options(path, headers=headers)


def crossing(answer: TestResponse) -> dict[str, str]:
    return {name: value for name, value in answer.headers if name.startswith("Access-Control-")}


def test_a_registered_origin_may_ask_first(browser: Browser, app: Service) -> None:
    for path, method in OPEN.items():
        answer = preflight(browser, path, ORIGIN, method)
        assert (answer.status_code, answer.data) == (204, b""), path
        said = crossing(answer)
        assert said["Access-Control-Allow-Origin"] == ORIGIN
        assert method in said["Access-Control-Allow-Methods"].split(", ")
        assert {name.strip().lower() for name in said["Access-Control-Allow-Headers"].split(",")} == {
            "authorization", "content-type", "dpop",
        }  # fmt: skip
        assert int(said["Access-Control-Max-Age"]) <= 600
        assert "Access-Control-Allow-Credentials" not in said
        assert answer.headers["Vary"] == "Origin"


def test_a_foreign_origin_may_not(browser: Browser, app: Service) -> None:
    for path, method in OPEN.items():
        for origin in FOREIGN:
            answer = preflight(browser, path, origin, method)
            assert (answer.status_code, crossing(answer)) == (403, {}), (path, origin)
            assert crossing(browser.open(path, method=method, headers={"Origin": origin})) == {}, (
                path,
                origin,
            )


def test_what_is_not_open_is_open_to_nobody(browser: Browser, app: Service) -> None:
    for path in CLOSED:
        assert crossing(preflight(browser, path, ORIGIN, "GET")) == {}, path
        assert crossing(browser.get(path, headers={"Origin": ORIGIN})) == {}, path
        assert crossing(browser.post(path, headers={"Origin": ORIGIN})) == {}, path


def test_a_browser_client_can_do_all_it_needs(deployment: Deployment, browser: Browser, app: Service) -> None:
    deployment.sign_in(browser)
    code = browser.code(app)
    script = Script(deployment)
    given = exchange(script, app, code)
    renewed = refresh(script, app, given.json["refresh_token"])
    answers = [
        script.get("/.well-known/openid-configuration"),
        script.get("/jwks.json"),
        given,
        renewed,
        script.get("/userinfo", headers={"Authorization": f"Bearer {given.json['access_token']}"}),
        script.post("/revoke", data={"client_id": "app", "token": renewed.json["refresh_token"]}),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Origin" in answer.headers["Vary"]
    assert answers[-1].headers.get("Content-Type") is None


def test_refusals_can_be_read_too(deployment: Deployment, app: Service) -> None:
    browser = Script(deployment)
    refused = [
        (401, browser.get("/userinfo", headers={"Authorization": "Bearer x"})),
        (401, browser.post("/token", data={"grant_type": "client_credentials", "client_id": "nobody"})),
        (400, browser.post("/token", data="x", content_type="text/plain")),
        (413, browser.post("/token", data="x=" + "y" * 9000)),
        (405, browser.get("/token")),
    ]
    for status, answer in refused:
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        exposed = {name.strip() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
        assert exposed >= {"WWW-Authenticate", "DPoP-Nonce", "Retry-After", "X-Reference"}


def test_an_origin_goes_with_its_client(deployment: Deployment, browser: Browser, app: Service) -> None:
    deployment.change(app, redirect_uris=["https://other.example/cb"])
    assert preflight(browser, "/token", ORIGIN).status_code == 403
    assert preflight(browser, "/token", "https://other.example").status_code == 204
    deployment.disable(app)
    deployment.clock_file.advance(2)
    assert preflight(browser, "/token", "https://other.example").status_code == 403


def test_caches_keep_answers_apart(browser: Browser, app: Service) -> None:
    for path, method in OPEN.items():
        assert browser.open(path, method=method).headers["Vary"] == "Origin"


def test_without_a_preflights_question_options_is_another_method(browser: Browser, app: Service) -> None:
    answer = browser.options("/token", headers={"Origin": ORIGIN})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
