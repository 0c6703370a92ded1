"""Markup in whatever is sent: no page and no answer gives it back as it came, and it sends nobody anywhere."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from tests.deployment import Browser, Deployment, Service
from tests.html import read
from tests.protocol.bad_input.oracle import KNOWN
from tests.protocol.bad_input.watch import MARK, Watch
from tests.provider.tokens import post, tokens

NASTY = (
    MARK,
    f"</title></script>{MARK}",
    f'" onfocus=alert(1) {MARK}',
    f"javascript:{MARK}",
    f"{{{{7*7}}}}{MARK}",
    f"\r\nX-Evil: 1{MARK}",
)
LOGOUT = (
    "id_token_hint",
    "post_logout_redirect_uri",
    "state",
    "client_id",
    "ui_locales",
    "logout_hint",
    "request",
)
PAGES = ("/signin", "/signin/phone", "/consent", "/device", "/", "/logout", "/nowhere", "/authorize")
NAMES = (
    "ask",
    "user_code",
    "phone",
    "code",
    "decision",
    "way",
    "csrf_token",
    "lang",
    "client_id",
    "request_uri",
    MARK,
)


@pytest.fixture
def watch(deployment: Deployment, store: Service) -> Watch:
    return Watch(deployment, (store.redirect_uri,), (store.secret or "",))


def spoilt(good: dict[str, str], names: Iterator[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """One member spoilt at a time."""
    for name in names:
        for text in NASTY:
            yield name, good | {name: text}


@pytest.mark.sr("SR-005", "SR-010")
@pytest.mark.rule(
    "RFC 6749", "10.14", "whatever a request holds is made harmless before it is shown or sent on"
)
def test_authorization_requests(signed_in: Browser, store: Service, watch: Watch) -> None:
    with watch.nothing_changes():
        for name, asked in spoilt(
            store.request(), iter(sorted({*KNOWN, "request", "request_uri", "registration", MARK}))
        ):
            for mode in (None, "form_post"):
                sent = asked if mode is None or name == "response_mode" else asked | {"response_mode": mode}
                answer = watch.look(signed_in.get(f"/authorize?{urlencode(sent)}"), name)
                assert "X-Evil" not in answer.headers, name
                if answer.status_code == 200:
                    assert {form.action for form in read(answer).forms} == {store.redirect_uri}, name
                watch.look(signed_in.post("/authorize", data=sent), name)


@pytest.mark.sr("SR-005", "SR-102")
def test_pages(signed_in: Browser, watch: Watch) -> None:
    with watch.nothing_changes():
        for path in PAGES:
            for name in NAMES:
                for text in NASTY[:3]:
                    watch.look(signed_in.get(f"{path}?{urlencode({name: text})}"), (path, name))
                    watch.look(signed_in.post(path, data={name: text}), (path, name))
        for text in (MARK, "%3Cu%3E", "..%2f..%2fetc%2fpasswd", "\\evil.example"):
            watch.look(signed_in.get(f"/{text}"), text)


@pytest.mark.sr("SR-091")
def test_logout_requests(signed_in: Browser, store: Service, watch: Watch) -> None:
    good = {"id_token_hint": tokens(signed_in, store)["id_token"] + "x", "client_id": store.client_id}
    with watch.nothing_changes():
        for name, asked in spoilt(good, iter(LOGOUT)):
            watch.look(signed_in.get(f"/logout?{urlencode(asked)}"), name)
            watch.look(signed_in.follow(signed_in.post("/logout", data=asked)), name)


@pytest.mark.sr("SR-033")
@pytest.mark.rule("RFC 6749", "5.2", "descriptions are our own words")
def test_machines_are_told_nothing_of_what_they_sent(browser: Browser, store: Service, watch: Watch) -> None:
    code = {"grant_type": "authorization_code", "code": "x", "redirect_uri": store.redirect_uri}
    forms = {
        "/token": code | {"code_verifier": "x" * 43}, "/introspect": {"token": "x"}, "/revoke": {"token": "x"},
        "/device_authorization": {"scope": "openid"}, "/par": store.request(prompt="surprise"),
    }  # fmt: skip
    more = {
        "grant_type",
        "refresh_token",
        "device_code",
        "client_assertion",
        "scope",
        "resource",
        "dpop_jkt",
        MARK,
    }
    with watch.nothing_changes():
        for path, good in forms.items():
            for name, form in spoilt(good, iter(sorted({*good, *more} - {"client_id"}))):
                answer = watch.look(post(browser, path, store, dict(form)), (path, name))
                assert answer.status_code in {200, 201, 400, 401}, (path, name, answer.text)
                assert "7f3a" not in answer.text, (path, name)
        for header in (
            "Authorization",
            "DPoP",
            "Accept",
            "Origin",
            "User-Agent",
            "Accept-Language",
            "X-Forwarded-For",
        ):
            answer = watch.look(browser.post("/token", data=forms["/token"], headers={header: MARK}), header)
            assert "7f3a" not in answer.text, header
