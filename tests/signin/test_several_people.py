"""Several customers in one browser, as the journey and the sign-out leave them."""

import json

import pytest

from tests.deployment import PHONE, Browser, Deployment, Service, answered
from tests.html import read
from tests.protocol.rfc8628.conftest import started, tv
from tests.provider.tokens import claims, tokens
from tests.signin.conftest import Enter, first_page

__all__ = ["tv"]

MONTH = 30 * 86_400


def listed(browser: Browser) -> int:
    """How many people the page of those who are here shows."""
    answer = browser.get("/signin/select")
    return len(read(answer).form("/signin/select").buttons) - 1 if answer.status_code == 200 else 0


@pytest.fixture
def both(browser: Browser, store: Service, by_mailru: Enter) -> tuple[str, str]:
    """Maria has signed in, then Alexey; their `sub`s."""
    subs = []
    for person in ("maria", "alexey"):
        by_mailru(browser, first_page(browser, store, prompt="login"), person)
        subs.append(str(claims(tokens(browser, store)["id_token"])["sub"]))
    return subs[0], subs[1]


@pytest.mark.sr("SR-080", "SR-082")
def test_whoever_was_here_before_is_kept_aside(
    deployment: Deployment, browser: Browser, store: Service, by_mailru: Enter
) -> None:
    by_mailru(browser, first_page(browser, store, prompt="login"), "maria")
    former, hers = browser.cookie("sid"), tokens(browser, store)
    answer = by_mailru(browser, first_page(browser, store, prompt="login"), "alexey")
    [set_cookie] = [text for text in answer.headers.getlist("Set-Cookie") if "mostid_others=" in text]
    parts = {part.strip() for part in set_cookie.split(";")}
    assert {"HttpOnly", "Path=/", "SameSite=Lax", f"Max-Age={MONTH}"} <= parts
    assert {row.ended_at for row in deployment.rows("sessions")} == {None}
    header = {"Authorization": f"Bearer {hers['access_token']}"}
    assert browser.get("/userinfo", headers=header).status_code == 200
    assert deployment.rows("outbox") == []
    thief = deployment.client()
    thief.put_cookie("browser", browser.cookie("browser") or "")
    thief.put_cookie("sid", former or "")
    assert answered(thief.authorize(store, prompt="none"))["error"] == "login_required"


def test_who_comes_back_goes_on_in_their_own_session(
    deployment: Deployment, browser: Browser, store: Service, by_mailru: Enter, both: tuple[str, str]
) -> None:
    by_mailru(browser, first_page(browser, store, prompt="login"), "maria")
    assert claims(tokens(browser, store)["id_token"])["sub"] == both[0]
    assert len(deployment.rows("sessions")) == 2
    assert listed(browser) == 2


def test_no_more_than_five_are_kept(
    deployment: Deployment, browser: Browser, store: Service, by_phone: Enter
) -> None:
    for last in range(6):
        by_phone(browser, first_page(browser, store, prompt="login"), f"+7920123457{last}")
    assert listed(browser) == 5
    ended = [row.ended_reason for row in sorted(deployment.rows("sessions"), key=lambda row: row.id)]
    assert ended == ["replaced", None, None, None, None, None]


@pytest.mark.sr("SR-080")
def test_a_shared_computer_keeps_nobody_aside(
    deployment: Deployment, browser: Browser, store: Service, by_mailru: Enter, both: tuple[str, str]
) -> None:
    by_mailru(browser, first_page(browser, store, prompt="login"), "timur", shared="1")
    assert browser.cookie("others") is None
    assert listed(browser) == 1
    by_mailru(browser, first_page(browser, store, prompt="login"), "maria")
    assert listed(browser) == 1
    assert [row.ended_reason for row in deployment.rows("sessions")].count("replaced") == 3


@pytest.mark.rule(
    "OIDC RP-Initiated Logout", "2", "of several customers in a browser the current one is signed out"
)
def test_signing_out_leaves_the_others(browser: Browser, store: Service, both: tuple[str, str]) -> None:
    page = browser.get("/logout")
    form = read(page).form("/logout")
    assert ("decision", "everybody") in form.buttons
    browser.post("/logout", data=form.filled(decision="allow"))
    assert browser.cookie("sid") is None
    assert listed(browser) == 1
    assert answered(browser.authorize(store, prompt="none"))["error"] == "account_selection_required"


def test_signing_out_everybody(
    deployment: Deployment, browser: Browser, store: Service, both: tuple[str, str]
) -> None:
    form = read(browser.get("/logout")).form("/logout")
    browser.post("/logout", data=form.filled(decision="everybody"))
    assert (browser.cookie("sid"), browser.cookie("others"), listed(browser)) == (None, None, 0)
    assert {row.ended_reason for row in deployment.rows("sessions")} == {"signed_out"}
    assert [row.kind for row in deployment.rows("outbox")] == ["session.ended"] * 2


def test_the_last_ones_aside_are_signed_out_together(browser: Browser, both: tuple[str, str]) -> None:
    form = read(browser.get("/logout")).form("/logout")
    browser.post("/logout", data=form.filled(decision="allow"))
    form = read(browser.get("/logout")).form("/logout")
    assert ("decision", "allow") not in form.buttons
    browser.post("/logout", data=form.filled(decision="deny"))
    assert listed(browser) == 1
    browser.post("/logout", data=form.filled(decision="everybody"))
    assert listed(browser) == 0


@pytest.mark.sr("SR-091")
@pytest.mark.rule(
    "OIDC RP-Initiated Logout", "2", "an ID token of another customer in the browser signs that one out"
)
def test_a_service_signs_out_whom_it_means(
    deployment: Deployment, browser: Browser, store: Service, by_mailru: Enter
) -> None:
    by_mailru(browser, first_page(browser, store, prompt="login"), "maria")
    hers = tokens(browser, store)["id_token"]
    by_mailru(browser, first_page(browser, store, prompt="login"), "alexey")
    assert listed(browser) == 2
    assert "Вы вышли" in browser.get(f"/logout?id_token_hint={hers}").text
    assert listed(browser) == 1
    assert "code" in answered(browser.authorize(store, prompt="none"))


def test_the_page_at_the_root_leads_to_the_others(
    browser: Browser, store: Service, both: tuple[str, str]
) -> None:
    assert read(browser.get("/")).links["select"] == "/signin/select"
    page = browser.get("/signin/select")
    form = read(page).form("/signin/select")
    maria = form.buttons[1][1]
    assert browser.post("/signin/select", data=form.filled(choice=maria)).location == "/"
    assert claims(tokens(browser, store)["id_token"])["sub"] == both[0]
    form = read(browser.get("/signin/select")).form("/signin/select")
    assert browser.post("/signin/select", data=form.filled(choice="another")).location == "/"
    assert browser.cookie("sid") is None
    assert listed(browser) == 2
    launcher = browser.get("/")
    assert "select" in read(launcher).links
    assert "войдите другой учётной записью, или выберите ту, что уже здесь" in launcher.text


def test_another_account_is_not_greeted_as_the_last_one(
    browser: Browser, store: Service, by_phone: Enter, both: tuple[str, str]
) -> None:
    assert "Продолжить как Алексей Смирнов" in browser.follow(browser.authorize(store, prompt="login")).text
    form = read(browser.follow(browser.authorize(store, prompt="select_account"))).form("/signin/select")
    page = browser.follow(browser.post("/signin/select", data=form.filled(choice="another")))
    form = read(page).form("/signin")
    assert [value for name, value in form.buttons if name == "way"] == ["mailru", "phone", "vkid"]
    assert "Алексей" not in page.text
    assert ("forget", "1") not in form.buttons
    assert "way usual" not in page.text
    by_phone(browser, form, "+79201234567")
    assert listed(browser) == 3


def test_a_level_that_the_phone_gives_has_it_first_and_filled(
    browser: Browser, store: Service, by_mailru: Enter
) -> None:
    by_mailru(browser, first_page(browser, store, prompt="login"), "maria")
    page = browser.follow(browser.authorize(store, acr_values=PHONE))
    assert 'class="way usual" id="way-phone"' in page.text
    assert 'class="way" id="way-mailru"' in page.text
    assert ("forget", "1") in read(page).form("/signin").buttons
    demand = json.dumps({"id_token": {"acr": {"essential": True, "value": PHONE}}})
    form = first_page(browser, store, claims=demand)
    assert [value for name, value in form.buttons if name == "way"] == ["phone"]


def test_a_stranger_is_offered_nobody(browser: Browser) -> None:
    assert "select" not in read(browser.get("/")).links
    assert browser.get("/signin/select").location == "/"


@pytest.mark.sr("SR-048")
def test_a_device_is_allowed_by_whom_its_page_names(
    deployment: Deployment, browser: Browser, tv: Service, both: tuple[str, str]
) -> None:
    """The page says whose account it is and leads to another one; whoever is chosen must have proved it lately as well."""
    codes = started(deployment.client(), tv)
    sent = read(browser.get("/device")).form("/device").filled(user_code=codes["user_code"])
    page = browser.follow(browser.post("/device", data=sent))
    assert '<p class="account"><b>Алексей Смирнов</b>' in page.text
    choice = browser.get(read(page).links["select"])
    form = read(choice).form("/signin/select")
    page = browser.follow(browser.post("/signin/select", data=form.filled(choice=form.buttons[1][1])))
    assert '<p class="account"><b>Мария Иванова</b>' in page.text
    deployment.clock_file.advance(301)
    form = read(browser.get(read(page).links["select"])).form("/signin/select")
    page = browser.follow(browser.post("/signin/select", data=form.filled(choice=form.buttons[1][1])))
    assert ("way", "mailru") in read(page).form("/signin").buttons
