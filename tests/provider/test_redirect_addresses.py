from itertools import product

import pytest
from werkzeug.test import TestResponse

from tests.deployment import Browser, Deployment, Service, answered
from tests.html import read
from tests.provider.mutations import mutations

WEB = "https://shop.example/oauth/callback"
WITH_QUERY = "https://shop.example/callback?tenant=1&to=%D1%8F"
LOOPBACK = "http://localhost:8200/callback"
NATIVE = "com.example.shop:/callback"


def is_refused_here(answer: TestResponse) -> bool:
    """A page of ours, no redirect, nothing to click but what is ours."""
    links = [link for link in read(answer).links.values() if not link.startswith("/")]
    return answer.status_code == 400 and "Location" not in answer.headers and not links


@pytest.mark.sr("SR-001", "SR-003")
@pytest.mark.parametrize("uri", [WEB, WITH_QUERY, LOOPBACK, NATIVE])
def test_whatever_is_not_the_very_string_is_refused(deployment: Deployment, uri: str) -> None:
    native = {"application_type": "native"} if uri == NATIVE else {}
    service = deployment.register(redirect_uris=[uri], **native)
    browser = deployment.client()
    deployment.sign_in(browser)
    tried = mutations(uri)
    taken = [made for made in tried if not is_refused_here(browser.authorize(service, redirect_uri=made))]
    assert len(tried) > (200 if uri == NATIVE else 250)
    assert taken == []
    assert browser.authorize(service).location.startswith(uri)


@pytest.mark.sr("SR-001", "SR-005")
def test_an_address_that_is_missing_or_relative_is_refused(deployment: Deployment, browser: Browser) -> None:
    service = deployment.register(redirect_uris=[WEB])
    for uri in ("", None, "/oauth/callback", "callback", "//shop.example/oauth/callback", "null", "*"):
        assert is_refused_here(browser.authorize(service, redirect_uri=uri)), uri


@pytest.mark.sr("SR-001")
def test_an_address_of_another_service_is_refused(deployment: Deployment, browser: Browser) -> None:
    service = deployment.register(redirect_uris=[WEB])
    deployment.register(redirect_uris=["https://other.example/cb"])
    assert is_refused_here(browser.authorize(service, redirect_uri="https://other.example/cb"))


@pytest.mark.sr("SR-002")
@pytest.mark.parametrize("registered", ["localhost", "127.0.0.1", "[::1]"])
def test_only_the_port_of_a_native_loopback_address_may_differ(
    deployment: Deployment, registered: str
) -> None:
    service = deployment.register(
        redirect_uris=[f"http://{registered}/cb?a=1"],
        application_type="native",
        token_endpoint_auth_method="none",
    )
    browser = deployment.client()
    deployment.sign_in(browser)
    hosts = ("localhost", "127.0.0.1", "[::1]", "127.0.0.2", "127.1", "[::ffff:127.0.0.1]", "LOCALHOST")
    ports, paths = (
        ("", ":1", ":49152", ":65535", ":0", ":65536", ":x", ":"),
        ("/cb?a=1", "/cb", "/cb?a=2", "/cb/"),
    )
    for host, port, path in product(hosts, ports, paths):
        uri = f"http://{host}{port}{path}"
        fits = host == registered and path == "/cb?a=1" and port in {"", ":1", ":49152", ":65535"}
        answer = browser.authorize(service, redirect_uri=uri, prompt="none")
        assert answer.location.startswith(uri) if fits else is_refused_here(answer), uri


@pytest.mark.sr("SR-002")
def test_a_web_client_has_one_port(deployment: Deployment, browser: Browser) -> None:
    service = deployment.register(redirect_uris=[LOOPBACK])
    assert is_refused_here(browser.authorize(service, redirect_uri="http://localhost:8201/callback"))


@pytest.mark.sr("SR-003")
@pytest.mark.parametrize(
    "uri", [WEB, WITH_QUERY, "https://shop.example/a;b=c/(d)!$'*"[:-1], "https://shop.example"]
)
def test_the_very_string_is_written_to_location(deployment: Deployment, uri: str) -> None:
    service = deployment.register(redirect_uris=[uri])
    browser = deployment.client()
    deployment.sign_in(browser)
    location = browser.authorize(service).location
    assert location.startswith(uri + ("&" if "?" in uri else "?"))
    assert answered(browser.authorize(service))["code"]


WRONGS: list[dict[str, str | None]] = [
    {},
    {"response_type": "token"},
    {"response_type": None},
    {"scope": "nothing"},
    {"code_challenge": None},
    {"code_challenge_method": "plain"},
    {"prompt": "none login"},
    {"prompt": "none"},
    {"max_age": "-1"},
    {"request": "x"},
    {"request_uri": "https://evil.example/r"},
    {"state": "s" * 2000},
    {"id_token_hint": "x"},
    {"response_mode": "fragment"},
]


@pytest.mark.sr("SR-005")
@pytest.mark.rule(
    "RFC 6749", "4.1.2.1", "with a bad client or redirect address the person is told, not the address"
)
@pytest.mark.parametrize(
    "base", [{"client_id": "nobody"}, {"client_id": None}, {"redirect_uri": "https://evil.example/"}]
)
def test_no_other_error_makes_a_bad_address_redirect(
    browser: Browser, store: Service, base: dict[str, str | None]
) -> None:
    for wrong in WRONGS:
        assert is_refused_here(browser.authorize(store, **(wrong | base))), wrong


@pytest.mark.sr("SR-052")
def test_a_client_without_an_address_starts_no_flow(deployment: Deployment, browser: Browser) -> None:
    machine = deployment.register(redirect_uris=[], grant_types=["client_credentials"])
    for uri in ("https://machine.example/cb", None):
        assert is_refused_here(browser.authorize(machine, redirect_uri=uri))


@pytest.mark.sr("SR-057")
def test_a_disabled_client_starts_no_flow(deployment: Deployment, browser: Browser, store: Service) -> None:
    assert browser.authorize(store).status_code == 303
    deployment.disable(store)
    deployment.clock_file.advance(2)
    assert is_refused_here(browser.authorize(store))
