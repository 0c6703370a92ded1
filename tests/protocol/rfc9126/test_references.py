"""RFC 9126 §4: what a browser gets that comes with a reference."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.deployment import Browser, Deploy, Deployment, Service, answered
from tests.html import read
from tests.protocol.rfc9126.pushing import push, pushed, visit
from tests.provider.tokens import claims, exchange

AT_ONCE = 20


def refused(answer: TestResponse) -> bool:
    """Whether it is the page that says that this has expired."""
    return answer.status_code == 400 and answer.content_type == "text/html; charset=utf-8"


@pytest.mark.rule("RFC 9126", "4", "the pushed request is answered as if the browser had carried it")
def test_a_code_for_what_was_pushed(signed_in: Browser, store: Service) -> None:
    got = answered(visit(signed_in, store, pushed(signed_in, store)))
    assert (got["state"], "error" in got) == ("the state", False)
    tokens = exchange(signed_in, store, got["code"])
    assert tokens.status_code == 200
    assert claims(tokens.json["id_token"])["nonce"] == "the nonce"


@pytest.mark.rule("RFC 9126", "4", "beside client_id and the reference nothing that the browser says counts")
def test_what_stands_beside_is_ignored(signed_in: Browser, store: Service) -> None:
    reference = pushed(signed_in, store, scope="openid")
    beside = {
        "state": "another", "nonce": "another", "scope": "openid profile email", "prompt": "login",
        "redirect_uri": "https://evil.example/cb", "response_type": "token", "code_challenge": "x",
    }  # fmt: skip
    answer = visit(signed_in, store, reference, **beside)
    assert answer.location.startswith(store.redirect_uri)
    got = answered(answer)
    tokens = exchange(signed_in, store, got["code"]).json
    assert (got["state"], tokens["scope"]) == ("the state", "openid")
    assert claims(tokens["id_token"])["nonce"] == "the nonce"


@pytest.mark.rule("RFC 9126", "7.3", "a reference is spent by its answer: a code, or an error")
@pytest.mark.sr("SR-021")
@pytest.mark.parametrize(("prompt", "member"), [(None, "code"), ("none", "error")])
def test_it_is_answered_once(
    deployment: Deployment, store: Service, merchant: Service, prompt: str | None, member: str
) -> None:
    browser, service = deployment.client(), store if prompt is None else merchant
    deployment.sign_in(browser)
    reference = pushed(browser, service, prompt=prompt)
    assert member in answered(visit(browser, service, reference))
    assert refused(visit(browser, service, reference))
    again = browser.post("/authorize", data={"client_id": service.client_id, "request_uri": reference})
    assert refused(again)


@pytest.mark.sr("SR-021")
@pytest.mark.rule("RFC 9126", "4", "a page that is loaded again before signing in spends nothing")
def test_reloads_before_signing_in(deployment: Deployment, browser: Browser, store: Service) -> None:
    reference = pushed(browser, store)
    for _ in range(3):
        first = visit(browser, store, reference)
        assert browser.follow(first).status_code == 200
    deployment.clock_file.advance(deployment.settings.lifetimes.pushed_request_s + 5)
    deployment.sign_in(browser)  # long after the reference has expired: it was come with in time
    onward = f"/authorize?{urlsplit(first.location).query}"
    assert "code" in answered(browser.get(onward))
    assert refused(browser.get(onward))
    assert refused(visit(browser, store, reference))


@pytest.mark.sr("SR-021")
def test_two_pages_of_one_request_give_one_code(deployment: Deployment, store: Service) -> None:
    here, there = deployment.client(), deployment.client()
    reference = pushed(here, store)
    asks = [(browser, visit(browser, store, reference).location) for browser in (here, there)]
    for browser, _ in asks:
        deployment.sign_in(browser)
    answers = [browser.get(f"/authorize?{urlsplit(place).query}") for browser, place in asks]
    assert [answer.status_code for answer in answers] == [303, 400]


@pytest.mark.sr("SR-021")
@pytest.mark.rule("RFC 9126", "2.2", "a reference is good for its client alone")
def test_another_clients_reference(signed_in: Browser, store: Service, merchant: Service) -> None:
    reference = pushed(signed_in, store)
    assert refused(visit(signed_in, merchant, reference))
    assert "code" in answered(visit(signed_in, store, reference))  # and it was not spent by that


@pytest.mark.sr("SR-021")
@pytest.mark.rule("RFC 9126", "4", "an expired reference is refused")
def test_expiry(deployment: Deployment, signed_in: Browser, store: Service) -> None:
    answer = push(signed_in, store)
    deployment.clock_file.advance(answer.json["expires_in"] + 1)
    assert refused(visit(signed_in, store, answer.json["request_uri"]))
    assert deployment.settings.lifetimes.pushed_request_s <= 90


@pytest.mark.sr("SR-021")
def test_a_lost_store_has_spent_everything(deploy: Deploy) -> None:
    first = deploy()
    store, browser = first.register("store"), first.client()
    first.sign_in(browser)
    waiting = first.client()
    reference, other = pushed(browser, store), pushed(browser, store)
    place = visit(waiting, store, other).location
    (first.settings.data_dir / "ephemeral.db").unlink()
    again = deploy(data_dir=first.settings.data_dir)
    moved = again.client()
    moved.put_cookie("browser", waiting.cookie("browser") or "")
    again.sign_in(moved)
    assert refused(visit(moved, store, reference))
    assert refused(moved.get(f"/authorize?{urlsplit(place).query}"))


@pytest.mark.rule("RFC 9126", "4", "no other reference is taken, and none is fetched")
@pytest.mark.sr("SR-022")
def test_other_references(signed_in: Browser, store: Service) -> None:
    ours = pushed(signed_in, store)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        fetched = (
            f"http://127.0.0.1:{port}/r",
            f"https://127.0.0.1:{port}/r#x",
            "x",
            "data:,x",
            ours.upper(),
        )
        for reference in fetched:
            got = answered(signed_in.authorize(store, request_uri=reference))
            assert (got["error"], got["state"]) == ("request_uri_not_supported", "the state")
            assert visit(signed_in, store, reference).status_code == 400
        prefix = ours.rpartition(":")[0]
        unknown = (f"{prefix}:", f"{prefix}:x", f"{ours}x", ours[:-1], f"{prefix}:{'x' * 2000}", f"{ours} ")
        for reference in unknown:
            assert refused(visit(signed_in, store, reference))
            assert refused(signed_in.authorize(store, request_uri=reference))
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert "code" in answered(visit(signed_in, store, ours))


def test_what_is_repeated_or_missing(signed_in: Browser, store: Service) -> None:
    ours = pushed(signed_in, store)
    good = [("client_id", "store"), ("request_uri", ours)]
    for pairs in (
        [good[1]],
        [("client_id", "nobody"), good[1]],
        [*good, ("client_id", "store")],
        [*good, ("request_uri", ours)],
        [*good, ("request", "x")],
    ):
        assert refused(signed_in.get(f"/authorize?{urlencode(pairs)}"))
    assert "code" in answered(visit(signed_in, store, ours))


@pytest.mark.rule("RFC 9126", "6", "of a client that must push, no other request is answered")
def test_a_client_that_must_push(deployment: Deployment, signed_in: Browser) -> None:
    bank = deployment.register("bank", require_pushed_authorization_requests=True)
    assert answered(signed_in.authorize(bank))["error"] == "invalid_request"
    posted = signed_in.post("/authorize", data=bank.request())
    assert answered(posted)["error"] == "invalid_request"
    assert "code" in answered(visit(signed_in, bank, pushed(signed_in, bank)))


@pytest.mark.rule("RFC 9126", "4", "a reference may be POSTed as well")
def test_a_posted_reference(deployment: Deployment, signed_in: Browser, store: Service) -> None:
    reference = pushed(signed_in, store)
    posted = signed_in.post("/authorize", data={"client_id": "store", "request_uri": reference})
    assert "code" in answered(signed_in.get(posted.location))
    assert refused(signed_in.get(posted.location))


def test_a_refusal_by_the_person_spends_it(
    deployment: Deployment, browser: Browser, merchant: Service
) -> None:
    deployment.sign_in(browser)
    reference = pushed(browser, merchant)
    page = browser.follow(visit(browser, merchant, reference))
    form = read(page).form("/consent")
    answer = browser.follow(browser.post("/consent", data=form.filled(decision="deny")))
    assert answered(answer)["error"] == "access_denied"
    assert refused(visit(browser, merchant, reference))


def test_an_expired_ask_leads_to_the_service(deployment: Deployment, browser: Browser) -> None:
    """What was pushed never travels through a browser, so only the service begins again."""
    shop = deployment.register("shop", initiate_login_uri="http://localhost:8200/login")
    place = visit(browser, shop, pushed(browser, shop)).location
    deployment.clock_file.advance(deployment.settings.lifetimes.ask_s + 60)
    for path in (place, f"/authorize?{urlsplit(place).query}"):
        page = read(browser.get(path))
        assert page.links["continue"].startswith("http://localhost:8200/login?iss=")
    deployment.change(shop, initiate_login_uri="")
    assert "continue" not in read(browser.get(place)).links


def test_a_client_that_changed_meanwhile(deployment: Deployment, signed_in: Browser, store: Service) -> None:
    """What was good when it was pushed may be no longer: one refusal, and that was its answer."""
    reference = pushed(signed_in, store)
    deployment.change(store, require_nonce=True)
    other = pushed(signed_in, store)
    deployment.change(store, allowed_scopes=["email"])
    assert answered(visit(signed_in, store, other))["error"] == "invalid_scope"
    assert refused(visit(signed_in, store, other))
    assert answered(visit(signed_in, store, reference))["error"] == "invalid_scope"


@pytest.mark.sr("SR-021")
def test_of_many_at_once_one_gets_the_code(deployment: Deployment, store: Service) -> None:
    """Twenty visits with one reference, all of a person who is signed in."""
    browser = deployment.client()
    deployment.sign_in(browser)
    cookies = [(kind, browser.cookie(kind) or "") for kind in ("browser", "sid")]
    for _ in range(3):
        reference = pushed(browser, store)
        gate = threading.Barrier(AT_ONCE)

        def come(_: int, reference: str = reference, gate: threading.Barrier = gate) -> TestResponse:
            one = deployment.client()
            for kind, value in cookies:
                one.put_cookie(kind, value)
            gate.wait(10)
            return visit(one, store, reference)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(come, range(AT_ONCE)))
        assert sorted(answer.status_code for answer in answers) == [303] + [400] * (AT_ONCE - 1)
        codes = [parse_qs(urlsplit(answer.location).query)["code"] for answer in answers if answer.location]
        assert len(codes) == 1
