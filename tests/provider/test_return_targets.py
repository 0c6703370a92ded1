"""Nothing that comes in decides where a browser goes: only addresses of ours and of the ask, or registered ones."""

from urllib.parse import urlencode, urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.deployment import Browser, Deployment, Service
from tests.html import read

HOST = "evil.example"
TARGETS = [
    form.format(host=HOST)
    for form in (
        "https://{host}", "http://{host}/", "//{host}", "///{host}", "////{host}", "/\\{host}", "\\\\{host}", "\\/{host}",
        "/\\/{host}", "//\\{host}", "/ /{host}", "/\t/{host}", "/\n/{host}", "/\r/{host}", "\t//{host}", " //{host}",
        "\n//{host}", "\x01//{host}", "\x0b//{host}", "\x1f//{host}", "\u00a0//{host}", "\u2028//{host}", "\ufeff//{host}",
        "/%09/{host}", "/%0a/{host}", "/%0d/{host}", "/%2f{host}", "/%2F%2F{host}", "%2f%2f{host}", "/%5c{host}", "%5c%5c{host}",
        "/%252f{host}", "/.//{host}", "/..//{host}", "/./\\{host}", "/;@{host}", "@{host}", ":80@{host}", ".{host}", "{host}",
        "https:{host}", "https:/{host}", "https:///{host}", "https:\\\\{host}", "https:\\{host}", "HtTpS://{host}",
        "https;//{host}",
        "https://localhost:8000@{host}", "https://localhost:8000.{host}", "https://localhost:8000%2e{host}",
        "http://localhost:8000\\@{host}", "http://localhost:8000#@{host}", "http://localhost:8000?@{host}", "http://localhost:8000;@{host}",
        "http://localhost:8000%00.{host}", "http://localhost:8000\t.{host}", "http://{host}#localhost:8000", "http://{host}?localhost:8000",
        "http://{host}/localhost:8000", "http://{host}\\localhost:8000", "http://{host}:8000", "http://user:pass@{host}",
        "javascript:location='//{host}'",
        "JaVaScRiPt://{host}/%0aalert(1)", "java\tscript:alert('{host}')", "\x00javascript:'{host}'",
        "data:text/html,<script>location='//{host}'</script>", "vbscript:'{host}'", "file://{host}/x", "ftp://{host}", "blob://{host}",
        "intent://{host}#Intent;end", "view-source:https://{host}", "mailto:a@{host}", "ws://{host}", "about://{host}", "x://{host}",
        "http://[::1]@{host}", "//[{host}]", "//{host}:443", "//{host}%2f%2e%2e", "//{host}/%2e%2e", "/redirect?to=//{host}",
        "https://{host}\r\nSet-Cookie: a=b", "%0d%0aLocation:%20https://{host}", "/x\r\nLocation: https://{host}", "〱{host}",
        "//ⓔvil.example", "//{host}\u3002", "//\uff45vil.example", "/\u2215{host}", "/\uff0f{host}",
    )
]  # fmt: skip
FORM = "application/x-www-form-urlencoded"
NAMES = (
    "next", "url", "return_to", "returnTo", "return_url", "continue", "redirect", "redirect_uri", "redirect_url", "target",
    "to", "goto", "back", "RelayState", "service", "callback", "post_logout_redirect_uri", "continue_url", "next_url", "ask",
    "challenge", "lang", "client_id", "state", "shared", "proof",
)  # fmt: skip


def is_harmless(answer: TestResponse, own: set[str]) -> bool:
    """No redirect but to one of ours or of the service, and nothing to press that leads elsewhere."""
    page = read(answer)
    leads = [answer.headers.get("Location", "/"), *page.links.values(), *(form.action for form in page.forms)]
    return all(_is_ours(address, own) for address in leads) and "Refresh" not in answer.headers


def _is_ours(address: str, own: set[str]) -> bool:
    if any(ord(letter) < 32 for letter in address) or "\\" in address:
        return False
    parts = urlsplit(address)
    if f"{parts.scheme}://{parts.netloc}" in own:
        return True
    return not parts.scheme and not parts.netloc and address.startswith("/") and not address.startswith("//")


@pytest.mark.sr("SR-123")
@pytest.mark.parametrize(
    "path",
    ["/signin", "/signin/phone", "/consent", "/authorize", "/logout", "/nowhere", "/signin/mailru/callback"],
)
def test_no_parameter_of_any_page_leads_elsewhere(
    deployment: Deployment, browser: Browser, store: Service, path: str
) -> None:
    assert len(TARGETS) >= 80
    deployment.sign_in(browser)
    for target in TARGETS:
        every = urlencode(dict.fromkeys(NAMES, target))
        for answer in (
            browser.get(f"{path}?{every}"),
            browser.get(f"{path}?{every.replace('ask=', 'x=', 1)}"),
            browser.post(path, data=every, content_type=FORM),
        ):
            assert is_harmless(answer, set()), (target, answer.headers)


@pytest.mark.sr("SR-123")
def test_with_a_good_ask_the_way_leads_to_its_service_alone(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    """Step by step with everything else spoilt."""
    own = {"http://localhost:8200", "http://localhost:8100"}
    others = [name for name in NAMES if name != "ask"]
    for target in TARGETS[::4]:
        choose = browser.follow(browser.authorize(store, prompt="login"))
        form, more = read(choose).form("/signin"), dict.fromkeys(others, target)
        for way in ("phone", "mailru"):
            answer = browser.post(f"/signin?{urlencode(more)}", data=more | form.fields | {"way": way})
            assert answer.status_code == 303
            assert is_harmless(answer, own), target
        refused = browser.post(f"/signin?{urlencode(more)}", data=more | form.fields | {"decision": "deny"})
        assert browser.follow(refused).location.startswith(store.redirect_uri + "?error=access_denied")
    deployment.sign_in(browser)
    for target in TARGETS[::4]:
        more = dict.fromkeys(others, target)
        ask = form.fields["ask"]
        assert browser.get(f"/authorize?{urlencode(more | {'ask': ask})}").location.startswith(
            store.redirect_uri
        )
