"""What the end of the journey leaves in the browser: a session of whoever proved themselves, and nobody else's."""

import pytest

from tests.deployment import Browser, Deployment, Service, answered
from tests.html import read
from tests.provider.tokens import claims, exchange, tokens
from tests.signin.conftest import Enter, first_page

MARIA, ALEXEY, NINA = "+79201234567", "+79261234501", "+79221234503"
MONTH = 30 * 86_400


def session_cookie(answer: object) -> str:
    """The header that sets the session's cookie."""
    headers = answer.headers.getlist("Set-Cookie")  # type: ignore[attr-defined]
    return next(header for header in headers if "mostid_sid=" in header)


@pytest.mark.sr("SR-079")
def test_in_by_a_phone_and_on_to_the_service(
    deployment: Deployment, browser: Browser, store: Service, by_phone: Enter
) -> None:
    end = by_phone(browser, first_page(browser, store), MARIA)
    assert end.status_code == 303
    got = answered(browser.follow(end))
    assert got["state"] == "the state"
    given = claims(exchange(browser, store, got["code"]).json["id_token"])
    assert (given["acr"], given["nonce"]) == ("urn:mostid:acr:2", "the nonce")
    assert set(given["amr"]) == {"sms", "otp"}


@pytest.mark.sr("SR-079")
def test_in_through_mailru(
    deployment: Deployment, browser: Browser, store: Service, by_mailru: Enter
) -> None:
    got = answered(browser.follow(by_mailru(browser, first_page(browser, store), "maria")))
    given = claims(exchange(browser, store, got["code"]).json["id_token"])
    assert (given["acr"], given["amr"]) == ("urn:mostid:acr:1", ["fed"])


@pytest.mark.sr("SR-080")
def test_a_session_lasts_a_month_and_on_a_shared_device_until_the_browser_closes(
    deployment: Deployment, store: Service, by_phone: Enter
) -> None:
    own, shared = deployment.client(), deployment.client()
    kept = session_cookie(by_phone(own, first_page(own, store), MARIA))
    passing = session_cookie(by_phone(shared, first_page(shared, store), NINA, shared="1"))
    assert f"Max-Age={MONTH};" in kept
    assert "Max-Age" not in passing
    assert "Expires" not in passing
    for cookie in (kept, passing):
        assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert {row.shared for row in deployment.rows("sessions")} == {True, False}
    assert own.cookie("device") is not None
    assert shared.cookie("device") is None
    deployment.clock_file.advance(86_400)
    assert "code" in answered(own.authorize(store, prompt="none"))
    assert answered(shared.authorize(store, prompt="none"))["error"] == "login_required"


@pytest.mark.sr("SR-082", "SR-019")
def test_the_same_person_keeps_the_session_under_a_new_cookie(
    deployment: Deployment, browser: Browser, store: Service, by_phone: Enter
) -> None:
    by_phone(browser, first_page(browser, store), MARIA)
    old, first = browser.cookie("sid"), claims(tokens(browser, store)["id_token"])
    deployment.clock_file.advance(60)
    by_phone(browser, first_page(browser, store, prompt="login"), MARIA)
    second = claims(tokens(browser, store)["id_token"])
    assert browser.cookie("sid") != old
    assert (second["sub"], second["sid"]) == (first["sub"], first["sid"])
    assert second["auth_time"] >= first["auth_time"] + 60
    deployment.clock_file.advance(31)
    browser.put_cookie("sid", old or "")
    assert answered(browser.authorize(store, prompt="none"))["error"] == "login_required"


@pytest.mark.sr("SR-083")
def test_a_planted_session_is_never_the_victims(
    deployment: Deployment, store: Service, by_phone: Enter
) -> None:
    """The attacker plants every cookie of theirs; the victim signs in on top."""
    attacker, victim = deployment.client(), deployment.client()
    by_phone(attacker, first_page(attacker, store), NINA)
    theirs = claims(tokens(attacker, store)["id_token"])
    for kind in ("browser", "sid", "csrf", "device"):
        victim.put_cookie(kind, attacker.cookie(kind) or "")
    by_phone(victim, first_page(victim, store, prompt="login"), MARIA)
    assert claims(tokens(victim, store)["id_token"])["sub"] != theirs["sub"]
    assert answered(attacker.authorize(store, prompt="none"))["error"] == "login_required"
    assert victim.cookie("sid") != attacker.cookie("sid")


@pytest.mark.sr("SR-083", "SR-015")
def test_a_journey_that_an_attacker_began_does_not_end_in_their_browser(
    deployment: Deployment, store: Service, by_phone: Enter
) -> None:
    attacker, victim = deployment.client(), deployment.client()
    begun = attacker.authorize(store)
    page = victim.get(begun.location)
    assert page.status_code == 400
    victim.put_cookie("browser", attacker.cookie("browser") or "")
    form = first_page(victim, store)
    by_phone(victim, form, MARIA)
    waiting = begun.location.replace("/signin", "/authorize", 1)
    assert attacker.get(waiting).location.startswith(
        "/signin"
    )  # the cookie of the session is the victim's alone


@pytest.mark.sr("SR-083")
def test_whoever_was_here_before_is_signed_out_whole_by_a_shared_device(
    deployment: Deployment, browser: Browser, store: Service, by_phone: Enter
) -> None:
    by_phone(browser, first_page(browser, store), NINA)
    former = tokens(browser, store)
    by_phone(browser, first_page(browser, store, prompt="login"), MARIA, shared="1")
    header = {"Authorization": f"Bearer {former['access_token']}"}
    assert browser.get("/userinfo", headers=header).status_code == 401
    assert [(row.kind, row.client_id) for row in deployment.rows("outbox")] == [("session.ended", "store")]
    assert {row.ended_reason for row in deployment.rows("sessions")} == {None, "replaced"}
    assert browser.cookie("others") is None


def test_the_usual_way_comes_first_and_greets_only_whom_it_knows(
    deployment: Deployment, browser: Browser, store: Service, by_phone: Enter, by_mailru: Enter
) -> None:
    by_mailru(browser, first_page(browser, store), "maria")
    page = browser.follow(browser.authorize(store, prompt="login"))
    assert "Мария Иванова" in page.text
    assert read(page).form("/signin").buttons[0] == ("way", "mailru")
    by_phone(browser, read(page).form("/signin"), ALEXEY)
    page = browser.follow(browser.authorize(store, prompt="login"))
    assert "Мария" not in page.text
    assert read(page).form("/signin").buttons[0] == ("way", "phone")


def test_a_browser_forgets_on_demand(
    deployment: Deployment, browser: Browser, store: Service, by_mailru: Enter
) -> None:
    by_mailru(browser, first_page(browser, store), "maria")
    form = first_page(browser, store, prompt="login")
    page = browser.follow(browser.post("/signin", data=form.filled(forget="1")))
    assert "Мария" not in page.text
    assert browser.cookie("device") is None
    assert "code" in answered(
        browser.authorize(store, prompt="none")
    )  # the session is not the device's memory


@pytest.mark.sr("SR-080")
@pytest.mark.parametrize("spoilt", ["x", "", "AQ" * 60])
def test_a_device_cookie_that_is_not_ours_is_no_trouble(
    browser: Browser, store: Service, spoilt: str
) -> None:
    browser.put_cookie("device", spoilt)
    assert first_page(browser, store).buttons[0] == ("way", "mailru")


@pytest.mark.sr("SR-019")
def test_prompt_login_has_mailru_ask_again(
    deployment: Deployment, browser: Browser, store: Service, by_mailru: Enter
) -> None:
    """Only what our own request demands is demanded of Mail.ru."""

    def away(**changed: str) -> str:
        form = first_page(browser, store, **changed)
        return browser.post("/signin", data=form.filled(way="mailru")).location

    silent = away()
    for changed in ({"prompt": "login"}, {"prompt": "select_account"}, {"max_age": "60"}):
        assert "prompt_force=1" in away(**changed), changed
    assert "prompt_force" not in silent
    by_mailru(browser, first_page(browser, store), "maria")
    hint = tokens(browser, store)["id_token"]
    deployment.sign_in(browser, "2")
    assert "prompt_force=1" in away(id_token_hint=hint)


def test_nothing_chosen_asks_again(browser: Browser, store: Service) -> None:
    form = first_page(browser, store)
    for way in ("", "passkey", "VKID", "MAILRU"):
        answer = browser.post("/signin", data=form.filled(way=way))
        assert (answer.status_code, 'role="alert"' in answer.text) == (200, True)


@pytest.mark.parametrize("settings", [{"mailru": {"enabled": False}}])
@pytest.mark.sr("SR-121")
def test_a_way_that_is_switched_off_is_not_there(browser: Browser, store: Service) -> None:
    form = first_page(browser, store)
    assert ("way", "mailru") not in form.buttons
    assert browser.post("/signin", data=form.filled(way="mailru")).status_code == 200
