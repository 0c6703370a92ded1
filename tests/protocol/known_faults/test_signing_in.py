"""Faults that other bridges had on the way to an upstream and back, each tried here."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.deployment import Browser, Deployment, Service
from tests.html import read
from tests.protocol.bad_input.watch import Watch

CALLBACK = "/signin/mailru/callback"
FORGED = {
    "provider": "mailru", "subject": "1", "sub": "1", "id": "1", "email": "maria@mail.ru", "email_verified": "true",
    "phone_number": "+79201234567", "phone_number_verified": "true", "identity_id": "1", "acr": "urn:mostid:acr:3", "amr": "mfa",
    "access_token": "x", "id_token": "x.y.z", "user": '{"sub":"1"}', "verified": "1", "is_admin": "1",
}  # fmt: skip


@pytest.fixture
def watch(deployment: Deployment, store: Service) -> Watch:
    return Watch(deployment, (store.redirect_uri,))


def away(browser: Browser, store: Service) -> TestResponse:
    """Off to Mail.ru."""
    form = read(browser.follow(browser.authorize(store))).form("/signin")
    return browser.post("/signin", data=form.filled(way="mailru"))


def state_of(answer: TestResponse) -> str:
    return parse_qs(urlsplit(answer.location).query)["state"][0]


def back(browser: Browser, **answer: str) -> TestResponse:
    return browser.get(f"{CALLBACK}?{urlencode(answer)}")


@pytest.mark.sr("SR-084", "SR-113")
def test_cve_2020_14302_a_state_that_comes_again(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    """Keycloak: the `state` of a visit upstream was good more than once."""
    states = [state_of(away(browser, store)) for _ in range(20)]
    assert len(set(states)) == 20
    assert min(map(len, states)) >= 22
    state = states[-1]
    assert back(browser, error="access_denied", state=state).status_code == 200
    again = back(browser, code="x", state=state)  # used: it goes on where it was going, and asks nobody
    assert (again.status_code, again.location.partition("?")[0]) == (303, "/authorize")
    assert deployment.rows("sessions") == []


@pytest.mark.sr("SR-084", "SR-113")
def test_authlib_1_6_11_a_callback_of_another_browser(
    deployment: Deployment, browser: Browser, store: Service, watch: Watch
) -> None:
    """Authlib: a state that was kept by the server was not compared with the browser."""
    attacker = deployment.client()
    state = state_of(away(attacker, store))
    away(browser, store)
    with watch.nothing_changes():
        for victim in (browser, deployment.client()):
            for text in (state, "", "x", state[:-1], state[:-1] + "A", state.swapcase(), state + "A"):
                answer = watch.look(back(victim, code="x", state=text), text)
                assert answer.status_code == 400, text
                assert victim.cookie("sid") is None


@pytest.mark.sr("SR-101")
def test_cve_2026_105215_who_one_is_is_not_for_the_browser_to_say(
    deployment: Deployment, browser: Browser, store: Service, watch: Watch
) -> None:
    """ZITADEL: what an upstream says of a person could be sent along by that person."""
    state = state_of(away(browser, store))
    step = browser.authorize(store).location
    form = read(browser.follow(browser.get(step))).form("/signin")
    with watch.nothing_changes():
        watch.look(back(browser, error="access_denied", state=state, **FORGED), "callback")
        for path in (CALLBACK, "/signin", "/signin/phone", "/signin/phone/code", "/signin/phone/push"):
            watch.look(browser.post(path, data={**FORGED, **form.fields, "code": "123456"}), path)
            watch.look(browser.get(f"{path}?{urlencode(FORGED | form.fields)}"), path)
            assert browser.cookie("sid") is None, path
        for name, value in FORGED.items():
            watch.look(browser.get("/authorize?" + urlencode(store.request() | {name: value})), name)
    assert deployment.rows("identities") == []


def jumps(ask: str, token: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every later step at once, with what the first page gave, and without."""
    for path in ("/consent", "/signin/phone/code", "/signin/phone/push", CALLBACK, "/authorize", "/device"):
        for fields in (
            {"ask": ask},
            {"ask": ask, "csrf_token": token},
            {"ask": ask, "csrf_token": token, "decision": "allow", "code": "000000"},
            {},
        ):
            yield "GET", path, fields
            yield "POST", path, fields


@pytest.mark.sr("SR-102")
def test_cve_2026_49443_no_step_can_be_left_out(
    deployment: Deployment, browser: Browser, merchant: Service
) -> None:
    """authentik: a step that was answered with nothing, or jumped over, counted as done."""
    watch = Watch(deployment, ("https://merchant.example/cb",))
    ask = parse_qs(urlsplit(browser.authorize(merchant).location).query)["ask"][0]
    token = read(browser.get(f"/signin?{urlencode({'ask': ask})}")).forms[0].fields["csrf_token"]
    with watch.nothing_changes():
        for method, path, fields in jumps(ask, token):
            sent = {"query_string": fields} if method == "GET" else {"data": fields}
            answer = watch.look(browser.open(path, method=method, **sent), (method, path, fields))
            assert "code=" not in answer.headers.get("Location", ""), (method, path, fields)
            assert browser.cookie("sid") is None
    deployment.sign_in(browser)
    answer = browser.get(f"/authorize?{urlencode({'ask': ask})}")
    assert answer.location.startswith("/consent")  # and signing in is not saying yes
    assert deployment.rows("consents") == []
